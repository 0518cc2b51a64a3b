use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::proto::api::Topology;
use crate::proto::wire::{put_bytes, put_number};

const RECORDINGS: [&str; 4] = ["znodes", "znodes-paused", "znodes-runtimeconfig", "znodes-0.17.8"];

fn recording(name: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/");
    std::fs::read(format!("{directory}{name}.wordcount")).unwrap()
}

fn setting(topology: &[u8], key: &str) -> Option<String> {
    let topology = Topology::decode(topology).unwrap();
    let config = topology.topology_config?;
    config.kvs.into_iter().find(|entry| entry.key == key).and_then(|entry| entry.value)
}

#[test]
fn what_heron_has_trimmed_stays_byte_for_byte() {
    for name in RECORDINGS {
        let bytes = recording(name);
        let topology = Topology::decode(bytes.as_slice()).unwrap();
        assert_eq!(topology.encode_to_vec(), bytes, "{name}");
        assert_eq!(trimmed(&bytes).unwrap(), bytes, "{name}");
        let state = topology.state();
        assert_eq!(with_state(&bytes, state).unwrap(), bytes, "{name}");
        let containers = setting(&bytes, "topology.stmgrs").unwrap();
        let same = with_setting(&bytes, "topology.stmgrs", &containers, Absent::Add).unwrap();
        assert_eq!(same, bytes, "{name}");
    }
}

/// What the edits should do, said with the decoded message; right where there are no unknown fields.
#[test]
fn edits_agree_with_editing_the_decoded_message() {
    let bytes = recording("znodes");
    let original = Topology::decode(bytes.as_slice()).unwrap();

    let mut fat = original.clone();
    for spout in &mut fat.spouts {
        spout.comp.serialized_object = Some(b"code".to_vec());
    }
    for bolt in &mut fat.bolts {
        bolt.comp.serialized_object = Some(vec![0; 300]);
    }
    assert_eq!(trimmed(&fat.encode_to_vec()).unwrap(), bytes);

    let mut paused = original.clone();
    paused.set_state(TopologyState::Paused);
    let edited = with_state(&bytes, TopologyState::Paused).unwrap();
    assert_eq!(edited, paused.encode_to_vec());

    let mut three = original.clone();
    for entry in &mut three.topology_config.as_mut().unwrap().kvs {
        if entry.key == "topology.stmgrs" {
            entry.value = Some("300".to_owned());
        }
    }
    let edited = with_setting(&bytes, "topology.stmgrs", "300", Absent::Keep).unwrap();
    assert_eq!(edited, three.encode_to_vec());

    let added = with_setting(&bytes, "topology.new", "ü", Absent::Add).unwrap();
    assert_eq!(setting(&added, "topology.new").as_deref(), Some("ü"));
    let kept = with_setting(&bytes, "topology.new", "ü", Absent::Keep).unwrap();
    assert_eq!(kept, bytes);

    let mut nameless = original;
    nameless.id = String::new();
    let decoded = Topology::decode(without_id(&bytes).unwrap().as_slice()).unwrap();
    assert_eq!(decoded, nameless);
}

#[test]
fn a_topology_without_settings_gets_them() {
    let mut topology = Vec::new();
    put_bytes(&mut topology, 1, b"id");
    let edited = with_setting(&topology, "topology.stmgrs", "2", Absent::Add).unwrap();
    assert_eq!(setting(&edited, "topology.stmgrs").as_deref(), Some("2"));
    let edited = with_state(&edited, TopologyState::Paused).unwrap();
    assert_eq!(Topology::decode(edited.as_slice()).unwrap().state(), TopologyState::Paused);
}

