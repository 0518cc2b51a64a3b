//! Bad days: what was broken is mended, or removed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use serde_json::json;

use crate::corners::write;

/// Nodes that hold what nobody can read.
const UNREADABLE: [&str; 4] =
    ["topologies/<t>", "executionstate/<t>", "frameworks/<t>", "frameworks/<t>/containers/1"];
use crate::environment::{Ran, TestEnv, TestOptions};
use crate::fault_proxy::wait_for;

#[test]
fn kill_ends_though_an_agent_is_lost_for_good() {
    let words = "--agents 3 --agent-ping-timeout-ms 300";
    let cluster = words.split_whitespace().map(str::to_owned).collect();
    let env = TestEnv::with(&TestOptions { cluster, ..TestOptions::default() });
    let file = env.topology("halfdead", 2);
    env.ok(&["submit", &file]);
    let status = env.json(&["status", "halfdead"]);
    let agent = status["containers"][1]["agent_id"].as_str().unwrap().to_owned();
    env.cluster.control("/lose-agent", &json!({ "agent": agent, "tasks": "kill" }));
    std::thread::sleep(Duration::from_secs(1));
    env.ok(&["kill", "halfdead", "--timeout", "30s"]);
}

#[test]
fn a_restart_works_again_after_an_outage_of_the_store() {
    let env = TestEnv::new();
    let file = env.topology("bricked", 1);
    env.ok(&["submit", &file]);
    let core = env.core.trim_start_matches("file://").to_owned();
    let away = format!("{core}.away");
    std::fs::rename(&core, &away).unwrap();
    let during = env.run(&["restart", "bricked", "1"]);
    std::fs::rename(&away, &core).unwrap();
    assert_ne!(during.code, 0, "the outage was not felt");
    env.ok(&["restart", "bricked", "1"]);
    env.ok(&["update", "bricked", "--container-number", "2"]);
}

#[test]
fn a_submission_waits_for_a_master_that_recovers() {
    let env = TestEnv::new();
    let file = env.topology("early", 1);
    env.cluster.control("/phase", &json!({ "phase": "recovering" }));
    let child = env.start(&["submit", &file, "--timeout", "3m"]);
    std::thread::sleep(Duration::from_secs(22));
    env.cluster.control("/phase", &json!({ "phase": "ready" }));
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}\nleft: {:?}", ran.stderr, env.znodes_of("early"));
}

#[test]
fn a_teardown_that_is_lost_is_sent_again() {
    let env = TestEnv::new();
    let file = env.topology("undead", 1);
    env.ok(&["submit", &file]);
    env.cluster.control("/hang-up", &json!({ "calls": ["TEARDOWN"], "count": 1 }));
    env.ok(&["kill", "undead", "--timeout", "20s"]);
}

#[test]
fn kill_removes_what_it_can_not_read() {
    let env = TestEnv::new();
    for (number, leftover) in UNREADABLE.iter().enumerate() {
        let name = format!("garbled{number}");
        write(&[format!("{}/{}", env.root, leftover.replace("<t>", &name))]);
        env.ok(&["kill", &name]);
        env.assert_nothing_left(&name);
    }
}

#[test]
fn kill_without_mesos_removes_the_state_alone_if_told_so() {
    let cluster = ["--agents", "3", "--reregister-ms", "3000"].map(str::to_owned).to_vec();
    let env = TestEnv::with(&TestOptions { cluster, ..TestOptions::default() });
    let file = env.topology("stranded", 1);
    env.ok(&["submit", &file]);
    env.cluster.control("/stop-master", &json!({}));
    let refused = env.run(&["kill", "stranded", "--timeout", "3s"]);
    assert_eq!(refused.code, 7, "{}", refused.stderr);
    assert!(refused.stderr.contains("--state-only"), "{}", refused.stderr);
    let killed = env.ok(&["kill", "stranded", "--state-only"]);
    assert!(killed.stdout.contains("these may still run"), "{}", killed.stdout);
    assert!(killed.stdout.contains("container 1 on "), "{}", killed.stdout);
    assert_eq!(env.znodes_of("stranded"), Vec::<String>::new());
    // What was left alone is found by its labels, and ended.
    env.cluster.control("/start-master", &json!({ "master": 0 }));
    // The master knows of it again when the agents have come back, which is waited for.
    let killed = env.ok(&["kill", "stranded"]);
    assert!(killed.stderr.contains("waiting for agents to come back"), "{}", killed.stderr);
    env.assert_nothing_left("stranded");
}

