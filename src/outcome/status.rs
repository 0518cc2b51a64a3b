//! The outcome of `status`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::container::StatusContainer;
use crate::scheduler::update::UpdateStep;

/// Outcome of `status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: StatusTopology,
    /// How many containers run; none if heron-cli did not start it.
    pub ready: Option<ReadyCount>,
    /// How old what is said of the containers is.
    pub as_of: AsOf,
    /// Its TManager, once that has registered.
    pub tmanager: Option<StatusTManager>,
    /// Its framework, if heron-cli started it.
    pub framework: Option<StatusFramework>,
    /// The supervisors that drive it without an end; none if there are none.
    pub supervisor: Option<StatusSupervisor>,
    /// The command that drives it, or holds its lock, at the moment.
    pub driver: Option<Driver>,
    /// An update that is under way or was interrupted.
    pub update: Option<StatusUpdate>,
    /// Its components, by name.
    pub components: Vec<StatusComponent>,
    /// Its containers, if heron-cli started it.
    pub containers: Vec<StatusContainer>,
    /// Whether the exit code tells of its health.
    #[serde(skip)]
    pub check: bool,
}

/// The topology of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusTopology {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// STARTING, RUNNING, PAUSED, UPDATING, KILLING, or UNKNOWN.
    pub state: &'static str,
    /// healthy, degraded, down, or unknown.
    pub health: &'static str,
    /// What is wrong, and what to do about it.
    pub problems: Vec<String>,
    /// Its cluster.
    pub cluster: Option<String>,
    /// Its role.
    pub role: Option<String>,
    /// Its environ.
    pub environ: Option<String>,
    /// When it was submitted, RFC 3339.
    pub submitted_at: Option<String>,
    /// Who submitted it.
    pub submitted_by: Option<String>,
    /// The Heron release that it runs on.
    pub release: Option<String>,
    /// The number of what runs: 1, until something else takes its place.
    pub revision: u32,
    /// Numbers of the others that `rollback` can go back to, the one that ran last first.
    pub kept_revisions: Vec<u32>,
    /// Settings that were made while it ran, by `[component:]key`.
    pub settings: Map<String, Value>,
}

/// Containers that run, of those that are to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReadyCount {
    /// That run, as far as is known.
    pub running: usize,
    /// That are to run.
    pub wanted: usize,
}

/// How old a statement is, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// mesos, or journal where Mesos could not be asked: what was heard last.
    pub source: &'static str,
    /// When that was, RFC 3339; none if nothing was ever heard.
    pub at: Option<String>,
}

/// The TManager of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusTManager {
    /// Its host.
    pub host: String,
    /// Port of its controller.
    pub controller_port: i32,
}

/// The framework of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusFramework {
    /// Its id.
    pub id: String,
    /// connected while a command is at work, waiting at other times, gone once it was removed; unknown if the master knows
    /// nothing of it or could not be asked.
    pub state: &'static str,
    /// Where the master shows it; none if the master could not be asked, or knows nothing of it.
    pub page: Option<String>,
    /// Whether a scheduler is connected; none if the master could not be asked.
    pub connected: Option<bool>,
}

/// The supervisors of a topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusSupervisor {
    /// That it is to have of its own.
    pub wanted: usize,
    /// That there are: who drives it, and those who would take over.
    pub running: usize,
    /// The one that drives it; none while a command does.
    pub leader: Option<Leader>,
}

/// The supervisor that drives a topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leader {
    /// Name of its machine.
    pub host: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// Who drives a topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Driver {
    /// The verb, such as `submit`; empty if it left no name.
    pub command: String,
    /// Name of its machine.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// Since when, RFC 3339.
    pub since: String,
    /// What it waits for, if it said so.
    pub waits_for: Option<String>,
}

/// The update of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusUpdate {
    /// What was asked for.
    pub request: String,
    /// How far it has come: BEGUN, RESIZED, WRITTEN.
    pub step: UpdateStep,
    /// Whether the next command undoes it, if nobody is at it any more; otherwise it finishes it.
    pub can_be_undone: bool,
}

/// A component of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusComponent {
    /// Its name.
    pub name: String,
    /// Instances that its packing plan has.
    pub parallelism: usize,
    /// Instances of them that have registered.
    pub registered: usize,
}
