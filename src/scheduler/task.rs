//! What is heard of tasks: their states, and who says so.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ids::{HostId, TaskId};
use crate::clock::Millis;

/// States of a task. An engine may know more: those are [`TaskState::Other`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Launched, nothing heard yet.
    #[default]
    Staging,
    /// Its host has it, and fetches what it needs.
    Starting,
    /// It runs.
    Running,
    /// It is being ended.
    Killing,
    /// It ended with exit status 0.
    Finished,
    /// It failed.
    Failed,
    /// It was ended on request.
    Killed,
    /// Its description was refused; it never started.
    Error,
    /// Lost; may come back.
    Lost,
    /// It never ran, for a passing reason.
    Dropped,
    /// Its host can't be reached; it may run.
    Unreachable,
    /// It runs no more.
    Gone,
    /// An operator said that its host is gone.
    GoneByOperator,
    /// Nobody knows anything of it.
    Unknown,
    /// A state that this version does not know, by its name.
    Other(String),
}

/// The states' names in the journal and in documents: Mesos' own.
const NAMES: [(&str, TaskState); 14] = [
    ("TASK_STAGING", TaskState::Staging),
    ("TASK_STARTING", TaskState::Starting),
    ("TASK_RUNNING", TaskState::Running),
    ("TASK_KILLING", TaskState::Killing),
    ("TASK_FINISHED", TaskState::Finished),
    ("TASK_FAILED", TaskState::Failed),
    ("TASK_KILLED", TaskState::Killed),
    ("TASK_ERROR", TaskState::Error),
    ("TASK_LOST", TaskState::Lost),
    ("TASK_DROPPED", TaskState::Dropped),
    ("TASK_UNREACHABLE", TaskState::Unreachable),
    ("TASK_GONE", TaskState::Gone),
    ("TASK_GONE_BY_OPERATOR", TaskState::GoneByOperator),
    ("TASK_UNKNOWN", TaskState::Unknown),
];

impl TaskState {
    /// The state of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map_or_else(|| Self::Other(name.to_owned()), |(_, state)| state.clone())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => NAMES.iter().find(|(_, state)| state == known).map_or("", |(name, _)| name),
        }
    }

    /// Whether the task has come to its end. One that is lost, or whose host an operator gave up, may come back all the same.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Finished
                | Self::Failed
                | Self::Killed
                | Self::Error
                | Self::Lost
                | Self::Dropped
                | Self::Gone
                | Self::GoneByOperator
        )
    }

    /// Whether the engine can't tell how the task is: its host is out of reach, or not known to an engine that has started anew.
    #[must_use]
    pub fn is_out_of_reach(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Unknown)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for TaskState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TaskState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from_name(&name))
    }
}

/// The state of a task, as it is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskReport {
    /// The task.
    pub task_id: TaskId,
    /// Its state.
    pub state: TaskState,
    /// The engine's name for why, `REASON_…`.
    pub reason: Option<String>,
    /// Free text.
    pub message: Option<String>,
    /// Who says so, in the engine's words.
    pub source: Option<String>,
    /// Whether that is the task's host, and not the engine's centre.
    pub is_of_host: bool,
    /// Where it is; unknown in some answers.
    pub host_id: Option<HostId>,
    /// When it came into that state, by the clock of who says so.
    pub at: Option<Millis>,
    /// Since when its host can't be reached.
    pub unreachable_since: Option<Millis>,
    /// What is to be given back once the report is journalled; it is told again until then.
    pub acknowledgement: Option<Box<Acknowledgement>>,
}

/// The handle to a report that is told again until it is acknowledged. Only the engine knows what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The task of the report.
    pub task_id: TaskId,
    /// The host of the report.
    pub host_id: HostId,
    /// The engine's own, verbatim.
    pub token: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for (name, state) in NAMES {
            assert_eq!(TaskState::from_name(name), state);
            assert_eq!(state.to_string(), name);
        }
        let later: TaskState = serde_json::from_str("\"TASK_DREAMING\"").unwrap();
        assert_eq!(later, TaskState::Other("TASK_DREAMING".into()));
        assert_eq!(serde_json::to_string(&later).unwrap(), "\"TASK_DREAMING\"");
        assert!(!later.is_terminal());
    }
}
