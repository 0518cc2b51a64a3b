//! The states of a task (`docs/mesos.md#task-states`).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// States of a task. Later versions may add some: those become [`TaskState::Other`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Launched, nothing heard yet.
    #[default]
    Staging,
    /// Its executor has it.
    Starting,
    /// It runs.
    Running,
    /// It is being killed.
    Killing,
    /// It ended with exit status 0.
    Finished,
    /// It failed.
    Failed,
    /// It was killed.
    Killed,
    /// Its description was refused; it never started.
    Error,
    /// Lost; may come back.
    Lost,
    /// It never ran, for a passing reason.
    Dropped,
    /// Its agent can't be reached; it may run.
    Unreachable,
    /// It runs no more.
    Gone,
    /// An operator said that its agent is gone.
    GoneByOperator,
    /// The master knows nothing of it.
    Unknown,
    /// A state of a later version.
    Other(String),
}

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
    /// The state of a name on the wire.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or_else(|| Self::Other(name.to_owned()), |(_, state)| state.clone())
    }

    /// Its name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => NAMES.iter().find(|(_, state)| state == known).map_or("", |(name, _)| name),
        }
    }

    /// Whether the task has come to its end. `TASK_LOST` and `TASK_GONE_BY_OPERATOR` may come back all the same.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_and_back() {
        for (name, state) in NAMES {
            assert_eq!(TaskState::from_name(name), state);
            assert_eq!(state.to_string(), name);
            assert!(!matches!(state, TaskState::Other(_)));
        }
        let later = TaskState::from_name("TASK_PAUSED");
        assert_eq!(later, TaskState::Other("TASK_PAUSED".into()));
        assert_eq!(later.name(), "TASK_PAUSED");
        assert!(!later.is_terminal());
    }

    #[test]
    fn terminal_states_are_those_of_the_master() {
        let terminal: Vec<_> =
            NAMES.iter().filter(|(_, state)| state.is_terminal()).map(|(name, _)| *name).collect();
        assert_eq!(
            terminal,
            [
                "TASK_FINISHED",
                "TASK_FAILED",
                "TASK_KILLED",
                "TASK_ERROR",
                "TASK_LOST",
                "TASK_DROPPED",
                "TASK_GONE",
                "TASK_GONE_BY_OPERATOR"
            ]
        );
    }
}
