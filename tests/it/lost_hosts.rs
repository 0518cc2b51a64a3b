//! Hosts that are lost with what ran there: every command mends that, or ends it, as soon as it is known.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::endings::delete;
use crate::environment::{Ran, TestEnv, TestOptions};
use crate::fault_proxy::{wait_for, when_free};

/// Four agents, one more than containers; what is lost is unreachable after so many milliseconds.
fn env(unreachable_ms: u32, standin: &str) -> TestEnv {
    let words = format!("--agents 4 --agent-ping-timeout-ms {unreachable_ms}");
    let mut options = TestOptions {
        cluster: words.split_whitespace().map(str::to_owned).collect(),
        ..TestOptions::default()
    };
    options.standin.extend(standin.split_whitespace().map(str::to_owned));
    TestEnv::with(&options)
}

/// The agent of a container.
fn agent_of(env: &TestEnv, topology: &str, container: usize) -> Value {
    env.json(&["status", topology])["containers"][container]["agent_id"].clone()
}

/// A host dies with a container on it. With `known`, that is waited for which Mesos needs to know of it.
fn lose(env: &TestEnv, topology: &str, container: usize, known: bool) -> Value {
    let agent = agent_of(env, topology, container);
    env.cluster.control("/lose-agent", &json!({ "agent": agent, "tasks": "kill" }));
    if known {
        wait_for("the loss", || {
            let status = env.json(&["status", topology]);
            status["containers"][container]["state"] == "TASK_UNREACHABLE"
        });
    }
    agent
}

#[test]
fn a_restart_or_an_update_mends_what_it_does_not_name() {
    let env = env(300, "");
    let file = env.topology("widowed", 2);
    env.ok(&["submit", &file]);
    lose(&env, "widowed", 0, true);
    let restarted = env.json(&["restart", "widowed", "1", "--timeout", "40s"]);
    assert_eq!(restarted["also_launched"], json!([{"id": 0}]), "{restarted}");

    env.cluster.return_agents();
    lose(&env, "widowed", 0, true);
    let ran = env.ok(&["update", "widowed", "--container-number", "3", "--timeout", "40s"]);
    assert_eq!(ran.stderr.matches("Mesos can't reach 127.0.0.1").count(), 1, "{}", ran.stderr);
    assert_eq!(
        env.cluster.live_tasks().iter().filter(|task| task["pid"] != json!(null)).count(),
        4
    );
    env.ok(&["status", "widowed", "--check"]);
    env.ok(&["kill", "widowed"]);
    assert_eq!(env.znodes_of("widowed"), Vec::<String>::new());
}

#[test]
fn a_lost_tmanager_keeps_no_other_waiting() {
    // Its location would stand for as long as a session lasts of which nobody has ended.
    let env = env(300, "session_timeout_ms=90000");
    let file = env.topology("haunted", 2);
    env.ok(&["submit", &file]);
    lose(&env, "haunted", 0, true);
    env.ok(&["restart", "haunted", "--timeout", "40s"]);
    env.ok(&["status", "haunted", "--check"]);
    env.ok(&["kill", "haunted"]);
    assert_eq!(env.znodes_of("haunted"), Vec::<String>::new());
}

