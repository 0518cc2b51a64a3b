use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::net::zookeeper::Options;
use crate::proto::api::{
    InputStream, OutputStream, StreamId, StreamSchema, TopologyState, config::KeyValue,
};

fn entry(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(value.to_owned()),
        serialized_value: None,
        r#type: Some(1),
    }
}

fn component(name: &str) -> Component {
    Component {
        name: name.to_owned(),
        class_name: None,
        config: Config { kvs: vec![entry(PARALLELISM, "2")] },
        serialized_object: None,
        spec: None,
        cpp_class_info: None,
    }
}

fn stream(component: &str) -> StreamId {
    StreamId { id: "default".to_owned(), component_name: component.to_owned() }
}

fn output(component: &str) -> OutputStream {
    OutputStream { stream: stream(component), schema: StreamSchema { keys: Vec::new() } }
}

/// A spout `word` and a bolt `count` that reads it.
fn word_count() -> Topology {
    let input = InputStream {
        stream: stream("word"),
        gtype: 1,
        grouping_fields: None,
        custom_grouping_object: None,
        r#type: None,
    };
    Topology {
        id: "wordcount1".to_owned(),
        name: "wordcount".to_owned(),
        spouts: vec![Spout { comp: component("word"), outputs: vec![output("word")] }],
        bolts: vec![Bolt { comp: component("count"), inputs: vec![input], outputs: Vec::new() }],
        state: TopologyState::Running as i32,
        topology_config: Some(Config { kvs: vec![entry("topology.stmgrs", "1")] }),
    }
}

