//! Faults that are known and stand until they are mended: each of these fails today.
//!
//! `cargo test --test it -- --ignored known_fault` runs them. One that passes loses its `ignore`, and joins the others.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::bed::{Bed, Ran, Wish};
use crate::corners::{UNREADABLE, write};

#[test]
#[ignore = "truth and repair: an agent that never comes back keeps `kill` waiting"]
fn known_fault_kill_ends_though_an_agent_is_lost_for_good() {
    let words = "--agents 3 --agent-ping-timeout-ms 300";
    let cluster = words.split_whitespace().map(str::to_owned).collect();
    let bed = Bed::with(&Wish { cluster, ..Wish::default() });
    let file = bed.topology("halfdead", 2);
    bed.ok(&["submit", &file]);
    let status = bed.json(&["status", "halfdead"]);
    let agent = status["containers"][1]["agent_id"].as_str().unwrap().to_owned();
    bed.cluster.control("/lose-agent", &json!({ "agent": agent, "tasks": "kill" }));
    std::thread::sleep(Duration::from_secs(1));
    bed.ok(&["kill", "halfdead", "--timeout", "30s"]);
}

#[test]
#[ignore = "truth and repair: failures of earlier runs count against a restart"]
fn known_fault_a_restart_works_again_after_an_outage_of_the_store() {
    let bed = Bed::new();
    let file = bed.topology("bricked", 1);
    bed.ok(&["submit", &file]);
    let core = bed.core.trim_start_matches("file://").to_owned();
    let away = format!("{core}.away");
    std::fs::rename(&core, &away).unwrap();
    let during = bed.run(&["restart", "bricked", "1"]);
    std::fs::rename(&away, &core).unwrap();
    assert_ne!(during.code, 0, "the outage was not felt");
    bed.ok(&["restart", "bricked", "1"]);
    bed.ok(&["update", "bricked", "--container-number", "2"]);
}

#[test]
#[ignore = "truth and repair: a submission gives up on a recovering master long before its timeout"]
fn known_fault_a_submission_waits_for_a_master_that_recovers() {
    let bed = Bed::new();
    let file = bed.topology("early", 1);
    bed.cluster.control("/phase", &json!({ "phase": "recovering" }));
    let mut command = bed.command(&["submit", &file, "--timeout", "3m"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(22));
    bed.cluster.control("/phase", &json!({ "phase": "ready" }));
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}\nleft: {:?}", ran.stderr, bed.znodes_of("early"));
}

#[test]
#[ignore = "truth and repair: a TEARDOWN that is lost with its connection is never sent again"]
fn known_fault_a_teardown_that_is_lost_is_sent_again() {
    let bed = Bed::new();
    let file = bed.topology("undead", 1);
    bed.ok(&["submit", &file]);
    bed.cluster.control("/hang-up", &json!({ "calls": ["TEARDOWN"], "count": 1 }));
    bed.ok(&["kill", "undead", "--timeout", "20s"]);
}

#[test]
#[ignore = "truth and repair: `kill` leaves what it can't read"]
fn known_fault_kill_removes_what_it_can_not_read() {
    let bed = Bed::new();
    for (number, leftover) in UNREADABLE.iter().enumerate() {
        let name = format!("garbled{number}");
        write(&[format!("{}/{}", bed.root, leftover.replace("<t>", &name))]);
        bed.ok(&["kill", &name]);
        bed.assert_nothing_left(&name);
    }
}
