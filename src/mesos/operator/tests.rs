use serde_json::json;

use super::*;
use crate::mesos::tests::golden;
use crate::mesos::tests::server::{Reply, TestServer, http, json as document, redirect, text};

const RECORDED: &str = "05-operator-and-files";
const FRAMEWORK: &str = "73090660-7424-4b65-aacc-e493847c1d47-0009";

/// Answers a request as the recorded master answered the same.
async fn recorded() -> (TestServer, Operator) {
    let server = TestServer::start(|request| {
        let asked = format!("{} HTTP/1.1\r\n", request.line());
        Reply::Bytes(golden::answer_to(RECORDED, &asked))
    })
    .await;
    let operator = Operator::new(http(), server.url());
    (server, operator)
}

async fn serving(answer: fn(&str) -> Reply) -> (TestServer, Operator) {
    let server = TestServer::start(move |request| answer(request.line())).await;
    let operator = Operator::new(http(), server.url());
    (server, operator)
}

#[tokio::test]
async fn the_recorded_framework_is_read() {
    let (_server, operator) = recorded().await;
    let framework =
        operator.framework(&FRAMEWORK.into()).await.expect("an answer").expect("a framework");
    assert_eq!(framework.id.as_str(), FRAMEWORK);
    assert_eq!(framework.name, "operator");
    assert!(
        framework.active && framework.connected && !framework.recovered && !framework.completed
    );
    assert_eq!(framework.label("heron.topology"), Some("operator"));
    assert_eq!(framework.roles, ["heron"]);
    assert!((framework.failover_timeout - 604_800.0).abs() < f64::EPSILON);
    let [task] = &framework.tasks[..] else { panic!("{:?}", framework.tasks) };
    assert_eq!(
        (task.id.as_str(), task.agent_id.as_str()),
        ("operator-1", "73090660-7424-4b65-aacc-e493847c1d47-S0")
    );
    assert_eq!(task.state, TaskState::Running);
    assert_eq!(task.executor().as_str(), "operator-1");
    assert_eq!(
        task.statuses.iter().map(|s| s.state.clone()).collect::<Vec<_>>(),
        [TaskState::Starting, TaskState::Running]
    );
    assert_eq!(
        task.resources,
        ResourceSummary { cpus: 0.5, mem: 64.0, disk: 10.0, ports: "[31009-31017]".into() }
    );
    assert_eq!(task.resources.port_count(), 9);
    assert_eq!(task.labels[0].value.as_deref(), Some("1"));
}

#[tokio::test]
async fn removed_frameworks_are_told_apart() {
    let id = "6ed3e4b8-e536-46e4-b6b6-9ffb8d77949c-0001";
    let answer = golden::answer_to("10-heron-topology-killed", "GET /frameworks");
    let server = TestServer::start(move |_| Reply::Bytes(answer.clone())).await;
    let operator = Operator::new(http(), server.url());
    let framework = operator.framework(&id.into()).await.expect("an answer").expect("a framework");
    assert!(framework.completed && !framework.active && !framework.connected);
    assert!(framework.unregistered_time > framework.registered_time);
    assert_eq!(framework.completed_tasks.len(), 2);
    assert_eq!(server.lines(), [format!("GET /frameworks?framework_id={id}")]);
    assert_eq!(operator.framework(&"other".into()).await.expect("an answer"), None);
}

#[tokio::test]
async fn frameworks_are_found_by_all_their_labels() {
    let (_server, operator) = serving(|_| {
        let labels = |value: &str| json!([{"key":"a","value":value},{"key":"b","value":"2"},{"key":"c"}]);
        document(
            &json!({"frameworks":[{"id":"f1","labels":labels("1")},{"id":"f2","labels":labels("3")},{"id":"f3"},
                        {"id":"f4","labels":null,"tasks":null,"active":null}],
                    "completed_frameworks":[{"id":"f5","labels":labels("1")}]})
            .to_string(),
        )
    })
    .await;
    let ids = async |labels: &[(&str, &str)]| {
        let found = operator.frameworks_by_labels(labels).await.expect("an answer");
        found
            .into_iter()
            .map(|f| format!("{}{}", f.id, if f.completed { " gone" } else { "" }))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&[("a", "1"), ("b", "2")]).await, ["f1", "f5 gone"]);
    assert_eq!(ids(&[("c", "")]).await, ["f1", "f2", "f5 gone"]);
    assert_eq!(ids(&[("a", "2")]).await, [""; 0]);
}

