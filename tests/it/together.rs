//! Two commands on one topology: one drives, the other has what it asks for done, watches, and takes over.

use std::process::Child;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::environment::{Ran, TestEnv, signal};
use crate::fault_proxy::wait_for;

fn end(child: Child) -> Ran {
    Ran::from(child.wait_with_output().unwrap())
}

/// How often a restart was asked for of each container.
fn restarts(env: &TestEnv, topology: &str) -> Vec<u64> {
    let status = env.json(&["status", topology]);
    let containers = status["containers"].as_array().unwrap();
    containers.iter().map(|container| container["restarts"].as_u64().unwrap()).collect()
}

/// Why whoever drives waits.
fn waits_for(env: &TestEnv, topology: &str) -> Value {
    env.json(&["status", topology])["driver"]["waits_for"].clone()
}

/// A topology of three containers; without an offer nothing more is launched.
fn without_offers(topology: &str) -> TestEnv {
    let env = TestEnv::new();
    let file = env.topology(topology, 2);
    env.ok(&["submit", &file]);
    env.cluster.control("/hold-offers", &json!({}));
    env
}

/// A restart of container 1 that drives, and waits for offers.
fn driving(env: &TestEnv, topology: &str) -> Child {
    let driver = env.start(&["restart", topology, "1"]);
    wait_for("the driver's reason", || waits_for(env, topology) == "waiting for offers");
    driver
}

#[test]
fn two_restarts_at_once_are_both_done() {
    let env = without_offers("paired");
    let first = driving(&env, "paired");
    let second = env.start(&["restart", "paired", "2"]);
    wait_for("the second request", || restarts(&env, "paired") == [0, 1, 1]);
    // Who drives has heard of it, and has ended the task.
    wait_for("the end of container 2", || env.cluster.live_tasks().len() == 1);
    env.cluster.control("/resume-offers", &json!({}));
    for ran in [first, second].map(end) {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    assert_eq!(env.attempts("paired"), [1, 2, 2]);
    assert_eq!(env.cluster.live_tasks().len(), 3);
    env.ok(&["kill", "paired"]);
    env.assert_nothing_left("paired");
}

#[test]
fn no_request_is_lost_among_many() {
    let env = without_offers("many");
    let mut all = vec![driving(&env, "many")];
    all.extend((0..5).map(|_| env.start(&["restart", "many", "1"])));
    wait_for("the requests", || restarts(&env, "many") == [0, 6, 0]);
    env.cluster.control("/resume-offers", &json!({}));
    for ran in all.into_iter().map(end) {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    assert_eq!(env.cluster.live_tasks().len(), 3);
    env.ok(&["kill", "many"]);
    env.assert_nothing_left("many");
}

#[test]
fn whoever_waits_is_shown_what_the_driver_shows() {
    let env = without_offers("watched");
    let first = driving(&env, "watched");
    let second = env.start(&["restart", "watched", "2"]);
    wait_for("the second request", || restarts(&env, "watched") == [0, 1, 1]);
    // Another look of the one who watches.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let text = env.ok(&["status", "watched"]).stdout;
    assert!(text.contains("restart on host ") && text.contains(": waiting for offers"), "{text}");
    env.cluster.control("/resume-offers", &json!({}));
    assert_eq!(end(first).code, 0);
    let ran = end(second);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for said in [
        "restarting container 2 of topology watched\n",
        "waiting for restart on host ",
        "restarting container 1 of topology watched\n",
        "(waiting for offers)",
    ] {
        assert!(ran.stderr.contains(said), "{said:?} is not in\n{}", ran.stderr);
    }
    assert_eq!(env.json(&["status", "watched"])["driver"], Value::Null);
    env.ok(&["kill", "watched"]);
    env.assert_nothing_left("watched");
}

#[test]
fn whoever_waits_takes_over_from_a_driver_that_dies() {
    let env = without_offers("inherited");
    let first = driving(&env, "inherited");
    let second = env.start(&["restart", "inherited", "2"]);
    wait_for("the second request", || restarts(&env, "inherited") == [0, 1, 1]);
    signal(&first, Signal::SIGKILL);
    drop(end(first));
    env.cluster.control("/resume-offers", &json!({}));
    let ran = end(second);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // What the dead one had begun is done as well.
    assert_eq!(env.attempts("inherited"), [1, 2, 2]);
    assert_eq!(env.cluster.live_tasks().len(), 3);
    env.ok(&["kill", "inherited"]);
    env.assert_nothing_left("inherited");
}

#[test]
fn whoever_leaves_leaves_what_was_asked_for() {
    let env = without_offers("asked");
    let first = driving(&env, "asked");
    let second = env.start(&["restart", "asked", "2"]);
    wait_for("the second request", || restarts(&env, "asked") == [0, 1, 1]);
    std::thread::sleep(std::time::Duration::from_millis(500));
    signal(&second, Signal::SIGINT);
    let ran = end(second);
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("the restart is journalled"), "{}", ran.stderr);
    let late = env.run(&["restart", "asked", "0", "--timeout", "1s"]);
    assert_eq!(late.code, 9, "{}", late.stderr);
    for said in ["is left to restart on host ", "waiting for offers", "the restart is journalled"] {
        assert!(late.stderr.contains(said), "{said:?} is not in\n{}", late.stderr);
    }
    env.cluster.control("/resume-offers", &json!({}));
    let ran = end(first);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(env.attempts("asked"), [2, 2, 2]);
    env.ok(&["kill", "asked"]);
    env.assert_nothing_left("asked");
}

/// A kill beside a command that drives: it is obeyed, and that command says so.
fn killed_beside(env: &TestEnv, topology: &str, driver: Child) {
    let killed = env.json(&["kill", topology]);
    assert_eq!(killed["found"], true, "{killed}");
    let removed = killed["removed"].as_array().unwrap();
    assert!(removed.iter().any(|path| path.as_str().unwrap().contains("/topologies/")), "{killed}");
    let ran = end(driver);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("was killed by another command"), "{}", ran.stderr);
    env.assert_nothing_left(topology);
}

