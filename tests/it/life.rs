//! The main job: a topology's whole life.

use crate::environment::TestEnv;

#[test]
fn a_topology_lives_and_dies() {
    let env = TestEnv::new();
    let file = env.topology("wordcount", 2);
    let submitted = env.json(&["submit", &file]);
    assert_eq!(submitted["topology"]["state"], "RUNNING");
    assert_eq!(submitted["container_count"], 3);
    // The client has left; the tasks run on.
    assert_eq!(env.cluster.live_tasks().len(), 3);

    let listed = env.json(&["list"]);
    assert_eq!(listed["topologies"][0]["name"], "wordcount");
    let status = env.json(&["status", "wordcount"]);
    assert_eq!(status["topology"]["state"], "RUNNING");
    assert_eq!(status["containers"].as_array().unwrap().len(), 3);
    assert_eq!(status["framework"]["connected"], false);

    let paused = env.json(&["deactivate", "wordcount"]);
    assert_eq!(
        (&paused["topology"]["state"], &paused["already"]),
        (&"PAUSED".into(), &false.into())
    );
    let again = env.json(&["deactivate", "wordcount"]);
    assert_eq!(again["already"], true);
    assert_eq!(env.json(&["status", "wordcount"])["topology"]["state"], "PAUSED");
    assert_eq!(env.json(&["activate", "wordcount"])["topology"]["state"], "RUNNING");

    let before = env.json(&["status", "wordcount"]);
    let restarted = env.json(&["restart", "wordcount", "2"]);
    assert_eq!(restarted["containers"], serde_json::json!([{"id": 2}]));
    let after = env.json(&["status", "wordcount"]);
    for id in 0..3 {
        let same = before["containers"][id]["task_id"] == after["containers"][id]["task_id"];
        assert_eq!(same, id != 2, "container {id}");
    }
    // By its ports alone can the old entry in the physical plan be told from the new one.
    let ports = |status: &serde_json::Value| -> Vec<u64> {
        let ports = status["containers"][2]["ports"].as_object().unwrap();
        ports.values().filter_map(serde_json::Value::as_u64).collect()
    };
    let old = ports(&before);
    assert!(!ports(&after).iter().any(|port| old.contains(port)), "{before} {after}");

    let killed = env.json(&["kill", "wordcount"]);
    assert_eq!(killed["found"], true);
    env.assert_nothing_left("wordcount");
    assert_eq!(env.run(&["kill", "wordcount"]).code, 5);
    assert_eq!(env.ok(&["kill", "--ignore-not-found", "wordcount"]).code, 0);
}
