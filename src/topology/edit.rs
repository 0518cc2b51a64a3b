//! Changes a definition on the wire, so that everything that is not changed stays as it was, byte for byte.
//!
//! Definitions come from any release of Heron and from APIs in three languages; decoding and encoding them would lose
//! fields that this tool does not know. Field numbers are those of `facts/heron.md` §2.1.

use super::wire::{self, Field, WireError, WireType};
use crate::proto::api::{ConfigValueType, TopologyState};

const SPOUTS: u32 = 3;
const BOLTS: u32 = 4;
const STATE: u32 = 5;
const TOPOLOGY_CONFIG: u32 = 6;
const ID: u32 = 1;

/// `Spout.comp` and `Bolt.comp`.
const COMPONENT: u32 = 1;
const SERIALIZED_OBJECT: u32 = 4;

/// `Config.kvs`.
const KEY_VALUES: u32 = 1;
const KEY: u32 = 1;
const VALUE: u32 = 2;
const SERIALIZED_VALUE: u32 = 3;
const VALUE_TYPE: u32 = 4;

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
    rewrite(topology, |field| match field.number {
        SPOUTS | BOLTS if field.wire_type == WireType::Length => {
            nested(field, |part| match part.number {
                COMPONENT if part.wire_type == WireType::Length => {
                    nested(part, |inner| match inner.number {
                        SERIALIZED_OBJECT => Ok(Some(Vec::new())),
                        _ => Ok(None),
                    })
                }
                _ => Ok(None),
            })
        }
        _ => Ok(None),
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
        if field.number != TOPOLOGY_CONFIG || field.wire_type != WireType::Length {
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

/// Copies a message; `edit` says what to write in place of a field, or nothing to keep it as it is.
fn rewrite(
    message: &[u8],
    mut edit: impl FnMut(&Field<'_>) -> Result<Option<Vec<u8>>, WireError>,
) -> Result<Vec<u8>, WireError> {
    let mut out = Vec::with_capacity(message.len());
    for field in wire::fields(message) {
        let field = field?;
        match edit(&field)? {
            Some(replacement) => out.extend_from_slice(&replacement),
            None => out.extend_from_slice(field.raw),
        }
    }
    Ok(out)
}

/// [`rewrite`] for a message inside a field; nothing if nothing changed, so that odd lengths survive as they are.
fn nested(
    field: &Field<'_>,
    edit: impl FnMut(&Field<'_>) -> Result<Option<Vec<u8>>, WireError>,
) -> Result<Option<Vec<u8>>, WireError> {
    let edited = rewrite(field.payload, edit)?;
    Ok((edited != field.payload).then(|| bytes_field(field.number, &edited)))
}

fn bytes_field(number: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    wire::put_bytes(&mut out, number, payload);
    out
}

fn number_field(number: u32, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    wire::put_number(&mut out, number, value);
    out
}

#[cfg(test)]
mod tests;
