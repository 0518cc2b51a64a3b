use serde_json::{Map, json};

use super::*;
use crate::net::redact::MASK;
use crate::packing::{ContainerPlan, InstancePlan, PackingPlan, Size};
use crate::proto::api::config::KeyValue;
use crate::proto::api::{Bolt, Config, InputStream, OutputStream, Spout, StreamId, StreamSchema};
use crate::scheduler::package::PackageContent;
use crate::scheduler::record::Desired;
use crate::state::runtime_settings::RuntimeSetting;

fn setting(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value.to_owned()), ..KeyValue::default() }
}

fn component(name: &str, parallelism: &str) -> Component {
    Component {
        name: name.to_owned(),
        config: Config { kvs: vec![setting("topology.component.parallelism", parallelism)] },
        serialized_object: Some(vec![1]),
        ..Component::default()
    }
}

fn stream(component: &str) -> StreamId {
    StreamId { id: "default".to_owned(), component_name: component.to_owned() }
}

fn topology() -> Topology {
    let output = OutputStream { stream: stream("word"), schema: StreamSchema::default() };
    let input = InputStream { stream: stream("word"), gtype: 1, ..InputStream::default() };
    let mut topology = Topology {
        id: "t-1".to_owned(),
        name: "t".to_owned(),
        spouts: vec![Spout { comp: component("word", "1"), outputs: vec![output] }],
        bolts: vec![Bolt { comp: component("count", "1"), inputs: vec![input], outputs: vec![] }],
        topology_config: Some(Config {
            kvs: vec![setting("topology.stmgrs", "1"), setting("my.password", "hunter2")],
        }),
        ..Topology::default()
    };
    topology.set_state(TopologyState::Running);
    topology
}

fn packing(ram_mb: i64) -> PackingPlan {
    let size = |mb: i64| Size { cpu: 1.0, ram: mb << 20, disk: 1 << 20 };
    let instances = vec![InstancePlan::new("word", 1, 0, size(100))];
    PackingPlan::new("t-1", vec![ContainerPlan::new(1, instances, size(ram_mb))])
}

fn desired(id: &str) -> Desired {
    let command = format!("exec ./executor --topology-id={id} --instance-jvm-opts=-Xmx1g ");
    let mut desired: Desired = serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": id, "goal": "RUNNING", "phase": "LAUNCHED",
        "generation": 3, "digest": "d", "framework": {"id": {"value": id}, "name": "heron-t",
            "user": "u", "roles": ["*"], "failover_timeout_seconds": 1.0,
            "labels": [["heron.role", "r"], ["heron.topology.id", id]]},
        "launch": {"command": [command], "ports": 9, "kill_grace_ms": 5000, "uris": [
            {"value": format!("http://h/t-0123456789ab.tar.gz?{id}"), "extract": true, "cache": false},
            {"value": "http://h/core.tar.gz", "extract": true, "cache": false}]},
        "containers": [{"id": 0, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0, "restarts": 0}],
    }))
    .unwrap();
    desired.launch.content = Some(Box::new(PackageContent {
        file: "t.pex".to_owned(),
        sha256: "ab".repeat(32),
        conf: [("x.yaml".to_owned(), "cd".repeat(32))].into(),
        extra: Map::new(),
    }));
    desired
}

/// Something of everything, with the id of another run.
struct Whole {
    topology: Topology,
    packing: PackingPlan,
    desired: Desired,
    runtime: Vec<RuntimeSetting>,
}

impl Whole {
    fn new(id: &str) -> Self {
        let mut topology = topology();
        topology.id = id.to_owned();
        let desired = desired(id);
        Self { topology, packing: packing(200), desired, runtime: Vec::new() }
    }

    fn composition(&self) -> Composition<'_> {
        let Self { topology, packing, desired, runtime } = self;
        Composition { topology, packing, desired, runtime: runtime.clone() }
    }
}

/// Each difference in a line, once the wanted topology has been changed.
fn after(change: impl FnOnce(&mut Whole, &mut Whole)) -> Vec<String> {
    let (mut running, mut wanted) = (Whole::new("t-1"), Whole::new("t-2"));
    change(&mut running, &mut wanted);
    let state = Some(running.topology.state());
    let differences = difference(&running.composition(), state, &wanted.composition());
    let line = |one: Difference| {
        let part = one.part.name();
        let value = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        format!("{part}: {} {} -> {}", one.name, value(one.old), value(one.new))
    };
    differences.into_iter().map(line).collect()
}

