//! Constraints on agents, from the configuration to where containers run.

use serde_json::{Value, json};

use crate::environment::{TestEnv, TestOptions};

/// Three agents in two racks.
fn racks(config: &[&str]) -> TestEnv {
    let words = "--agents 3 --distinct-hosts --attributes rack:r1 --attributes rack:r2 --attributes rack:r2";
    let cluster = words.split_whitespace().map(str::to_owned).collect();
    let config = config.iter().map(|&line| line.to_owned()).collect();
    TestEnv::with(&TestOptions { cluster, config, ..TestOptions::default() })
}

fn hosts(env: &TestEnv, topology: &str) -> Vec<String> {
    let status = env.json(&["status", topology]);
    let containers = status["containers"].as_array().unwrap();
    let host = |one: &Value| one["host"].as_str().unwrap().to_owned();
    containers.iter().map(host).collect()
}

#[test]
fn containers_run_where_constraints_let_them() {
    let env = racks(&["heron.mesos.constraints: rack:in:r2; host:unique"]);
    let file = env.topology("held", 1);
    env.ok(&["submit", &file]);
    let at = hosts(&env, "held");
    assert!(at.iter().all(|host| host != "127.0.0.1") && at[0] != at[1], "{at:?}");
    // There is no third one in that rack.
    let ran = env.run(&["update", "held", "--container-number", "2", "--timeout", "3s"]);
    assert_eq!(ran.code, 11, "{}", ran.stderr);
    let said = "constraint host:unique rules out 2 of 3 agents (127.0.0.2, 127.0.0.3)";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(ran.stderr.contains("constraint rack:in:r2 rules out 1 of 3 agents"), "{}", ran.stderr);
    env.ok(&["restart", "held", "1"]);
    assert_ne!(hosts(&env, "held")[1], "127.0.0.1");
    env.ok(&["kill", "held"]);
    env.assert_nothing_left("held");
}

#[test]
fn what_no_agents_satisfy_is_refused_before_anything_is_done() {
    let env = racks(&["heron.mesos.constraints: rack:in:r3"]);
    let file = env.topology("nowhere", 1);
    for words in [&["submit", &file][..], &["submit", &file, "--dry-run"]] {
        let ran = env.run(words);
        assert_eq!(ran.code, 11, "{words:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("constraint rack:in:r3 rules out all of 3 agents"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("127.0.0.2"), "{}", ran.stderr);
    }
    env.assert_nothing_left("nowhere");
    let check =
        env.run(&["config", "check", "--config-property", "heron.mesos.constraints=rack:on:r1"]);
    assert_eq!(check.code, 3, "{}", check.stderr);
    assert!(
        check.stdout.contains("`on` in `rack:on:r1` is no rule")
            || check.stderr.contains("is no rule"),
        "{check:?}"
    );
}

#[test]
fn containers_spread_over_hosts_and_avoid_what_is_named() {
    let env = racks(&["heron.mesos.avoid: 127.0.0.3"]);
    let file = env.topology("spread", 3);
    env.ok(&["submit", &file]);
    let mut at = hosts(&env, "spread");
    at.sort();
    assert_eq!(at, ["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2"]);
    env.cluster.control("/lose-agent", &json!({ "agent": 0, "tasks": "kill" }));
    env.ok(&["kill", "spread", "--timeout", "60s"]);
}
