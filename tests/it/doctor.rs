//! `doctor`: what is there, what isn't, and what to do about it.

use serde_json::{Value, json};

use crate::environment::{TestEnv, zookeeper};

fn results(document: &Value) -> Vec<(String, String)> {
    let checks = document["checks"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks.iter().map(|check| (text(&check["name"]), text(&check["result"]))).collect()
}

fn result<'a>(results: &'a [(String, String)], name: &str) -> &'a str {
    &results.iter().find(|(found, _)| found == name).unwrap().1
}

#[test]
fn a_cluster_that_is_well_passes() {
    let env = TestEnv::new();
    let file = env.topology("looked", 1);
    env.ok(&["submit", &file]);
    let before = env.znodes();
    let document = env.json(&["doctor"]);
    assert_eq!(document["passed"], true, "{document:#}");
    let results = results(&document);
    let server = format!("zookeeper {}", zookeeper());
    for name in [
        "configuration",
        &server,
        "zookeeper session",
        "zookeeper rights",
        "clock",
        "mesos master",
        "mesos agents",
        "core package",
        "package store",
    ] {
        assert_eq!(result(&results, name), "PASSED", "{name}: {document:#}");
    }
    assert_eq!(env.znodes(), before, "it leaves nothing");
    let store = std::fs::read_dir(env.directory.path().join("store")).unwrap();
    let left = store
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains("doctor"));
    assert_eq!(left.count(), 0);
    let text = env.ok(&["doctor"]).stdout;
    assert!(text.contains("PASSED   mesos master: Mesos "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 200), "{text}");
    env.ok(&["kill", "looked"]);
}

#[test]
fn what_is_not_there_is_told_with_what_to_do() {
    let env = TestEnv::new();
    env.cluster.control("/stop-master", &json!({}));
    let ran = env.run(&[
        "-ojson",
        "doctor",
        "--config-property",
        "heron.package.core.uri=file:///nowhere/core.tar.gz",
    ]);
    assert_eq!(ran.code, 20, "{}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let results = results(&document);
    assert_eq!(result(&results, "mesos master"), "FAILED");
    assert_eq!(result(&results, "mesos agents"), "SKIPPED");
    assert_eq!(result(&results, "core package"), "WARNING");
    let checks = document["checks"].as_array().unwrap();
    let needy = checks
        .iter()
        .filter(|check| matches!(check["result"].as_str(), Some("FAILED" | "WARNING")));
    assert!(needy.clone().all(|check| check["mend"].is_string()), "{document:#}");

    let away = env.run(&["doctor", "--config-property", "zk.connection.string=127.0.0.1:1"]);
    assert_eq!(away.code, 20, "{}", away.stderr);
    assert!(away.stdout.contains("FAILED   zookeeper 127.0.0.1:1:"), "{}", away.stdout);
}
