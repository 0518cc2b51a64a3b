//! Journals that earlier versions wrote, `tests/data/journal-v*`: read, written again without a loss, shown and removed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use heron_cli::scheduler::journal::{decode_container, decode_desired, encode};
use heron_cli::scheduler::record::{Goal, Phase};
use heron_cli::scheduler::update::UpdateStep;
use serde_json::{Value, json};
use zookeeper_client::CreateMode;

use crate::environment::{TestEnv, zookeeper};
use crate::fault_proxy::wait_for;
use crate::zk;

/// How far a submission and an update have come.
type Progress = (Phase, Option<UpdateStep>);

/// What a folder's name says: whether there is a record, how far the submission and the update have come.
const STATES: [(&str, Option<Progress>); 8] = [
    ("reserved", None),
    ("written-only", Some((Phase::Launching, None))),
    ("half-submitted", Some((Phase::Launching, None))),
    ("running", Some((Phase::Launched, None))),
    ("update-begun", Some((Phase::Launched, Some(UpdateStep::Begun)))),
    ("resized", Some((Phase::Launched, Some(UpdateStep::Resized)))),
    ("written", Some((Phase::Launched, Some(UpdateStep::Written)))),
    ("removing", Some((Phase::Launched, Some(UpdateStep::Removing)))),
];

const RECORD: &str = "/frameworks/wordcount";

struct Recorded {
    path: String,
    data: Vec<u8>,
    ephemeral: bool,
}

fn folder(state: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/journal-v1").join(state)
}

/// The nodes of one recording, parents first.
fn recorded(state: &str) -> Vec<Recorded> {
    let folder = folder(state);
    let index = std::fs::read(folder.join("INDEX.json")).unwrap();
    let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
    let node = |entry: &Value| {
        let data = entry["file"].as_str().map_or_else(Vec::new, |file| {
            let bytes = std::fs::read(folder.join(file)).unwrap();
            // Laid out for reading; in the tree it is one line.
            let is_json = Path::new(file).extension().is_some_and(|ending| ending == "json");
            let compact = |bytes: &[u8]| {
                serde_json::to_vec(&serde_json::from_slice::<Value>(bytes).unwrap()).unwrap()
            };
            if is_json { compact(&bytes) } else { bytes }
        });
        Recorded {
            path: entry["path"].as_str().unwrap().to_owned(),
            data,
            ephemeral: entry["ephemeral"].as_bool().unwrap(),
        }
    };
    index.iter().map(node).collect()
}

/// Adds a member that no version knows to the object and to those in the named members of it.
fn add_unknown(value: &mut Value, inside: &[&str]) {
    if let Some(object) = value.as_object_mut() {
        object.insert("of_a_later_version".to_owned(), json!({ "kept": [1, "two"] }));
    }
    for member in inside {
        match value.get_mut(*member) {
            Some(Value::Array(list)) => list.iter_mut().for_each(|one| add_unknown(one, &[])),
            Some(one @ Value::Object(_)) => add_unknown(one, &["resized", "resized_from", "uris"]),
            _ => {}
        }
    }
}

/// Every record is the same after it was read and written, members included that this version doesn't know.
#[test]
fn journals_of_version_1_lose_nothing_when_they_are_rewritten() {
    for (state, _) in STATES {
        for node in recorded(state).iter().filter(|node| node.path.starts_with(RECORD)) {
            if node.data.is_empty() {
                continue;
            }
            let mut value: Value = serde_json::from_slice(&node.data).unwrap();
            add_unknown(
                &mut value,
                &["framework", "launch", "containers", "update", "last_failure"],
            );
            let bytes = serde_json::to_vec(&value).unwrap();
            let again = if node.path == RECORD {
                encode(&node.path, &decode_desired(&node.path, &bytes).unwrap().unwrap())
            } else {
                encode(&node.path, &decode_container(&node.path, &bytes).unwrap())
            };
            let again: Value = serde_json::from_slice(&again.unwrap()).unwrap();
            assert_eq!(again, value, "{state}{}", node.path);
        }
    }
}

