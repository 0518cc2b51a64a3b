//! The outcomes of verbs that change a topology that is there.

use serde::Serialize;

use super::container::ContainerRef;
use super::topology::TopologyRef;

/// Outcome of `activate` and `deactivate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateChanged {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology and its state now.
    pub topology: TopologyRef,
    /// Whether it was in that state before.
    pub already: bool,
    /// healthy, degraded, down, or unknown.
    pub health: &'static str,
    /// What is wrong with it, and what to do about it: a state is worth nothing without containers.
    pub problems: Vec<String>,
}

/// Outcome of `restart`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restarted {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: TopologyRef,
    /// The containers that were restarted.
    pub containers: Vec<ContainerRef>,
    /// Others that were launched anew meanwhile, because they did not run.
    pub also_launched: Vec<ContainerRef>,
}

/// Outcome of `update` of a packing plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Updated {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology and its state now.
    pub topology: TopologyRef,
    /// Whether it was so before.
    pub already: bool,
    /// Whether an interrupted update was finished.
    pub resumed: bool,
    /// Its containers now, container 0 included.
    pub containers: Vec<ContainerRef>,
    /// How many they are.
    pub container_count: usize,
    /// Containers that are new.
    pub added: Vec<u32>,
    /// Containers that are gone.
    pub removed: Vec<u32>,
    /// Containers whose tasks were replaced by ones with other room.
    pub relaunched: Vec<u32>,
}

/// Outcome of `update --runtime-config`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsChanged {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: TopologyRef,
    /// The settings, `[component:]key:value`.
    pub settings: Vec<String>,
    /// Whether nothing was done.
    pub dry_run: bool,
}

/// A container that may run on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MayRun {
    /// Its id.
    pub id: u32,
    /// Where it was launched.
    pub host: String,
}

/// What became of the package of a killed topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageEnd {
    /// Where agents fetched it.
    pub uri: String,
    /// Whether it is gone from its store.
    pub removed: bool,
    /// Why it is not.
    pub why: Option<String>,
}

/// Outcome of `kill`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Killed {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology; its state is KILLED.
    pub topology: TopologyRef,
    /// Whether there was anything of it.
    pub found: bool,
    /// The framework that was removed; with `state_only` it was left alone.
    pub framework_id: Option<String>,
    /// All of them: one that lost its journal may stand beside another.
    pub framework_ids: Vec<String>,
    /// Whether only the state was removed, and Mesos was not asked.
    pub state_only: bool,
    /// Containers that may run on until Mesos hears of their hosts again, or with `state_only` until somebody ends them.
    pub may_run: Vec<MayRun>,
    /// What became of its package; none if it had none that heron-cli brought.
    pub package: Option<PackageEnd>,
    /// What became of those of its other revisions.
    pub other_packages: Vec<PackageEnd>,
    /// The znodes that were removed.
    pub removed: Vec<String>,
}

/// Outcome of `wait`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waited {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology; its state is GONE where nothing is left of it.
    pub topology: TopologyRef,
    /// healthy, degraded, down or unknown; none of a topology that is gone.
    pub health: Option<&'static str>,
    /// What was waited for.
    pub waited_for: &'static str,
}
