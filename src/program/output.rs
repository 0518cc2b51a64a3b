//! What a program has printed, cut down to what explains its end.

use std::collections::VecDeque;
use std::fmt;

use crate::net::redact::redact;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipe {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Lines that are kept.
const KEPT: usize = 20;
/// Exceptions that are kept, the first and its causes.
const EXCEPTIONS: usize = 4;

/// The last lines of a program; its exceptions first, of Java's stack traces only where each was thrown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    exceptions: Vec<String>,
    lines: VecDeque<String>,
    /// How many of `exceptions` are exceptions; the others are their frames.
    count: usize,
    /// Whether the last line was an exception that is kept, so that the next frame is its first.
    is_thrown: bool,
}

impl Tail {
    pub(super) fn push(&mut self, line: &str) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        let was_thrown = std::mem::take(&mut self.is_thrown);
        if is_frame(line) {
            // What is behind `... 1 more` was said of the exception before.
            if was_thrown && line.ends_with(')') {
                self.exceptions.push(format!("  {}", line.trim_start()));
            }
            return;
        }
        if is_exception(line) {
            if self.count < EXCEPTIONS {
                self.exceptions.push(line.to_owned());
                self.count += 1;
                self.is_thrown = true;
            }
            return;
        }
        if self.lines.back().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
    }

    pub(super) fn append(&mut self, other: Self) {
        self.exceptions.extend(other.exceptions);
        self.lines.extend(other.lines);
    }

    /// What it printed that explains most, exceptions first.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.exceptions.iter().chain(&self.lines).map(String::as_str)
    }
}

/// What may be shown of it: programs log what they were given, secrets included.
impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.lines().peekable();
        if lines.peek().is_none() {
            return f.write_str("it printed nothing");
        }
        f.write_str("it printed")?;
        lines.try_for_each(|line| write!(f, "\n  {}", redact(line)))
    }
}

/// A line of a Java stack trace below the exception.
fn is_frame(line: &str) -> bool {
    let Some(rest) = line.strip_prefix(['\t', ' ']) else { return false };
    let rest = rest.trim_start();
    (rest.starts_with("at ") && rest.ends_with(')'))
        || (rest.starts_with("... ") && rest.ends_with(" more"))
}

/// A line that begins a Java stack trace or continues it with a cause.
fn is_exception(line: &str) -> bool {
    line.starts_with("Exception in thread \"") || line.starts_with("Caused by: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(text: &str) -> Tail {
        let mut tail = Tail::default();
        text.lines().for_each(|line| tail.push(line));
        tail
    }

    #[test]
    fn what_is_printed_of_secrets_is_masked() {
        let printed = tail("connecting to http://me:hunter2@h/x\npassword=hunter2");
        let shown = "it printed\n  connecting to http://********@h/x\n  password=********";
        assert_eq!(printed.to_string(), shown);
    }

    #[test]
    fn a_stack_trace_shrinks_to_its_exceptions() {
        let printed = "starting\nException in thread \"main\" java.lang.RuntimeException: outer\n\
            \tat com.example.Main.main(Main.java:3)\nCaused by: java.io.IOException: inner\n\
            \tat com.example.Main.read(Main.java:9)\n\t... 1 more\n";
        assert_eq!(
            tail(printed).to_string(),
            "it printed\n  Exception in thread \"main\" java.lang.RuntimeException: outer\n    \
             at com.example.Main.main(Main.java:3)\n  \
             Caused by: java.io.IOException: inner\n    at com.example.Main.read(Main.java:9)\n  starting"
        );
    }

    #[test]
    fn only_the_end_is_kept() {
        let printed: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
        let tail = tail(&printed.join("\n"));
        assert_eq!(tail.lines().count(), KEPT);
        assert_eq!(tail.lines().last(), Some("line 99"));
    }

    #[test]
    fn what_is_said_twice_is_kept_once() {
        assert_eq!(tail("a\na\nb\na\n").to_string(), "it printed\n  a\n  b\n  a");
    }

    #[test]
    fn silence_is_said() {
        assert_eq!(tail("").to_string(), "it printed nothing");
    }
}