fn problems(change: impl FnOnce(&mut Topology)) -> Vec<String> {
    let mut topology = word_count();
    change(&mut topology);
    let decoded = Definition::decode(topology.encode_to_vec());
    let checked = decoded.and_then(|definition| definition.check_size(Options::MAX_BUFFER));
    match checked {
        Ok(()) => Vec::new(),
        Err(DefinitionError::Invalid { problems }) => {
            problems.iter().map(ToString::to_string).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

fn with_config(key: &str, value: &str) -> Vec<String> {
    problems(|topology| {
        topology.topology_config.as_mut().unwrap().kvs.push(entry(key, value));
    })
}

#[test]
fn recorded_topologies_are_fine() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions");
    let mut count = 0;
    for file in std::fs::read_dir(directory).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let definition = Definition::decode(bytes.clone()).unwrap();
        assert_eq!(definition.name(), "wordcount");
        assert_eq!(definition.setting("topology.stmgrs"), Some("1"));
        assert!(!definition.is_stateful());
        assert_eq!(definition.bytes, bytes);
        count += 1;
    }
    assert_eq!(count, 4);
}

#[test]
fn a_small_topology_is_fine() {
    assert_eq!(problems(|_| {}), Vec::<String>::new());
}

#[test]
fn topology_names_must_fit_a_znode_and_a_file() {
    let name = |name: &str| problems(|topology| topology.name = name.to_owned());
    assert_eq!(name(""), ["the topology has no name"]);
    let beginning = "\"a.b\" can't be the name of a topology: it contains '.'; letters, ";
    assert!(name("a.b")[0].starts_with(beginning), "{:?}", name("a.b"));
    for bad in ["a/b", "a\nb", "a\u{e000}", "my topology", "a;b", "..", &"x".repeat(201)] {
        assert_eq!(name(bad).len(), 1, "{bad:?}");
    }
    assert_eq!(name("Wörter-und-Zahlen_1_2"), Vec::<String>::new());
    assert_eq!(problems(|topology| topology.id = "a b".to_owned()).len(), 1);
}

#[test]
fn component_names_must_fit_herons_lists() {
    for unfit in ["a:b", "a,b", "a/b", "a\tb", "a;b", "a\"b", &"x".repeat(201)] {
        let found = problems(|topology| topology.bolts[0].comp.name = unfit.to_owned());
        assert_eq!(found.len(), 1, "{unfit}: {found:?}");
    }
    for fit in ["a b", "a.b", "a=b", "ä"] {
        let found = problems(|topology| topology.bolts[0].comp.name = fit.to_owned());
        assert_eq!(found, Vec::<String>::new(), "{fit}");
    }
    assert_eq!(
        problems(|topology| topology.bolts[0].comp.name = String::new()),
        ["bolt 1 has no name"]
    );
    assert_eq!(
        problems(|topology| topology.bolts[0].comp.name = "word".to_owned()),
        ["there are several components named \"word\""]
    );
}

#[test]
fn every_component_needs_a_parallelism() {
    let value = |value: &str| {
        problems(|topology| topology.spouts[0].comp.config.kvs = vec![entry(PARALLELISM, value)])
    };
    for bad in ["0", "-1", "", "two", "1.0", "2147483648"] {
        assert_eq!(value(bad).len(), 1, "{bad}");
    }
    assert_eq!(value(" 3 "), Vec::<String>::new());
    assert_eq!(
        problems(|topology| topology.bolts[0].comp.config.kvs.clear()),
        ["the component \"count\" has no topology.component.parallelism"]
    );
}

#[test]
fn bolts_read_what_is_there() {
    assert_eq!(
        problems(|topology| topology.bolts[0].inputs[0].stream.id = "other".to_owned()),
        ["the bolt \"count\" reads the stream \"other\" of \"word\", which has no such output"]
    );
    assert_eq!(
        problems(|topology| {
            topology.bolts[0].inputs[0].stream.component_name = "nobody".to_owned();
        }),
        [
            "the bolt \"count\" reads the stream \"default\" of \"nobody\", and there is no such component"
        ]
    );
}

#[test]
fn resource_maps_are_read_as_heron_reads_them() {
    let ram = "topology.component.rammap";
    for good in ["word:5", "word:5,count:6", "word:5:", ",word:5,", ""] {
        assert_eq!(with_config(ram, good), Vec::<String>::new(), "{good}");
    }
    for bad in ["word", "word:", "word: 5", "word:1.5", "word:-1", "word:5:6", "word:1G"] {
        assert_eq!(with_config(ram, bad).len(), 1, "{bad}");
    }
    assert_eq!(
        with_config(ram, "nobody:5"),
        [
            "topology.component.rammap names the component \"nobody\", which the topology does not have"
        ]
    );
    assert_eq!(with_config("topology.component.cpumap", "word: 0.5d "), Vec::<String>::new());
    assert_eq!(with_config("topology.component.cpumap", "word:NaN").len(), 1);
    assert_eq!(with_config("topology.component.diskmap", "word:x").len(), 1);
}

#[test]
fn what_zookeeper_can_not_hold_is_refused() {
    let found = with_config("topology.huge", &"x".repeat(1 << 20));
    assert!(found[0].contains("ZooKeeper takes 1032191"), "{found:?}");
    let many = problems(|topology| {
        topology.spouts[0].comp.config.kvs = vec![entry(PARALLELISM, "30000")];
    });
    assert!(many[0].contains("30002 instances"), "{many:?}");
    let heavy = problems(|topology| {
        topology.spouts[0].comp.serialized_object = Some(vec![0; 2 << 20]);
    });
    assert_eq!(heavy, Vec::<String>::new(), "objects are not part of the state tree");
}

#[test]
fn all_problems_are_said_at_once() {
    let mut topology = word_count();
    topology.name = "a.b".to_owned();
    let input = topology.bolts[0].inputs[0].clone();
    topology.bolts[0].inputs.push(input);
    topology.spouts.clear();
    let error = Definition::decode(topology.encode_to_vec()).unwrap_err();
    let DefinitionError::Invalid { problems } = &error else { panic!("{error}") };
    assert_eq!(problems.len(), 4);
    let text = error.to_string();
    assert!(text.starts_with("the topology definition has 4 problems: \"a.b\" can't be"), "{text}");
    assert!(text.contains("; the topology has no spout; "), "{text}");
}

#[test]
fn what_is_no_topology_is_corrupt() {
    for bytes in [&b"not a topology"[..], b"\x0a\xff", b"\x0a\x02\xff\xfe"] {
        let error = Definition::decode(bytes.to_vec()).unwrap_err();
        assert!(matches!(error, DefinitionError::Corrupt(_)), "{error}");
    }
    let error = Definition::decode(Vec::new()).unwrap_err().to_string();
    assert!(error.contains("the required field state is missing"), "{error}");
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Definition::decode(bytes);
    }

    #[test]
    fn a_damaged_topology_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = word_count().encode_to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Definition::decode(bytes);
    }
}
