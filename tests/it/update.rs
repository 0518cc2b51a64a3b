//! `update`: up and down, running and paused, interrupted, refused.

use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use heron_cli::net::deadline::Deadline;
use heron_cli::net::zookeeper::{Ensemble, Options};
use heron_cli::state::holder::Holder;
use heron_cli::state::update_lock::UpdateLock;
use heron_cli::state::{Tree, Zk};
use serde_json::{Value, json};

use crate::environment::{Ran, TestEnv, TestOptions, zookeeper};
use crate::fault_proxy::{Killing, steps, wait_for, when_free};
use crate::zk;

fn ids(document: &Value, member: &str) -> Vec<u64> {
    document[member].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect()
}

/// What runs now: every container of the journal, with its state.
fn containers(env: &TestEnv, topology: &str) -> Vec<(u64, String)> {
    let status = env.json(&["status", topology]);
    let list = status["containers"].as_array().unwrap();
    list.iter()
        .map(|one| (one["id"].as_u64().unwrap(), one["state"].as_str().unwrap().to_owned()))
        .collect()
}

fn running(count: u64) -> Vec<(u64, String)> {
    (0..count).map(|id| (id, "TASK_RUNNING".to_owned())).collect()
}

#[test]
fn a_running_topology_grows_and_shrinks() {
    let env = TestEnv::new();
    let file = env.topology("wordcount", 2);
    env.ok(&["submit", &file]);
    let updated = env.json(&["update", "wordcount", "--component-parallelism", "word_spout:4"]);
    assert_eq!(updated["topology"]["state"], "RUNNING");
    assert_eq!((ids(&updated, "added"), ids(&updated, "removed")), (vec![3], vec![]));
    assert_eq!(containers(&env, "wordcount"), running(4));
    assert_eq!(env.cluster.live_tasks().len(), 4);
    let again = env.json(&["update", "wordcount", "--component-parallelism", "word_spout:4"]);
    assert_eq!(again["already"], true);
    // All instances in one container, each with less RAM: executors are told of that when they are launched only.
    let updated = env.json(&["update", "wordcount", "--container-number", "1"]);
    assert_eq!((ids(&updated, "relaunched"), ids(&updated, "removed")), (vec![0, 1], vec![2, 3]));
    assert_eq!(updated["topology"]["state"], "RUNNING");
    assert_eq!(containers(&env, "wordcount"), running(2));
    assert_eq!(env.cluster.live_tasks().len(), 2);
    // A container that comes back does so with a task id that was never used.
    let updated = env.json(&["update", "wordcount", "--container-number", "2"]);
    assert_eq!(ids(&updated, "added"), [2]);
    let status = env.json(&["status", "wordcount"]);
    assert_eq!(status["update"], Value::Null);
    assert!(status["containers"][2]["attempt"].as_u64().unwrap() > 1);
    env.ok(&["kill", "wordcount"]);
    env.assert_nothing_left("wordcount");
}

#[test]
fn a_paused_topology_stays_paused_and_keeps_its_settings() {
    let options = TestOptions {
        config: vec!["heron.mesos.update.relaunch.tmanager: false".to_owned()],
        ..TestOptions::default()
    };
    let env = TestEnv::with(&options);
    let file = env.topology("wordcount", 2);
    env.ok(&["submit", "--deactivated", &file]);
    let configured = env.json(&["update", "wordcount", "--runtime-config", "word_spout:rate:7"]);
    assert_eq!(configured["settings"], json!(["word_spout:rate:7"]));
    let updated = env.json(&["update", "wordcount", "--container-number", "3"]);
    assert_eq!(updated["topology"]["state"], "PAUSED");
    let before = env.json(&["status", "wordcount"]);
    assert_eq!(before["topology"]["state"], "PAUSED");
    assert_eq!(before["containers"][0]["attempt"], 1, "the TManager's container was kept");
    let updated = env.json(&["update", "wordcount", "--container-number", "1"]);
    assert_eq!(updated["topology"]["state"], "PAUSED");
    assert_eq!(env.json(&["activate", "wordcount"])["already"], false);
    let plan = env.json(&["update", "wordcount", "--container-number", "2", "--dry-run"]);
    assert_eq!(plan["runtime_config"], json!(["word_spout:rate:7"]));
    env.ok(&["kill", "wordcount"]);
    env.assert_nothing_left("wordcount");
}

