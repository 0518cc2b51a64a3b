//! What a scheduler says to the master: the body of `POST /api/v1/scheduler` (`docs/mesos.md#scheduler-endpoint`).
//!
//! Only what this tool says: no executors of our own, no task groups, no volumes. Reading calls back serves the
//! tests and journals; it is strict, unlike the reading of events.

use serde::{Deserialize, Serialize};

use super::ids::{AgentId, FrameworkId, OfferId, TaskId};
use super::offer::{Labels, Resource};

/// A call with its envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Absent only in the first SUBSCRIBE of a framework whose id the master is to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework_id: Option<FrameworkId>,
    /// Type and body.
    #[serde(flatten)]
    pub body: Body,
}

/// Type and body of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[allow(missing_docs)] // the members are the bodies that the variants name
pub enum Body {
    /// Opens the event stream.
    #[serde(rename = "SUBSCRIBE")]
    Subscribe { subscribe: Subscribe },
    /// Removes the framework and all its tasks; no updates are sent.
    #[serde(rename = "TEARDOWN")]
    Teardown,
    /// Uses offers.
    #[serde(rename = "ACCEPT")]
    Accept { accept: Accept },
    /// Gives offers back.
    #[serde(rename = "DECLINE")]
    Decline { decline: Decline },
    /// Clears filters and asks for offers again.
    #[serde(rename = "REVIVE")]
    Revive,
    /// Asks for no more offers.
    #[serde(rename = "SUPPRESS")]
    Suppress,
    /// Kills a task; idempotent and unreliable.
    #[serde(rename = "KILL")]
    Kill { kill: Kill },
    /// Confirms a status update that carries a `uuid`.
    #[serde(rename = "ACKNOWLEDGE")]
    Acknowledge { acknowledge: Acknowledge },
    /// Asks for the state of tasks; an empty list asks for all.
    #[serde(rename = "RECONCILE")]
    Reconcile { reconcile: Reconcile },
}

/// Body of SUBSCRIBE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subscribe {
    /// Who subscribes.
    pub framework_info: FrameworkInfo,
    /// Roles for which no offers are wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed_roles: Vec<String>,
}

/// What a framework tells of itself (`docs/mesos.md#framework`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FrameworkInfo {
    /// Unix user of its tasks, unless a command names another. Never changes.
    pub user: String,
    /// Shown in the web page; need not be unique.
    pub name: String,
    /// The same as in the envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<FrameworkId>,
    /// Seconds that tasks outlive the stream.
    pub failover_timeout: f64,
    /// Whether agents keep the tasks over a restart of theirs. Never changes.
    pub checkpoint: bool,
    /// Roles whose resources it wants; needs the capability `MULTI_ROLE`.
    pub roles: Vec<String>,
    /// Host of the scheduler, for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Must equal the authenticated principal. Never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// A page about it, for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webui_url: Option<String>,
    /// What the scheduler understands.
    pub capabilities: Vec<Capability>,
    /// Free labels, shown by the operator endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
}

/// One capability of a framework (`docs/mesos.md#framework`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// Its name, such as `PARTITION_AWARE`.
    #[serde(rename = "type")]
    pub name: String,
}

/// How long a refused resource stays away.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filters {
    /// Seconds, at most 365 days.
    pub refuse_seconds: f64,
}

/// Body of ACCEPT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accept {
    /// Offers of one agent and one role.
    pub offer_ids: Vec<OfferId>,
    /// Applied in order.
    pub operations: Vec<Operation>,
    /// For what is left over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
}

/// What is done with the offers of an ACCEPT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[allow(missing_docs)] // the member is the body that the variant names
pub enum Operation {
    /// Starts tasks.
    #[serde(rename = "LAUNCH")]
    Launch { launch: Launch },
}

/// Body of LAUNCH.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// Judged one by one, except that malformed resources spoil all.
    pub task_infos: Vec<TaskInfo>,
}

/// A task (`docs/mesos.md#tasks`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskInfo {
    /// Name; may repeat.
    pub name: String,
    /// Id; at most 255 bytes, without `/` and `\`.
    pub task_id: TaskId,
    /// The agent of the offer.
    pub agent_id: AgentId,
    /// Taken from the offers.
    pub resources: Vec<Resource>,
    /// What runs.
    pub command: CommandInfo,
    /// How it is killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kill_policy: Option<KillPolicy>,
    /// Free labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
}

/// A command to run in a sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandInfo {
    /// Whether `/bin/sh -c` runs it.
    pub shell: bool,
    /// The command line.
    pub value: String,
    /// Unix user; the framework's, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Variables; nothing of the agent's environment is inherited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// Fetched into the sandbox first, in no particular order.
    pub uris: Vec<Uri>,
}

/// Environment of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Names and values.
    pub variables: Vec<Variable>,
}

/// One environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Something for the fetcher (`docs/mesos.md#fetcher`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uri {
    /// Where it is.
    pub value: String,
    /// Whether an archive is unpacked (by the extension of its name).
    pub extract: bool,
    /// Whether the agent may keep it; the key is user and URI.
    pub cache: bool,
    /// Name in the sandbox; the last part of the URI, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_file: Option<String>,
}

/// How a task is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KillPolicy {
    /// Between SIGTERM and SIGKILL.
    pub grace_period: DurationInfo,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DurationInfo {
    /// Nanoseconds; may exceed 2^53.
    pub nanoseconds: i64,
}

/// Body of DECLINE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decline {
    /// Offers of any agents; unknown ones are skipped.
    pub offer_ids: Vec<OfferId>,
    /// How long they stay away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
}

/// Body of KILL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kill {
    /// The task.
    pub task_id: TaskId,
    /// Its agent; a wrong one makes the master drop the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// Overrides the task's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kill_policy: Option<KillPolicy>,
}

/// Body of ACKNOWLEDGE, copied from the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledge {
    /// Agent of the status.
    pub agent_id: AgentId,
    /// Task of the status.
    pub task_id: TaskId,
    /// Base64 of 16 bytes, verbatim.
    pub uuid: String,
}

/// Body of RECONCILE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconcile {
    /// Empty: all tasks of the framework.
    pub tasks: Vec<ReconcileTask>,
}

/// A task to be reconciled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileTask {
    /// The task.
    pub task_id: TaskId,
    /// Its agent; without it the answers are poorer (`docs/mesos.md#reconciliation`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
}
