//! What of an agent's offers is used: those of every role, not those before maintenance, and nobody else's reservations.

use serde_json::{Value, json};

use crate::environment::{TestEnv, TestOptions};

fn with(cluster: &str, resources: &Value, config: &str) -> TestEnv {
    let mut cluster: Vec<String> = cluster.split_whitespace().map(str::to_owned).collect();
    cluster.extend(["--resources".to_owned(), resources.to_string()]);
    let config = vec![config.to_owned()];
    TestEnv::with(&TestOptions { cluster, config, ..TestOptions::default() })
}

/// Enough for a topology, with a reservation.
fn reserved(reservation: &Value) -> Value {
    let scalar = |(name, value): (&str, f64)| json!({ "name": name, "type": "SCALAR", "scalar": { "value": value }, "reservations": [reservation] });
    let all = [("cpus", 8.0), ("mem", 16384.0), ("disk", 40000.0)];
    all.into_iter().map(scalar).collect()
}

/// Roles that the resources of running tasks are reserved for.
fn roles_used(env: &TestEnv) -> Vec<Value> {
    let tasks = env.cluster.live_tasks();
    let resources = tasks.iter().flat_map(|task| task["info"]["resources"].as_array().unwrap());
    resources.map(|resource| resource["reservations"][0]["role"].clone()).collect()
}

#[test]
fn the_offer_of_a_second_role_is_used_where_that_of_the_first_is_too_small() {
    // Each role is made an offer of its own of the same agent; the first one's is good for nothing.
    let resources = reserved(&json!({ "type": "STATIC", "role": "beta" }));
    let little = "--agents 1 --cpus 0.3 --mem 64 --disk 20 --port-role beta";
    let env = with(little, &resources, "heron.mesos.role: alpha,beta");
    let file = env.topology("second", 2);
    env.ok(&["submit", &file, "--timeout", "60s"]);
    let roles = roles_used(&env);
    assert!(!roles.is_empty() && roles.iter().all(|role| role == "beta"), "{roles:?}");
    env.ok(&["kill", "second"]);
    env.assert_nothing_left("second");
}

#[test]
fn an_agent_in_maintenance_gets_no_containers() {
    let env = TestEnv::with(&TestOptions {
        cluster: ["--agents", "2"].map(str::to_owned).to_vec(),
        ..TestOptions::default()
    });
    let file = env.topology("maintained", 3);
    // Soon is as good as now, and an agent's end that is past says nothing.
    env.cluster.control("/maintenance", &json!({ "agent": 0, "in_ms": 600_000 }));
    env.cluster.control("/maintenance", &json!({ "agent": 1, "in_ms": -9000, "for_ms": 1000 }));
    env.ok(&["submit", &file, "--timeout", "60s"]);
    let state = env.cluster.state();
    let staying = &state["agents"][1]["id"];
    let status = env.json(&["status", "maintained"]);
    for container in status["containers"].as_array().unwrap() {
        assert_eq!(&container["agent_id"], staying, "{container}");
    }
    env.ok(&["kill", "maintained"]);

    env.cluster.control("/maintenance", &json!({ "agent": 1 }));
    let ran = env.run(&["submit", &file, "--timeout", "4s"]);
    assert_eq!(ran.code, 11, "{}", ran.stderr);
    assert!(ran.stderr.contains("2 of 2 agents are in maintenance"), "{}", ran.stderr);
    env.cluster.control("/maintenance", &json!({ "agent": 0, "cancel": true }));
    env.ok(&["submit", &file, "--timeout", "60s"]);
    env.ok(&["kill", "maintained"]);
    env.assert_nothing_left("maintained");
}

#[test]
fn a_reservation_with_anothers_labels_is_left_to_them() {
    let labels = json!({ "labels": [{ "key": "framework", "value": "kafka" }] });
    let theirs =
        json!({ "type": "DYNAMIC", "role": "shared", "principal": "kafka", "labels": labels });
    let little = "--agents 1 --cpus 0.3 --mem 64 --disk 20";
    let env = with(little, &reserved(&theirs), "heron.mesos.role: shared");
    let file = env.topology("polite", 1);
    let ran = env.run(&["submit", &file, "--timeout", "4s"]);
    assert_eq!(ran.code, 11, "{}", ran.stderr);
    assert!(ran.stderr.contains("cpus: "), "{}", ran.stderr);
    assert!(env.cluster.state()["counts"].get("ACCEPT").is_none());
    env.assert_nothing_left("polite");

    // The same without labels is for everybody of the role.
    let ours = json!({ "type": "DYNAMIC", "role": "shared", "principal": "kafka" });
    let env = with(little, &reserved(&ours), "heron.mesos.role: shared");
    let file = env.topology("polite", 1);
    env.ok(&["submit", &file, "--timeout", "60s"]);
    assert!(roles_used(&env).iter().any(|role| role == "shared"));
    env.ok(&["kill", "polite"]);
    env.assert_nothing_left("polite");
}
