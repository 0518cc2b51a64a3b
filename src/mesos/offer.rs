//! Offers, and what they are made of: resources, labels, addresses (`docs/mesos.md`).
//!
//! Reading is lenient, as for events: every member may be missing, and unknown ones are skipped.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ids::{AgentId, OfferId};
use super::json::or_default;

/// Resources of one agent for one role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Its id.
    #[serde(default, deserialize_with = "or_default")]
    pub id: OfferId,
    /// The agent.
    #[serde(default, deserialize_with = "or_default")]
    pub agent_id: AgentId,
    /// The agent's host name.
    #[serde(default, deserialize_with = "or_default")]
    pub hostname: String,
    /// Base of the agent's endpoints.
    #[serde(default)]
    pub url: Option<AgentUrl>,
    /// What is offered.
    #[serde(default, deserialize_with = "or_default")]
    pub resources: Vec<Resource>,
    /// What the agent's operator says of it.
    #[serde(default, deserialize_with = "or_default")]
    pub attributes: Vec<Value>,
    /// The role it is for.
    #[serde(default)]
    pub allocation_info: Option<AllocationInfo>,
    /// Planned maintenance, if any.
    #[serde(default)]
    pub unavailability: Option<Unavailability>,
}

/// A planned time without an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailability {
    /// When it begins.
    #[serde(default, deserialize_with = "or_default")]
    pub start: TimeInfo,
    /// How long it takes; without end, if absent.
    #[serde(default)]
    pub duration: Option<TimeInfo>,
}

/// A time since the epoch, or a length of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeInfo {
    /// Nanoseconds; may exceed 2^53.
    #[serde(default, deserialize_with = "or_default")]
    pub nanoseconds: i64,
}

/// Base of an agent's endpoints. The scheme is always `http`, even when the agent speaks TLS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentUrl {
    /// Always `http`.
    #[serde(default, deserialize_with = "or_default")]
    pub scheme: String,
    /// Host, ip, port.
    #[serde(default, deserialize_with = "or_default")]
    pub address: Address,
    /// The agent's process, such as `/slave(1)`.
    #[serde(default, deserialize_with = "or_default")]
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
    #[serde(default, deserialize_with = "or_default")]
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
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// `SCALAR`, `RANGES` or `SET`.
    #[serde(default, rename = "type", deserialize_with = "or_default")]
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
    #[serde(default, deserialize_with = "or_default")]
    pub value: f64,
}

/// Ranges of whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranges {
    /// In any order.
    #[serde(default, deserialize_with = "or_default")]
    pub range: Vec<Range>,
}

/// From `begin` to `end`, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First.
    #[serde(default, deserialize_with = "or_default")]
    pub begin: u64,
    /// Last.
    #[serde(default, deserialize_with = "or_default")]
    pub end: u64,
}

/// Labels, as Mesos nests them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// Keys may repeat.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: Vec<Label>,
}

/// One label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Its key.
    #[serde(default, deserialize_with = "or_default")]
    pub key: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}
