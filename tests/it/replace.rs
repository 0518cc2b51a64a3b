//! `submit --replace` and `rollback`: something else takes the place of what runs, and what ran comes back.

use serde_json::{Value, json};

use crate::environment::{Ran, TestEnv, until};
use crate::fault_proxy::{Killing, steps, when_free};
use crate::supervise::Supervisor;

/// States of the containers, in order.
fn states(env: &TestEnv, topology: &str) -> Vec<String> {
    let status = env.json(&["status", topology]);
    let containers = status["containers"].as_array().unwrap();
    containers.iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
}

/// Asserts that a topology is whole: so many containers run, each once, and nothing is under way.
fn assert_whole(env: &TestEnv, topology: &str, containers: usize, state: &str) {
    let status = env.json(&["status", topology]);
    assert_eq!(status["update"], Value::Null, "{status}");
    assert_eq!(status["topology"]["state"], state, "{status}");
    assert_eq!(states(env, topology), vec!["TASK_RUNNING"; containers]);
    assert_eq!(env.cluster.live_tasks().len(), containers);
}

fn replace(env: &TestEnv, file: &str, words: &[&str]) -> Ran {
    env.run(&[&["submit", "--replace", file], words].concat())
}

/// Revisions of which the journal has nodes.
fn kept(env: &TestEnv, topology: &str) -> Vec<String> {
    let nodes = env.znodes_of(topology).into_iter();
    let mut nodes: Vec<String> =
        nodes.filter_map(|path| Some(path.split_once("/revision-")?.1.to_owned())).collect();
    nodes.sort();
    nodes
}

#[test]
fn what_is_submitted_takes_the_place_of_what_runs_and_can_be_taken_back() {
    let env = TestEnv::new();
    let file = env.topology("relay", 2);
    // Where nothing runs, it is submitted.
    let first = env.json(&["submit", "--replace", &file]);
    assert_eq!((&first["replaced"], &first["revision"]), (&json!(false), &json!(1)));
    assert_eq!(env.json(&["submit", "--replace", &file])["already"], true);
    let refused = env.run(&["rollback", "relay"]);
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    assert!(refused.stderr.contains("no revision before the one that runs"), "{}", refused.stderr);

    env.topology("relay", 3);
    let refused = env.run(&["submit", &file]);
    assert_eq!(refused.code, 6);
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    let dry = env.ok(&["submit", "--replace", &file, "--dry-run"]);
    assert!(dry.stdout.contains("Would be ended") && dry.stdout.contains("+ container 3"));
    assert_eq!(states(&env, "relay").len(), 3, "a dry run changes nothing");

    let second = env.json(&["submit", "--replace", &file]);
    assert_eq!((&second["replaced"], &second["revision"]), (&json!(true), &json!(2)));
    assert_eq!(second["framework_id"], first["framework_id"]);
    assert_whole(&env, "relay", 4, "RUNNING");
    assert_eq!(env.stored().len(), 2);
    assert_eq!(env.json(&["diff", &file])["same"], true);
    assert_eq!(env.json(&["submit", "--replace", &file])["already"], true);

    let back = env.json(&["rollback", "relay"]);
    assert_eq!((&back["revision"], &back["from"]), (&json!(1), &json!(2)));
    assert_whole(&env, "relay", 3, "RUNNING");
    let text = env.ok(&["rollback", "relay"]).stdout;
    assert!(text.contains("as revision 2 in 4 containers, in place of revision 1"), "{text}");
    assert_whole(&env, "relay", 4, "RUNNING");
    assert_eq!(env.run(&["rollback", "relay", "--to", "7"]).code, 6);
    assert_eq!(env.json(&["rollback", "relay", "--to", "2"])["from"], 2);

    // What was changed since is part of what is kept.
    env.ok(&["update", "relay", "--container-number", "2"]);
    env.topology("relay", 1);
    env.ok(&["submit", "--replace", &file]);
    assert_whole(&env, "relay", 2, "RUNNING");
    assert_eq!((kept(&env, "relay"), env.stored().len()), (vec!["2".into(), "3".into()], 2));
    env.ok(&["rollback", "relay"]);
    assert_whole(&env, "relay", 3, "RUNNING");
    let events = env.ok(&["events", "relay"]).stdout;
    assert!(events.contains("put revision 3 in place"), "{events}");
    env.ok(&["kill", "relay"]);
    env.assert_nothing_left("relay");
    assert!(env.stored().is_empty());
}

