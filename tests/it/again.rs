//! A topology that is submitted again: the same content is a success that does nothing, another is a conflict, and `diff` tells
//! what differs.

use serde_json::{Value, json};

use crate::environment::TestEnv;

#[test]
fn the_same_content_needs_nothing_done() {
    let env = TestEnv::new();
    let file = env.topology("repeated", 2);
    let first = env.json(&["submit", &file]);
    assert_eq!((&first["already"], &first["health"]), (&json!(false), &json!(null)));
    let before = env.cluster.live_tasks();
    let again = env.json(&["submit", &file]);
    assert_eq!((&again["already"], &again["health"]), (&json!(true), &json!("healthy")));
    for same in ["topology", "framework_id", "container_count", "page"] {
        assert_eq!(again[same], first[same], "{same}");
    }
    assert_eq!(env.cluster.live_tasks(), before);
    let text = env.ok(&["submit", &file]).stdout;
    assert!(text.starts_with("topology repeated is already running in 3 containers"), "{text}");
    let dry = env.ok(&["submit", &file, "--dry-run"]).stdout;
    assert!(dry.contains("topology repeated is the same as what runs"), "{dry}");
    assert!(dry.contains("Nothing would be done") && !dry.contains("Would be"), "{dry}");

    // A pause is not undone, but told.
    env.ok(&["deactivate", "repeated"]);
    assert_eq!(env.json(&["submit", &file])["topology"]["state"], "PAUSED");
    let text = env.ok(&["submit", &file]).stdout;
    assert!(text.starts_with("topology repeated is already up, and paused"), "{text}");
    env.ok(&["submit", &file, "--deactivated"]);
    env.ok(&["activate", "repeated"]);
    let refused = env.run(&["submit", &file, "--deactivated"]);
    assert_eq!(refused.code, 6);
    assert!(refused.stderr.contains("RUNNING") && refused.stderr.contains("another definition"));

    // That it is there says nothing of how it is.
    let task = env.json(&["status", "repeated"])["containers"][2]["task_id"].clone();
    env.cluster.control("/kill-task", &json!({ "task": task }));
    let ill = env.ok(&["submit", &file]);
    assert!(ill.stdout.contains("but it is degraded:\n  container 2"), "{}", ill.stdout);
    assert!(ill.stdout.contains("heron-cli restart"), "{}", ill.stdout);

    let refused = env.run(&["submit", &file, "--fail-if-exists"]);
    assert_eq!(refused.code, 6, "{}", refused.stdout);
    assert!(refused.stderr.contains("with the same content"), "{}", refused.stderr);
    env.ok(&["kill", "repeated"]);
    assert_eq!(env.json(&["submit", &file, "--fail-if-exists"])["already"], false);
}

#[test]
fn other_content_is_refused_and_said_to_be_other() {
    let env = TestEnv::new();
    let file = env.topology("other", 2);
    env.ok(&["submit", &file]);
    let refused = |words: &[&str], with: &str| {
        let ran = env.run(&[&["submit", &file], words].concat());
        let what = "topology `other` exists already: RUNNING, submitted by";
        assert_eq!(ran.code, 6, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(what) && ran.stderr.contains(with), "{}", ran.stderr);
    };
    refused(&["--config-property", "topology.debug=true"], ", with another definition\n");
    refused(
        &["--config-property", "heron.mesos.kill.grace.seconds=7"],
        ", with another configuration\n",
    );
    let binary = env.directory.path().join("topologies.pex");
    std::fs::write(&binary, "another\n").unwrap();
    refused(&[], ", with another package\n");
    std::fs::write(&binary, "not really a pex\n").unwrap();
    assert_eq!(env.json(&["submit", &file])["already"], true);
    // What was changed while it ran is no part of what is submitted.
    env.ok(&["update", "other", "--runtime-config", "a.b:c"]);
    refused(&[], ", with another configuration\n");
    env.ok(&["update", "other", "--container-number", "1"]);
    refused(&[], ", with another configuration and packing\n");
    env.topology("other", 3);
    refused(&[], ", with another definition");
}

#[test]
fn what_differs_is_shown() {
    let mut env = TestEnv::new();
    let file = env.topology("compared", 2);
    assert_eq!(env.run(&["diff", &file]).code, 5);
    // Typed, a secret would have to be typed again by whoever pastes a hint.
    env.write_config(&["topology.db.password: hunter2".to_owned()]);
    env.ok(&["submit", &file]);
    let same = env.json(&["diff", &file]);
    assert_eq!((&same["same"], &same["differences"]), (&json!(true), &json!([])));

    env.topology("compared", 1);
    env.write_config(&["topology.db.password: hunter3".to_owned()]);
    let ran = env.run(&["diff", &file, "-ojson"]);
    assert_eq!(ran.code, 20, "{}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let differences = document["differences"].as_array().unwrap();
    let find = |name: &str| {
        let found = differences.iter().find(|one| one["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not in {}", ran.stdout))
    };
    assert_eq!(find("topology.stmgrs")["new"], "1");
    assert_eq!(find("container 2")["change"], "removed");
    assert_eq!(find("container 1")["part"], "packing");
    assert_eq!(find("topology.db.password")["old"], "********");
    assert!(document["generation"].as_u64() > Some(1), "{}", ran.stdout);
    assert!(differences.iter().all(|one| one["part"] != "package"), "{}", ran.stdout);

    let text = env.run(&["diff", &file]);
    assert_eq!(text.code, 20);
    let shown =
        |part: &str| assert!(text.stdout.contains(part), "{part} is not in\n{}", text.stdout);
    shown("topology compared: ");
    shown("\ndefinition\n");
    shown("  - container 2 ");
    assert!(!format!("{}{}{}", text.stdout, text.stderr, ran.stdout).contains("hunter"));

    // The dry run shows the same, and is refused as the submission would be.
    let words = ["submit", &file, "--dry-run", "--wait", "none"];
    let dry = env.run(&words);
    assert_eq!(dry.code, 6, "{}", dry.stderr);
    assert!(dry.stdout.contains("Would be launched") && dry.stdout.contains(&text.stdout));
    assert!(dry.stderr.contains("exists already: RUNNING"), "{}", dry.stderr);
    assert!(dry.stderr.contains("`heron-cli diff --config-file "), "{}", dry.stderr);
    let dry = env.run(&[&words[..], &["-ojson"]].concat());
    let dry: Value = serde_json::from_str(&dry.stdout).unwrap();
    assert_eq!((&dry["error"]["exit"], &dry["compared"]), (&json!(6), &document));
    assert!(dry["error"]["hints"][0].as_str().unwrap().contains("heron-cli diff --config-file "));
}
