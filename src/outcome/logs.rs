//! The outcome of `logs`.

use serde::Serialize;

/// Where a line of a log was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogSource {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: LogTopology,
    /// The container.
    pub container: LogContainer,
    /// The process: `stmgr-1`, `container_1_word_3`, `stderr`.
    pub process: String,
    /// What stands in front of its lines, where they stand among others.
    #[serde(skip)]
    pub label: Option<String>,
}

/// The topology of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogTopology {
    /// Its name.
    pub name: String,
}

/// The container of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogContainer {
    /// Its id.
    pub id: u32,
    /// Its task.
    pub task_id: String,
    /// Which of its attempts that is.
    pub attempt: u32,
    /// Its host.
    pub host: String,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine<'a> {
    /// Where it was found.
    #[serde(flatten)]
    pub source: &'a LogSource,
    /// When it was written, as far as the log tells, RFC 3339.
    pub at: Option<String>,
    /// Its text, without secrets.
    pub text: &'a str,
    /// How many bytes at its end are left out.
    pub cut: u64,
}

/// Outcome of `logs --list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogFiles {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: LogTopology,
    /// By container, and the processes in it.
    pub files: Vec<LogFileRow>,
}

/// A file of [`LogFiles`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogFileRow {
    /// The container.
    pub container: LogContainer,
    /// The process; none of what is no log.
    pub process: Option<String>,
    /// Its path in the sandbox.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed last, RFC 3339.
    pub modified: String,
}
