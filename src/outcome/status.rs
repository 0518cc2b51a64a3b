//! The outcome of `status`.

use serde::Serialize;
use serde_json::Value;

use super::container::StatusContainer;
use crate::scheduler::update::UpdateStep;

/// Outcome of `status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology.
    pub topology: StatusTopology,
    /// Its TManager, once that has registered.
    pub tmanager: Option<StatusTManager>,
    /// Its framework, if heron-cli started it.
    pub framework: Option<StatusFramework>,
    /// Who drives it at the moment.
    pub supervisor: Option<Value>,
    /// An update that is under way or was interrupted.
    pub update: Option<StatusUpdate>,
    /// Its containers, if heron-cli started it.
    pub containers: Vec<StatusContainer>,
}

/// The topology of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusTopology {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// RUNNING, PAUSED, STARTING.
    pub state: String,
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
    /// Whether a scheduler is connected; none if the master could not be asked.
    pub connected: Option<bool>,
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
