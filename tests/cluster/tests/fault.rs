//! The faults of the control interface do what README.md says.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, TestEnv, get, info};
use crate::wire;

#[tokio::test]
async fn records_cut_at_any_byte_are_the_same_records() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    for split in [json!({ "bytes": 1 }), json!({ "bytes": 7 }), json!({ "merge": true })] {
        env.control("/split", split).await.unwrap();
        let mut client = Client::subscribe(&env.leader(), &info("größe"), "").await;
        client.run("t", "true").await;
        client.call("TEARDOWN", Value::Null).await;
        assert_eq!(client.event(|event| event["type"] == "ERROR").await, None);
    }
}

#[tokio::test]
async fn a_dropped_stream_disconnects_and_may_end_within_a_record() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    for body in [json!({}), json!({ "keep": 9 })] {
        let mut client = Client::subscribe(&env.leader(), &info("dropped"), "").await;
        client.offer().await;
        let dropped = env.control("/drop-stream", body).await.unwrap();
        assert_eq!(dropped["streams"], 1);
        assert_eq!(client.event(|event| event["type"] == "NONE").await, None);
        let id = client.id.clone();
        env.until("disconnection", async || {
            env.framework(&id).await.0.unwrap()["connected"] == false
        })
        .await;
        let answer = client.call("SUPPRESS", Value::Null).await;
        assert_eq!(answer, (403, "Framework is not subscribed".to_owned()));
    }
}

#[tokio::test]
async fn a_half_open_stream_is_silent_but_calls_work() {
    let env = TestEnv::start(&["--fake-tasks", "--heartbeat-ms", "20"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("silent"), "").await;
    client.offer().await;
    env.control("/half-open", json!({})).await.unwrap();
    // What was on the way before.
    tokio::time::sleep(Duration::from_millis(50)).await;
    while tokio::time::timeout(
        Duration::from_millis(50),
        client.event(|e| e["type"] == "HEARTBEAT"),
    )
    .await
    .is_ok()
    {}
    let more = client.event(|_| true);
    assert!(tokio::time::timeout(Duration::from_millis(200), more).await.is_err());
    assert_eq!(client.call("SUPPRESS", Value::Null).await.0, 202);
}

#[tokio::test]
async fn calls_are_refused_lost_ignored_and_counted() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("refused"), "").await;
    let refuse = json!({ "calls": ["SUPPRESS"], "status": 503, "text": "later", "count": 2 });
    env.control("/refuse", refuse).await.unwrap();
    for _ in 0..2 {
        assert_eq!(client.call("SUPPRESS", Value::Null).await, (503, "later".to_owned()));
    }
    assert_eq!(client.call("SUPPRESS", Value::Null).await.0, 202);
    env.control("/hang-up", json!({ "calls": ["SUPPRESS"] })).await.unwrap();
    assert_eq!(client.call("SUPPRESS", Value::Null).await.0, 0);
    env.control("/ignore", json!({ "calls": ["TEARDOWN"] })).await.unwrap();
    assert_eq!(client.call("TEARDOWN", Value::Null).await.0, 202);
    assert!(env.framework(&client.id.clone()).await.0.is_some());
    // This one is processed although nobody hears of it.
    env.control("/hang-up", json!({ "calls": ["TEARDOWN"], "after": true })).await.unwrap();
    assert_eq!(client.call("TEARDOWN", Value::Null).await.0, 0);
    assert!(env.framework(&client.id.clone()).await.1.is_some());
    env.control("/refuse", json!({ "calls": ["GET /state"], "status": 500 })).await.unwrap();
    assert_eq!(get(&env.leader(), "/state").await.0, 500);
    assert_eq!(get(&env.leader(), "/state").await.0, 200);
    let (counts, calls) = env.boot.sim.with(|cluster| {
        (cluster.log.counts.clone(), cluster.log.calls(0, Some("SUPPRESS"), Some(&client.id)))
    });
    assert_eq!((counts["SUPPRESS"], counts["TEARDOWN"]), (4, 2));
    let statuses: Vec<u64> = calls.iter().filter_map(|call| call["status"].as_u64()).collect();
    assert_eq!(statuses, [503, 503, 202, 0]);
}

#[tokio::test]
async fn phases_of_a_start_are_shown() {
    let env = TestEnv::start(&["--masters", "2", "--fake-tasks"]).await;
    let leader = env.leader();
    env.control("/phase", json!({ "master": 0, "phase": "starting" })).await.unwrap();
    assert_eq!(get(&leader, "/health").await.0, 404);
    env.control("/phase", json!({ "master": 0, "phase": "recovering" })).await.unwrap();
    let subscribe = json!({ "type": "SUBSCRIBE", "subscribe": { "framework_info": info("x") } });
    let head = "POST /api/v1/scheduler HTTP/1.1\nContent-Type: application/json";
    let answer = super::client::request(&leader, head, &subscribe.to_string()).await;
    assert_eq!(answer, (503, "Master has not finished recovery".to_owned()));
    env.control("/phase", json!({ "phase": "ready" })).await.unwrap();
    Client::subscribe(&leader, &info("x"), "").await;
}