#[test]
fn an_update_that_was_interrupted_is_undone_though_its_host_is_lost() {
    let env = env(300, "");
    let file = env.topology("bereft", 2);
    env.ok(&["submit", &file]);
    env.cluster.control("/hold-offers", &json!({}));
    let mut update = env
        .command(&["update", "bereft", "--container-number", "1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the end of container 1", || env.cluster.live_tasks().len() == 2);
    update.kill().unwrap();
    update.wait().unwrap();
    lose(&env, "bereft", 0, true);
    env.cluster.control("/resume-offers", &json!({}));
    let ran = when_free(|| env.run(&["deactivate", "bereft", "--timeout", "40s"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let status = env.json(&["status", "bereft"]);
    assert_eq!((&status["update"], &status["topology"]["state"]), (&Value::Null, &json!("PAUSED")));
    env.ok(&["kill", "bereft"]);
    assert_eq!(env.znodes_of("bereft"), Vec::<String>::new());
}

#[test]
fn a_kill_waits_for_no_host_that_says_nothing() {
    // Mesos takes its time to notice.
    let env = env(3_600_000, "");
    for (number, link) in ["broken", "silent"].into_iter().enumerate() {
        let name = format!("mute{number}");
        let file = env.topology(&name, 2);
        env.ok(&["submit", &file]);
        let agent = agent_of(&env, &name, 1);
        env.cluster.control("/lose-agent", &json!({ "agent": agent, "link": link }));
        let killed = env.json(&["kill", &name, "--timeout", "25s"]);
        assert_eq!(killed["may_run"][0]["id"], 1, "{killed}");
        assert_eq!(env.cluster.live_tasks().len(), 1, "nobody ends it yet");
        env.cluster.control("/return-agent", &json!({ "agent": agent }));
        wait_for("the end of what came back", || env.cluster.live_tasks().is_empty());
        env.assert_nothing_left(&name);
    }
}

/// A master without a registry knows a framework only by the agents that have come back to it.
#[test]
fn a_master_that_has_just_started_is_no_reason_to_call_a_topology_anothers() {
    let words = "--agents 3 --in-memory-registry --reregister-ms 5000";
    let env = TestEnv::with(&TestOptions {
        cluster: words.split_whitespace().map(str::to_owned).collect(),
        ..TestOptions::default()
    });
    let file = env.topology("foundling", 1);
    env.ok(&["submit", &file]);
    // Somebody has deleted its journal.
    let mut nodes = env.znodes_of("foundling");
    nodes.retain(|path| path.contains("/frameworks/"));
    nodes.sort_by_key(|path| std::cmp::Reverse(path.len()));
    for path in &nodes {
        delete(path);
    }
    env.cluster.control("/fail-over", &json!({}));
    let nobody = env.run(&["kill", "nobody"]);
    assert_eq!(nobody.code, 5, "{}", nobody.stderr);
    assert!(nobody.stderr.contains("the Mesos master has just started"), "{}", nobody.stderr);
    let killed = env.ok(&["kill", "foundling"]);
    assert!(killed.stderr.contains("waiting for agents to come back"), "{}", killed.stderr);
    env.assert_nothing_left("foundling");
}

/// A container of an unknown task waits for its host, but not for a restart of it.
#[test]
fn what_mends_a_container_whose_host_may_come_back_is_told() {
    let words = "--agents 4 --in-memory-registry";
    let env = TestEnv::with(&TestOptions {
        cluster: words.split_whitespace().map(str::to_owned).collect(),
        ..TestOptions::default()
    });
    let file = env.topology("patient", 2);
    env.ok(&["submit", &file]);
    lose(&env, "patient", 2, false);
    env.cluster.control("/fail-over", &json!({}));
    let ran = env.run(&["restart", "patient", "1", "--timeout", "8s"]);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    for said in
        ["container 2 is TASK_UNKNOWN: waiting for 127.0.0.1 to come back", "replaces container 2"]
    {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("the same `heron-cli restart"), "{}", ran.stderr);
    env.ok(&["restart", "patient", "2", "--timeout", "40s"]);
    env.ok(&["status", "patient", "--check"]);
    env.ok(&["kill", "patient"]);
    assert_eq!(env.znodes_of("patient"), Vec::<String>::new());
}

/// As long as a failover takes, and longer than anything is tried again without a word.
#[test]
fn every_command_waits_for_a_master_that_is_away() {
    let env = env(3_600_000, "");
    let file = env.topology("calm", 1);
    for words in [&["submit", &file][..], &["restart", "calm"], &["kill", "calm"]] {
        env.cluster.control("/stop-master", &json!({}));
        let child = env.start(words);
        std::thread::sleep(Duration::from_secs(13));
        env.cluster.control("/start-master", &json!({ "master": 0 }));
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
    }
    env.assert_nothing_left("calm");
}
