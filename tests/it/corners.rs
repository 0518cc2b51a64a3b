//! Corners of the main job: partial state, fragmented ports, reservations, an HTTP package store, interrupts, two clients.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::put;
use heron_cli::net::deadline::Deadline;
use heron_cli::net::zookeeper::{Ensemble, Options};
use heron_cli::state::{Op, Zk};
use nix::sys::signal::Signal;
use serde_json::json;

use crate::environment::{Ran, TestEnv, TestOptions, signal, zookeeper};

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Writes znodes, with their parents.
pub fn write(nodes: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ensemble = Ensemble::parse(&zookeeper()).unwrap();
        let options = Options::new(ensemble);
        let zk = Zk::connect(&options, &Deadline::never()).await.unwrap();
        for node in nodes {
            let parent = node.rsplit_once('/').unwrap().0;
            zk.ensure_directories(&[parent]).await.unwrap();
            zk.transaction(&[Op::create(node.as_str(), b"left over".to_vec())]).await.unwrap();
        }
        zk.close(Duration::from_secs(2)).await;
    });
}

#[test]
fn kill_removes_whatever_is_left() {
    let env = TestEnv::new();
    let all = [
        "packingplans/partial",
        "pplans/partial",
        "schedulers/partial",
        "statefulcheckpoints/partial",
        "locks/partial__updateTopology/leases/x",
    ];
    for leftover in all {
        write(&[format!("{}/{leftover}", env.root)]);
        let ran = env.run(&["kill", "partial"]);
        assert_eq!(ran.code, 0, "{leftover}: {}", ran.stderr);
        assert_eq!(env.znodes_of("partial"), Vec::<String>::new(), "{leftover}");
    }
}

#[test]
fn ports_may_be_fragmented_and_resources_reserved() {
    let reserved = json!([{
        "name": "cpus", "type": "SCALAR", "scalar": {"value": 4.0},
        "reservations": [{"type": "STATIC", "role": "heron"}]
    }]);
    let mut cluster = words("--agents 1 --cpus 1 --port-fragments 4 --resources");
    cluster.push(reserved.to_string());
    let config = vec!["heron.mesos.role: heron".to_owned()];
    let mut env = TestEnv::with(&TestOptions { cluster, ..TestOptions::default() });
    env.write_config(&config);
    let file = env.topology("pieces", 2);
    env.ok(&["submit", &file]);
    let status = env.json(&["status", "pieces"]);
    let ports: Vec<u64> = status["containers"][1]["ports"]
        .as_object()
        .unwrap()
        .values()
        .map(|port| port.as_u64().unwrap())
        .collect();
    assert_eq!(ports.len(), 9);
    assert!(ports.windows(2).any(|pair| pair[1] != pair[0] + 1), "{ports:?} are not fragmented");
    env.ok(&["kill", "pieces"]);
    env.assert_nothing_left("pieces");
}

type Files = std::sync::Arc<std::sync::Mutex<std::collections::BTreeMap<String, Bytes>>>;

/// A web server that keeps what is PUT, in a thread of its own; its address.
fn web_server() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = |State(files): State<Files>, Path(name): Path<String>, body: Bytes| async move {
                files.lock().unwrap().insert(name, body);
                StatusCode::CREATED
            };
            let fetch = |State(files): State<Files>, Path(name): Path<String>| async move {
                files.lock().unwrap().get(&name).cloned().ok_or(StatusCode::NOT_FOUND)
            };
            let app = axum::Router::new()
                .route("/packages/{name}", put(store).get(fetch))
                .with_state(Files::default());
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await.unwrap();
        });
    });
    format!("http://{address}/packages")
}