#[test]
fn journals_of_version_1_say_what_their_folders_are_named_for() {
    for (state, expected) in STATES {
        let nodes = recorded(state);
        let record = nodes.iter().find(|node| node.path == RECORD).unwrap();
        let desired = decode_desired(RECORD, &record.data).unwrap();
        let found = desired.as_ref().map(|desired| {
            assert_eq!((desired.version, desired.goal), (1, Goal::Running), "{state}");
            (desired.phase, desired.update.as_ref().map(|update| update.step))
        });
        assert_eq!(found, expected, "{state}");
        let containers = nodes.iter().filter(|node| node.path.contains("/containers/"));
        let has_containers = containers.count() > 0;
        assert_eq!(has_containers, !["reserved", "written-only"].contains(&state), "{state}");
        assert_eq!(
            state == "removing",
            desired.is_some_and(|desired| {
                desired.update.is_some_and(|update| {
                    update.step == UpdateStep::Removing && !update.removed.is_empty()
                })
            })
        );
    }
}

/// Puts a recording below the test's root; the TManager's node lives as long as what is returned.
///
/// Its tasks are on agents of this cluster: of a task on an agent that it never knew a master says that it doesn't know, and
/// `kill` waits.
async fn put(env: &TestEnv, nodes: &[Recorded], agents: &[String]) -> zookeeper_client::Client {
    let client = zk::connect(&zookeeper(), Duration::from_secs(10)).await.unwrap();
    let mut parents = String::new();
    for part in env.root.split('/').skip(1) {
        parents = format!("{parents}/{part}");
        zk::create(&client, &parents, b"", CreateMode::Persistent).await.unwrap();
    }
    for node in nodes {
        let mode = if node.ephemeral { CreateMode::Ephemeral } else { CreateMode::Persistent };
        let path = format!("{}{}", env.root, node.path);
        let mut data = node.data.clone();
        if path.contains("/containers/") {
            let mut record: Value = serde_json::from_slice(&data).unwrap();
            let here =
                &agents[usize::try_from(record["id"].as_u64().unwrap()).unwrap() % agents.len()];
            record["agent_id"] = json!({ "value": here });
            data = serde_json::to_vec(&record).unwrap();
        }
        zk::create(&client, &path, &data, mode).await.unwrap();
        if !node.ephemeral {
            zk::put(&client, &path, &data).await.unwrap();
        }
    }
    client
}

/// The agents, as soon as they have registered.
fn agents(env: &TestEnv) -> Vec<String> {
    let ids = || -> Option<Vec<String>> {
        let state = env.cluster.state();
        state["agents"]
            .as_array()?
            .iter()
            .map(|agent| agent["id"].as_str().map(str::to_owned))
            .collect()
    };
    wait_for("the registration of the agents", || ids().is_some());
    ids().unwrap()
}

/// The master has never heard of the recorded framework and its tasks, as after the loss of its registry.
#[test]
fn journals_of_version_1_are_shown_and_removed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for (state, expected) in STATES {
        // The recordings share one framework, which a master remembers as removed.
        let env = TestEnv::new();
        let tmanager = runtime.block_on(put(&env, &recorded(state), &agents(&env)));
        let status = env.run(&["status", "wordcount", "-o", "json"]);
        match expected {
            None => assert_eq!(status.code, 5, "{state}: {}", status.stderr),
            Some((_, step)) => {
                assert_eq!(status.code, 0, "{state}: {}", status.stderr);
                let status: Value = serde_json::from_str(&status.stdout).unwrap();
                let shown = step.map_or(Value::Null, |step| serde_json::to_value(step).unwrap());
                assert_eq!(status["update"].get("step").unwrap_or(&Value::Null), &shown, "{state}");
            }
        }
        // Its process is gone with the cluster that it ran on.
        drop(tmanager);
        let killed = env.run(&["kill", "wordcount"]);
        assert_eq!(killed.code, 0, "{state}: {}", killed.stderr);
        env.assert_nothing_left("wordcount");
    }
}
