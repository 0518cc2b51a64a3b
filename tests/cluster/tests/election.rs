//! Masters elect in a real ZooKeeper.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, TestEnv, get, info, whole};
use crate::wire;
use crate::zookeeper::ZooKeeper;

/// A server with its data in a directory of its own, and the URL of a path in it.
fn zookeeper() -> (ZooKeeper, tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let server = ZooKeeper::start(directory.path(), None).unwrap();
    let url = format!("zk://{}/test/mesos", server.connection());
    (server, directory, url)
}

async fn nodes(url: &str) -> Vec<(String, Value)> {
    let (servers, path) = crate::election::parse(url).unwrap();
    let client = zookeeper_client::Client::connect(&servers).await.unwrap();
    let mut children = client.list_children(&path).await.unwrap();
    children.sort();
    let mut all = Vec::new();
    for name in children {
        let (data, stat) = client.get_data(&format!("{path}/{name}")).await.unwrap();
        assert_ne!(stat.ephemeral_owner, 0);
        all.push((name, serde_json::from_slice(&data).unwrap()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_master_takes_over_and_everything_finds_it() {
    let (_server, _data, url) = zookeeper();
    let env = TestEnv::start(&[
        "--masters",
        "2",
        "--agents",
        "2",
        "--zk",
        &url,
        "--fake-tasks",
        "--recovery-ms",
        "300",
        "--reregister-ms",
        "800",
    ])
    .await;
    let all = nodes(&url).await;
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["json.info_0000000000", "json.info_0000000001"]);
    let members: Vec<&String> = all[0].1.as_object().unwrap().keys().collect();
    let sorted = ["address", "capabilities", "hostname", "id", "ip", "pid", "port", "version"];
    assert_eq!(members, sorted);
    let old = env.leader();
    assert_eq!(old, format!("127.0.0.1:{}", all[0].1["port"]));
    let other = format!("127.0.0.1:{}", all[1].1["port"]);
    env.until("the other's view", async || {
        let (_, headers, _) = whole(&other, "GET /state?x=1 HTTP/1.1", "").await;
        headers["Location"] == format!("//{old}/master/state?x=1")
    })
    .await;
    let mut client = Client::subscribe(&old, &info("moving"), "").await;
    let agent = client.run("t", "true").await;
    let id = client.id.clone();
    env.control("/fail-over", json!({})).await.unwrap();
    assert_eq!(client.event(|event| event["type"] == "NONE").await, None);
    let up = async || env.boot.sim.with(|cluster| cluster.leader().is_some());
    env.until("the new leader", up).await;
    assert_eq!(env.leader(), other);
    let mut back = info("moving");
    back["id"] = wire::id(&id);
    let mut client = Client::subscribe(&other, &back, "").await;
    // The agents are not back: no answer.
    let task = json!({ "task_id": wire::id("t"), "agent_id": wire::id(&agent) });
    client.call("RECONCILE", json!({ "tasks": [task] })).await;
    let early = client.event(|event| event["type"] == "UPDATE");
    assert!(tokio::time::timeout(Duration::from_millis(100), early).await.is_err());
    let linked = async || env.boot.sim.with(|c| c.leader().unwrap().recovering.is_empty());
    env.until("the agents", linked).await;
    client.call("RECONCILE", json!({ "tasks": [task] })).await;
    client.update("t", "TASK_RUNNING").await;
    // A framework that nobody has taken back is only recovered.
    drop(client);
    env.control("/start-master", json!({ "master": 0 })).await.unwrap();
    env.until("the first master's node", async || nodes(&url).await.len() == 2).await;
    env.control("/fail-over", json!({})).await.unwrap();
    env.until("the recovered framework", async || {
        up().await && env.framework(&id).await.0.is_some_and(|f| f["recovered"] == true)
    })
    .await;
    let (framework, _) = env.framework(&id).await;
    assert_eq!(framework.unwrap()["tasks"][0]["state"], "TASK_RUNNING");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_of_a_crashed_master_stays_until_its_session_ends() {
    let (_server, _data, url) = zookeeper();
    let arguments = ["--masters", "2", "--zk", &url, "--fake-tasks", "--zk-session-ms", "2000"];
    let env = TestEnv::start(&arguments).await;
    let old = env.leader();
    let other: u64 = nodes(&url).await[1].1["port"].as_u64().unwrap();
    env.control("/stop-master", json!({ "clean": false })).await.unwrap();
    assert_eq!(nodes(&url).await.len(), 2);
    let other = format!("127.0.0.1:{other}");
    let (status, headers, _) = whole(&other, "GET /redirect HTTP/1.1", "").await;
    assert_eq!((status, &headers["Location"]), (307, &json!(format!("//{old}"))));
    env.until("the new leader", async || env.boot.sim.with(|c| c.leader().is_some())).await;
    assert_eq!(env.leader(), other);
    assert_eq!(nodes(&url).await.len(), 1);
    assert_eq!(get(&other, "/frameworks").await.0, 200);
}
