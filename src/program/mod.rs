//! Running a program of the system: the user's main, `ssh`, `hadoop`, a command that the user gave.
//!
//! A program runs in a process group of its own, which is killed when its time is up or when the future is dropped, so
//! that nothing of it is left behind. What it prints is handed on line by line, and the end of it is kept for an error.
//! No shell is involved, and nothing here knows what the programs are for.

pub(crate) mod find;
mod input;
pub mod output;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

pub use find::{NoProgram, SearchPath, is_executable};
pub use input::Input;
use output::{Pipe, Tail};

/// A program with everything it is told.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The program: a path, or a name to be looked for on `PATH`.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables besides those of this process.
    pub environment: Vec<(&'static str, OsString)>,
    /// The directory it runs in, if not that of this process.
    pub directory: Option<PathBuf>,
    /// Tells lines that explain nothing, which are not kept for an error.
    pub is_noise: Option<fn(&str) -> bool>,
}

impl Program {
    /// A program without arguments.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), ..Self::default() }
    }

    /// With more arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item: Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Running in a directory.
    #[must_use]
    pub fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal, which came from elsewhere.
    Killed(i32),
    /// It was killed because it took longer than this.
    TimedOut(Duration),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exited with status {status}"),
            Self::Killed(signal) => write!(f, "was killed by signal {signal}"),
            Self::TimedOut(limit) => {
                write!(f, "was still running after {} s and was killed", limit.as_secs_f64())
            }
        }
    }
}

/// A program that ran.
#[derive(Debug, Clone)]
pub struct Ran {
    /// How it ended.
    pub end: End,
    /// The end of what it printed, of standard error first.
    pub tail: Tail,
}

/// A program that could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It can't be started.
    #[error("failed to start {program}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// Its end or its output can't be learnt.
    #[error("failed to follow {program}")]
    Follow {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
}

/// Runs a program to its end, for no longer than `limit`. `on_line` gets every line as it is printed.
pub async fn run(
    program: &Program,
    input: Option<Input<'_>>,
    limit: Duration,
    on_line: &(dyn Fn(Pipe, &str) + Sync),
) -> Result<Ran, RunError> {
    let name = || program.program.to_string_lossy().into_owned();
    let mut child = spawn(program, input.is_some())
        .map_err(|source| RunError::Start { program: name(), source })?;
    let group = Group::of(&child);
    let mut tails = (Tail::default(), Tail::default());
    let keep = |tail: &mut Tail, line: &str| {
        if !program.is_noise.is_some_and(|is_noise| is_noise(line)) {
            tail.push(line);
        }
    };
    let followed = follow(&mut child, input, &mut tails, &keep, on_line);
    let ended = tokio::time::timeout(limit, followed).await;
    // Whatever it has started in the background ends with it.
    drop(group);
    if ended.is_err() {
        // Gone in a moment; its temporary files can only be removed after it.
        let _ = child.wait().await;
    }
    let mut tail = tails.1;
    tail.append(tails.0);
    let end = match ended {
        Err(_) => End::TimedOut(limit),
        Ok(Err(source)) => return Err(RunError::Follow { program: name(), source }),
        Ok(Ok(status)) => status
            .code()
            .map_or_else(|| End::Killed(status.signal().unwrap_or_default()), End::Exited),
    };
    Ok(Ran { end, tail })
}

fn spawn(program: &Program, with_input: bool) -> io::Result<Child> {
    let mut command = Command::new(&program.program);
    command
        .args(&program.arguments)
        .envs(program.environment.iter().map(|(key, value)| (key, value)))
        .stdin(if with_input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(directory) = &program.directory {
        command.current_dir(directory);
    }
    command.spawn()
}

/// How long output may be waited for after the end, which something in the background may hold open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Feeds it and reads both outputs until it has ended and they have, too.
async fn follow(
    child: &mut Child,
    input: Option<Input<'_>>,
    tails: &mut (Tail, Tail),
    keep: &(dyn Fn(&mut Tail, &str) + Sync),
    on_line: &(dyn Fn(Pipe, &str) + Sync),
) -> io::Result<ExitStatus> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let talking = async {
        let (fed, first, second) = tokio::join!(
            input::feed(stdin, input),
            read_lines(stdout, |line| {
                on_line(Pipe::Stdout, line);
                keep(&mut tails.0, line);
            }),
            read_lines(stderr, |line| {
                on_line(Pipe::Stderr, line);
                keep(&mut tails.1, line);
            }),
        );
        fed.and(first).and(second)
    };
    tokio::pin!(talking);
    tokio::select! {
        status = child.wait() => {
            let status = status?;
            if let Ok(read) = tokio::time::timeout(LAST_WORDS, &mut talking).await {
                read?;
            }
            Ok(status)
        }
        read = &mut talking => {
            read?;
            child.wait().await
        }
    }
}

/// Longer lines are cut in pieces.
const LONGEST_LINE: usize = 8 * 1024;

async fn read_lines(
    stream: Option<impl AsyncRead + Unpin>,
    mut on_line: impl FnMut(&str),
) -> io::Result<()> {
    let Some(mut stream) = stream else { return Ok(()) };
    let mut chunk = vec![0; LONGEST_LINE];
    let mut line = Vec::new();
    let mut emit = |line: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        on_line(text);
        line.clear();
    };
    loop {
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            break;
        }
        for byte in chunk.iter().take(count) {
            line.push(*byte);
            if *byte == b'\n' || line.len() >= LONGEST_LINE {
                emit(&mut line);
            }
        }
    }
    if !line.is_empty() {
        emit(&mut line);
    }
    Ok(())
}

/// The process group of a program; killed when it goes.
struct Group(Option<rustix::process::Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // An error means that nobody is left in it, which is what is wanted.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests;
