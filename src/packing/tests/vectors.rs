//! Plans compared with those that Heron's own Java code made (`tests/data/packing`, `tests/data/repack`).

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost::Message as _;
use serde_json::{Value, json};

use crate::packing::*;
use crate::proto::{api, system};

const ALGORITHMS: [Algorithm; 3] =
    [Algorithm::RoundRobin, Algorithm::ResourceCompliantRoundRobin, Algorithm::FirstFitDecreasing];

fn read(path: &str) -> Value {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(path);
    serde_json::from_slice(&std::fs::read(&file).expect("the vectors are there")).expect("JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

fn bytes(value: &Value, key: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text(value, key)).expect("base64")
}

fn cases(folder: &str, count: usize) -> Vec<(String, Value)> {
    let index = read(&format!("{folder}/index.json"));
    let files: Vec<_> = index["cases"].as_array().expect("cases").iter().collect();
    assert_eq!(files.len(), count);
    files
        .iter()
        .map(|c| text(c, "file").to_owned())
        .map(|f| (f.clone(), read(&format!("{folder}/{f}"))))
        .collect()
}

fn input(case: &Value) -> Result<PackingInput, PackingError> {
    let topology = bytes(&case["input"], "topology_defn_base64");
    let topology = api::Topology::decode(topology.as_slice()).expect("a topology");
    let config = &case["input"]["heron_config"];
    let mut defaults = Defaults::default();
    if config.is_object() {
        defaults.cpu = config["heron.resources.instance.cpu"].as_f64().expect("cpu");
        defaults.ram = config["heron.resources.instance.ram"].as_i64().expect("ram");
        defaults.disk = config["heron.resources.instance.disk"].as_i64().expect("disk");
    }
    PackingInput::new(&topology, defaults)
}

/// The Java class that Heron throws where we give this error.
fn java_class(error: &PackingError) -> &'static str {
    match error {
        PackingError::MissingParallelism { .. }
        | PackingError::MalformedMap { .. }
        | PackingError::UnknownComponentInMap { .. }
        | PackingError::NoContainers { .. }
        | PackingError::MoreContainersThanInstances { .. } => "java.lang.RuntimeException",
        PackingError::NotANumber { .. } => "java.lang.NumberFormatException",
        PackingError::UnknownSortingStrategy { .. }
        | PackingError::TooManyBytes { .. }
        | PackingError::MalformedRequest { .. }
        | PackingError::UnknownComponentInRequest { .. } => "java.lang.IllegalArgumentException",
        PackingError::ContainerCountUnsupported { .. } => "java.lang.UnsupportedOperationException",
        PackingError::NothingToChange => "java.lang.NullPointerException",
        _ => "org.apache.heron.spi.packing.PackingException",
    }
}

/// A plan as the vectors write it.
fn describe(plan: &PackingPlan) -> Value {
    let resource = |r: &Size| json!({"cpu": r.cpu, "ram": r.ram, "disk": r.disk});
    let containers = plan.containers.iter().map(|container| {
        let instances = container.instances.iter().map(|i| {
            json!({
                "component": i.component, "task_id": i.task_id, "component_index": i.component_index,
                "cpu": i.resource.cpu, "ram": i.resource.ram, "disk": i.resource.disk,
            })
        });
        json!({
            "id": container.id,
            "required": resource(&container.required),
            "component_counts": container.component_counts(),
            "instances": instances.collect::<Vec<_>>(),
        })
    });
    let order = plan.in_heron_order().into_iter().map(|container| {
        let tasks: Vec<_> = container.in_heron_order().iter().map(|i| i.task_id).collect();
        (container.id.to_string(), json!(tasks))
    });
    json!({
        "plan_id": plan.id,
        "container_count": plan.container_count(),
        "instance_count": plan.instance_count(),
        "component_ram_map": plan.component_ram_map(),
        "max_container_resources": resource(&plan.max_container_resources()),
        "taken_from_container_id": plan.reread().in_heron_order()[0].id,
        "containers": containers.collect::<Vec<_>>(),
        "java_iteration_order": {
            "containers": plan.in_heron_order().iter().map(|c| c.id).collect::<Vec<_>>(),
            "task_ids_by_container": order.collect::<serde_json::Map<_, _>>(),
        },
    })
}

