//! What the state machine asks of the engine.

use super::ids::{HostId, OfferId, TaskId};
use super::offer::Resources;
use super::task::Acknowledgement;
use super::uri::Uri;

/// Something that is said to the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// Launch tasks on a host, out of what it offers.
    Launch(Launch),
    /// Give offers back.
    Decline {
        /// Which.
        offers: Vec<OfferId>,
        /// How long what they hold stays away.
        seconds: f64,
    },
    /// End a task. Idempotent, and may come to nothing.
    Kill(Kill),
    /// Tell the states of these tasks; of none: of all tasks of the framework.
    Reconcile(Vec<(TaskId, Option<HostId>)>),
    /// A report is journalled.
    Acknowledge(Acknowledgement),
    /// Make offers again, of what was declined as well.
    Revive,
    /// Make no more offers.
    Suppress,
    /// Remove the framework and all that runs of it.
    TearDown,
}

/// Tasks that are launched together.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// The offers that they are launched with: all of [`super::offer::Offer::ids`].
    pub offers: Vec<OfferId>,
    /// The host.
    pub host_id: HostId,
    /// The topology, for showing.
    pub topology: String,
    /// The tasks.
    pub tasks: Vec<LaunchTask>,
    /// Seconds that what is left of the offers stays away.
    pub decline_seconds: f64,
}

/// A task that is launched.
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchTask {
    /// Its container.
    pub container: u32,
    /// Which attempt of that.
    pub attempt: u32,
    /// Its id.
    pub task_id: TaskId,
    /// What it gets.
    pub resources: Resources,
    /// Its ports, ascending.
    pub ports: Vec<u16>,
    /// What runs: a command for `/bin/sh -c`.
    pub command: String,
    /// Unix user; the framework's, if absent.
    pub user: Option<String>,
    /// What is fetched into the sandbox.
    pub uris: Vec<Uri>,
    /// Milliseconds that it has between SIGTERM and SIGKILL, however it is ended.
    pub grace_ms: i64,
}

/// A task that is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// Which.
    pub task_id: TaskId,
    /// Where it is, if that is known.
    pub host_id: Option<HostId>,
    /// Milliseconds between SIGTERM and SIGKILL.
    pub grace_ms: i64,
}