#[test]
fn a_paused_topology_stays_paused() {
    let env = TestEnv::new();
    let file = env.topology("pausing", 1);
    env.ok(&["submit", "--deactivated", &file]);
    env.topology("pausing", 2);
    let text = env.ok(&["submit", "--replace", &file]).stdout;
    assert!(text.starts_with("topology pausing is up, and paused in 3 containers"), "{text}");
    assert_whole(&env, "pausing", 3, "PAUSED");
    env.ok(&["rollback", "pausing"]);
    assert_whole(&env, "pausing", 2, "PAUSED");
    env.ok(&["activate", "pausing"]);
    env.ok(&["submit", "--replace", "--deactivated", &file]);
    assert_whole(&env, "pausing", 3, "PAUSED");
}

/// A configuration whose containers can't be launched: their core package is nowhere.
const BROKEN: [&str; 2] =
    ["--config-property", "heron.core.release.uri=file:///nowhere/heron-core-0.20.5.tar.gz"];

#[test]
fn what_does_not_come_to_run_gives_its_place_back() {
    let env = TestEnv::new();
    let file = env.topology("fragile", 2);
    env.ok(&["submit", &file]);
    env.topology("fragile", 1);
    let words = [&BROKEN[..], &["--config-property", "heron.release.version=0.20.5"]].concat();
    let failed = replace(&env, &file, &words);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("what ran before runs again"), "{}", failed.stderr);
    assert_whole(&env, "fragile", 3, "RUNNING");
    assert_eq!((kept(&env, "fragile"), env.stored().len()), (vec!["1".into()], 1));

    // What is only slow has failed as well.
    let delay = json!({ "calls": ["ACCEPT"], "ms": 9000, "count": 1 });
    env.cluster.control("/delay", &delay);
    let late = replace(&env, &file, &["--timeout", "5s"]);
    assert_eq!(late.code, 1, "{}", late.stderr);
    assert!(late.stderr.contains("was not replaced"), "{}", late.stderr);
    assert!(late.stderr.contains("what ran before runs again"), "{}", late.stderr);
    assert_whole(&env, "fragile", 3, "RUNNING");
    env.cluster.control("/clear-faults", &json!({}));
    env.ok(&["submit", "--replace", &file]);
    assert_whole(&env, "fragile", 2, "RUNNING");
    env.ok(&["kill", "fragile"]);
    env.assert_nothing_left("fragile");
    assert!(env.stored().is_empty());
}

#[test]
fn what_has_no_room_changes_nothing() {
    let env = TestEnv::new();
    let file = env.topology("roomy", 1);
    env.ok(&["submit", &file]);
    let before = env.cluster.live_tasks();
    env.topology("roomy", 4);
    // Three agents of eight cores: each has room for one such container, with what the old one frees.
    let large = ["--config-property", "topology.container.cpu=7"];
    for words in [&["--dry-run"][..], &[]] {
        let refused = replace(&env, &file, &[&large[..], words].concat());
        assert_eq!(refused.code, 11, "{}{}", refused.stdout, refused.stderr);
        assert!(refused.stderr.contains("nothing was changed"), "{}", refused.stderr);
    }
    assert_eq!(env.cluster.live_tasks(), before);
    assert_eq!((env.stored().len(), kept(&env, "roomy").len()), (1, 0));
    env.topology("roomy", 2);
    let replaced = replace(&env, &file, &large);
    assert_eq!(replaced.code, 0, "{}", replaced.stderr);
    assert_whole(&env, "roomy", 3, "RUNNING");
}

