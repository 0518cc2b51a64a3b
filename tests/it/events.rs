//! `events`: what the journal remembers, and what happens.

use std::io::{BufRead as _, BufReader};

use serde_json::{Value, json};

use crate::environment::{TestEnv, until};

fn events(env: &TestEnv, topology: &str) -> Vec<Value> {
    let told = env.run(&["-ojson", "events", topology]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    told.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["text"].as_str().unwrap()).collect()
}

#[test]
fn who_did_what_and_what_became_of_tasks_is_remembered() {
    let env = TestEnv::new();
    let file = env.topology("remembered", 1);
    env.ok(&["submit", &file]);
    let mut following = env.start(&["events", "remembered", "--follow"]);
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("submit by ") && first.ends_with(": submitted it"), "{first}");

    let status = env.json(&["status", "remembered"]);
    let task = status["containers"][1]["task_id"].as_str().unwrap();
    env.cluster.control("/kill-task", &json!({ "task": task }));
    until("its end", || env.json(&["status", "remembered"])["ready"]["running"] == 1);
    env.ok(&["restart", "remembered", "1"]);
    env.ok(&["update", "remembered", "--component-parallelism", "count_bolt:2"]);
    let told = events(&env, "remembered");
    let texts = texts(&told);
    for text in [
        "submitted it",
        "container 1, attempt 1: TASK_STAGING on host 127.0.0.1",
        "container 1, attempt 1: TASK_RUNNING on host 127.0.0.1",
        "saw it run",
        "asked for a restart of container 1",
        "container 1, attempt 1: TASK_FAILED on host 127.0.0.1",
        "container 1, attempt 2: TASK_RUNNING on host 127.0.0.1",
        "wrote the new packing plan",
    ] {
        assert!(texts.contains(&text), "{text} is not in {texts:#?}");
    }
    assert!(texts.iter().any(|text| text.starts_with("finished the update")), "{texts:#?}");
    let launched = told
        .iter()
        .find(|event| event["text"].as_str().unwrap().contains("1, attempt 2: TASK_STAGING"));
    assert_eq!(launched.unwrap()["by"]["command"], "restart");
    assert_eq!(env.ok(&["events", "remembered", "-n", "1"]).stdout.lines().count(), 1);
    assert_eq!(env.ok(&["events", "remembered", "--since", "2099-01-01T00:00:00Z"]).stdout, "");

    // What is looked for each second is told before the topology goes, and with it its journal.
    let again =
        |line: &Result<String, _>| line.as_ref().unwrap().contains("attempt 2: TASK_RUNNING");
    assert!(lines.any(|line| again(&line)), "it ended without telling of attempt 2");
    env.ok(&["kill", "remembered"]);
    assert!(lines.all(|line| line.is_ok()), "it is read to its end");
    assert!(following.wait().unwrap().success(), "it ends with the topology");
    assert_eq!(env.run(&["events", "remembered"]).code, 5);
}
