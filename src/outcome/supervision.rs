//! The outcome of `supervise`.

use serde::Serialize;

/// Outcome of `supervise`, when it is ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Supervised {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topologies that it knew then, by name.
    pub topologies: Vec<SupervisedTopology>,
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
