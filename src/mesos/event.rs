//! What the master says to a scheduler: the records of the event stream (`facts/mesos.md` §1.9, §3.1, §5.1).
//!
//! Reading is lenient, as §1.7 asks for: every member may be missing, unknown ones are skipped, unknown names of
//! states and events become `Other`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ids::{AgentId, ExecutorId, FrameworkId, OfferId, TaskId};

/// An event of the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// First of a subscription.
    Subscribed {
        /// The framework's id, ours or the master's choice.
        framework_id: FrameworkId,
        /// Seconds between heartbeats.
        heartbeat_interval_seconds: f64,
    },
    /// Resources for us.
    Offers(Vec<Offer>),
    /// An offer that is void.
    Rescind(OfferId),
    /// The state of a task.
    Update(TaskStatus),
    /// An agent or an executor is gone; sent once, never relied on.
    Failure {
        /// The agent.
        agent_id: Option<AgentId>,
        /// The executor; the whole agent, if absent.
        executor_id: Option<ExecutorId>,
    },
    /// Final: the stream ends after it.
    Error(String),
    /// Nothing new.
    Heartbeat,
    /// Anything else: inverse offers, messages, events of later versions. Holds the type.
    Other(String),
}

/// Resources of one agent for one role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// The agent.
    pub agent_id: AgentId,
    /// The agent's host name.
    #[serde(default)]
    pub hostname: String,
    /// Base of the agent's endpoints.
    #[serde(default)]
    pub url: Option<AgentUrl>,
    /// What is offered.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// What the agent's operator says of it.
    #[serde(default)]
    pub attributes: Vec<Value>,
    /// The role it is for.
    #[serde(default)]
    pub allocation_info: Option<AllocationInfo>,
    /// Planned maintenance, if any.
    #[serde(default)]
    pub unavailability: Option<Value>,
}

/// Base of an agent's endpoints. The scheme is always `http`, even when the agent speaks TLS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentUrl {
    /// Always `http`.
    #[serde(default)]
    pub scheme: String,
    /// Host, ip, port.
    #[serde(default)]
    pub address: Address,
    /// The agent's process, such as `/slave(1)`.
    #[serde(default)]
    pub path: String,
}

/// A network address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Host name.
    #[serde(default)]
    pub hostname: Option<String>,
    /// IP address as text.
    #[serde(default)]
    pub ip: Option<String>,
    /// TCP port.
    #[serde(default)]
    pub port: u16,
}

/// The role that resources are allocated to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationInfo {
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A resource of an offer or a task.
///
/// `rest` keeps what is not looked at (`reservations`, `disk`, `revocable`, `shared`, `provider_id`, `role` …), so that
/// a part carved from an offer is of the same kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// `cpus`, `mem` (MB), `disk` (MB), `ports`, …
    #[serde(default)]
    pub name: String,
    /// `SCALAR`, `RANGES` or `SET`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Value of a scalar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scalar: Option<Scalar>,
    /// Value of ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
    /// Everything else, verbatim.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A number with three decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scalar {
    /// The number.
    #[serde(default)]
    pub value: f64,
}

/// Ranges of whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranges {
    /// In any order.
    #[serde(default)]
    pub range: Vec<Range>,
}

/// From `begin` to `end`, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First.
    #[serde(default)]
    pub begin: u64,
    /// Last.
    #[serde(default)]
    pub end: u64,
}

/// Labels, as Mesos nests them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// Keys may repeat.
    #[serde(default)]
    pub labels: Vec<Label>,
}

/// One label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Its key.
    #[serde(default)]
    pub key: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// State of a task at some time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskStatus {
    /// The task.
    pub task_id: TaskId,
    /// Its state.
    #[serde(default)]
    pub state: TaskState,
    /// Free text.
    #[serde(default)]
    pub message: Option<String>,
    /// `SOURCE_MASTER`, `SOURCE_AGENT` or `SOURCE_EXECUTOR`.
    #[serde(default)]
    pub source: Option<String>,
    /// `REASON_…`; for display, decisions are made on the state.
    #[serde(default)]
    pub reason: Option<String>,
    /// Absent in some answers.
    #[serde(default)]
    pub agent_id: Option<AgentId>,
    /// For a command task the task id.
    #[serde(default)]
    pub executor_id: Option<ExecutorId>,
    /// Seconds since the epoch.
    #[serde(default)]
    pub timestamp: Option<f64>,
    /// Base64; present and not empty: must be acknowledged.
    #[serde(default)]
    pub uuid: Option<String>,
}

/// States of a task (`facts/mesos.md` §5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaskState {
    /// Launched, nothing heard yet.
    #[default]
    #[serde(rename = "TASK_STAGING")]
    Staging,
    /// Its executor has it.
    #[serde(rename = "TASK_STARTING")]
    Starting,
    /// It runs.
    #[serde(rename = "TASK_RUNNING")]
    Running,
    /// It is being killed.
    #[serde(rename = "TASK_KILLING")]
    Killing,
    /// It ended with exit status 0.
    #[serde(rename = "TASK_FINISHED")]
    Finished,
    /// It failed.
    #[serde(rename = "TASK_FAILED")]
    Failed,
    /// It was killed.
    #[serde(rename = "TASK_KILLED")]
    Killed,
    /// Its description was refused; it never started.
    #[serde(rename = "TASK_ERROR")]
    Error,
    /// Lost; may come back.
    #[serde(rename = "TASK_LOST")]
    Lost,
    /// It never ran, for a passing reason.
    #[serde(rename = "TASK_DROPPED")]
    Dropped,
    /// Its agent can't be reached; it may run.
    #[serde(rename = "TASK_UNREACHABLE")]
    Unreachable,
    /// It runs no more.
    #[serde(rename = "TASK_GONE")]
    Gone,
    /// An operator said that its agent is gone.
    #[serde(rename = "TASK_GONE_BY_OPERATOR")]
    GoneByOperator,
    /// The master knows nothing of it.
    #[serde(rename = "TASK_UNKNOWN")]
    Unknown,
    /// A state of a later version.
    #[serde(untagged)]
    Other(String),
}

impl TaskState {
    /// Whether the task has come to its end (§5.2).
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Finished
                | Self::Failed
                | Self::Killed
                | Self::Error
                | Self::Lost
                | Self::Dropped
                | Self::Gone
                | Self::GoneByOperator
        )
    }
}
