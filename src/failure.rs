//! How a command fails: its exit code (design §5, `docs/exit-codes.md`), its causes and what to do next.
//!
//! Errors of the modules are sorted here and nowhere else.

use std::fmt;

/// The exit codes. They are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// The operation failed; what was done was undone, or the message lists what is left.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// The configuration is wrong.
    Configuration = 3,
    /// The user's topology failed: its main, its package, its definition.
    Topology = 4,
    /// No such topology.
    NotFound = 5,
    /// It exists already, or somebody else is changing it.
    Conflict = 6,
    /// ZooKeeper, Mesos, the TManager or the package store can't be reached.
    Unreachable = 7,
    /// Not authenticated or not authorized.
    NotAllowed = 8,
    /// Timed out waiting; the operation goes on.
    TimedOut = 9,
    /// Partly done.
    PartlyDone = 10,
    /// No agent has room.
    NoPlacement = 11,
    /// Interrupted (SIGINT).
    Interrupted = 130,
    /// Terminated (SIGTERM).
    Terminated = 143,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Configuration => "configuration",
            Self::Topology => "topology",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Unreachable => "unreachable",
            Self::NotAllowed => "not_allowed",
            Self::TimedOut => "timed_out",
            Self::PartlyDone => "partly_done",
            Self::NoPlacement => "no_placement",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

/// A command that failed.
#[derive(Debug)]
pub struct Failure {
    /// Its exit code.
    pub exit: Exit,
    /// What failed, outermost first.
    pub error: anyhow::Error,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Failure {
    /// What failed, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        self.error.to_string()
    }

    /// Why, outermost first. A cause that only repeats what stands above it is left out.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        let mut told = vec![self.message()];
        for cause in self.error.chain().skip(1) {
            let text = cause.to_string();
            if !told.iter().any(|above| above.contains(&text)) {
                told.push(text);
            }
        }
        told.split_off(1)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}