/// What differs between the expected result and ours; nothing, hopefully.
fn difference(expected: &Value, ours: &Result<PackingPlan, PackingError>) -> Option<String> {
    match (expected.get("error"), ours) {
        (Some(error), Err(ours)) if text(error, "class") == java_class(ours) => None,
        (None, Ok(plan)) => {
            let mut described = describe(plan);
            let first = described["taken_from_container_id"].take();
            let mut keys = described.as_object().expect("an object").iter();
            keys.find(|(key, value)| !value.is_null() && expected[key] != **value)
                .map(|(key, value)| format!("{key}\n  is   {value}\n  not  {}", expected[key]))
                .or_else(|| {
                    let taken = &expected["mesos_request_per_container"]["taken_from_container_id"];
                    (*taken != first).then(|| format!("first container is {first}, not {taken}"))
                })
        }
        _ => Some(format!("{ours:?} instead of {expected}")),
    }
}

#[test]
fn packing_gives_what_heron_gives() {
    let mut failures = Vec::new();
    for (file, case) in cases("packing", 66) {
        for algorithm in ALGORITHMS {
            let ours = input(&case).and_then(|input| pack(algorithm, &input));
            let expected = &case["expected"][algorithm.name()];
            if let Some(difference) = difference(expected, &ours) {
                failures.push(format!("{file} {algorithm}: {difference}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} differ\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn components_come_in_the_order_of_java() {
    let mut compared = 0;
    for (file, case) in cases("packing", 66) {
        let Ok(input) = input(&case) else { continue };
        let parallelism = input.parallelism();
        let names: Vec<_> = parallelism.ordered().into_iter().map(|(name, _)| name).collect();
        assert_eq!(json!(names), case["component_hash_order"], "{file}");
        compared += 1;
    }
    assert_eq!(compared, 65, "all but the one without parallelism");
}

/// One step after the other, as the vectors record them; the list ends with the first error.
fn repack_all(algorithm: Algorithm, case: &Value) -> Vec<Result<PackingPlan, PackingError>> {
    let current =
        system::PackingPlan::decode(bytes(&case["input"], "current_plan_base64").as_slice());
    let mut current = PackingPlan::try_from(&current.expect("a plan")).expect("a sound plan");
    let mut results = Vec::new();
    for request in case["input"]["requests"].as_array().expect("requests") {
        let containers =
            request["container_count"].as_i64().map(|n| i32::try_from(n).expect("small"));
        let result = parse_parallelism(text(request, "new_parallelism")).and_then(|requested| {
            repack(algorithm, &current, &input(case)?, &requested, containers)
        });
        let next = result.clone();
        results.push(result);
        match next {
            Ok(next) => current = next,
            Err(_) => break,
        }
    }
    results
}

#[test]
fn repacking_gives_what_heron_gives() {
    let mut failures = Vec::new();
    for (file, case) in cases("repack", 27) {
        for algorithm in ALGORITHMS {
            let ours = repack_all(algorithm, &case);
            let expected = case["expected"][algorithm.name()].as_array().expect("results");
            assert_eq!(ours.len(), expected.len(), "{file} {algorithm}: {ours:?}");
            for (step, (expected, ours)) in expected.iter().zip(&ours).enumerate() {
                // These were recorded from the stored plan, whose own bytes are compared below.
                let reread = ours.as_ref().map(PackingPlan::reread).map_err(Clone::clone);
                if let Some(difference) = difference(expected, &reread) {
                    failures.push(format!("{file} {algorithm} step {step}: {difference}"));
                } else if let Ok(plan) = ours {
                    let encoded = system::PackingPlan::from(plan).encode_to_vec();
                    if encoded != bytes(expected, "plan_base64") {
                        failures.push(format!("{file} {algorithm} step {step}: other bytes"));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} differ\n{}", failures.len(), failures.join("\n"));
}
