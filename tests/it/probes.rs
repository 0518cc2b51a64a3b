//! Faults that are known and stand until they are mended: each of these fails today.
//!
//! `cargo test --test it -- --ignored known_fault` runs them. One that passes loses its `ignore`, and joins the others.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::corners::{UNREADABLE, write};
use crate::environment::{Ran, TestEnv, TestOptions};

#[test]
#[ignore = "truth and repair: an agent that never comes back keeps `kill` waiting"]
fn known_fault_kill_ends_though_an_agent_is_lost_for_good() {
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
#[ignore = "truth and repair: failures of earlier runs count against a restart"]
fn known_fault_a_restart_works_again_after_an_outage_of_the_store() {
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
#[ignore = "truth and repair: a submission gives up on a recovering master long before its timeout"]
fn known_fault_a_submission_waits_for_a_master_that_recovers() {
    let env = TestEnv::new();
    let file = env.topology("early", 1);
    env.cluster.control("/phase", &json!({ "phase": "recovering" }));
    let mut command = env.command(&["submit", &file, "--timeout", "3m"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(22));
    env.cluster.control("/phase", &json!({ "phase": "ready" }));
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}\nleft: {:?}", ran.stderr, env.znodes_of("early"));
}

#[test]
#[ignore = "truth and repair: a TEARDOWN that is lost with its connection is never sent again"]
fn known_fault_a_teardown_that_is_lost_is_sent_again() {
    let env = TestEnv::new();
    let file = env.topology("undead", 1);
    env.ok(&["submit", &file]);
    env.cluster.control("/hang-up", &json!({ "calls": ["TEARDOWN"], "count": 1 }));
    env.ok(&["kill", "undead", "--timeout", "20s"]);
}

#[test]
#[ignore = "truth and repair: `kill` leaves what it can't read"]
fn known_fault_kill_removes_what_it_can_not_read() {
    let env = TestEnv::new();
    for (number, leftover) in UNREADABLE.iter().enumerate() {
        let name = format!("garbled{number}");
        write(&[format!("{}/{}", env.root, leftover.replace("<t>", &name))]);
        env.ok(&["kill", &name]);
        env.assert_nothing_left(&name);
    }
}
