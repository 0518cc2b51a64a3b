//! `wait`: until a topology is as it should be, or can't be any more.

use std::process::Child;

use crate::environment::{Ran, TestEnv};

fn waiting(env: &TestEnv, topology: &str, state: &str) -> Child {
    let words = ["wait", topology, "--for", state, "--timeout", "1m"];
    env.start(&words)
}

fn done(child: Child) -> String {
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn states_are_waited_for_from_before_the_topology_to_its_end() {
    let env = TestEnv::new();
    assert_eq!(env.ok(&["wait", "awaited", "--for", "gone"]).stdout, "topology awaited is gone\n");
    let healthy = waiting(&env, "awaited", "healthy");
    let file = env.topology("awaited", 1);
    env.ok(&["submit", &file]);
    assert_eq!(done(healthy), "topology awaited is healthy\n");
    for state in ["running", "updated"] {
        let document = env.json(&["wait", "awaited", "--for", state]);
        assert_eq!(
            (&document["waited_for"], &document["health"]),
            (&state.into(), &"healthy".into())
        );
    }

    let paused = waiting(&env, "awaited", "paused");
    env.ok(&["deactivate", "awaited"]);
    assert_eq!(done(paused), "topology awaited is paused\n");
    let never = env.run(&["wait", "awaited", "--for", "running"]);
    assert_eq!(never.code, 6, "{}", never.stderr);
    assert!(never.stderr.contains("it is paused"), "{}", never.stderr);
    let late = env.run(&["wait", "awaited", "--for", "gone", "--timeout", "500ms"]);
    assert_eq!(late.code, 9, "{}", late.stderr);
    assert!(late.stderr.contains("it is PAUSED"), "{}", late.stderr);

    let gone = waiting(&env, "awaited", "gone");
    env.ok(&["kill", "awaited"]);
    assert_eq!(done(gone), "topology awaited is gone\n");
    assert_eq!(env.run(&["wait", "awaited", "--for", "spring"]).code, 2);
}
