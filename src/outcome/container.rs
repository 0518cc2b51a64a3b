//! Containers in documents: everywhere objects, with at least an id.

use serde::Serialize;
use serde_json::{Map, Value};

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
    /// Mesos' word for the state of its task; PENDING if it has none.
    pub state: String,
    /// When that was so, RFC 3339: now, where Mesos said it; none if nothing was ever heard.
    pub as_of: Option<String>,
    /// Its task.
    pub task_id: Option<String>,
    /// Launches so far.
    pub attempt: u32,
    /// How often a restart was asked for.
    pub restarts: u64,
    /// Its agent.
    pub agent_id: Option<String>,
    /// Its host.
    pub host: Option<String>,
    /// Its ports, by the names of the executor's flags.
    pub ports: Map<String, Value>,
    /// Since when it is in that state, as far as the journal knows, RFC 3339.
    pub since: Option<String>,
    /// How it failed last.
    pub last_failure: Option<Value>,
    /// Its instances.
    pub instances: Vec<StatusInstance>,
}

/// An instance of `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusInstance {
    /// Its component.
    pub component: String,
    /// Its task id in the topology.
    pub task_id: i32,
    /// Whether the TManager knows it.
    pub registered: bool,
}
