//! Changes a definition on the wire, so that everything that is not changed stays as it was, byte for byte.
//!
//! Definitions come from any release of Heron and from APIs in three languages; decoding and encoding them would lose
//! fields that this tool does not know.

use crate::proto::api::config::KeyValue;
use crate::proto::api::{Bolt, Component, Config, ConfigValueType, Spout, Topology, TopologyState};
use crate::proto::schema::number;
use crate::proto::wire::{
    self, Field, WireError, WireType, bytes_field, nested, number_field, rewrite,
};

const SPOUTS: u32 = number::<Topology>("spouts");
const BOLTS: u32 = number::<Topology>("bolts");
const STATE: u32 = number::<Topology>("state");
const TOPOLOGY_CONFIG: u32 = number::<Topology>("topology_config");
const ID: u32 = number::<Topology>("id");

const SPOUT_COMPONENT: u32 = number::<Spout>("comp");
const BOLT_COMPONENT: u32 = number::<Bolt>("comp");
const SERIALIZED_OBJECT: u32 = number::<Component>("serialized_object");

const KEY_VALUES: u32 = number::<Config>("kvs");
const KEY: u32 = number::<KeyValue>("key");
const VALUE: u32 = number::<KeyValue>("value");
const SERIALIZED_VALUE: u32 = number::<KeyValue>("serialized_value");
const VALUE_TYPE: u32 = number::<KeyValue>("type");

/// What to do with a setting that the topology does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// Leave it absent.
    Keep,
    /// Add it.
    Add,
}

/// The copy for the state tree: without the serialized objects of spouts and bolts, as Heron trims it.
pub fn trimmed(topology: &[u8]) -> Result<Vec<u8>, WireError> {
    rewrite(topology, |field| {
        let component = match field.number {
            SPOUTS => SPOUT_COMPONENT,
            BOLTS => BOLT_COMPONENT,
            _ => return Ok(None),
        };
        nested(field, |part| match part.number {
            number if number == component => {
                nested(part, |inner| Ok((inner.number == SERIALIZED_OBJECT).then(Vec::new)))
            }
            _ => Ok(None),
        })
    })
}

/// The same definition with another initial state.
pub fn with_state(topology: &[u8], state: TopologyState) -> Result<Vec<u8>, WireError> {
    let wanted = u64::try_from(state as i32).unwrap_or(0);
    let mut seen = false;
    let mut edited = rewrite(topology, |field| {
        if field.number != STATE || field.wire_type != WireType::Varint {
            return Ok(None);
        }
        seen = true;
        Ok((field.varint != wanted).then(|| number_field(STATE, wanted)))
    })?;
    if !seen {
        wire::put_number(&mut edited, STATE, wanted);
    }
    Ok(edited)
}

/// The same definition without its id, which differs with every run of the user's main.
pub fn without_id(topology: &[u8]) -> Result<Vec<u8>, WireError> {
    rewrite(topology, |field| Ok((field.number == ID).then(Vec::new)))
}

/// The same definition with a text setting of the whole topology replaced, or added.
///
/// Heron reads the first of several settings with one key, so that is the one that changes. Whatever it was before, it
/// is text afterwards.
pub fn with_setting(
    topology: &[u8],
    key: &str,
    value: &str,
    absent: Absent,
) -> Result<Vec<u8>, WireError> {
    let mut done = false;
    let mut edited = rewrite(topology, |field| {
        if field.number != TOPOLOGY_CONFIG {
            return Ok(None);
        }
        nested(field, |entry| {
            if done || entry.number != KEY_VALUES || !has_key(entry, key)? {
                return Ok(None);
            }
            done = true;
            Ok(replaced_value(entry, value)?.map(|inner| bytes_field(KEY_VALUES, &inner)))
        })
    })?;
    if !done && absent == Absent::Add {
        append_setting(&mut edited, key, value)?;
    }
    Ok(edited)
}

fn has_key(entry: &Field<'_>, key: &str) -> Result<bool, WireError> {
    let mut found = false;
    for field in wire::fields(entry.payload) {
        let field = field?;
        if field.number == KEY {
            found = field.payload == key.as_bytes();
        }
    }
    Ok(found)
}

/// The entry with its new value, or nothing if it says so already.
fn replaced_value(entry: &Field<'_>, value: &str) -> Result<Option<Vec<u8>>, WireError> {
    let text = u64::try_from(ConfigValueType::StringValue as i32).unwrap_or(0);
    let fields = wire::fields(entry.payload).collect::<Result<Vec<_>, _>>()?;
    let values: Vec<&[u8]> =
        fields.iter().filter(|field| field.number == VALUE).map(|field| field.payload).collect();
    let is_text = fields.iter().all(|field| match field.number {
        SERIALIZED_VALUE => false,
        VALUE_TYPE => field.varint == text,
        _ => true,
    });
    if is_text && values == [value.as_bytes()] {
        return Ok(None);
    }
    let mut edited = Vec::new();
    let mut written = false;
    for field in &fields {
        match field.number {
            VALUE if written => {}
            VALUE => {
                wire::put_bytes(&mut edited, VALUE, value.as_bytes());
                written = true;
            }
            SERIALIZED_VALUE => {}
            VALUE_TYPE if field.varint != text => wire::put_number(&mut edited, VALUE_TYPE, text),
            _ => edited.extend_from_slice(field.raw),
        }
    }
    if !written {
        wire::put_bytes(&mut edited, VALUE, value.as_bytes());
    }
    Ok(Some(edited))
}

/// Adds a setting at the end of the settings, which may have to be made first.
fn append_setting(topology: &mut Vec<u8>, key: &str, value: &str) -> Result<(), WireError> {
    let mut entry = bytes_field(KEY, key.as_bytes());
    wire::put_bytes(&mut entry, VALUE, value.as_bytes());
    let text = u64::try_from(ConfigValueType::StringValue as i32).unwrap_or(0);
    wire::put_number(&mut entry, VALUE_TYPE, text);
    let mut done = false;
    let mut edited = rewrite(topology, |field| {
        if done || field.number != TOPOLOGY_CONFIG || field.wire_type != WireType::Length {
            return Ok(None);
        }
        done = true;
        let mut config = field.payload.to_vec();
        wire::put_bytes(&mut config, KEY_VALUES, &entry);
        Ok(Some(bytes_field(TOPOLOGY_CONFIG, &config)))
    })?;
    if !done {
        wire::put_bytes(&mut edited, TOPOLOGY_CONFIG, &bytes_field(KEY_VALUES, &entry));
    }
    *topology = edited;
    Ok(())
}

#[cfg(test)]
mod tests;
