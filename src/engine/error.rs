//! How an engine can fail: its own error, sorted into a class that says what that means to a command.

use std::error::Error;
use std::fmt;

use crate::net::deadline::Signal;

/// What an engine's error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// It can't be reached, or is not ready.
    Unreachable,
    /// We are not authenticated, not allowed to, or our certificate is refused.
    NotAllowed,
    /// A setting that is needed to reach it can't be used.
    Configuration,
    /// What was waited for did not come about in time.
    TimedOut,
    /// The user wanted to leave.
    Interrupted(Signal),
    /// It refuses the request as such, or answers something else than it should.
    Refused,
}

/// An engine can't do what it was asked for.
#[derive(Debug)]
pub struct EngineError {
    class: ErrorClass,
    passes: bool,
    hint: Option<&'static str>,
    source: Box<dyn Error + Send + Sync>,
}

impl EngineError {
    /// Sorts an error, which speaks for itself. `hint`: what to do next.
    #[must_use]
    pub fn new(
        class: ErrorClass,
        hint: Option<&'static str>,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self { class, passes: false, hint, source: Box::new(source) }
    }

    /// The same, of which it is known whether asking again may help.
    #[must_use]
    pub fn passing(self, passes: bool) -> Self {
        Self { passes, ..self }
    }

    /// Whether asking again may help, without anybody's doing.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.passes
    }

    /// What it means.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.class
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl Error for EngineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}
