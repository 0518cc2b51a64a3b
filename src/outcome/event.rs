//! What `events` tells, line by line.

use serde::Serialize;

use super::logs::LogTopology;
use crate::scheduler::history::Author;

/// Something that has happened to a topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: LogTopology,
    /// When, RFC 3339.
    pub at: String,
    /// `request`: somebody has changed what is wanted; `task`: a task came into another state.
    pub kind: &'static str,
    /// Who asked for it, or launched the task; none of what happens by itself.
    pub by: Option<Author>,
    /// What it was, in words.
    pub text: String,
    /// The container, of a task.
    pub container: Option<EventContainer>,
}

/// The container of an [`Event`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventContainer {
    /// Its id.
    pub id: u32,
    /// Which of its attempts.
    pub attempt: u32,
    /// Its host.
    pub host: String,
    /// Mesos' word for the state.
    pub state: String,
    /// Mesos' name for why.
    pub reason: Option<String>,
    /// Mesos' text.
    pub message: Option<String>,
}