#[test]
fn whoever_drives_a_topology_replaces_it() {
    let env = TestEnv::new();
    let file = env.topology("steered", 2);
    env.ok(&["submit", &file]);
    let supervisor = Supervisor::of_all(&env, &["steered"]);
    env.topology("steered", 1);
    let replaced = env.json(&["submit", "--replace", &file]);
    assert_eq!((&replaced["replaced"], &replaced["revision"]), (&json!(true), &json!(2)));
    assert_whole(&env, "steered", 2, "RUNNING");
    assert_eq!(env.json(&["rollback", "steered"])["revision"], 1);
    assert_whole(&env, "steered", 3, "RUNNING");

    // What fails again and again is taken back though nobody waits for it.
    let words = [&BROKEN[..], &["--config-property", "heron.release.version=0.20.5"]].concat();
    let failed = replace(&env, &file, &words);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("what ran before runs again"), "{}", failed.stderr);
    assert_whole(&env, "steered", 3, "RUNNING");

    let delay = json!({ "calls": ["ACCEPT"], "ms": 9000, "count": 1 });
    env.cluster.control("/delay", &delay);
    let late = replace(&env, &file, &["--timeout", "5s"]);
    assert_eq!(late.code, 1, "{}", late.stderr);
    assert!(late.stderr.contains("what ran before runs again"), "{}", late.stderr);
    until("the old one", || env.cluster.live_tasks().len() == 3);
    assert_whole(&env, "steered", 3, "RUNNING");
    supervisor.end();
    env.ok(&["kill", "steered"]);
    env.assert_nothing_left("steered");
    assert!(env.stored().is_empty());
}

#[test]
fn a_replacement_that_is_killed_anywhere_is_finished_or_undone() {
    let test = Killing::new();
    let env = &test.env;
    let file = env.topology("swapped", 1);
    env.ok(&["submit", &file]);
    let mut now = 1;
    for (round, step) in steps().step_by(3).enumerate() {
        let paused = round % 2 == 1;
        env.ok(&[if paused { "deactivate" } else { "activate" }, "swapped"]);
        let wanted = if now == 1 { 2 } else { 1 };
        env.topology("swapped", wanted);
        let words = ["submit", "--replace", &file];
        let killed = test.killed(&words, step);
        let mut expected = paused;
        // Whatever comes next brings the one or the other, whole, and in the state that it had.
        let ran = match round % 4 {
            0 => when_free(|| env.run(&words)),
            1 => when_free(|| env.run(&["restart", "swapped", "1"])),
            2 => {
                expected = !paused;
                let verb = if paused { "activate" } else { "deactivate" };
                when_free(|| env.run(&[verb, "swapped"]))
            }
            _ => when_free(|| env.run(&["rollback", "swapped"])),
        };
        let nothing_before = round % 4 == 3 && ran.code == 6;
        assert!(ran.code == 0 || nothing_before, "step {step}: {}", ran.stderr);
        let state = if expected { "PAUSED" } else { "RUNNING" };
        let there = states(env, "swapped").len();
        assert!(there == 2 || there == 3, "step {step}: {there}");
        assert_whole(env, "swapped", there, state);
        if round % 4 == 0 {
            assert_eq!(there, wanted + 1, "step {step}");
        }
        now = there - 1;
        assert!(kept(env, "swapped").len() <= 2, "step {step}: {:?}", kept(env, "swapped"));
        assert!(env.stored().len() <= 2, "step {step}: {:?}", env.stored());
        if !killed {
            assert!(step > 30, "the replacement has only {step} steps: nothing was tested");
            break;
        }
    }
    env.ok(&["kill", "swapped"]);
    env.assert_nothing_left("swapped");
    assert!(env.stored().is_empty());
}
