//! Waits end with what they wait for: with the topology, its framework, the session, or the room that there was.

use std::process::Child;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use heron_cli::net::deadline::Deadline;
use heron_cli::net::zookeeper::{Ensemble, Options};
use heron_cli::state::holder::Holder;
use heron_cli::state::lock::Lock;
use heron_cli::state::{Op, Zk};
use serde_json::{Value, json};

use crate::environment::{Ran, TestEnv, TestOptions, zookeeper};
use crate::fault_proxy::{Killing, wait_for};

/// More than any wait here may take, and less than what commands wait by default.
const SOON: Duration = Duration::from_mins(1);

fn standin(more: &str) -> TestOptions {
    let mut options = TestOptions::default();
    options.standin.extend(more.split_whitespace().map(str::to_owned));
    options
}

fn ended(child: Child) -> Ran {
    Ran::from(child.wait_with_output().unwrap())
}

/// Deletes a znode, as another tool would.
pub fn delete(path: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = Options::new(Ensemble::parse(&zookeeper()).unwrap());
        let zk = Zk::connect(&options, &Deadline::never()).await.unwrap();
        zk.transaction(&[Op::delete(path)]).await.unwrap();
        zk.close(Duration::from_secs(2)).await;
    });
}

#[test]
fn a_container_that_failed_once_and_then_finds_no_room_is_undone() {
    let env = TestEnv::with(&standin(
        r#"executor_dies=[1] executor_dies_after_ms=1500 never_register=["stmgr-1"]"#,
    ));
    let file = env.topology("squeezed", 1);
    let child = env.start(&["submit", &file, "--timeout", "12s"]);
    wait_for("its tasks", || env.cluster.live_tasks().len() == 2);
    env.cluster.control("/hold-offers", &json!({}));
    let ran = ended(child);
    assert_eq!(ran.code, 11, "{}", ran.stderr);
    for said in ["container 1 had room before, and failed there", "TASK_FAILED", "told to die"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert!(ran.stderr.contains("waiting for offers"), "it was silent: {}", ran.stderr);
    env.assert_nothing_left("squeezed");
}

#[test]
fn a_restart_whose_container_failed_and_then_finds_no_room_tells_both() {
    let env = TestEnv::new();
    let file = env.topology("homeless", 1);
    env.ok(&["submit", &file]);
    let core = env.core.trim_start_matches("file://").to_owned();
    std::fs::rename(&core, format!("{core}.away")).unwrap();
    let child = env.start(&["restart", "homeless", "1", "--timeout", "12s"]);
    wait_for("its failure", || {
        let tasks = env.cluster.state()["tasks"].clone();
        let failed = |task: &Value| task["state"] == "TASK_FAILED";
        tasks.as_array().unwrap().iter().any(failed)
    });
    env.cluster.control("/hold-offers", &json!({}));
    let ran = ended(child);
    std::fs::rename(format!("{core}.away"), &core).unwrap();
    assert_eq!(ran.code, 11, "{}", ran.stderr);
    for said in [
        "container 1 had room before, and failed there",
        "the end of its stderr",
        "the restart is journalled",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    env.cluster.control("/resume-offers", &json!({}));
    env.ok(&["restart", "homeless"]);
    env.ok(&["kill", "homeless"]);
    env.assert_nothing_left("homeless");
}

#[test]
fn an_update_without_a_framework_pauses_nothing() {
    let env = TestEnv::new();
    let file = env.topology("bodiless", 1);
    let submitted = env.json(&["submit", &file]);
    env.cluster.control("/remove-framework", &json!({ "framework": submitted["framework_id"] }));
    let began = Instant::now();
    let ran = env.run(&["update", "bodiless", "--container-number", "2"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(!ran.stderr.contains("pausing"), "{}", ran.stderr);
    assert!(ran.stderr.contains("kill") && !ran.stderr.contains("restart"), "{}", ran.stderr);
    assert!(began.elapsed() < SOON);
    wait_for("the tasks' end", || env.cluster.live_tasks().is_empty());
    env.ok(&["kill", "bodiless"]);
    env.assert_nothing_left("bodiless");
}

#[test]
fn waits_end_with_the_topology() {
    let env = TestEnv::with(&standin(r#"never_register=["stmgr-1"]"#));
    let file = env.topology("vanished", 1);
    let began = Instant::now();
    let submission = env.start(&["submit", &file, "--no-rollback"]);
    let node = format!("{}/topologies/vanished", env.root);
    wait_for("its tasks", || env.cluster.live_tasks().len() == 2);
    let deactivation = env.start(&["deactivate", "vanished", "--timeout", "5m"]);
    std::thread::sleep(Duration::from_secs(1));
    delete(&node);
    for child in [submission, deactivation] {
        let ran = ended(child);
        assert_eq!(ran.code, 5, "{}", ran.stderr);
    }
    assert!(began.elapsed() < SOON);
    env.ok(&["kill", "vanished"]);
    env.assert_nothing_left("vanished");
}

#[test]
fn a_tmanager_that_dies_while_it_is_waited_for_is_told() {
    let env = TestEnv::with(&standin(r#"never_register=["stmgr-1"]"#));
    let file = env.topology("beheaded", 1);
    env.ok(&["submit", &file, "--wait", "launched"]);
    let began = Instant::now();
    let deactivation = env.start(&["deactivate", "beheaded", "--timeout", "5m"]);
    std::thread::sleep(Duration::from_secs(1));
    let status = env.json(&["status", "beheaded"]);
    env.cluster.control("/kill-task", &json!({ "task": status["containers"][0]["task_id"] }));
    let ran = ended(deactivation);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("beheaded` is down"), "{}", ran.stderr);
    assert!(began.elapsed() < SOON);
    env.ok(&["kill", "beheaded"]);
}

#[test]
fn a_wait_for_the_physical_plan_goes_on_with_a_new_session() {
    let test = Killing::with(&standin("register_delay_ms=9000"));
    let env = &test.env;
    let file = env.topology("resumed", 1);
    let began = Instant::now();
    let property = ["--config-property", &test.properties[0]];
    let child = env.start(&["submit", &file, property[0], property[1]]);
    wait_for("its tasks", || {
        let live = env.cluster.live_tasks();
        live.len() == 2 && live.iter().all(|task| task["state"] == "TASK_RUNNING")
    });
    // Longer than the session timeout of the env's configuration.
    test.fault_proxy.frozen.store(true, Ordering::SeqCst);
    std::thread::sleep(Duration::from_secs(7));
    test.fault_proxy.frozen.store(false, Ordering::SeqCst);
    let ran = ended(child);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("taking up again with a new session"), "{}", ran.stderr);
    assert!(began.elapsed() < SOON);
    env.ok(&["kill", "resumed"]);
    env.assert_nothing_left("resumed");
}

#[test]
fn a_submission_whose_lock_somebody_else_has_taken_is_left_to_them() {
    let test = Killing::new();
    let env = &test.env;
    let file = env.topology("usurped", 1);
    env.cluster.control("/hold-offers", &json!({}));
    let property = ["--config-property", &test.properties[0]];
    let child = env.start(&["submit", &file, "--timeout", "25s", property[0], property[1]]);
    let directory = format!("{}/frameworks/usurped/lock", env.root);
    wait_for("its state", || {
        env.znodes_of("usurped").iter().any(|path| path.contains("topologies"))
    });
    test.fault_proxy.frozen.store(true, Ordering::SeqCst);
    wait_for("the end of its session", || {
        !env.znodes_of("usurped").iter().any(|path| path.starts_with(&format!("{directory}/")))
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let lock = runtime.block_on(async {
        let options = Options::new(Ensemble::parse(&zookeeper()).unwrap());
        let zk = Zk::connect(&options, &Deadline::never()).await.unwrap();
        let me =
            Holder { host: "desk".into(), pid: 1, command: "update".into(), ..Holder::default() };
        Lock::try_lock(&zk, &directory, &me).await.unwrap()
    });
    test.fault_proxy.frozen.store(false, Ordering::SeqCst);
    let ran = ended(child);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("update on host desk"), "{}", ran.stderr);
    runtime.block_on(lock.release()).unwrap();
    env.cluster.control("/resume-offers", &json!({}));
    env.ok(&["submit", &file]);
    env.ok(&["kill", "usurped"]);
    env.assert_nothing_left("usurped");
}

#[test]
fn an_authorizer_that_is_away_is_waited_for() {
    let env = TestEnv::new();
    let file = env.topology("doubted", 1);
    env.cluster.control("/hold-offers", &json!({}));
    let child = env.start(&["submit", &file]);
    let connected = || env.cluster.state()["frameworks"][0]["connected"] == true;
    wait_for("the subscription", connected);
    let message = "Authorization failure: the authorizer does not answer";
    let event = json!({ "type": "ERROR", "error": { "message": message } });
    env.cluster.control("/event", &json!({ "event": event }));
    env.cluster.control("/drop-stream", &json!({}));
    env.cluster.control("/resume-offers", &json!({}));
    let ran = ended(child);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    env.ok(&["kill", "doubted"]);
    env.assert_nothing_left("doubted");
}

#[test]
fn a_framework_that_only_its_scheduler_may_remove_is_removed() {
    let env = TestEnv::new();
    let file = env.topology("guarded", 1);
    env.cluster.control("/hold-offers", &json!({}));
    let ran = env.run(&["submit", &file, "--no-rollback", "--timeout", "3s"]);
    assert_eq!(ran.code, 11, "{}", ran.stderr);
    let refusal =
        json!({ "calls": ["POST /teardown"], "status": 403, "text": "Forbidden", "count": 9 });
    env.cluster.control("/refuse", &refusal);
    env.ok(&["kill", "guarded"]);
    assert_eq!(env.cluster.state()["frameworks"], json!([]));
    env.assert_nothing_left("guarded");
}

#[test]
fn calls_that_are_forbidden_are_explained_at_once() {
    let env = TestEnv::new();
    let refuse = |call: &str| {
        let text = format!("no {call} for you");
        let refusal = json!({ "calls": [call], "status": 403, "text": text, "count": 1 });
        env.cluster.control("/refuse", &refusal);
    };
    let explained = |words: &[&str], call: &str| {
        refuse(call);
        let began = Instant::now();
        let ran = env.run(words);
        env.cluster.control("/clear-faults", &Value::Null);
        assert_eq!(ran.code, 8, "{call}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("no {call} for you")), "{call}: {}", ran.stderr);
        assert!(began.elapsed() < SOON, "{call}");
    };
    let file = env.topology("forbidden", 1);
    explained(&["submit", &file], "SUBSCRIBE");
    explained(&["submit", &file], "ACCEPT");
    env.ok(&["submit", &file]);
    explained(&["restart", "forbidden", "1"], "KILL");
    env.ok(&["restart", "forbidden", "1"]);
    explained(&["kill", "forbidden"], "TEARDOWN");
    for (call, status) in [("KILL", 500), ("TEARDOWN", 503)] {
        env.cluster.control("/refuse", &json!({ "calls": [call], "status": status, "count": 1 }));
    }
    env.ok(&["kill", "forbidden"]);
    env.assert_nothing_left("forbidden");
}

#[test]
fn what_dies_inside_of_containers_is_told() {
    let options = TestOptions {
        cluster: ["--agents", "1"].map(str::to_owned).to_vec(),
        ..TestOptions::default()
    };
    let env = TestEnv::with(&options);
    let file = env.topology("strangled", 1);
    // The first nine ports of the offer go to the TManager's container, the next is the other's stream manager's.
    let port = first_port(&env) + 9;
    let taken = std::net::TcpListener::bind(("0.0.0.0", port)).unwrap();
    let ran = env.run(&["submit", &file, "--timeout", "45s"]);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    let death = "container 1 on 127.0.0.1: stream manager 1 has died";
    let told = ran.stderr.lines().filter(|line| line.contains(death));
    assert!(told.count() >= 2, "while it waits, and in the end: {}", ran.stderr);
    assert!(ran.stderr.contains("(exit status 1): "), "{}", ran.stderr);
    assert!(ran.stderr.contains("Address already in use"), "{}", ran.stderr);
    drop(taken);
    // Its executor goes on trying.
    env.ok(&["submit", &file]);
    env.ok(&["kill", "strangled"]);
    env.assert_nothing_left("strangled");
}

/// The lowest port of the only agent.
fn first_port(env: &TestEnv) -> u16 {
    let state = env.cluster.state();
    let ports = state["agents"][0]["resources"]["ports"].as_str().unwrap();
    ports.trim_start_matches('[').split('-').next().unwrap().parse().unwrap()
}

#[test]
fn an_update_is_undone_though_its_tmanager_is_dead() {
    let env = TestEnv::new();
    let file = env.topology("orphaned", 2);
    env.ok(&["submit", &file]);
    for (verb, container, state) in
        [("activate", None, "RUNNING"), ("restart", Some("0"), "RUNNING")]
    {
        // Paused, and one container is to be launched anew with more room.
        env.cluster.control("/hold-offers", &json!({}));
        let mut update = env.start(&["update", "orphaned", "--container-number", "1"]);
        wait_for("the end of container 1", || env.cluster.live_tasks().len() == 2);
        update.kill().unwrap();
        update.wait().unwrap();
        let status = env.json(&["status", "orphaned"]);
        assert_eq!(status["update"]["step"], "RESIZED", "{status}");
        env.cluster.control("/kill-task", &json!({ "task": status["containers"][0]["task_id"] }));
        wait_for("the end of container 0", || env.cluster.live_tasks().len() == 1);
        env.cluster.control("/resume-offers", &json!({}));
        let began = Instant::now();
        let words: Vec<&str> = [verb, "orphaned"].into_iter().chain(container).collect();
        let ran = crate::fault_proxy::when_free(|| env.run(&words));
        assert_eq!(ran.code, 0, "{verb}: {}", ran.stderr);
        assert!(began.elapsed() < SOON, "{verb}");
        let status = env.json(&["status", "orphaned"]);
        assert_eq!(
            (&status["topology"]["state"], &status["update"]),
            (&json!(state), &Value::Null)
        );
        assert_eq!(env.cluster.live_tasks().len(), 3, "{verb}");
    }
    env.ok(&["kill", "orphaned"]);
    env.assert_nothing_left("orphaned");
}