#[test]
fn calls_that_are_asked_for_too_often_are_made_again() {
    let env = TestEnv::new();
    let file = env.topology("throttled", 1);
    for call in ["SUBSCRIBE", "ACCEPT", "KILL", "TEARDOWN"] {
        let headers = json!({ "Retry-After": "1" });
        let refusal = json!({ "calls": [call], "status": 429, "headers": headers, "count": 1 });
        env.cluster.control("/refuse", &refusal);
    }
    env.ok(&["submit", &file]);
    env.ok(&["restart", "throttled", "1"]);
    env.ok(&["kill", "throttled"]);
    env.assert_nothing_left("throttled");
}

#[test]
fn a_restart_replaces_what_a_lost_agent_had_at_once() {
    let words = "--agents 3 --agent-ping-timeout-ms 300";
    let cluster = words.split_whitespace().map(str::to_owned).collect();
    let env = TestEnv::with(&TestOptions { cluster, ..TestOptions::default() });
    let file = env.topology("moved", 2);
    env.ok(&["submit", &file]);
    let status = env.json(&["status", "moved"]);
    let agent = status["containers"][1]["agent_id"].as_str().unwrap().to_owned();
    let old = status["containers"][1]["task_id"].as_str().unwrap().to_owned();
    env.cluster.control("/lose-agent", &json!({ "agent": agent }));
    std::thread::sleep(Duration::from_secs(1));
    env.ok(&["restart", "moved", "1", "--timeout", "60s"]);
    let status = env.json(&["status", "moved"]);
    assert_ne!(status["containers"][1]["agent_id"], json!(agent));
    // The old task comes back, and goes with the next command that drives.
    env.cluster.control("/return-agent", &json!({ "agent": agent }));
    std::thread::sleep(Duration::from_secs(1));
    env.ok(&["restart", "moved", "2"]);
    let live = env.cluster.live_tasks();
    assert!(live.iter().all(|task| task["task_id"] != json!(old)), "{live:?}");
    env.ok(&["kill", "moved"]);
    env.assert_nothing_left("moved");
}

#[test]
fn a_restart_that_waits_for_a_kill_finds_nothing_and_leaves_nothing() {
    let env = TestEnv::new();
    let file = env.topology("raced", 1);
    env.ok(&["submit", &file]);
    // The kill is kept busy for a while.
    env.cluster.control("/delay", &json!({ "calls": ["KILL"], "ms": 1500, "count": 2 }));
    let mut kill = env.command(&["kill", "raced"]).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let mut waiting = Vec::new();
    for words in [&["restart", "raced", "1"][..], &["update", "raced", "--container-number", "2"]] {
        waiting.push(env.start(words));
    }
    assert!(kill.wait().unwrap().success());
    for child in waiting {
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert!([5, 6].contains(&ran.code), "{}", ran.stderr);
    }
    env.assert_nothing_left("raced");
}

#[test]
fn an_executor_that_heeds_no_signal_is_not_waited_for() {
    let standin =
        "restart_delay_ms=3600000 session_timeout_ms=3000 reconnect_ms=200 location_retry_ms=200";
    let env = TestEnv::with(&TestOptions {
        standin: standin.split_whitespace().map(str::to_owned).collect(),
        config: vec!["heron.mesos.kill.grace.seconds: 3600".to_owned()],
        ..TestOptions::default()
    });
    let file = env.topology("deaf", 1);
    env.ok(&["submit", &file]);
    let state = env.cluster.state();
    let tasks = state["tasks"].as_array().unwrap();
    let task = tasks.iter().find(|task| task["task_id"].as_str().unwrap().starts_with("deaf-0-"));
    let sandbox = Path::new(task.unwrap()["sandbox"].as_str().unwrap());
    let pid = std::fs::read_to_string(sandbox.join("heron-tmanager.pid")).unwrap();
    kill(Pid::from_raw(pid.trim().parse().unwrap()), Signal::SIGKILL).unwrap();
    // From here on its executor waits to start it again.
    let ended = format!("heron-tmanager (pid={}) exited with status 9", pid.trim());
    wait_for("the end of the TManager", || {
        let log = std::fs::read_to_string(sandbox.join("heron-executor-0.stdout"));
        log.is_ok_and(|log| log.contains(&ended))
    });
    env.ok(&["restart", "deaf", "0", "--timeout", "30s"]);
    env.ok(&["kill", "deaf"]);
    env.assert_nothing_left("deaf");
}