#[test]
fn a_kill_is_obeyed_by_whoever_drives() {
    let env = without_offers("ended");
    killed_beside(&env, "ended", driving(&env, "ended"));

    let file = env.topology("fresh", 1);
    let submit = env.start(&["submit", &file]);
    wait_for("the submission's reason", || {
        env.run(&["status", "fresh"]).code == 0 && waits_for(&env, "fresh") == "waiting for offers"
    });
    killed_beside(&env, "fresh", submit);
    env.cluster.control("/resume-offers", &json!({}));

    let file = env.topology("growing", 1);
    env.ok(&["submit", &file]);
    env.cluster.control("/hold-offers", &json!({}));
    let update = env.start(&["update", "growing", "--container-number", "2"]);
    wait_for("the update's reason", || waits_for(&env, "growing") == "waiting for offers");
    killed_beside(&env, "growing", update);
}

#[test]
fn a_kill_among_many_that_wait_leaves_nothing() {
    let env = without_offers("crowd");
    let mut others = vec![driving(&env, "crowd")];
    for words in [
        &["restart", "crowd", "2"][..],
        &["update", "crowd", "--container-number", "3"],
        &["restart", "crowd"],
        &["kill", "crowd"],
    ] {
        others.push(env.start(words));
    }
    std::thread::sleep(std::time::Duration::from_millis(700));
    // The other kill may be through by now.
    env.ok(&["kill", "crowd", "--ignore-not-found"]);
    for child in others {
        let ran = end(child);
        assert!([0, 5, 6].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    }
    env.assert_nothing_left("crowd");
}

#[test]
fn a_kill_takes_over_from_a_driver_that_dies() {
    let env = without_offers("orphan");
    let driver = driving(&env, "orphan");
    signal(&driver, Signal::SIGSTOP);
    let killing = env.start(&["kill", "orphan"]);
    wait_for("the request", || env.json(&["status", "orphan"])["topology"]["state"] == "KILLING");
    signal(&driver, Signal::SIGKILL);
    drop(end(driver));
    let ran = end(killing);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    env.assert_nothing_left("orphan");
}

#[test]
fn a_topology_is_paused_by_the_end_of_its_update_if_that_is_asked_for_meanwhile() {
    let env = without_offers("turned");
    let update = env.start(&["update", "turned", "--container-number", "3"]);
    wait_for("the update's reason", || waits_for(&env, "turned") == "waiting for offers");
    let pause = env.start(&["deactivate", "turned"]);
    // A restart joins.
    let restart = env.start(&["restart", "turned", "1"]);
    wait_for("the restart's request", || restarts(&env, "turned") == [0, 1, 0, 0]);
    std::thread::sleep(std::time::Duration::from_millis(700));
    env.cluster.control("/resume-offers", &json!({}));
    for ran in [update, pause, restart].map(end) {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let status = env.json(&["status", "turned"]);
    assert_eq!(status["topology"]["state"], "PAUSED");
    assert_eq!(status["update"], Value::Null);
    assert_eq!(env.attempts("turned").len(), 4);
    assert_eq!(env.cluster.live_tasks().len(), 4);
    env.ok(&["kill", "turned"]);
    env.assert_nothing_left("turned");
}

#[test]
fn whoever_waits_settles_the_update_of_a_driver_that_dies() {
    let env = without_offers("left");
    let update = env.start(&["update", "left", "--container-number", "3"]);
    wait_for("the update's reason", || waits_for(&env, "left") == "waiting for offers");
    let restart = env.start(&["restart", "left", "1"]);
    wait_for("the restart's request", || restarts(&env, "left") == [0, 1, 0, 0]);
    signal(&update, Signal::SIGKILL);
    drop(end(update));
    env.cluster.control("/resume-offers", &json!({}));
    let ran = end(restart);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("its plan was not written: undoing it"), "{}", ran.stderr);
    let status = env.json(&["status", "left"]);
    assert_eq!(
        (&status["update"], &status["topology"]["state"]),
        (&Value::Null, &json!("RUNNING"))
    );
    assert_eq!(env.attempts("left").len(), 3);
    assert_eq!(env.cluster.live_tasks().len(), 3);
    env.ok(&["kill", "left"]);
    env.assert_nothing_left("left");
}
