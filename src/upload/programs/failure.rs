//! A program of a store that failed, and what that seems to mean.

use thiserror::Error;

use crate::program::End;
use crate::program::output::Tail;

/// A program of a store that failed.
#[derive(Debug, Error)]
#[error("failed to {doing}: {program} {end}; {tail}")]
pub struct ProgramFailure {
    /// What it was to do, such as `delete host:/file`.
    pub doing: String,
    /// The program.
    pub program: String,
    /// How it ended.
    pub end: End,
    /// What it printed.
    pub tail: Tail,
    /// What seems to be wrong.
    pub trouble: Trouble,
}

impl ProgramFailure {
    /// Whether running it again may help: it found nobody, and that soon.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.trouble == Trouble::Unreachable && !matches!(self.end, End::TimedOut(_))
    }
}

/// What a program's failure seems to mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The other side wants another user, or gives this one no right.
    Denied,
    /// The other side can't be reached, or does not answer.
    Unreachable,
    /// The other side's key is not the known one, or none is known.
    HostKey,
    /// Something else.
    Other,
}
