//! Containers in documents: everywhere objects, with at least an id.

use serde::Serialize;
use serde_json::Value;

/// Names a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ContainerRef {
    /// Its id; the TManager's is 0.
    pub id: u32,
}

impl ContainerRef {
    /// Names for ids.
    #[must_use]
    pub fn of(ids: impl IntoIterator<Item = u32>) -> Vec<Self> {
        ids.into_iter().map(|id| Self { id }).collect()
    }
}

/// A container of `status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusContainer {
    /// Its id.
    pub id: u32,
    /// The state of its task; PENDING if it has none.
    pub state: String,
    /// Its task.
    pub task_id: Option<String>,
    /// Launches so far.
    pub attempt: u32,
    /// Its agent.
    pub agent_id: Option<String>,
    /// Its host.
    pub host: Option<String>,
    /// Its ports.
    pub ports: Vec<u16>,
    /// Since when it is in that state, RFC 3339.
    pub since: Option<String>,
    /// How it failed last.
    pub last_failure: Option<Value>,
}
