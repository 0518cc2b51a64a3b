//! What the recordings don't show: ends of processes, files, the fetcher, timers, authentication.

use std::path::Path;

use serde_json::{Value, json};

use super::client::{Client, TestEnv, get, info, request, whole};
use crate::wire;

fn is_alive(pid: i64) -> bool {
    // A dead child that nobody has waited for counts as dead.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn pid_in(file: &Path) -> i64 {
    std::fs::read_to_string(file).unwrap().trim().parse().unwrap()
}

/// The sandbox of a task.
fn sandbox(env: &TestEnv, task: &str) -> std::path::PathBuf {
    env.boot.sim.with(|cluster| {
        let frameworks = cluster.agents.iter().flat_map(|agent| agent.frameworks.values());
        frameworks
            .flat_map(|f| f.executors.values().chain(&f.completed))
            .find(|executor| wire::id_of(&executor.task, "task_id") == task)
            .map(|executor| executor.directory.clone())
            .unwrap()
    })
}

/// `KillPolicy` of so many seconds.
fn policy(seconds: i64) -> Value {
    json!({ "grace_period": { "nanoseconds": seconds * 1_000_000_000 } })
}

/// Launches a task that ignores SIGTERM, and kills it with a policy: it is gone with all its children.
async fn kill_the_stubborn(env: &TestEnv, client: &mut Client, kill_policy: Value) {
    let command =
        "trap '' TERM; (setsid sleep 600 & echo $! >child; wait) & echo $$ >pid; wait; wait";
    let agent = client.run("t", command).await;
    let place = sandbox(env, "t");
    env.until("the child", async || place.join("child").exists()).await;
    let (parent, child) = (pid_in(&place.join("pid")), pid_in(&place.join("child")));
    assert!(is_alive(parent) && is_alive(child));
    let kill = json!({ "task_id": wire::id("t"), "agent_id": wire::id(&agent), "kill_policy": kill_policy });
    client.call("KILL", kill).await;
    client.update("t", "TASK_KILLING").await;
    let status = client.update("t", "TASK_KILLED").await;
    assert_eq!(status["message"], "Command terminated with signal Killed");
    env.until("the end of the child", async || !is_alive(child) && !is_alive(parent)).await;
}

#[tokio::test]
async fn a_task_that_ignores_sigterm_is_killed_with_all_its_children() {
    let env = TestEnv::start(&["--http-command-executor"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("stubborn"), "").await;
    client.kill_policy = Some(policy(600));
    kill_the_stubborn(&env, &mut client, policy(0)).await;
}

#[tokio::test]
async fn the_grace_period_is_that_of_the_task() {
    let env = TestEnv::start(&[]).await;
    let mut client = Client::subscribe(&env.leader(), &info("stubborn"), "").await;
    client.kill_policy = Some(policy(0));
    kill_the_stubborn(&env, &mut client, policy(600)).await;
}

#[tokio::test]
async fn teardown_kills_processes_and_tells_nobody() {
    let env = TestEnv::start(&[]).await;
    let mut client = Client::subscribe(&env.leader(), &info("torn"), "").await;
    client.run("t", "echo $$ >pid; exec sleep 600").await;
    let place = sandbox(&env, "t");
    env.until("the pid", async || place.join("pid").exists()).await;
    let pid = pid_in(&place.join("pid"));
    client.call("TEARDOWN", Value::Null).await;
    assert_eq!(client.event(|event| event["type"] == "UPDATE").await, None);
    env.until("the end", async || !is_alive(pid)).await;
    let (active, completed) = env.framework(&client.id.clone()).await;
    assert_eq!(active, None);
    assert_eq!(completed.unwrap()["completed_tasks"][0]["state"], "TASK_KILLED");
}

#[tokio::test]
async fn the_failover_timeout_removes_a_framework_that_does_not_come_back() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    let mut short = info("short");
    short["failover_timeout"] = json!(0.2);
    let mut client = Client::subscribe(&env.leader(), &short, "").await;
    client.run("t", "true").await;
    let id = client.id.clone();
    drop(client);
    env.until("removal", async || env.framework(&id).await.1.is_some()).await;
    let mut back = info("short");
    back["id"] = wire::id(&id);
    let mut client = Client::subscribe(&env.leader(), &back, "").await;
    let error = client.event(|event| event["type"] == "ERROR").await.unwrap();
    assert_eq!(error["error"]["message"], "Framework has been removed");
}