#[test]
fn an_object_becomes_text_and_the_first_of_two_changes() {
    let mut object = Vec::new();
    put_bytes(&mut object, 1, b"k");
    put_bytes(&mut object, 3, b"pickled");
    put_number(&mut object, 4, 3);
    put_bytes(&mut object, 99, b"unknown");
    let mut second = Vec::new();
    put_bytes(&mut second, 1, b"k");
    put_bytes(&mut second, 2, b"later");
    let mut config = Vec::new();
    put_bytes(&mut config, 1, &object);
    put_bytes(&mut config, 1, &second);
    let mut topology = Vec::new();
    put_bytes(&mut topology, 6, &config);

    let edited = with_setting(&topology, "k", "text", Absent::Keep).unwrap();
    let kvs = Topology::decode(edited.as_slice()).unwrap().topology_config.unwrap().kvs;
    assert_eq!(kvs[0].value.as_deref(), Some("text"));
    assert_eq!(kvs[0].serialized_value, None);
    assert_eq!(kvs[0].r#type, Some(1));
    assert_eq!(kvs[1].value.as_deref(), Some("later"));
    assert!(edited.windows(7).any(|window| window == b"unknown"));
}

/// A topology with fields that nobody knows, on every level.
fn odd_topology() -> impl Strategy<Value = (Vec<u8>, Vec<Vec<u8>>)> {
    let unknown = || (100_u32..5000, proptest::collection::vec(any::<u8>(), 0..12));
    let object = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200));
    let component = (object, unknown(), unknown());
    (proptest::collection::vec(component, 0..4), unknown(), proptest::bool::ANY).prop_map(
        |(components, outer, bolts)| {
            let mut topology = Vec::new();
            let mut kept = vec![outer.1.clone()];
            put_bytes(&mut topology, outer.0, &outer.1);
            for (object, inner, beside) in components {
                let mut component = Vec::new();
                put_bytes(&mut component, 1, b"name");
                put_bytes(&mut component, inner.0, &inner.1);
                if let Some(object) = object {
                    put_bytes(&mut component, 4, &object);
                }
                let mut holder = Vec::new();
                put_bytes(&mut holder, 1, &component);
                put_bytes(&mut holder, beside.0, &beside.1);
                put_bytes(&mut topology, if bolts { 4 } else { 3 }, &holder);
                kept.extend([inner.1, beside.1]);
            }
            (topology, kept)
        },
    )
}

/// The payloads of all unknown fields, in order.
fn unknown_fields(message: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for field in wire::fields(message) {
        let field = field.unwrap();
        match field.number {
            100.. => found.push(field.payload.to_vec()),
            3 | 4 => {
                let mut beside = Vec::new();
                for part in wire::fields(field.payload) {
                    let part = part.unwrap();
                    match part.number {
                        100.. => beside.push(part.payload.to_vec()),
                        _ => found.extend(
                            wire::fields(part.payload)
                                .map(Result::unwrap)
                                .filter(|inner| inner.number >= 100)
                                .map(|inner| inner.payload.to_vec()),
                        ),
                    }
                }
                found.extend(beside);
            }
            _ => {}
        }
    }
    found
}

proptest! {
    #[test]
    fn unknown_fields_survive_every_edit((topology, kept) in odd_topology()) {
        let once = trimmed(&topology).unwrap();
        prop_assert_eq!(unknown_fields(&once), kept.clone());
        prop_assert_eq!(trimmed(&once).unwrap(), once.clone());
        let decoded = Topology::decode(once.as_slice()).unwrap();
        let objects = decoded.spouts.iter().map(|spout| &spout.comp.serialized_object);
        let objects = objects.chain(decoded.bolts.iter().map(|bolt| &bolt.comp.serialized_object));
        prop_assert!(objects.into_iter().all(Option::is_none));

        let edited = with_state(&topology, TopologyState::Paused).unwrap();
        let edited = with_setting(&edited, "k", "v", Absent::Add).unwrap();
        prop_assert_eq!(unknown_fields(&edited), kept);
        prop_assert_eq!(setting(&edited, "k"), Some("v".to_owned()));
        prop_assert_eq!(with_setting(&edited, "k", "v", Absent::Add).unwrap(), edited);
    }

    #[test]
    fn no_bytes_make_an_edit_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = trimmed(&bytes);
        let _ = with_state(&bytes, TopologyState::Running);
        let _ = with_setting(&bytes, "", "v", Absent::Add);
        let _ = without_id(&bytes);
    }
}
