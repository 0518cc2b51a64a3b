//! What has happened to a topology, as its journal remembers it: who asked for what, in the desired record, and what became of a
//! container's tasks, in that container's. [`super::remember`] says what is remembered.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::task::TaskState;
use crate::clock::Millis;

/// Who does something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Author {
    /// The verb.
    pub command: String,
    /// The user.
    pub user: String,
    /// Name of the machine.
    pub host: String,
    /// The process id there.
    pub pid: u32,
}

/// A change of the desired record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: Millis,
    /// Who made it.
    pub by: Author,
    /// What it was, in words.
    pub what: String,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A state that a container's task came into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// When.
    pub at: Millis,
    /// The attempt.
    pub attempt: u32,
    /// The state.
    pub state: TaskState,
    /// Name of the host.
    pub host: String,
    /// Who launched it, for the first state of a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Author>,
    /// The engine's name for why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The engine's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
