//! Faults: the client killed after each step of I/O, sessions expired, streams dropped, agents lost.

use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use crate::environment::{Ran, TestEnv};
use crate::fault_proxy::{Killing, steps, wait_for, when_free};

#[test]
fn a_submit_that_is_killed_anywhere_leaves_one_topology_or_none() {
    let test = Killing::new();
    let env = &test.env;
    let file = env.topology("sliced", 1);
    let mut last = 0;
    for (round, step) in steps().enumerate() {
        if !test.killed(&["submit", &file], step) {
            last = step;
            env.ok(&["kill", "sliced"]);
            break;
        }
        if round % 2 == 0 {
            // The same submission again: it goes on, or begins anew; one topology either way.
            let ran = when_free(|| env.run(&["submit", &file]));
            assert_eq!(ran.code, 0, "step {step}: {}", ran.stderr);
            assert_eq!(env.cluster.live_tasks().len(), 2, "step {step}");
            env.ok(&["kill", "sliced"]);
        } else {
            let ran = when_free(|| env.run(&["kill", "sliced"]));
            assert!(ran.code == 0 || ran.code == 5, "step {step}: {}", ran.stderr);
        }
        env.assert_nothing_left("sliced");
    }
    assert!(last > 10, "the submission has only {last} steps: nothing was tested");
}

#[test]
fn a_kill_that_is_killed_anywhere_can_be_repeated() {
    let test = Killing::new();
    let env = &test.env;
    let file = env.topology("twice", 1);
    for step in steps().step_by(3) {
        env.ok(&["submit", &file]);
        let killed = test.killed(&["kill", "twice"], step);
        let ran = when_free(|| env.run(&["kill", "twice"]));
        assert!(ran.code == 0 || ran.code == 5, "step {step}: {}", ran.stderr);
        env.assert_nothing_left("twice");
        if !killed {
            return;
        }
    }
}

#[test]
fn a_session_that_expires_is_replaced() {
    let test = Killing::new();
    let env = &test.env;
    let file = env.topology("expired", 1);
    env.cluster.control("/hold-offers", &json!({}));
    let mut command = env.command(&["submit", &file]);
    command.args(["--config-property", &test.properties[0]]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the state", || {
        env.znodes_of("expired").iter().any(|path| path.contains("topologies"))
    });
    // Longer than the session timeout of the env's configuration.
    test.fault_proxy.frozen.store(true, Ordering::SeqCst);
    std::thread::sleep(Duration::from_secs(7));
    test.fault_proxy.frozen.store(false, Ordering::SeqCst);
    env.cluster.control("/resume-offers", &json!({}));
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(env.cluster.live_tasks().len(), 2);
    env.ok(&["kill", "expired"]);
    env.assert_nothing_left("expired");
}

#[test]
fn dropped_streams_do_not_disturb_a_submission() {
    let env = TestEnv::new();
    let file = env.topology("dropped", 3);
    env.cluster.control("/delay", &json!({ "ms": 30 }));
    let child = env.start(&["submit", &file]);
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(150));
        env.cluster.control("/drop-stream", &json!({}));
    }
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(env.cluster.live_tasks().len(), 4);
    env.ok(&["kill", "dropped"]);
    env.assert_nothing_left("dropped");
}

#[test]
fn a_task_that_dies_comes_back_with_the_next_restart() {
    let env = TestEnv::new();
    let file = env.topology("mortal", 2);
    env.ok(&["submit", &file]);
    let status = env.json(&["status", "mortal"]);
    let task = status["containers"][1]["task_id"].as_str().unwrap().to_owned();
    env.cluster.control("/kill-task", &json!({ "task": task, "signal": "SIGKILL" }));
    wait_for("the task's end", || env.cluster.live_tasks().len() == 2);
    env.ok(&["restart", "mortal", "1"]);
    assert_eq!(env.cluster.live_tasks().len(), 3);
    env.ok(&["kill", "mortal"]);
    env.assert_nothing_left("mortal");
}

#[test]
fn a_framework_that_was_removed_is_said_and_killed() {
    let env = TestEnv::new();
    let file = env.topology("removed", 1);
    let submitted = env.json(&["submit", &file]);
    env.cluster.control("/remove-framework", &json!({ "framework": submitted["framework_id"] }));
    wait_for("the tasks' end", || env.cluster.live_tasks().is_empty());
    let ran = env.run(&["restart", "removed"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("Framework has been removed"), "{}", ran.stderr);
    env.ok(&["kill", "removed"]);
    env.assert_nothing_left("removed");
}

#[test]
fn a_failover_of_the_master_is_followed() {
    let words = "--agents 2 --masters 2 --agent-reregister-timeout-ms 5000";
    let cluster = words.split_whitespace().map(str::to_owned).collect();
    let mut env = TestEnv::with(&crate::environment::TestOptions { cluster, ..Default::default() });
    let path = env.cluster.state()["zk"].as_str().map(str::to_owned);
    if let Some(path) = path {
        env.write_config(&[format!("heron.mesos.master.uri: zk://{path}")]);
    }
    let file = env.topology("moved", 1);
    env.ok(&["submit", &file]);
    env.cluster.control("/fail-over", &json!({}));
    env.ok(&["restart", "moved", "1"]);
    assert_eq!(env.cluster.live_tasks().len(), 2);
    env.ok(&["kill", "moved"]);
    env.assert_nothing_left("moved");
}
