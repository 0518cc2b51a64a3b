//! Answers that come line by line, while a command works.

use serde::Serialize;
use thiserror::Error;

use super::event::Event;
use super::logs::LogLine;

/// Takes what a command answers line by line.
pub trait Stream: Send + Sync {
    /// Shows one.
    ///
    /// # Errors
    /// [`ReaderGone`] if nobody wants more of them; why is told when the command has ended.
    fn show(&self, item: &Item<'_>) -> Result<(), ReaderGone>;
}

/// Nobody reads the answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("nobody reads the answer any more")]
pub struct ReaderGone;

/// One line of an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Item<'a> {
    /// Of `logs`.
    Log(LogLine<'a>),
    /// Of `events`.
    Event(&'a Event),
}

/// The end of what was told line by line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Streamed;
