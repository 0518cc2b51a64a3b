//! The outcome of `list`.

use serde::Serialize;

/// Outcome of `list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopologyList {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// By name.
    pub topologies: Vec<TopologyRow>,
}

/// A line of `list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopologyRow {
    /// Its name.
    pub name: String,
    /// RUNNING, PAUSED; STARTING before the physical plan exists.
    pub state: String,
    /// Its cluster.
    pub cluster: Option<String>,
    /// Its role.
    pub role: Option<String>,
    /// Its environ.
    pub environ: Option<String>,
    /// Number of containers, container 0 included.
    pub container_count: Option<usize>,
    /// When it was submitted, RFC 3339.
    pub submitted_at: Option<String>,
}
