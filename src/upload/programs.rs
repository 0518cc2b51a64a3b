//! What the stores that work by programs of the system share: finding, running, and what a failure means.

mod failure;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use uuid::Uuid;

pub use failure::{ProgramFailure, Trouble};

use super::UploadError;
use crate::program::output::{Pipe, Tail};
use crate::program::{self, End, Input, Program, SearchPath};

/// How long removing a partial upload may take.
const CLEANING: Duration = Duration::from_secs(30);

/// Is told every line that a program prints.
pub type OnLine = Arc<dyn Fn(&str) + Send + Sync>;

/// Where programs are, how long they may run, and who sees what they print.
#[derive(Clone)]
pub struct Programs {
    /// `PATH`.
    pub path: SearchPath,
    /// `HADOOP_HOME`.
    pub hadoop_home: Option<PathBuf>,
    /// How long one program may run.
    pub time_limit: Duration,
    /// Is told every line.
    pub on_line: OnLine,
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Programs")
            .field("path", &self.path)
            .field("hadoop_home", &self.hadoop_home)
            .field("time_limit", &self.time_limit)
            .finish_non_exhaustive()
    }
}

impl UploadError {
    /// What to do about a program that failed or is not there.
    #[must_use]
    pub fn program_hint(&self) -> Option<&'static str> {
        let failure = match self {
            Self::Leftover { failed, .. } => return failed.program_hint(),
            Self::NoProgram(missing) => {
                return Some(match missing.program.as_str() {
                    "hadoop" => "install Hadoop's client, and set HADOOP_HOME or PATH",
                    "ssh" | "scp" | "sftp" => "install OpenSSH's client (Debian's openssh-client)",
                    _ => "write the program's whole path, or set PATH",
                });
            }
            Self::NoSize { .. } => {
                return Some("`stat -c %s <file>` prints what a check command should");
            }
            Self::Program(failure) => failure,
            _ => return None,
        };
        Some(match (failure.end, failure.trouble) {
            (End::TimedOut(_), _) => {
                "heron.uploader.program.time.limit.seconds says how long one run may take"
            }
            (_, Trouble::Denied) if failure.program == "hadoop" => {
                "Hadoop's client acts as you, or as your Kerberos ticket says (`klist`)"
            }
            (_, Trouble::Denied) => {
                "the account must have the right to write there; no password is asked for, a key \
                 or an agent must do (`ssh-add -l`)"
            }
            (_, Trouble::HostKey) => {
                "connect once with `ssh` in a terminal, to see the host's key and accept it"
            }
            (_, Trouble::Unreachable) => {
                "see that the store runs and can be reached from this machine, then submit again"
            }
            (_, Trouble::Other) => "nothing was changed; `-v` shows all that the program prints",
        })
    }
}

/// What was printed to standard output, and how it ended.
pub(super) struct Answer {
    pub end: End,
    pub lines: Vec<String>,
    pub tail: Tail,
}

/// Lines of standard output that are kept; answers are short, and come last.
const KEPT: usize = 100;

impl Programs {
    /// Runs a program, for no longer than the limit.
    pub(super) async fn run(
        &self,
        program: &Program,
        input: Option<Input<'_>>,
    ) -> Result<Answer, UploadError> {
        let lines = std::sync::Mutex::new(std::collections::VecDeque::new());
        let on_line = |source, line: &str| {
            (self.on_line)(line);
            if source == Pipe::Stdout
                && let Ok(mut lines) = lines.lock()
            {
                if lines.len() == KEPT {
                    lines.pop_front();
                }
                lines.push_back(line.to_owned());
            }
        };
        let ran = program::run(program, input, self.time_limit, &on_line).await?;
        let lines = lines.into_inner().unwrap_or_default().into();
        Ok(Answer { end: ran.end, lines, tail: ran.tail })
    }

    /// The same with less time, for removing what should not be there.
    pub(super) fn hurried(&self) -> Self {
        Self { time_limit: self.time_limit.min(CLEANING), ..self.clone() }
    }
}

impl Answer {
    pub fn succeeded(&self) -> bool {
        self.end == End::Exited(0)
    }

    /// The failure that this is.
    pub fn failure(self, doing: String, program: &str, trouble: Trouble) -> UploadError {
        let trouble = match self.end {
            End::TimedOut(_) => Trouble::Unreachable,
            _ => trouble,
        };
        let (end, tail) = (self.end, self.tail);
        let program = program.to_owned();
        UploadError::Program(Box::new(ProgramFailure { doing, program, end, tail, trouble }))
    }
}

/// A name of one's own for a package that is not whole yet; the same for the whole life of a store.
#[derive(Debug, Clone)]
pub(super) struct PartName {
    unique: Uuid,
    begun: Arc<AtomicBool>,
}

impl PartName {
    pub fn new() -> Self {
        Self { unique: Uuid::new_v4(), begun: Arc::default() }
    }

    pub fn of(&self, name: &str) -> String {
        format!(".{name}.{}.part", self.unique)
    }

    /// From now on something may be there under the name.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether something may be there.
    pub fn is_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }
}

/// The failure of an upload, with what came of removing its beginnings.
pub(super) fn after_cleaning(
    failed: UploadError,
    place: &str,
    cleaned: Result<(), UploadError>,
) -> UploadError {
    match cleaned {
        Ok(()) => failed,
        Err(why) => UploadError::Leftover {
            failed: Box::new(failed),
            place: place.to_owned(),
            why: why.to_string(),
        },
    }
}

/// The URI of a package in a folder.
pub(super) fn in_folder(folder: &str, name: &str) -> Result<String, UploadError> {
    super::check_name(name)?;
    Ok(format!("{}/{name}", folder.trim_end_matches('/')))
}
