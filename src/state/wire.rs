//! Checks that required fields of a proto2 message are on the wire.
//!
//! prost gives an absent required field its default value, so that a record cut short would pass for one with an empty
//! name and port 0. Heron's own components refuse such a record, and so do we. This walks the encoded bytes along a
//! [`Shape`]; it decodes nothing else and leaves malformed input to prost.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// The fields of a message that matter here: required ones, and those that hold messages.
#[derive(Debug)]
pub struct Shape {
    /// Full name of the message, for error texts.
    pub name: &'static str,
    /// Its fields; others may occur and are not looked at.
    pub fields: &'static [Field],
}

/// One field of a [`Shape`].
#[derive(Debug)]
pub struct Field {
    /// Field number.
    pub tag: u32,
    /// Name, for error texts.
    pub name: &'static str,
    /// Whether proto2 says `required`.
    pub required: bool,
    /// The shape of the message it holds, if it holds one.
    pub message: Option<&'static Shape>,
}

/// Messages of Heron nest seven levels at most.
const MAX_DEPTH: usize = 32;

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Every required field is there.
    Complete,
    /// A required field is absent; its path from the outermost message, such as `topology.spouts.comp.name`.
    Missing(String),
    /// The bytes are no message.
    Malformed,
}

/// Looks for required fields that are absent.
#[must_use]
pub fn check(shape: &Shape, bytes: &[u8]) -> Finding {
    walk(shape, bytes, "", 0)
}

fn walk(shape: &Shape, mut bytes: &[u8], path: &str, depth: usize) -> Finding {
    if depth > MAX_DEPTH {
        return Finding::Malformed;
    }
    let mut seen = vec![false; shape.fields.len()];
    while bytes.has_remaining() {
        let Ok((tag, wire_type)) = decode_key(&mut bytes) else { return Finding::Malformed };
        let known = shape.fields.iter().zip(&mut seen).find(|(field, _)| field.tag == tag);
        if let Some((field, seen)) = known {
            *seen = true;
            if let (Some(inner), WireType::LengthDelimited) = (field.message, wire_type) {
                let Some(content) = take_length_delimited(&mut bytes) else {
                    return Finding::Malformed;
                };
                match walk(inner, content, &format!("{path}{}.", field.name), depth + 1) {
                    Finding::Complete => continue,
                    other => return other,
                }
            }
        }
        if skip_field(wire_type, tag, &mut bytes, DecodeContext::default()).is_err() {
            return Finding::Malformed;
        }
    }
    let absent = shape.fields.iter().zip(seen).find(|(field, seen)| field.required && !seen);
    match absent {
        Some((field, _)) => Finding::Missing(format!("{path}{}", field.name)),
        None => Finding::Complete,
    }
}

fn take_length_delimited<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(decode_varint(bytes).ok()?).ok()?;
    let (content, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(content)
}

/// The number of a field, and its bytes if it has a length.
pub type Outermost<'a> = (u32, Option<&'a [u8]>);

/// The outermost fields of a message, in order; `None` if malformed.
#[must_use]
pub fn outermost(mut bytes: &[u8]) -> Option<Vec<Outermost<'_>>> {
    let mut fields = Vec::new();
    while bytes.has_remaining() {
        let (tag, wire_type) = decode_key(&mut bytes).ok()?;
        let content = if wire_type == WireType::LengthDelimited {
            Some(take_length_delimited(&mut bytes)?)
        } else {
            skip_field(wire_type, tag, &mut bytes, DecodeContext::default()).ok()?;
            None
        };
        fields.push((tag, content));
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    static INNER: Shape = Shape {
        name: "Inner",
        fields: &[Field { tag: 1, name: "id", required: true, message: None }],
    };
    static OUTER: Shape = Shape {
        name: "Outer",
        fields: &[
            Field { tag: 1, name: "name", required: true, message: None },
            Field { tag: 2, name: "inner", required: false, message: Some(&INNER) },
        ],
    };

    #[test]
    fn finds_what_is_absent_at_any_depth() {
        assert_eq!(check(&OUTER, &[0x0a, 0]), Finding::Complete);
        assert_eq!(check(&OUTER, &[]), Finding::Missing("name".to_owned()));
        assert_eq!(check(&OUTER, &[0x0a, 0, 0x12, 0]), Finding::Missing("inner.id".to_owned()));
        assert_eq!(check(&OUTER, &[0x0a, 0, 0x12, 2, 0x08, 5]), Finding::Complete);
    }

    #[test]
    fn unknown_fields_are_passed_over() {
        assert_eq!(check(&OUTER, &[0x78, 1, 0x0a, 0]), Finding::Complete);
    }

    #[test]
    fn a_length_beyond_the_end_is_malformed() {
        assert_eq!(check(&OUTER, &[0x12, 9, 0]), Finding::Malformed);
        assert_eq!(outermost(&[0x12, 9, 0]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_do(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&OUTER, &bytes);
            let _ = outermost(&bytes);
        }
    }
}