#[tokio::test]
async fn a_long_failover_timeout_keeps_tasks_and_their_updates() {
    let env = TestEnv::start(&["--fake-tasks"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("long"), "").await;
    client.run("t", "true").await;
    let id = client.id.clone();
    drop(client);
    env.until("disconnection", async || env.framework(&id).await.0.unwrap()["connected"] == false)
        .await;
    env.control("/finish-task", json!({ "task": "t" })).await.unwrap();
    let mut back = info("long");
    back["id"] = wire::id(&id);
    let mut client = Client::subscribe(&env.leader(), &back, "").await;
    client.update("t", "TASK_FINISHED").await;
    let (framework, _) = env.framework(&id).await;
    env.until("completion", async || {
        env.framework(&id).await.0.unwrap()["completed_tasks"][0]["state"] == "TASK_FINISHED"
    })
    .await;
    assert_eq!(framework.unwrap()["connected"], true);
}

#[tokio::test]
async fn files_are_read_as_from_a_real_agent() {
    let env = TestEnv::start(&[]).await;
    let mut client = Client::subscribe(&env.leader(), &info("files"), "").await;
    let command = "mkdir d; head -c 70000 /dev/zero | tr '\\0' x; exec sleep 600";
    client.run("t", command).await;
    let base = format!("/frameworks/{}/executors/t/runs/latest", client.id);
    let agent = env.agent(0);
    let read = async |query: &str| get(&agent, &format!("/files/read?path={base}/{query}")).await;
    let full = async || read("stdout").await.1 == r#"{"data":"","offset":70000}"#;
    env.until("the output", full).await;
    let (_, text) = read("stdout&offset=0").await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["data"].as_str().unwrap().len(), 65_536);
    let (_, text) = read("stdout&offset=69998&length=-1").await;
    assert_eq!(text, r#"{"data":"xx","offset":69998}"#);
    assert_eq!(read("stdout&offset=-2").await, (400, "Negative offset provided: -2.\n".to_owned()));
    assert_eq!(read("d&offset=0").await, (400, "Cannot read a directory.\n".to_owned()));
    assert_eq!(read("none&offset=0").await.0, 404);
    assert_eq!(read("../../../../../../../../../etc/passwd&offset=0").await.0, 400);
    let pathless = get(&agent, "/slave(1)/files/read").await;
    assert_eq!(pathless, (400, "Expecting 'path=value' in query.\n".to_owned()));
    let (_, state) = get(&agent, "/slave(1)/state").await;
    let state: Value = serde_json::from_str(&state).unwrap();
    let directory = state["frameworks"][0]["executors"][0]["directory"].as_str().unwrap();
    let (status, text) =
        get(&agent, &format!("/files/read?path={directory}/stdout&offset=0&length=1")).await;
    assert_eq!((status, text.as_str()), (200, r#"{"data":"x","offset":0}"#));
}

#[tokio::test]
async fn the_fetcher_unpacks_marks_and_fails_as_told() {
    let env = TestEnv::start(&[]).await;
    let source = env.directory.path().join("script");
    std::fs::write(&source, "#!/bin/sh\necho it ran\n").unwrap();
    let packed = env.directory.path().join("notes.gz");
    let file = std::fs::File::create(&packed).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"notes").unwrap();
    encoder.finish().unwrap();
    let mut client = Client::subscribe(&env.leader(), &info("fetch"), "").await;
    let uris = json!([
        { "value": source, "executable": true, "output_file": "bin/tool" },
        { "value": format!("file://{}", packed.display()) },
        { "value": packed, "extract": false, "output_file": "kept.gz" },
    ]);
    let offer = client.offer().await;
    let value = "./bin/tool && grep -q notes notes && test ! -e kept && test -e kept.gz";
    client.launch(&offer, "good", json!({ "value": value, "uris": uris })).await;
    client.update("good", "TASK_STARTING").await;
    client.update("good", "TASK_RUNNING").await;
    client.update("good", "TASK_FINISHED").await;
    let out = std::fs::read_to_string(sandbox(&env, "good").join("stdout")).unwrap();
    assert_eq!(out, "it ran\n");
    for (task, uri) in [
        ("gone", json!("/no/such/file")),
        ("refused", json!("http://127.0.0.1:9/x.tgz")),
        ("hadoop", json!("hdfs://host/x.tgz")),
        ("missing", json!(format!("http://{}/nothing", env.leader()))),
    ] {
        let offer = client.offer().await;
        let command = json!({ "value": "true", "uris": [{ "value": uri }] });
        client.launch(&offer, task, command).await;
        let status = client.update(task, "TASK_FAILED").await;
        assert_eq!(status["reason"], "REASON_CONTAINER_LAUNCH_FAILED");
        let errors = std::fs::read_to_string(sandbox(&env, task).join("stderr")).unwrap();
        assert!(errors.contains("Failed to fetch"), "{errors}");
    }
}

#[tokio::test]
async fn every_realm_asks_for_its_credentials() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    std::fs::write(&secret, r#"{"principal":"heron","secret":"pw"}"#).unwrap();
    let env = TestEnv::start(&["--fake-tasks", "--secret-file", secret.to_str().unwrap()]).await;
    let leader = env.leader();
    for (head, realm) in [
        ("POST /api/v1/scheduler HTTP/1.1", "mesos-master-scheduler"),
        ("GET /state HTTP/1.1", "mesos-master-readonly"),
        ("POST /teardown HTTP/1.1", "mesos-master-readwrite"),
    ] {
        let (status, headers, text) = whole(&leader, head, "").await;
        assert_eq!((status, text.as_str()), (401, "401 Unauthorized."));
        assert_eq!(headers["WWW-Authenticate"], format!("Basic realm=\"{realm}\""));
    }
    assert_eq!(get(&leader, "/health").await.0, 200);
    let right = "Authorization: Basic aGVyb246cHc=";
    assert_eq!(request(&leader, &format!("GET /state HTTP/1.1\n{right}"), "").await.0, 200);
    let wrong = "Authorization: basic aGVyb246cHc=";
    assert_eq!(request(&leader, &format!("GET /state HTTP/1.1\n{wrong}"), "").await.0, 401);
    let mut other = info("other");
    other["principal"] = json!("somebody");
    let call = json!({ "type": "SUBSCRIBE", "subscribe": { "framework_info": other } });
    let head = format!("POST /api/v1/scheduler HTTP/1.1\nContent-Type: application/json\n{right}");
    let (status, text) = request(&leader, &head, &call.to_string()).await;
    assert_eq!(status, 400);
    assert!(text.ends_with(
        "Authenticated principal 'heron' does not match principal 'somebody' set in `FrameworkInfo`"
    ));
    let client = Client::subscribe(&leader, &info("own"), &format!("{right}\r\n")).await;
    let principal = env
        .boot
        .sim
        .with(|c| wire::text(&c.leader().unwrap().frameworks[&client.id].info, "principal"));
    assert_eq!(principal, "heron");
}

#[tokio::test]
async fn reserved_resources_are_offered_to_their_role_only() {
    let reserved = r#"[{"name":"cpus","type":"SCALAR","scalar":{"value":2},"role":"heron"},
                       {"name":"cpus","type":"SCALAR","scalar":{"value":4},"role":"other"}]"#;
    let env = TestEnv::start(&["--fake-tasks", "--cpus", "1", "--resources", reserved]).await;
    let mut client = Client::subscribe(&env.leader(), &info("reserved"), "").await;
    let offer = client.offer().await;
    let cpus: Vec<Value> = wire::list(&offer["resources"])
        .into_iter()
        .filter(|resource| resource["name"] == "cpus")
        .collect();
    let role = json!({ "role": "heron" });
    assert_eq!(
        json!(cpus),
        json!([
            { "name": "cpus", "type": "SCALAR", "scalar": { "value": 1.0 }, "allocation_info": role },
            { "name": "cpus", "type": "SCALAR", "scalar": { "value": 2.0 }, "allocation_info": role,
              "reservations": [{ "type": "STATIC", "role": "heron" }] },
        ])
    );
}

#[tokio::test]
async fn a_thousand_tasks_on_a_hundred_agents_run_and_end() {
    let env = TestEnv::start(&["--fake-tasks", "--agents", "100", "--cpus", "16"]).await;
    let mut client = Client::subscribe(&env.leader(), &info("many"), "").await;
    let event = client.event(|event| event["type"] == "OFFERS").await.unwrap();
    let offers = wire::list(&event["offers"]["offers"]);
    assert_eq!(offers.len(), 100);
    for (number, offer) in offers.iter().enumerate() {
        let tasks: Vec<Value> = (0..10)
            .map(|task| {
                json!({
                    "name": "t", "task_id": wire::id(&format!("t-{number}-{task}")),
                    "agent_id": offer["agent_id"], "command": { "value": "true" },
                    "resources": [{ "name": "cpus", "type": "SCALAR", "scalar": { "value": 1.0 } }],
                })
            })
            .collect();
        let launch = json!({ "type": "LAUNCH", "launch": { "task_infos": tasks } });
        client.call("ACCEPT", json!({ "offer_ids": [offer["id"]], "operations": [launch] })).await;
    }
    for number in 0..1000 {
        let task = format!("t-{}-{}", number / 10, number % 10);
        client.update(&task, "TASK_STARTING").await;
        client.update(&task, "TASK_RUNNING").await;
    }
}