#[test]
fn an_update_that_is_killed_anywhere_is_finished_or_undone() {
    let test = Killing::new();
    let env = &test.env;
    let file = env.topology("halved", 2);
    env.ok(&["submit", &file]);
    let mut now = 2;
    for (round, step) in steps().step_by(3).enumerate() {
        let paused = round % 2 == 1;
        env.ok(&[if paused { "deactivate" } else { "activate" }, "halved"]);
        let wanted = if now == 2 { 3 } else { 2 };
        let number = wanted.to_string();
        let update = ["update", "halved", "--container-number", &number];
        let killed = test.killed(&update, step);
        let mut expected = paused;
        // Whatever comes next brings the topology to one plan or the other, and to the state that it had.
        let ran = match round % 3 {
            0 => when_free(|| env.run(&update)),
            1 => when_free(|| env.run(&["restart", "halved", "1"])),
            _ => {
                expected = !paused;
                let verb = if paused { "activate" } else { "deactivate" };
                when_free(|| env.run(&[verb, "halved"]))
            }
        };
        assert_eq!(ran.code, 0, "step {step}: {}", ran.stderr);
        let status = env.json(&["status", "halved"]);
        assert_eq!(status["update"], Value::Null, "step {step}");
        let state = if expected { "PAUSED" } else { "RUNNING" };
        assert_eq!(status["topology"]["state"], state, "step {step} of {update:?}");
        let there = containers(env, "halved");
        assert!(there == running(3) || there == running(4), "step {step}: {there:?}");
        if round % 3 == 0 {
            assert_eq!(there, running(wanted + 1), "step {step}");
        }
        assert_eq!(env.cluster.live_tasks().len(), there.len(), "step {step}");
        now = there.len() as u64 - 1;
        if !killed {
            assert!(step > 30, "the update has only {step} steps: nothing was tested");
            break;
        }
    }
    env.ok(&["kill", "halved"]);
    env.assert_nothing_left("halved");
}

/// The desired record in the journal.
fn record(env: &TestEnv, topology: &str) -> Value {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = zk::connect(&zookeeper(), Duration::from_secs(10)).await.unwrap();
        let path = format!("{}/frameworks/{topology}", env.root);
        serde_json::from_slice(&zk::get(&client, &path).await.unwrap().unwrap()).unwrap()
    })
}

/// The task of a topology's container as the agents know it.
fn task(env: &TestEnv, id: &str) -> Value {
    let state = env.cluster.state();
    let mut tasks = state["tasks"].as_array().unwrap().iter();
    tasks.find(|task| task["task_id"] == id).unwrap().clone()
}

/// Its executor heeds no signal once its TManager is dead, which the new plan would see to.
#[test]
fn the_tmanagers_container_is_ended_before_the_plan_is_written() {
    let env = TestEnv::with(&TestOptions {
        standin: vec!["restart_delay_ms=3600000".to_owned(), "reconnect_ms=200".to_owned()],
        ..TestOptions::default()
    });
    let file = env.topology("heedful", 2);
    env.ok(&["submit", &file]);
    // A plan that did not wait for it would be written by then.
    env.cluster.control("/delay", &json!({ "calls": ["KILL"], "ms": 1500, "count": 1 }));
    env.ok(&["update", "heedful", "--container-number", "3"]);
    let sandbox = task(&env, "heedful-0-1")["sandbox"].as_str().unwrap().to_owned();
    let log = std::fs::read_to_string(format!("{sandbox}/heron-executor-0.stdout")).unwrap();
    assert!(log.contains("terminated; stopping all processes"), "{log}");
    assert!(!log.contains(" exited with status "), "{log}");
    let status = env.json(&["status", "heedful"]);
    assert_eq!(status["containers"][0]["attempt"], 2);
    assert_eq!(status["topology"]["state"], "RUNNING");
    env.ok(&["kill", "heedful"]);
    env.assert_nothing_left("heedful");
}

