//! A topology that is submitted again: the same content is a success that does nothing, another is a conflict.

use serde_json::json;

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
    let dry = env.ok(&["submit", &file, "--dry-run"]);
    assert!(dry.stderr.contains("nothing would be done"), "{}", dry.stderr);

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
        let what = format!("topology `other` exists already: RUNNING, submitted by");
        assert_eq!(ran.code, 6, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(&what) && ran.stderr.contains(with), "{}", ran.stderr);
    };
    refused(&["--config-property", "topology.debug=true"], ", with another definition\n");
    refused(&["--config-property", "heron.mesos.kill.grace.seconds=7"], ", with another configuration\n");
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
