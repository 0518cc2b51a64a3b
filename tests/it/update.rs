//! `update`: up and down, running and paused, interrupted, refused.

use serde_json::{Value, json};

use crate::bed::{Bed, Wish};

fn ids(document: &Value, member: &str) -> Vec<u64> {
    document[member].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect()
}

/// What runs now: every container of the journal, with its state.
fn containers(bed: &Bed, topology: &str) -> Vec<(u64, String)> {
    let status = bed.json(&["status", topology]);
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
    let bed = Bed::new();
    let file = bed.topology("wordcount", 2);
    bed.ok(&["submit", &file]);
    // More instances in as many containers: these get other room, so that their tasks are replaced.
    let updated = bed.json(&["update", "wordcount", "--component-parallelism", "word_spout:4"]);
    assert_eq!(updated["topology"]["state"], "RUNNING");
    assert_eq!(ids(&updated, "relaunched"), [1, 2]);
    assert_eq!(containers(&bed, "wordcount"), running(3));
    let updated = bed.json(&["update", "wordcount", "--container-number", "3"]);
    assert_eq!((ids(&updated, "added"), ids(&updated, "removed")), (vec![3], vec![]));
    assert_eq!(containers(&bed, "wordcount"), running(4));
    assert_eq!(bed.cluster.live_tasks().len(), 4);
    let again = bed.json(&["update", "wordcount", "--container-number", "3"]);
    assert_eq!(again["already"], true);
    let updated = bed.json(&["update", "wordcount", "--container-number", "1"]);
    assert_eq!(ids(&updated, "removed"), [2, 3]);
    assert_eq!(updated["topology"]["state"], "RUNNING");
    assert_eq!(containers(&bed, "wordcount"), running(2));
    assert_eq!(bed.cluster.live_tasks().len(), 2);
    // A container that comes back does so with a task id that was never used.
    let updated = bed.json(&["update", "wordcount", "--container-number", "2"]);
    assert_eq!(ids(&updated, "added"), [2]);
    let status = bed.json(&["status", "wordcount"]);
    assert_eq!(status["update"], Value::Null);
    assert!(status["containers"][2]["attempt"].as_u64().unwrap() > 1);
    bed.ok(&["kill", "wordcount"]);
    bed.assert_nothing_left("wordcount");
}

#[test]
fn a_paused_topology_stays_paused_and_keeps_its_settings() {
    let wish = Wish {
        config: vec!["heron.mesos.update.relaunch.tmanager: false".to_owned()],
        ..Wish::default()
    };
    let bed = Bed::with(&wish);
    let file = bed.topology("wordcount", 2);
    bed.ok(&["submit", "--deactivated", &file]);
    let configured = bed.json(&["update", "wordcount", "--runtime-config", "word_spout:rate:7"]);
    assert_eq!(configured["settings"], json!(["word_spout:rate:7"]));
    let updated = bed.json(&["update", "wordcount", "--container-number", "3"]);
    assert_eq!(updated["topology"]["state"], "PAUSED");
    let before = bed.json(&["status", "wordcount"]);
    assert_eq!(before["topology"]["state"], "PAUSED");
    assert_eq!(before["containers"][0]["attempt"], 1, "the TManager's container was kept");
    let updated = bed.json(&["update", "wordcount", "--container-number", "1"]);
    assert_eq!(updated["topology"]["state"], "PAUSED");
    assert_eq!(bed.json(&["activate", "wordcount"])["already"], false);
    let plan = bed.json(&["update", "wordcount", "--container-number", "2", "--dry-run"]);
    assert_eq!(plan["runtime_config"], json!(["word_spout:rate:7"]));
    bed.ok(&["kill", "wordcount"]);
    bed.assert_nothing_left("wordcount");
}
