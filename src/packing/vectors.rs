//! Heron's own results (`golden/vectors/packing`), compared exactly.

use std::path::Path;

use base64::Engine as _;
use prost::Message as _;
use serde_json::Value;

use super::{Algorithm, Defaults, PackingInput, pack};
use crate::proto::api::Topology;

#[test]
fn round_robin_agrees_with_heron() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/packing");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if case.get("input").is_none() {
            continue;
        }
        count += 1;
        check(&case, &path);
    }
    assert_eq!(count, 66);
}

fn check(case: &Value, path: &Path) {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(case["input"]["topology_defn_base64"].as_str().unwrap())
        .unwrap();
    let heron = &case["input"]["heron_config"];
    let defaults = Defaults {
        instance_cpu: heron["heron.resources.instance.cpu"].as_f64().unwrap(),
        instance_ram: heron["heron.resources.instance.ram"].as_i64().unwrap(),
        instance_disk: heron["heron.resources.instance.disk"].as_i64().unwrap(),
    };
    let topology = Topology::decode(bytes.as_slice()).unwrap();
    let plan = PackingInput::from_topology(&topology, defaults)
        .and_then(|input| pack(Algorithm::RoundRobin, &input));
    let expected = &case["expected"]["RoundRobinPacking"];
    if expected.get("error").is_some() {
        assert!(plan.is_err(), "{}: {expected}", path.display());
        return;
    }
    let plan = plan.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(plan.id, expected["plan_id"], "{}", path.display());
    let containers: Vec<Value> = plan
        .containers
        .iter()
        .map(|container| {
            let instances: Vec<Value> = container
                .instances
                .iter()
                .map(|instance| {
                    serde_json::json!({
                        "component": instance.component, "task_id": instance.task_id,
                        "component_index": instance.component_index, "cpu": instance.resource.cpu,
                        "ram": instance.resource.ram, "disk": instance.resource.disk,
                    })
                })
                .collect();
            let required = container.required;
            serde_json::json!({
                "id": container.id, "instances": instances,
                "required": {"cpu": required.cpu, "ram": required.ram, "disk": required.disk},
            })
        })
        .collect();
    let mut expected_containers = expected["containers"].clone();
    for container in expected_containers.as_array_mut().unwrap() {
        container.as_object_mut().unwrap().remove("component_counts");
    }
    assert_eq!(Value::from(containers), expected_containers, "{}", path.display());
    let ram: Value = serde_json::to_value(plan.component_ram()).unwrap();
    assert_eq!(ram, expected["component_ram_map_entries"], "{}", path.display());
}
