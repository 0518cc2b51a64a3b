//! Finds `required` fields that are missing from a definition.
//!
//! Heron speaks proto2, and its readers reject a message that lacks a required field; prost takes the default instead.
//! A topology that every executor refuses must not reach the cluster, so the definition is walked once, on the wire.
//! The tables are those of `facts/heron.md` §2.1.

use super::wire::{self, WireError, WireType};

/// What a field must hold, as far as it is checked.
enum Kind {
    /// Text or a plain number.
    Value,
    /// An enumeration, from 1 to this; another value counts as absent, as proto2 has it.
    Enum(u64),
    /// One message.
    Message(&'static Shape),
    /// Any number of messages.
    Repeated(&'static Shape),
}

/// One field of a [`Shape`].
struct Rule {
    number: u32,
    name: &'static str,
    required: bool,
    kind: Kind,
}

/// The fields of a message that matter here.
struct Shape {
    rules: &'static [Rule],
}

const fn required(number: u32, name: &'static str, kind: Kind) -> Rule {
    Rule { number, name, required: true, kind }
}

const fn optional(number: u32, name: &'static str, kind: Kind) -> Rule {
    Rule { number, name, required: false, kind }
}

const KEY_TYPE: Shape =
    Shape { rules: &[required(1, "key", Kind::Value), required(2, "type", Kind::Enum(1))] };
const STREAM_SCHEMA: Shape = Shape { rules: &[optional(1, "keys", Kind::Repeated(&KEY_TYPE))] };
const STREAM_ID: Shape =
    Shape { rules: &[required(1, "id", Kind::Value), required(2, "component_name", Kind::Value)] };
const OUTPUT_STREAM: Shape = Shape {
    rules: &[
        required(1, "stream", Kind::Message(&STREAM_ID)),
        required(2, "schema", Kind::Message(&STREAM_SCHEMA)),
    ],
};
const INPUT_STREAM: Shape = Shape {
    rules: &[
        required(1, "stream", Kind::Message(&STREAM_ID)),
        required(2, "gtype", Kind::Enum(7)),
        optional(3, "grouping_fields", Kind::Message(&STREAM_SCHEMA)),
    ],
};
const KEY_VALUE: Shape = Shape { rules: &[required(1, "key", Kind::Value)] };
const CONFIG: Shape = Shape { rules: &[optional(1, "kvs", Kind::Repeated(&KEY_VALUE))] };
const CPP_CLASS_INFO: Shape = Shape { rules: &[required(1, "class_constructor", Kind::Value)] };
const COMPONENT: Shape = Shape {
    rules: &[
        required(1, "name", Kind::Value),
        required(3, "config", Kind::Message(&CONFIG)),
        optional(6, "cpp_class_info", Kind::Message(&CPP_CLASS_INFO)),
    ],
};
const SPOUT: Shape = Shape {
    rules: &[
        required(1, "comp", Kind::Message(&COMPONENT)),
        optional(2, "outputs", Kind::Repeated(&OUTPUT_STREAM)),
    ],
};
const BOLT: Shape = Shape {
    rules: &[
        required(1, "comp", Kind::Message(&COMPONENT)),
        optional(2, "inputs", Kind::Repeated(&INPUT_STREAM)),
        optional(3, "outputs", Kind::Repeated(&OUTPUT_STREAM)),
    ],
};
const TOPOLOGY: Shape = Shape {
    rules: &[
        required(1, "id", Kind::Value),
        required(2, "name", Kind::Value),
        optional(3, "spouts", Kind::Repeated(&SPOUT)),
        optional(4, "bolts", Kind::Repeated(&BOLT)),
        required(5, "state", Kind::Enum(3)),
        optional(6, "topology_config", Kind::Message(&CONFIG)),
    ],
};

/// The paths of required fields that a `heron.proto.api.Topology` lacks, such as `spouts[0].comp.config`.
pub fn missing_in_topology(bytes: &[u8]) -> Result<Vec<String>, WireError> {
    let mut missing = Vec::new();
    check(&TOPOLOGY, bytes, "", &mut missing)?;
    Ok(missing)
}

fn check(
    shape: &Shape,
    bytes: &[u8],
    path: &str,
    missing: &mut Vec<String>,
) -> Result<(), WireError> {
    let fields = wire::fields(bytes).collect::<Result<Vec<_>, _>>()?;
    for rule in shape.rules {
        let found = fields.iter().filter(|field| field.number == rule.number);
        let here =
            if path.is_empty() { rule.name.to_owned() } else { format!("{path}.{}", rule.name) };
        let present = match &rule.kind {
            Kind::Value => found.count() > 0,
            Kind::Enum(last) => found
                .filter(|field| field.wire_type == WireType::Varint)
                .any(|field| (1..=*last).contains(&field.varint)),
            Kind::Message(inner) => {
                // A single message that comes in pieces is the pieces put together.
                let pieces: Vec<&[u8]> = found.map(|field| field.payload).collect();
                if !pieces.is_empty() {
                    check(inner, &pieces.concat(), &here, missing)?;
                }
                !pieces.is_empty()
            }
            Kind::Repeated(inner) => {
                for (index, field) in found.enumerate() {
                    check(inner, field.payload, &format!("{here}[{index}]"), missing)?;
                }
                true
            }
        };
        if rule.required && !present {
            missing.push(here);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::wire::{put_bytes, put_number};

    #[test]
    fn an_empty_message_lacks_what_a_topology_must_have() {
        assert_eq!(missing_in_topology(b"").unwrap(), ["id", "name", "state"]);
    }

    #[test]
    fn nested_fields_are_named_with_their_path() {
        let mut component = Vec::new();
        put_bytes(&mut component, 1, b"word");
        let mut spout = Vec::new();
        put_bytes(&mut spout, 1, &component);
        put_bytes(&mut spout, 2, b"");
        let mut topology = Vec::new();
        put_bytes(&mut topology, 1, b"id");
        put_bytes(&mut topology, 2, b"name");
        put_bytes(&mut topology, 3, &spout);
        put_number(&mut topology, 5, 9);
        assert_eq!(
            missing_in_topology(&topology).unwrap(),
            [
                "spouts[0].comp.config",
                "spouts[0].outputs[0].stream",
                "spouts[0].outputs[0].schema",
                "state"
            ]
        );
    }

    #[test]
    fn a_message_in_pieces_is_put_together() {
        let mut topology = Vec::new();
        put_bytes(&mut topology, 1, b"id");
        put_bytes(&mut topology, 2, b"name");
        put_number(&mut topology, 5, 1);
        let (mut name, mut config) = (Vec::new(), Vec::new());
        put_bytes(&mut name, 1, b"word");
        put_bytes(&mut config, 3, b"");
        let mut spout = Vec::new();
        put_bytes(&mut spout, 1, &name);
        put_bytes(&mut spout, 1, &config);
        put_bytes(&mut topology, 3, &spout);
        assert_eq!(missing_in_topology(&topology).unwrap(), Vec::<String>::new());
    }
}
