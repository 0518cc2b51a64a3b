//! Reading and writing the records in Heron's nodes (`docs/heron.md#messages`).
//!
//! Node data are the bare protobuf bytes. Records come from other programs and from other years, so decoding checks that
//! proto2's required fields are there, and understands the layouts that were in use before 0.13.4. What was read is never
//! changed and written again: prost drops fields that it does not know.

use prost::{Message, Name};
use thiserror::Error;

use crate::proto::api::Topology;
use crate::proto::check::{self, Fault};
use crate::proto::ckptmgr::StatefulConsistentCheckpoints;
use crate::proto::scheduler::SchedulerLocation;
use crate::proto::system::{ExecutionState, PackingPlan, PhysicalPlan};
use crate::proto::tmanager::{MetricsCacheLocation, TManagerLocation};
use crate::proto::until_0_13_3;
use crate::proto::wire::{self, Field, WireType};

/// Why a record can't be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// The bytes are no protobuf message of this kind.
    #[error("{origin} holds no valid {message}: {why}")]
    Malformed {
        /// The znode or file it was read from.
        origin: String,
        /// Full name of the message.
        message: &'static str,
        /// What the decoder said.
        why: String,
    },
    /// A field that Heron requires is absent, or as good as absent.
    #[error("{origin} holds an incomplete {message}: {fault}")]
    Incomplete {
        /// The znode or file it was read from.
        origin: String,
        /// Full name of the message.
        message: &'static str,
        /// The first such field.
        fault: Fault,
    },
}

/// A message that is the whole content of a node.
pub trait Record: Message + Name + Default {
    /// Decodes a record; `origin` names the znode or file in errors.
    fn read(origin: &str, bytes: &[u8]) -> Result<Self, RecordError> {
        decode(origin, bytes)
    }
}

fn decode<M: Message + Name + Default>(origin: &str, bytes: &[u8]) -> Result<M, RecordError> {
    let (origin, message) = (origin.to_owned(), check::name::<M>());
    match check::decode(bytes) {
        Ok((decoded, faults)) => match faults.into_iter().next() {
            None => Ok(decoded),
            Some(fault) => Err(RecordError::Incomplete { origin, message, fault }),
        },
        Err(error) => Err(RecordError::Malformed { origin, message, why: error.to_string() }),
    }
}

impl Record for Topology {}
impl Record for PackingPlan {}
impl Record for PhysicalPlan {}
impl Record for TManagerLocation {}
impl Record for MetricsCacheLocation {}
impl Record for StatefulConsistentCheckpoints {}

impl Record for ExecutionState {
    /// Reads both layouts; see [`execution_state_field_numbers`].
    ///
    /// # Notable behavior
    /// The old layout had no cluster in December 2015; its `dc` is taken instead.
    fn read(origin: &str, bytes: &[u8]) -> Result<Self, RecordError> {
        match execution_state_field_numbers(bytes) {
            FieldNumbers::Current => decode(origin, bytes),
            FieldNumbers::Until0133 => {
                decode::<until_0_13_3::ExecutionState>(origin, bytes).map(Into::into)
            }
        }
    }
}

impl Record for SchedulerLocation {
    /// Reads both layouts; see [`scheduler_location_field_numbers`].
    fn read(origin: &str, bytes: &[u8]) -> Result<Self, RecordError> {
        match scheduler_location_field_numbers(bytes) {
            FieldNumbers::Current => decode(origin, bytes),
            FieldNumbers::Until0133 => {
                decode::<until_0_13_3::SchedulerLocation>(origin, bytes).map(Into::into)
            }
        }
    }
}

/// The two ways in which field numbers were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldNumbers {
    /// From 0.13.4, May 2016, on.
    Current,
    /// Up to 0.13.3.
    Until0133,
}

/// Tells the layouts of an execution state apart (`docs/heron.md#execution-state`).
///
/// In the new one field 3 is a number and 4 a text; in the old one 3 is a message and 4 a number. Where both are absent,
/// only the old one has fields 9 and 10.
#[must_use]
pub fn execution_state_field_numbers(bytes: &[u8]) -> FieldNumbers {
    let Some(fields) = outermost(bytes) else { return FieldNumbers::Current };
    let old = fields.iter().any(|field| match field.number {
        3 => field.wire_type == WireType::Length,
        4 => field.wire_type != WireType::Length,
        9 | 10 => true,
        _ => false,
    });
    if old { FieldNumbers::Until0133 } else { FieldNumbers::Current }
}

/// Tells the layouts of a scheduler location apart (`docs/heron.md#scheduler-location`).
///
/// The old one has no field 2, and in field 3, which became the job page links, a single `host:port`.
#[must_use]
pub fn scheduler_location_field_numbers(bytes: &[u8]) -> FieldNumbers {
    let Some(fields) = outermost(bytes) else { return FieldNumbers::Current };
    if fields.iter().any(|field| field.number == 2) {
        return FieldNumbers::Current;
    }
    let mut endpoints = fields.iter().filter(|field| field.number == 3);
    match (endpoints.next(), endpoints.next()) {
        (Some(endpoint), None) if is_old_endpoint(endpoint.payload) => FieldNumbers::Until0133,
        _ => FieldNumbers::Current,
    }
}

/// The outermost fields of a message; nothing if it is malformed, which decoding it will say.
fn outermost(bytes: &[u8]) -> Option<Vec<Field<'_>>> {
    wire::fields(bytes).collect::<Result<_, _>>().ok()
}

/// `host:port`, or the literal of 2015 for "no scheduler service runs" (`docs/heron.md#scheduler-location`).
fn is_old_endpoint(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let host_and_port = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.contains('/') && port.parse::<u16>().is_ok());
    host_and_port || text == "no_scheduler_endpoint"
}

impl From<until_0_13_3::SchedulerLocation> for SchedulerLocation {
    fn from(old: until_0_13_3::SchedulerLocation) -> Self {
        Self {
            topology_name: old.topology_name,
            http_endpoint: old.http_endpoint,
            job_page_link: Vec::new(),
        }
    }
}

impl From<until_0_13_3::ExecutionState> for ExecutionState {
    fn from(old: until_0_13_3::ExecutionState) -> Self {
        Self {
            topology_name: old.topology_name,
            topology_id: old.topology_id,
            submission_time: old.submission_time,
            submission_user: old.submission_user,
            cluster: old.cluster.or(old.dc).unwrap_or_default(),
            environ: old.environ.unwrap_or_default(),
            role: old.role.unwrap_or_default(),
            release_state: old.release_state,
        }
    }
}

#[cfg(test)]
mod tests;
