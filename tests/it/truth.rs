//! What is shown is what is: tasks that die, agents that are lost and frameworks that are removed behind our back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::environment::{Ran, TestEnv, TestOptions};

fn task_of(env: &TestEnv, topology: &str, container: usize) -> String {
    let status = env.json(&["status", topology]);
    status["containers"][container]["task_id"].as_str().unwrap().to_owned()
}

/// Waits until `status` says so.
fn wait_for(env: &TestEnv, topology: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut status = Value::Null;
    for _ in 0..100 {
        status = env.json(&["status", topology]);
        if holds(&status) {
            return status;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("not so after 10 s: {status:#}");
}

fn problems(document: &Value) -> String {
    let problems = document["topology"]["problems"].as_array().unwrap();
    problems.iter().map(|problem| format!("{}\n", problem.as_str().unwrap())).collect()
}

#[test]
fn a_task_that_dies_behind_our_back_is_seen_by_every_verb() {
    let env = TestEnv::new();
    let file = env.topology("watched", 2);
    env.ok(&["submit", &file]);
    let well = env.json(&["status", "watched", "--check"]);
    assert_eq!(
        (&well["topology"]["health"], &well["as_of"]["source"]),
        (&json!("healthy"), &json!("mesos"))
    );
    assert_eq!(well["ready"], json!({"running": 3, "wanted": 3}));

    let task = task_of(&env, "watched", 2);
    env.cluster.control("/kill-task", &json!({ "task": task }));
    let ill = wait_for(&env, "watched", |status| status["ready"]["running"] == 2);
    assert_eq!(ill["containers"][2]["state"], "TASK_FAILED");
    assert_eq!(ill["topology"]["health"], "degraded");
    assert!(problems(&ill).contains("container 2 is TASK_FAILED"), "{}", problems(&ill));
    let listed = env.json(&["list"]);
    assert_eq!(listed["topologies"][0]["health"], "degraded");
    assert_eq!(listed["topologies"][0]["ready"], json!({"running": 2, "wanted": 3}));
    let checked = env.run(&["status", "watched", "--check"]);
    assert_eq!(checked.code, 20, "{}", checked.stderr);
    assert!(checked.stdout.contains("2/3 containers run"), "{}", checked.stdout);
    let already = env.ok(&["activate", "watched"]);
    assert!(already.stdout.contains("already running"), "{}", already.stdout);
    assert!(already.stdout.contains("container 2 is TASK_FAILED"), "{}", already.stdout);

    // What was dead besides comes back with it, and is told.
    let restarted = env.json(&["restart", "watched", "1"]);
    assert_eq!(restarted["containers"], json!([{ "id": 1 }]));
    assert_eq!(restarted["also_launched"], json!([{ "id": 2 }]));
    env.ok(&["status", "watched", "--check"]);
    env.ok(&["kill", "watched"]);
    env.assert_nothing_left("watched");
}

#[test]
fn a_dead_tmanager_is_not_waited_for() {
    let env = TestEnv::new();
    let file = env.topology("headless", 1);
    env.ok(&["submit", &file]);
    let task = task_of(&env, "headless", 0);
    env.cluster.control("/kill-task", &json!({ "task": task }));
    wait_for(&env, "headless", |status| status["topology"]["health"] == "down");
    let refused = env.run(&["deactivate", "headless", "--timeout", "2m"]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("headless` is down"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("restart") && refused.stderr.contains("headless 0"),
        "{}",
        refused.stderr
    );
    env.ok(&["restart", "headless", "0"]);
    env.ok(&["deactivate", "headless"]);
    env.ok(&["kill", "headless"]);
}

#[test]
fn a_framework_that_was_removed_is_said() {
    let env = TestEnv::new();
    let file = env.topology("removed", 1);
    let submitted = env.json(&["submit", &file]);
    let framework = &submitted["framework_id"];
    env.cluster.control("/remove-framework", &json!({ "framework": framework }));
    let status = env.json(&["status", "removed"]);
    assert_eq!(
        (&status["framework"]["state"], &status["topology"]["health"]),
        (&json!("gone"), &json!("down"))
    );
    assert!(problems(&status).contains("kill"), "{}", problems(&status));
    assert_eq!(env.json(&["list"])["topologies"][0]["health"], "down");
    // Mesos takes its time to end them.
    while !env.cluster.live_tasks().is_empty() {
        std::thread::sleep(Duration::from_millis(100));
    }
    env.ok(&["kill", "removed"]);
    env.assert_nothing_left("removed");
}

#[test]
fn a_lost_agent_shows_in_its_containers() {
    let words = "--agents 3 --agent-ping-timeout-ms 300";
    let cluster = words.split_whitespace().map(str::to_owned).collect();
    let env = TestEnv::with(&TestOptions { cluster, ..TestOptions::default() });
    let file = env.topology("islanded", 2);
    env.ok(&["submit", &file]);
    let status = env.json(&["status", "islanded"]);
    let agent = status["containers"][1]["agent_id"].as_str().unwrap().to_owned();
    env.cluster.control("/lose-agent", &json!({ "agent": agent }));
    let is_lost = |status: &Value| status["containers"][1]["state"] == "TASK_UNREACHABLE";
    let status = wait_for(&env, "islanded", is_lost);
    assert!(problems(&status).contains("can't be reached"), "{}", problems(&status));
    env.cluster.control("/return-agent", &json!({ "agent": agent }));
    wait_for(&env, "islanded", |status| status["topology"]["health"] == "healthy");
    env.ok(&["kill", "islanded"]);
}

#[test]
fn where_mesos_can_not_be_asked_what_was_last_known_is_shown() {
    let env = TestEnv::new();
    let file = env.topology("unasked", 1);
    env.ok(&["submit", &file]);
    env.cluster.control("/stop-master", &json!({}));
    let mut command = env.command(&["status", "unasked"]);
    let shown = Ran::from(command.output().unwrap());
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stderr.contains("could not be asked"), "{}", shown.stderr);
    assert!(shown.stdout.contains("last known at"), "{}", shown.stdout);
    let status = env.json(&["status", "unasked"]);
    assert_eq!(
        (&status["topology"]["health"], &status["as_of"]["source"]),
        (&json!("unknown"), &json!("journal"))
    );
    assert!(env.ok(&["list"]).stdout.contains("last known at"));
    // Scripts that pause a topology don't depend on the master.
    env.ok(&["deactivate", "unasked"]);
    assert_eq!(env.run(&["status", "unasked", "--check"]).code, 20);
    env.cluster.control("/start-master", &json!({ "master": 0 }));
    wait_for(&env, "unasked", |status| status["topology"]["health"] == "healthy");
    env.ok(&["kill", "unasked"]);
}
