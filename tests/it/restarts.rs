//! Restarts in batches, and of what is not well.

use serde_json::{Value, json};

use crate::environment::TestEnv;

fn ids(document: &Value) -> Vec<u64> {
    document.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
}

#[test]
fn batches_are_restarted_one_after_the_other() {
    let env = TestEnv::new();
    let file = env.topology("rolling", 3);
    env.ok(&["submit", &file]);
    let ran = env.ok(&["restart", "rolling", "--batch", "2"]);
    let at = |text: &str| {
        ran.stderr.find(text).unwrap_or_else(|| panic!("{text:?} is not in\n{}", ran.stderr))
    };
    let (first, second) = (at("restarting containers 1, 2 "), at("restarting containers 0, 3 "));
    assert!(first < second, "{}", ran.stderr);
    assert_eq!(env.attempts("rolling"), [2, 2, 2, 2]);
    let one = env.json(&["restart", "rolling", "2", "--batch", "5"]);
    assert_eq!(ids(&one["containers"]), [2]);
    assert_eq!(env.attempts("rolling"), [2, 2, 3, 2]);
    env.ok(&["kill", "rolling"]);
    env.assert_nothing_left("rolling");
}

#[test]
fn only_what_is_not_well_is_restarted() {
    let env = TestEnv::new();
    let file = env.topology("partly", 2);
    env.ok(&["submit", &file]);
    let none = env.ok(&["restart", "partly", "--failed"]);
    assert!(none.stdout.contains("nothing was restarted"), "{}", none.stdout);
    let status = env.json(&["status", "partly"]);
    let task = status["containers"][2]["task_id"].as_str().unwrap().to_owned();
    env.cluster.control("/kill-task", &json!({ "task": task }));
    crate::environment::until("its end", || {
        env.json(&["status", "partly"])["containers"][2]["state"] == "TASK_FAILED"
    });
    let failed = env.json(&["restart", "partly", "--failed"]);
    assert_eq!(ids(&failed["containers"]), [2]);
    assert_eq!(env.attempts("partly"), [1, 1, 2]);
    assert_eq!(env.run(&["restart", "partly", "7", "--failed"]).code, 5);
    assert_eq!(env.run(&["restart", "partly", "--batch", "0"]).code, 2);
    env.ok(&["kill", "partly"]);
    env.assert_nothing_left("partly");
}
