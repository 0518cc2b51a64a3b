//! The outcome of `list`.

use serde::Serialize;

use super::status::{AsOf, ReadyCount};

/// Outcome of `list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopologyList {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// How old what is said of containers is; none where there are none to ask about.
    pub as_of: Option<AsOf>,
    /// By name.
    pub topologies: Vec<TopologyRow>,
}

/// A line of `list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopologyRow {
    /// Its name.
    pub name: String,
    /// STARTING, RUNNING, PAUSED, UPDATING, KILLING, or UNKNOWN.
    pub state: &'static str,
    /// healthy, degraded, down, or unknown.
    pub health: &'static str,
    /// How many containers run; none if heron-cli did not start it.
    pub ready: Option<ReadyCount>,
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
    /// Whether supervisors drive it without an end.
    pub supervised: bool,
}
