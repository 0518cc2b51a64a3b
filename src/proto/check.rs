//! Reads messages as Heron's own processes would take them.
//!
//! prost gives an absent required field its default value, so that a record cut short would pass for one with an empty
//! name and port 0. Heron's readers refuse such a record, and so do we, for definitions and znodes alike. The encoded
//! bytes are walked along the tables of [`super::schema`].

use std::fmt;

use prost::{Message, Name};

use super::schema::{FieldKind, Rule, Shape, shape};
use super::wire::{self, WireError, WireType};

/// What makes Heron refuse a message that is well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Path of the required field from the outermost message, such as `spouts[0].comp.config`.
    pub field: String,
    /// The number of an enumeration that Heron does not know, which counts as absent; nothing if it is absent.
    pub unknown: Option<u64>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match self.unknown {
            None => write!(f, "the required field {field} is missing"),
            Some(number) => {
                write!(
                    f,
                    "the required field {field} has the value {number}, which Heron does not know"
                )
            }
        }
    }
}

/// Bytes that are no message of the kind that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// They are no message at all.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// They are one, of another kind.
    #[error("{0}")]
    Content(String),
}

/// Decodes a message, and says what makes Heron refuse it: nothing, if it is complete.
pub fn decode<M: Message + Name + Default>(bytes: &[u8]) -> Result<(M, Vec<Fault>), Malformed> {
    let mut faults = Vec::new();
    walk(shape::<M>(), bytes, "", &mut faults)?;
    let message = M::decode(bytes).map_err(|error| Malformed::Content(error.to_string()))?;
    Ok((message, faults))
}

/// The name of a message with its package's, as errors show it.
#[must_use]
pub const fn name<M: Name>() -> &'static str {
    shape::<M>().name
}

/// Walks a message; it can't go deeper than the schema, in which no message holds itself.
fn walk(shape: &Shape, bytes: &[u8], path: &str, faults: &mut Vec<Fault>) -> Result<(), WireError> {
    let fields = wire::fields(bytes).collect::<Result<Vec<_>, _>>()?;
    for known in shape.fields {
        let found = fields.iter().filter(|field| field.number == known.number);
        let here =
            if path.is_empty() { known.name.to_owned() } else { format!("{path}.{}", known.name) };
        let mut unknown = None;
        let is_present = match known.kind {
            FieldKind::Plain(wire_type) => found.clone().any(|field| field.wire_type == wire_type),
            FieldKind::Enum(numbers) => {
                let values = found.filter(|field| field.wire_type == WireType::Varint);
                let (good, bad): (Vec<_>, Vec<_>) =
                    values.map(|field| field.varint).partition(|value| is_known(numbers, *value));
                unknown = bad.first().copied();
                !good.is_empty()
            }
            FieldKind::Message(inner) => {
                let pieces: Vec<&[u8]> = found
                    .filter(|field| field.wire_type == WireType::Length)
                    .map(|field| field.payload)
                    .collect();
                if known.rule == Rule::Repeated {
                    for (index, piece) in pieces.iter().enumerate() {
                        walk(inner, piece, &format!("{here}[{index}]"), faults)?;
                    }
                } else if !pieces.is_empty() {
                    // A single message that comes in pieces is the pieces put together.
                    walk(inner, &pieces.concat(), &here, faults)?;
                }
                !pieces.is_empty()
            }
        };
        if known.rule == Rule::Required && !is_present {
            faults.push(Fault { field: here, unknown });
        }
    }
    Ok(())
}

/// Whether an enumeration has this number; negative ones travel as 64 bits.
fn is_known(numbers: &[i32], value: u64) -> bool {
    numbers.iter().any(|number| i64::from(*number).cast_unsigned() == value)
}

#[cfg(test)]
mod tests;