#[tokio::test]
async fn offers_are_held_and_rescinded() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    env.control("/hold-offers", json!({})).await.unwrap();
    let mut client = Client::subscribe(&env.leader(), &info("held"), "").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(env.boot.sim.with(|cluster| cluster.leader().unwrap().offers.is_empty()));
    env.control("/resume-offers", json!({})).await.unwrap();
    let offer = client.offer().await;
    env.control("/hold-offers", json!({})).await.unwrap();
    let rescinded = env.control("/rescind-all", json!({})).await.unwrap();
    assert_eq!(rescinded["rescinded"], 1);
    let event = client.event(|event| event["type"] == "RESCIND").await.unwrap();
    assert_eq!(event["rescind"]["offer_id"], offer["id"]);
    client.launch(&offer, "late", json!({ "value": "true" })).await;
    let status = client.update("late", "TASK_DROPPED").await;
    assert_eq!(status["reason"], "REASON_INVALID_OFFERS");
}

#[tokio::test]
async fn an_agent_that_lost_its_executors_says_so_when_it_is_back() {
    let env = TestEnv::start(&["--agent-ping-timeout-ms", "200"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("lost"), "").await;
    let agent = client.run("t", "exec sleep 600").await;
    env.control("/lose-agent", json!({ "agent": agent, "tasks": "kill" })).await.unwrap();
    let status = client.update("t", "TASK_UNREACHABLE").await;
    assert!(status["unreachable_time"]["nanoseconds"].is_i64());
    client.event(|event| event["type"] == "FAILURE").await.unwrap();
    let kill = json!({ "task_id": wire::id("t"), "agent_id": wire::id(&agent) });
    client.call("KILL", kill).await;
    client.update("t", "TASK_UNREACHABLE").await;
    env.control("/return-agent", json!({ "agent": agent })).await.unwrap();
    // First the master tells the state, then the agent its update, with a uuid.
    let told = client.update("t", "TASK_FAILED").await;
    assert_eq!(told["reason"], "REASON_AGENT_REREGISTERED");
    let failed = client.update("t", "TASK_FAILED").await;
    assert_eq!(failed["reason"], "REASON_EXECUTOR_TERMINATED");
    assert!(failed["uuid"].is_string());
}

#[tokio::test]
async fn an_agent_away_for_a_moment_is_not_unreachable_and_hears_of_a_kill() {
    let env = TestEnv::start(&["--fake-tasks", "--agent-ping-timeout-ms", "300"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("blink"), "").await;
    let agent = client.run("t", "true").await;
    env.control("/lose-agent", json!({ "agent": agent })).await.unwrap();
    client.call("KILL", json!({ "task_id": wire::id("t"), "agent_id": wire::id(&agent) })).await;
    env.control("/return-agent", json!({ "agent": agent })).await.unwrap();
    client.update("t", "TASK_KILLING").await;
    client.update("t", "TASK_KILLED").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(env.boot.sim.with(|cluster| cluster.leader().unwrap().unreachable.is_empty()));
}

#[tokio::test]
async fn a_lost_launch_is_dropped_when_the_agent_comes_again() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("deaf"), "").await;
    env.control("/deaf", json!({})).await.unwrap();
    let offer = client.offer().await;
    client.launch(&offer, "t", json!({ "value": "true" })).await;
    env.control("/hear", json!({})).await.unwrap();
    let task = json!({ "task_id": wire::id("t"), "agent_id": offer["agent_id"] });
    client.call("RECONCILE", json!({ "tasks": [task] })).await;
    client.update("t", "TASK_STAGING").await;
    env.control("/lose-agent", json!({ "agent": 0 })).await.unwrap();
    env.control("/return-agent", json!({ "agent": 0 })).await.unwrap();
    let status = client.update("t", "TASK_DROPPED").await;
    assert_eq!(status["message"], "Reconciliation: task unknown to the agent");
}

#[tokio::test]
async fn an_agent_marked_gone_takes_its_tasks_along() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("gone"), "").await;
    let agent = client.run("t", "true").await;
    env.control("/mark-agent-gone", json!({ "agent": agent })).await.unwrap();
    client.update("t", "TASK_GONE_BY_OPERATOR").await;
    let task = json!({ "task_id": wire::id("x"), "agent_id": wire::id(&agent) });
    client.call("RECONCILE", json!({ "tasks": [task] })).await;
    client.update("x", "TASK_GONE_BY_OPERATOR").await;
}

#[tokio::test]
async fn held_updates_come_later_and_in_order() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("late"), "").await;
    let offer = client.offer().await;
    env.control("/hold-updates", json!({})).await.unwrap();
    client.launch(&offer, "t", json!({ "value": "true" })).await;
    let update = client.event(|event| event["type"] == "UPDATE");
    assert!(tokio::time::timeout(Duration::from_millis(100), update).await.is_err());
    env.control("/resume-updates", json!({})).await.unwrap();
    client.update("t", "TASK_STARTING").await;
    client.update("t", "TASK_RUNNING").await;
}
