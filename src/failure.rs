//! How a command fails: its exit code (`docs/exit-codes.md`), its causes and what to do next.
//!
//! Errors of the modules are sorted here and nowhere else.

mod sort;

use std::fmt;

use anyhow::anyhow;
use clap::error::ErrorKind;

use crate::context::HalfWay;
use crate::net::redact::redact;
pub use crate::outcome::exit::Exit;
use sort::{NOTHING, sort};

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

impl Failure {
    /// A failure without hints.
    #[must_use]
    pub fn new(exit: Exit, error: anyhow::Error) -> Self {
        Self { exit, error, hints: Vec::new() }
    }
}

impl Failure {
    /// Wrong usage in clap's words: its tips are hints, and so is the usage line.
    #[must_use]
    pub fn of_clap(error: &clap::Error) -> Self {
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            let hints = vec!["`heron-cli help` lists the commands".to_owned()];
            return Self { exit: Exit::Usage, error: anyhow!("no command was given"), hints };
        }
        // It quotes what was typed.
        let text = redact(&error.render().to_string());
        let mut message: Vec<&str> = Vec::new();
        let mut hints = Vec::new();
        for paragraph in text.split("\n\n").map(str::trim) {
            if let Some(tip) = paragraph.strip_prefix("tip: ") {
                let tips = tip.lines().map(|line| line.trim().trim_start_matches("tip: "));
                // That `--` ends the flags helps nobody who mistyped one.
                hints.extend(tips.filter(|tip| !tip.starts_with("to pass ")).map(str::to_owned));
            } else if let Some(usage) = paragraph.strip_prefix("Usage: ") {
                hints.push(format!("usage: {usage}"));
            } else if !paragraph.starts_with("For more information") {
                message.push(paragraph.strip_prefix("error: ").unwrap_or(paragraph));
            }
        }
        Self { exit: Exit::Usage, error: anyhow!("{}", message.join("\n")), hints }
    }
}

impl From<anyhow::Error> for Failure {
    /// Sorts an error by the first cause that says what it is.
    fn from(error: anyhow::Error) -> Self {
        let sorted = error.chain().find_map(sort);
        let (exit, mut hints) = sorted.unwrap_or((Exit::Failed, Vec::new()));
        if let Some(half_way) = error.downcast_ref::<HalfWay>() {
            // Something was begun, and this knows what.
            hints.retain(|hint| hint != NOTHING);
            hints.extend(half_way.next.iter().cloned());
        }
        Self { exit, error, hints }
    }
}
