//! The outcome of `submit`.

use serde::Serialize;

use super::container::ContainerRef;
use super::release::ReleaseInfo;
use super::topology::TopologyRef;

/// Outcome of `submit`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Submitted {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: TopologyRef,
    /// The Heron release that its containers run, and how that is known.
    pub release: ReleaseInfo,
    /// Supervisors that it is to have of its own.
    pub supervisors: u32,
    /// Its containers, container 0 included.
    pub containers: Vec<ContainerRef>,
    /// How many they are.
    pub container_count: usize,
    /// The framework that they belong to.
    pub framework_id: String,
    /// A page about the framework.
    pub page: Option<String>,
    /// Whether an interrupted submission of the same content was finished.
    pub resumed: bool,
    /// Whether the same content ran already, so that nothing was done.
    pub already: bool,
    /// healthy, degraded, down or unknown, where it ran already; otherwise it has just come up, as far as was waited for.
    pub health: Option<&'static str>,
    /// What is wrong with it then, and what to do about that.
    pub problems: Vec<String>,
    /// The number of what runs now: 1, until something else takes its place.
    pub revision: u32,
    /// Whether it took the place of another content.
    pub replaced: bool,
    /// What was waited for.
    pub waited_for: &'static str,
}

/// Outcome of `rollback`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RolledBack {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology and its state now.
    pub topology: TopologyRef,
    /// The number of what runs now.
    pub revision: u32,
    /// The number of what ran before.
    pub from: u32,
    /// Its containers, container 0 included.
    pub containers: Vec<ContainerRef>,
    /// How many they are.
    pub container_count: usize,
    /// Whether an interrupted rollback was finished.
    pub resumed: bool,
}

/// Outcome of `submit`, of a main with several topologies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubmittedAll {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// In the order of names.
    pub submitted: Vec<Submitted>,
}
