//! The outcome of `supervise`.

use serde::Serialize;

use super::topology::TopologyRef;

/// Outcome of `supervise`, when it is ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Supervised {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topologies that it knew then, by name.
    pub topologies: Vec<SupervisedTopology>,
}

/// Outcome of `update --supervisors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupervisorsChanged {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: TopologyRef,
    /// Supervisors that it is to have of its own.
    pub wanted: u32,
    /// Those that run.
    pub running: u32,
    /// Whether it was to have the very same before.
    pub already: bool,
}

/// A topology that was supervised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupervisedTopology {
    /// Its name.
    pub name: String,
    /// Containers that this supervisor has brought back.
    pub heals: u64,
    /// Containers that ran when it ended, as far as it knew.
    pub running: usize,
    /// Containers that were to run.
    pub wanted: usize,
}
