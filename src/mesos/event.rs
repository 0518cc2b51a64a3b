//! What the master says to a scheduler: the records of the event stream (`docs/mesos.md#scheduler-endpoint`,
//! `docs/mesos.md#offers`, `docs/mesos.md#status-updates`).
//!
//! Reading is lenient, as §1.7 asks for: every member may be missing, unknown ones are skipped, unknown names of
//! states and events become `Other`.

use serde::{Deserialize, Deserializer, Serialize};

use super::ids::{AgentId, ExecutorId, FrameworkId, OfferId, TaskId};
use super::json::{self, or_default};
use super::offer::{Offer, TimeInfo};
pub use super::task_state::TaskState;
use crate::net::redact::redact;

/// What a heartbeat interval is when the master doesn't tell (`docs/mesos.md#heartbeats`).
pub const DEFAULT_HEARTBEAT_SECONDS: f64 = 15.0;

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

/// Why a record is no event. The stream as such is sound: the next record may be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The record is no JSON, or a member is of another kind than it should be.
    #[error("event is not readable: {source}; it starts with {start:?}")]
    Unreadable {
        /// What serde says.
        source: serde_json::Error,
        /// The first bytes, as text.
        start: String,
    },
    /// A member is missing without which the event says nothing.
    #[error("event {kind} has no {member}")]
    Incomplete {
        /// Type of the event.
        kind: &'static str,
        /// Path of the member.
        member: &'static str,
    },
}

/// What the text of [`Event::Error`] means (`docs/mesos.md#errors-in-the-stream`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The framework id is spent: torn down, or its failover timeout is over.
    Removed,
    /// Another scheduler has subscribed with our id. Never answered with another SUBSCRIBE.
    Superseded,
    /// The authorizer can't be reached; worth another try.
    Unavailable,
    /// The principal must not register with these roles.
    Unauthorized,
    /// Something in the `FrameworkInfo` is refused.
    Refused,
}

impl ErrorKind {
    /// Judges the text, of which the first two are wire contract and the others prefixes.
    #[must_use]
    pub fn of(message: &str) -> Self {
        match message {
            "Framework has been removed" => Self::Removed,
            "Framework failed over" => Self::Superseded,
            _ if message.starts_with("Authorization failure") => Self::Unavailable,
            _ if message.starts_with("Not authorized") => Self::Unauthorized,
            _ => Self::Refused,
        }
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    kind: String,
    subscribed: Option<WireSubscribed>,
    offers: Option<WireOffers>,
    rescind: Option<WireRescind>,
    update: Option<WireUpdate>,
    failure: Option<WireFailure>,
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct WireSubscribed {
    framework_id: Option<FrameworkId>,
    heartbeat_interval_seconds: Option<f64>,
}

#[derive(Deserialize)]
struct WireOffers {
    #[serde(default, deserialize_with = "or_default")]
    offers: Vec<Offer>,
}

#[derive(Deserialize)]
struct WireRescind {
    offer_id: Option<OfferId>,
}

#[derive(Deserialize)]
struct WireUpdate {
    status: Option<TaskStatus>,
}

#[derive(Deserialize)]
struct WireFailure {
    agent_id: Option<AgentId>,
    executor_id: Option<ExecutorId>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(default, deserialize_with = "or_default")]
    message: String,
}

impl Event {
    /// Reads a record of the stream.
    pub fn parse(record: &[u8]) -> Result<Self, EventError> {
        let wire: Wire = json::read(record).map_err(|source| EventError::Unreadable {
            source,
            start: String::from_utf8_lossy(record).chars().take(80).collect(),
        })?;
        let missing = |kind, member| EventError::Incomplete { kind, member };
        Ok(match wire.kind.as_str() {
            "SUBSCRIBED" => {
                let body = wire.subscribed.ok_or(missing("SUBSCRIBED", "subscribed"))?;
                Self::Subscribed {
                    framework_id: body
                        .framework_id
                        .filter(|id| !id.is_empty())
                        .ok_or(missing("SUBSCRIBED", "subscribed.framework_id"))?,
                    heartbeat_interval_seconds: body
                        .heartbeat_interval_seconds
                        .filter(|seconds| *seconds > 0.0)
                        .unwrap_or(DEFAULT_HEARTBEAT_SECONDS),
                }
            }
            "OFFERS" => {
                let mut offers = wire.offers.map(|body| body.offers).unwrap_or_default();
                // Without these an offer can neither be taken nor given back.
                offers.retain(|offer| !offer.id.is_empty() && !offer.agent_id.is_empty());
                Self::Offers(offers)
            }
            "RESCIND" => Self::Rescind(
                wire.rescind
                    .and_then(|body| body.offer_id)
                    .filter(|id| !id.is_empty())
                    .ok_or(missing("RESCIND", "rescind.offer_id"))?,
            ),
            "UPDATE" => Self::Update(
                wire.update
                    .and_then(|body| body.status)
                    .map(TaskStatus::cleaned)
                    .filter(|status| !status.task_id.is_empty())
                    .ok_or(missing("UPDATE", "update.status.task_id"))?,
            ),
            "FAILURE" => {
                let (agent_id, executor_id) =
                    wire.failure.map(|body| (body.agent_id, body.executor_id)).unwrap_or_default();
                Self::Failure { agent_id, executor_id }
            }
            "ERROR" => {
                Self::Error(redact(&wire.error.map(|body| body.message).unwrap_or_default()))
            }
            "HEARTBEAT" => Self::Heartbeat,
            _ => Self::Other(wire.kind),
        })
    }
}

/// Text that others have written.
fn masked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().map(redact))
}

/// State of a task at some time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskStatus {
    /// The task.
    #[serde(default, deserialize_with = "or_default")]
    pub task_id: TaskId,
    /// Its state.
    #[serde(default, deserialize_with = "or_default")]
    pub state: TaskState,
    /// Free text, without secrets: a fetcher quotes the URI that it failed with.
    #[serde(default, deserialize_with = "masked")]
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
    /// Since when the agent can't be reached; with `TASK_UNREACHABLE`.
    #[serde(default)]
    pub unreachable_time: Option<TimeInfo>,
}

impl TaskStatus {
    /// Empty ids and uuids mean the same as none (`docs/mesos.md#json`, `docs/mesos.md#status-updates`).
    fn cleaned(mut self) -> Self {
        self.uuid = self.uuid.filter(|uuid| !uuid.is_empty());
        self.agent_id = self.agent_id.filter(|id| !id.is_empty());
        self.executor_id = self.executor_id.filter(|id| !id.is_empty());
        self
    }

    /// Whether it is to be acknowledged.
    #[must_use]
    pub fn wants_acknowledgement(&self) -> bool {
        self.uuid.as_ref().is_some_and(|uuid| !uuid.is_empty())
    }
}

#[cfg(test)]
mod tests;
