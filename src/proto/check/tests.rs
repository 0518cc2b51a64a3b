use proptest::prelude::*;

use super::*;
use crate::proto::api::{StreamId, Topology, stream_schema::KeyType};
use crate::proto::system::{PhysicalPlan, Status};
use crate::proto::wire::{put_bytes, put_number};

fn faults<M: Message + Name + Default>(bytes: &[u8]) -> Vec<String> {
    let (_, faults) = decode::<M>(bytes).unwrap();
    faults.iter().map(ToString::to_string).collect()
}

fn missing<M: Message + Name + Default>(bytes: &[u8]) -> Vec<String> {
    let (_, faults) = decode::<M>(bytes).unwrap();
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn an_empty_message_lacks_what_a_topology_must_have() {
    assert_eq!(missing::<Topology>(b""), ["id", "name", "state"]);
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
    let found = [
        "spouts[0].comp.config",
        "spouts[0].outputs[0].stream",
        "spouts[0].outputs[0].schema",
        "state",
    ];
    assert_eq!(missing::<Topology>(&topology), found);
    let mut plan = Vec::new();
    put_bytes(&mut plan, 1, &topology);
    assert_eq!(missing::<PhysicalPlan>(&plan), found.map(|field| format!("topology.{field}")));
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
    assert_eq!(missing::<Topology>(&topology), Vec::<String>::new());
}

#[test]
fn a_number_that_an_enumeration_does_not_know_is_no_value() {
    let message = |number: u64| {
        let mut bytes = Vec::new();
        put_bytes(&mut bytes, 1, b"word");
        put_number(&mut bytes, 2, number);
        bytes
    };
    assert_eq!(faults::<KeyType>(&message(1)), Vec::<String>::new());
    assert_eq!(
        faults::<KeyType>(&message(2)),
        ["the required field type has the value 2, which Heron does not know"]
    );
    assert_eq!(
        faults::<KeyType>(&message(u64::MAX)),
        ["the required field type has the value 18446744073709551615, which Heron does not know"]
    );
    // Of several the last counts, but those that aren't known are kept apart.
    assert_eq!(faults::<KeyType>(&[message(1), message(2)].concat()), Vec::<String>::new());
    for known in [1, 2, 103, 1000, 2006] {
        let mut status = Vec::new();
        put_number(&mut status, 1, known);
        assert_eq!(missing::<Status>(&status), Vec::<String>::new(), "{known}");
    }
}

#[test]
fn unknown_fields_are_passed_over_and_other_kinds_do_not_count() {
    let whole = [0x78, 1, 0x0a, 0, 0x12, 0];
    assert_eq!(missing::<StreamId>(&whole), Vec::<String>::new());
    let number_for_text = [0x08, 1, 0x12, 0];
    assert!(matches!(decode::<StreamId>(&number_for_text), Err(Malformed::Content(_))));
}

#[test]
fn a_length_beyond_the_end_is_malformed() {
    assert!(matches!(decode::<Topology>(&[0x12, 9, 0]), Err(Malformed::Wire(_))));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode::<Topology>(&bytes);
        let _ = decode::<PhysicalPlan>(&bytes);
    }
}