#[test]
fn two_runs_of_one_main_are_the_same() {
    assert_eq!(after(|_, _| {}), Vec::<String>::new());
    let objects = |_: &mut Whole, wanted: &mut Whole| {
        wanted.topology.spouts[0].comp.serialized_object = None;
        let config = wanted.topology.topology_config.as_mut().unwrap();
        config.kvs.reverse();
        wanted.desired.framework.id = crate::scheduler::ids::FrameworkId("f".to_owned());
    };
    assert_eq!(after(objects), Vec::<String>::new());
}

#[test]
fn every_part_is_compared() {
    let changed = after(|_, wanted| {
        wanted.topology.spouts[0].comp.config =
            Config { kvs: vec![setting("topology.component.parallelism", "2"), setting("a", "b")] };
        wanted.topology.bolts.clear();
        wanted.desired.launch.content.as_mut().unwrap().sha256 = "ef".repeat(32);
        wanted.desired.launch.uris[1].value = "http://h/other.tar.gz".to_owned();
        wanted.desired.framework.labels[0].1 = "s".to_owned();
        wanted.desired.placement.constraints = vec!["host:unique".to_owned()];
        wanted.packing = packing(300);
    });
    assert_eq!(
        changed,
        [
            "definition: count bolt -> -",
            "definition: count <- word/default shuffle -> -",
            "definition: count:topology.component.parallelism 1 -> -",
            "definition: word:a - -> b",
            "definition: word:topology.component.parallelism 1 -> 2",
            "package: content of the topology file SHA-256 abababababab -> SHA-256 efefefefefef",
            "configuration: constraints  -> host:unique",
            "configuration: core package http://h/core.tar.gz -> http://h/other.tar.gz",
            "configuration: heron.role r -> s",
            "packing: container 1 CPU 1, RAM 200 MB, disk 1 MB; word 1 -> CPU 1, RAM 300 MB, disk 1 MB; word 1",
        ]
    );
}

#[test]
fn secrets_differ_unseen() {
    let changed = after(|_, wanted| {
        wanted.topology.topology_config.as_mut().unwrap().kvs[1] = setting("my.password", "other");
    });
    let masked = format!("definition: my.password {MASK} -> {MASK} (changed in what is not shown)");
    assert_eq!(changed, [masked]);
}

#[test]
fn the_command_is_told_by_flags() {
    let changed = after(|_, wanted| {
        let text = serde_json::to_string(&wanted.desired.launch.command).unwrap();
        let text = text.replace("-Xmx1g", "-Xmx2g --verbose-gc");
        wanted.desired.launch.command = serde_json::from_str(&text).unwrap();
    });
    assert_eq!(
        changed,
        [
            "configuration: --instance-jvm-opts -Xmx1g -> -Xmx2g",
            "configuration: --verbose-gc - -> given",
        ]
    );
}

#[test]
fn what_was_set_while_it_ran_is_a_difference() {
    let changed = after(|running, _| {
        let component = Some("word".to_owned());
        let (key, value) = ("k".to_owned(), "v".to_owned());
        running.runtime.push(RuntimeSetting { component, key, value });
    });
    assert_eq!(changed, ["configuration: word:k (set while it ran) v -> -"]);
}

#[test]
fn a_pause_is_nobodys_wish_but_that_of_whoever_submits_paused() {
    let pause = |whole: &mut Whole| whole.topology.set_state(TopologyState::Paused);
    assert_eq!(after(|running, _| pause(running)), Vec::<String>::new());
    assert_eq!(after(|_, wanted| pause(wanted)), ["definition: state RUNNING -> PAUSED"]);
    let both = |running: &mut Whole, wanted: &mut Whole| {
        pause(running);
        pause(wanted);
    };
    assert_eq!(after(both), Vec::<String>::new());
}

#[test]
fn a_record_that_does_not_tell_the_content_is_compared_by_its_digest() {
    assert_eq!(after(|running, _| running.desired.launch.content = None), Vec::<String>::new());
    let changed = after(|running, wanted| {
        running.desired.launch.content = None;
        wanted.desired.digest = "e".to_owned();
    });
    assert_eq!(changed, ["package: content not recorded by the release that submitted it -> -"]);
}

#[test]
fn what_no_item_tells_is_told_at_last() {
    let changed = after(|_, wanted| {
        let inputs = &mut wanted.topology.bolts[0].inputs;
        inputs.push(inputs[0].clone());
    });
    assert_eq!(changed, ["definition: other fields as it runs -> otherwise"]);
}
