//! A run of the user's main: what is run and how, and what can go wrong.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::definition::DefinitionError;
use super::file_kind::UnknownKind;
use super::java::{JavaEnvironment, NoJava};
use super::options::{Options, OptionsError};
use super::plain_file::PlainFileError;
use super::untar::UntarError;
use crate::program::RunError;
use crate::program::output::Tail;

/// A definition of more bytes is none: what ZooKeeper takes of one is a hundredth of this.
pub(super) const MAX_DEFINITION: u64 = 128 << 20;

/// What to run, and how.
#[derive(Debug, Clone)]
pub struct UserMain {
    /// The topology file.
    pub file: PathBuf,
    /// Class of the main; `-` for a pex that is to run itself; the describing program for C++.
    pub class: String,
    /// Arguments of the main.
    pub arguments: Vec<String>,
    /// What it is told about the submission.
    pub options: Options,
    /// Where Java may be.
    pub java: JavaEnvironment,
    /// `key=value`, for `-D`.
    pub jvm_properties: Vec<String>,
    /// Jars and directories behind the topology's own code.
    pub extra_classpath: Vec<PathBuf>,
    /// How long it may take.
    pub time_limit: Duration,
    /// How many bytes a tar may have once it is unpacked.
    pub size_limit: u64,
    /// Where to put temporary files.
    pub temporary: PathBuf,
}

/// Why there are no definitions.
#[derive(Debug, thiserror::Error)]
pub enum MainError {
    /// It can't be read.
    #[error(transparent)]
    File(#[from] PlainFileError),
    /// A file of no known kind.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// No Java for a Java topology.
    #[error(transparent)]
    NoJava(#[from] NoJava),
    /// Something that the main can't be told.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// A class path entry with a colon.
    #[error("{} can't be part of a class path, because of its colon", entry.display())]
    ClassPath {
        /// The entry.
        entry: PathBuf,
    },
    /// A class path entry that is not there.
    #[error("{} of `--extra-launch-classpath` does not exist", entry.display())]
    NoClassPath {
        /// The entry.
        entry: PathBuf,
    },
    /// A tar that can't be extracted, or must not be.
    #[error(transparent)]
    Untar(#[from] UntarError),
    /// A pex without permission to be executed that does not say by what either.
    #[error("{} is not executable and does not begin with #!", file.display())]
    NotExecutable {
        /// The file.
        file: PathBuf,
    },
    /// A temporary file or directory can't be made.
    #[error("failed to write {}", path.display())]
    Temporary {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The program can't be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It ended with a failure.
    #[error("the topology's main {class} exited with status {status}; {tail}")]
    Exited {
        /// The main.
        class: String,
        /// Its exit status.
        status: i32,
        /// What it printed.
        tail: Tail,
    },
    /// It ended with a failure, because there is no such class.
    #[error("{} has no class {class}{}; {tail}", file.display(), near.as_ref().map(|near| format!(", but it has {near}")).unwrap_or_default())]
    NoSuchClass {
        /// The topology file.
        file: PathBuf,
        /// The class that was named.
        class: String,
        /// The one in the file that may have been meant.
        near: Option<String>,
        /// What was printed.
        tail: Box<Tail>,
    },
    /// Somebody killed it.
    #[error("the topology's main {class} was killed by signal {signal}; {tail}")]
    Killed {
        /// The main.
        class: String,
        /// The signal.
        signal: i32,
        /// What it printed.
        tail: Tail,
    },
    /// It took too long and was killed.
    #[error("the topology's main {class} was still running after {} s and was killed; {tail}", (limit.as_secs_f64() * 10.0).round() / 10.0)]
    TimedOut {
        /// The main.
        class: String,
        /// How long it had.
        limit: Duration,
        /// What it printed.
        tail: Tail,
    },
    /// It ended well and wrote nothing.
    #[error("the topology's main {class} ended without submitting a topology; {tail}")]
    NoDefinition {
        /// The main.
        class: String,
        /// What it printed.
        tail: Tail,
    },
    /// Two of its definitions have the same name.
    #[error("{} and {} both define the topology {name:?}", first.display(), second.display())]
    Duplicate {
        /// The name.
        name: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A file that is far too large for a definition.
    #[error("{} has more than {MAX_DEFINITION} bytes, which is far too much for a definition", .0.display())]
    TooLarge(PathBuf),
    /// A definition that no cluster could run.
    #[error("failed to use the definition {}", file.display())]
    Definition {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: DefinitionError,
    },
}

impl MainError {
    /// What the main printed, if it ran.
    #[must_use]
    pub fn tail(&self) -> Option<&Tail> {
        match self {
            Self::NoSuchClass { tail, .. } => Some(tail),
            Self::Exited { tail, .. }
            | Self::Killed { tail, .. }
            | Self::TimedOut { tail, .. }
            | Self::NoDefinition { tail, .. } => Some(tail),
            _ => None,
        }
    }
}