#[tokio::test]
async fn recorded_agents_tasks_and_version_are_read() {
    let (_server, operator) = recorded().await;
    let agents = operator.agents().await.expect("agents");
    let [agent] = &agents[..] else { panic!("{agents:?}") };
    assert_eq!(agent.url(Scheme::Http, false).expect("a URL").to_string(), "http://127.0.0.1:5051");
    assert!(agent.active);
    assert_eq!((agent.resources.cpus, agent.used_resources.cpus), (8.0, 1.0));
    assert_eq!(agent.unreserved_resources.port_count(), 1001);
    assert_eq!(operator.version().await.expect("a version"), "1.12.0");
}

#[test]
fn an_agent_is_reached_by_address_or_name() {
    let agent = AgentSummary {
        hostname: "n1".into(),
        port: 5052,
        pid: "slave(1)@10.0.0.7:5051".into(),
        ..AgentSummary::default()
    };
    let url = |agent: &AgentSummary, by_name| {
        agent.url(Scheme::Https, by_name).map(|url| url.to_string())
    };
    assert_eq!(url(&agent, false).as_deref(), Some("https://10.0.0.7:5051"));
    assert_eq!(url(&agent, true).as_deref(), Some("https://n1:5052"));
    let v6 = AgentSummary { pid: "slave(1)@[::1]:5051".into(), ..AgentSummary::default() };
    assert_eq!(url(&v6, false).as_deref(), Some("https://[::1]:5051"));
    assert_eq!(url(&AgentSummary::default(), false), None);
}

#[test]
fn odd_port_texts_count_nothing() {
    for (text, count) in [
        ("", 0),
        ("[]", 0),
        ("[1-2, 5-5]", 3),
        ("[5-1]", 0),
        ("[x-2]", 0),
        ("[0-18446744073709551615]", 0),
    ] {
        let resources = ResourceSummary { ports: text.into(), ..ResourceSummary::default() };
        assert_eq!(resources.port_count(), count, "{text}");
    }
}

#[tokio::test]
async fn tasks_are_read_page_by_page() {
    let (server, operator) = serving(|line| {
        let offset: usize = line.rsplit_once("offset=").and_then(|(_, n)| n.parse().ok()).expect("an offset");
        let tasks: Vec<_> = (offset..(offset + PAGE).min(2500))
            .map(|n| json!({"id":format!("t{n}"),"framework_id":if n == 7 { "other" } else { "f 1" }, "state":"TASK_X"}))
            .collect();
        document(&json!({"tasks":tasks}).to_string())
    })
    .await;
    let tasks = operator.tasks(&"f 1".into()).await.expect("tasks");
    assert_eq!(tasks.len(), 2499);
    assert_eq!(tasks[2498].id.as_str(), "t2499");
    assert_eq!(tasks[0].state, TaskState::Other("TASK_X".into()));
    assert_eq!(server.lines()[1], "GET /tasks?framework_id=f%201&order=asc&limit=1000&offset=1000");
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn teardown_follows_the_leader_and_forgives_what_is_gone() {
    let leader = TestServer::start(|request| match &request.body[..] {
        b"frameworkId=f%201" => text("200 OK", ""),
        _ => text("400 Bad Request", "No framework found with specified ID"),
    })
    .await;
    let to = format!("//127.0.0.1:{}/master/teardown", leader.port);
    let follower = TestServer::start(move |_| redirect(&to)).await;
    let operator = Operator::new(http(), follower.url());
    assert_eq!(operator.teardown(&"f 1".into()).await.expect("an answer"), Teardown::Removed);
    assert_eq!(operator.teardown(&"f2".into()).await.expect("an answer"), Teardown::NotFound);
    assert_eq!(leader.lines(), ["POST /teardown"; 2]);
    let (_server, operator) = serving(|_| text("403 Forbidden", "")).await;
    assert!(matches!(operator.teardown(&"f".into()).await, Err(HttpError::Forbidden { .. })));
    let (_server, operator) = serving(|_| {
        text("400 Bad Request", "Missing 'frameworkId' query parameter in the request body")
    })
    .await;
    assert!(matches!(operator.teardown(&"f".into()).await, Err(HttpError::Rejected { .. })));
}

#[tokio::test]
async fn a_master_that_is_starting_is_not_ready() {
    let answer = golden::answer_to(RECORDED, "GET /nothing");
    let server = TestServer::start(move |_| Reply::Bytes(answer.clone())).await;
    let error = Operator::new(http(), server.url()).agents().await.expect_err("no routes yet");
    assert!(matches!(error, HttpError::NotReady { status: 404, .. }), "{error}");
    let (_server, operator) =
        serving(|_| text("503 Service Unavailable", "No leader elected")).await;
    assert!(operator.version().await.expect_err("no leader").is_transient());
}
