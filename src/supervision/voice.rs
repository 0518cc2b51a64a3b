//! What is told of one topology among many: whatever is at work on it speaks to those who wait for its lock, and the supervisor's own
//! user is told of what needs to be known, with its name in front.

use std::sync::Arc;

use crate::report::{Progress, Reporter};

/// Lets through warnings, each once.
pub(super) struct Voice {
    topology: String,
    user: Arc<dyn Reporter>,
}

impl Voice {
    /// Speaks for a topology.
    pub fn of(topology: &str, user: &Arc<dyn Reporter>) -> Self {
        Self { topology: topology.to_owned(), user: Arc::clone(user) }
    }

    /// Tells the supervisor's user.
    pub fn say(&self, text: &str) {
        self.user.step(&format!("{}: {text}", self.topology));
    }
}

impl Reporter for Voice {
    fn step(&self, _text: &str) {}

    fn progress(&self, _progress: &Progress) {}

    fn warn(&self, text: &str) {
        self.user.warn(&format!("{}: {text}", self.topology));
    }

    fn program_output(&self, _line: &str) {}
}