#[test]
fn a_package_goes_through_a_web_server() {
    let mut env = TestEnv::new();
    let uri = web_server();
    env.write_config(&[
        "heron.class.uploader: org.apache.heron.uploader.http.HttpUploader".to_owned(),
        format!("heron.uploader.http.uri: {uri}"),
    ]);
    let file = env.topology("webbed", 1);
    let plan = env.json(&["submit", &file, "--dry-run"]);
    let package = plan["upload"]["uri"].as_str().unwrap();
    assert!(package.starts_with(&uri), "{package}");
    assert_eq!(env.znodes_of("webbed"), Vec::<String>::new());
    env.ok(&["submit", &file]);
    env.ok(&["kill", "webbed"]);
    env.assert_nothing_left("webbed");

    // Without an uploader the package is expected where the configuration says.
    env.write_config(&[
        "uploader.class: com.twitter.heron.scheduler.util.Nullity$NullUploader".to_owned(),
        format!("heron.topology.pkg.uri: {package}"),
    ]);
    let submitted = env.ok(&["submit", &file]);
    assert!(submitted.stdout.contains("is running"), "{}", submitted.stdout);
    env.ok(&["kill", "webbed"]);
    env.assert_nothing_left("webbed");
}

#[test]
fn an_interrupt_tears_nothing_down() {
    let env = TestEnv::new();
    let file = env.topology("interrupted", 1);
    for (with, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        env.cluster.control("/hold-offers", &json!({}));
        let child = env.start(&["submit", &file]);
        // The second one finds the topology written; that it is at work shows in its lock.
        let written = || {
            let nodes = env.znodes_of("interrupted");
            let has = |part: &str| nodes.iter().any(|path| path.contains(part));
            has("topologies") && has("/lock/")
        };
        while !written() {
            std::thread::sleep(Duration::from_millis(50));
        }
        signal(&child, with);
        let ran = Ran::from(child.wait_with_output().unwrap());
        env.met(&env.command(&["submit", &file]), &ran);
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains("goes on with it"), "{}", ran.stderr);
        env.cluster.control("/resume-offers", &json!({}));
    }
    // The lock went with the session, and the same submission finishes what was begun.
    let resumed = env.json(&["submit", &file]);
    assert_eq!(resumed["resumed"], true);
    assert_eq!(env.cluster.live_tasks().len(), 2);
    env.ok(&["kill", "interrupted"]);
    env.assert_nothing_left("interrupted");
}

#[test]
fn two_submissions_of_one_name_make_one_topology() {
    let env = TestEnv::new();
    let file = env.topology("contended", 1);
    let start = || env.start(&["submit", &file]);
    let (one, two) = (start(), start());
    let mut ran = [one, two].map(|child| Ran::from(child.wait_with_output().unwrap()));
    ran.sort_by_key(|ran| (ran.code, ran.stdout.contains("nothing to do")));
    let [made, other] = ran;
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(!made.stdout.contains("nothing to do"), "{}", made.stdout);
    // The other one finds a name that is taken, or what it was to submit, running already.
    let found = other.code == 6 || (other.code == 0 && other.stdout.contains("nothing to do"));
    assert!(found, "{}: {}{}", other.code, other.stdout, other.stderr);
    assert_eq!(env.cluster.live_tasks().len(), 2);
    env.ok(&["kill", "contended"]);
    env.assert_nothing_left("contended");
}

#[test]
fn a_tmanager_without_a_physical_plan_is_left_alone() {
    let mut options = TestOptions::default();
    options.standin.push(r#"never_register=["stmgr-1"]"#.to_owned());
    let env = TestEnv::with(&options);
    let file = env.topology("planless", 1);
    let ran = env.run(&["submit", &file, "--timeout", "8s"]);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    assert!(ran.stderr.contains("physical plan"), "{}", ran.stderr);
    assert!(ran.stderr.contains("goes on with it"), "{}", ran.stderr);
    // A request would end it (`docs/heron.md#a-request-before-the-plan`), and its location would go with it.
    let before = env.json(&["status", "planless"]);
    assert_eq!(before["topology"]["state"], "STARTING");
    for verb in ["activate", "deactivate"] {
        let ran = env.run(&[verb, "planless", "--timeout", "1s"]);
        assert_eq!(ran.code, 9, "{}", ran.stderr);
        assert!(ran.stderr.contains("physical plan"), "{}", ran.stderr);
    }
    let after = env.json(&["status", "planless"]);
    assert_eq!(before["tmanager"], after["tmanager"]);
    assert!(after["tmanager"].is_object());
    env.ok(&["kill", "planless"]);
    env.assert_nothing_left("planless");
}