#[test]
fn an_update_that_dies_with_the_tmanagers_container_ended_is_finished_or_undone() {
    let env = TestEnv::new();
    for (name, words, containers, state) in [
        ("finished", &["update", "finished", "--container-number", "3"][..], 4, "RUNNING"),
        ("undone", &["restart", "undone", "1"], 3, "RUNNING"),
        ("undone2", &["deactivate", "undone2"], 3, "PAUSED"),
    ] {
        let file = env.topology(name, 2);
        env.ok(&["submit", &file]);
        let delay = json!({ "calls": ["KILL"], "ms": 2000, "count": 1 });
        env.cluster.control("/delay", &delay);
        let mut dying = env
            .command(&["update", name, "--container-number", "3"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("the end of container 0", || record(&env, name)["containers"][0]["held"] == true);
        // Nobody hears of it any more.
        env.cluster.control("/hold-updates", &json!({}));
        wait_for("its task's end", || task(&env, &format!("{name}-0-1"))["pid"] == Value::Null);
        dying.kill().unwrap();
        dying.wait().unwrap();
        env.cluster.control("/resume-updates", &json!({}));
        let ran = when_free(|| env.run(words));
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
        let status = env.json(&["status", name]);
        assert_eq!(
            (&status["update"], &status["topology"]["state"]),
            (&Value::Null, &json!(state))
        );
        assert_eq!(self::containers(&env, name), running(containers), "{words:?}");
        assert_eq!(status["containers"][0]["attempt"], 2, "{words:?}");
        env.ok(&["kill", name]);
        env.assert_nothing_left(name);
    }
}

#[test]
fn an_update_without_room_is_undone() {
    let env = TestEnv::new();
    let file = env.topology("crowded", 2);
    env.ok(&["submit", &file]);
    // As they are, whenever that was asked.
    let containers = |status: &Value| {
        let mut containers = status["containers"].clone();
        for container in containers.as_array_mut().unwrap() {
            container.as_object_mut().unwrap().remove("as_of");
        }
        containers
    };
    let before = env.json(&["status", "crowded"]);
    let ran = env.run(&[
        "update",
        "crowded",
        "--component-parallelism",
        "word_spout:90",
        "--timeout",
        "4s",
    ]);
    assert_eq!(ran.code, 11, "{}", ran.stderr);
    assert!(ran.stderr.contains("the topology is as it was"), "{}", ran.stderr);
    let after = env.json(&["status", "crowded"]);
    assert_eq!(containers(&before), containers(&after));
    assert_eq!((&after["update"], &after["topology"]["state"]), (&Value::Null, &json!("RUNNING")));
    assert_eq!(env.cluster.live_tasks().len(), 3);
    env.ok(&["kill", "crowded"]);
    env.assert_nothing_left("crowded");
}

#[test]
fn an_update_of_another_tool_is_waited_for() {
    let env = TestEnv::new();
    let file = env.topology("locked", 1);
    env.ok(&["submit", &file]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let lock = runtime.block_on(async {
        let ensemble = Ensemble::parse(&zookeeper()).unwrap();
        let options = Options::new(ensemble);
        let zk = Zk::connect(&options, &Deadline::never()).await.unwrap();
        let tree = Tree::new(&env.root).unwrap();
        let me =
            Holder { host: "stock".into(), pid: 1, command: "update".into(), ..Holder::default() };
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        UpdateLock::lock(&zk, &tree, "locked", &me, deadline).await.unwrap()
    });
    let ran = env.run(&["update", "locked", "--container-number", "2", "--timeout", "1s"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("host stock"), "{}", ran.stderr);
    runtime.block_on(lock.release()).unwrap();
    env.ok(&["update", "locked", "--container-number", "2"]);
    env.ok(&["kill", "locked"]);
    env.assert_nothing_left("locked");
}

#[test]
fn what_can_not_be_updated_is_told() {
    let env = TestEnv::new();
    let file = env.topology("fixed", 1);
    env.ok(&["submit", &file]);
    let fails = |flags: &[&str], code: i32, text: &str| {
        let words: Vec<&str> = ["update", "fixed"].iter().chain(flags).copied().collect();
        let ran = env.run(&words);
        assert_eq!(ran.code, code, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(text), "{words:?}: {}", ran.stderr);
    };
    fails(&[], 2, "nothing to update");
    fails(&["--container-number", "0"], 2, "is not in 1..");
    fails(&["--component-parallelism", "word_spout:0"], 2, "at least one");
    fails(&["--component-parallelism", "word_spout"], 2, "word_spout");
    fails(&["--component-parallelism", "nobody:3"], 2, "count_bolt");
    fails(&["--runtime-config", "a:b", "--container-number", "2"], 2, "combined");
    fails(&["--runtime-config", "nobody:a:b"], 2, "count_bolt");
    fails(
        &[
            "--container-number",
            "2",
            "--config-property",
            "heron.class.repacking.algorithm=org.apache.heron.packing.binpacking.FirstFitDecreasingPacking",
        ],
        2,
        "FirstFitDecreasing",
    );
    assert_eq!(env.run(&["update", "nobody", "--container-number", "2"]).code, 5);
    env.ok(&["kill", "fixed"]);
    env.assert_nothing_left("fixed");
}

#[test]
fn an_update_survives_a_lost_session_and_a_dropped_stream() {
    let test = Killing::new();
    let env = &test.env;
    let file = env.topology("shaken", 1);
    env.ok(&["submit", &file]);
    env.cluster.control("/hold-offers", &json!({}));
    let mut command = env.command(&["update", "shaken", "--container-number", "2"]);
    command.args(["--config-property", &test.properties[0]]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = || env.json(&["status", "shaken"])["update"]["step"] == "BEGUN";
    wait_for("the update's record", begun);
    // Longer than the session timeout of the env's configuration.
    test.fault_proxy.frozen.store(true, Ordering::SeqCst);
    std::thread::sleep(Duration::from_secs(7));
    test.fault_proxy.frozen.store(false, Ordering::SeqCst);
    env.cluster.control("/drop-stream", &json!({}));
    env.cluster.control("/resume-offers", &json!({}));
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("taking up again with a new session"), "{}", ran.stderr);
    assert_eq!(containers(env, "shaken"), running(3));
    assert_eq!(env.cluster.live_tasks().len(), 3);
    env.ok(&["kill", "shaken"]);
    env.assert_nothing_left("shaken");
}
