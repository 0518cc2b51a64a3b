//! Masters that are silent, from the start or behind the head of their stream, and a TManager that is.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use heron_cli::net::deadline::Deadline;
use heron_cli::net::zookeeper::{Ensemble, Options};
use heron_cli::proto::tmanager::TManagerLocation;
use heron_cli::state::{Op, Zk};
use prost::Message as _;
use serde_json::Value;

use super::silent::Silent;
use super::{WATCHING, all_end, ends, leaves, signals, start, words};
use crate::environment::{TestEnv, until, zookeeper};

/// What each verb ends with where the master says nothing.
const BY_MASTER: [(&str, i32); 13] = [
    ("submit FILE", 7),
    ("submit FILE --dry-run", 7),
    ("list", 0),
    ("status waited", 0),
    ("supervise waited", 0),
    ("wait waited --for running", 9),
    ("events waited", 0),
    ("logs waited", 0),
    ("doctor", 20),
    ("restart waited", 7),
    ("update waited --component-parallelism=word_spout:2", 7),
    ("check fetch", 7),
    ("kill waited", 7),
];

#[test]
fn a_silent_master_holds_nobody_up() {
    let env = TestEnv::new();
    let there = env.topology("waited", 1);
    env.ok(&["submit", &there]);
    let file = env.topology("fresh", 1);
    let server = Silent::start();
    let properties = [format!("heron.mesos.master.uri={}", server.address)];
    all_end(&env, &file, &BY_MASTER, &server, &properties);
    // What can be shown without is shown, but not to somebody who has left.
    for (line, signal) in ["list", "status waited"].into_iter().zip(signals()) {
        let line = words(line, "");
        server.forget();
        let child = start(&env, &line, &properties);
        server.wait_until_asked();
        leaves(child, &line, signal);
    }
    let ran = ends(&env, &words("kill waited", ""), &properties, &[7], "");
    let said = format!("waiting for http://{}", server.address);
    assert_eq!(ran.stderr.matches(&said).count(), 1, "{}", ran.stderr);
    env.ok(&["kill", "waited"]);
    env.assert_nothing_left("waited");
}

/// An agent with room for anything, of which nothing is ever offered.
const AGENTS: &str = r#"{"slaves":[{"id":"S1","hostname":"agent","port":1,"pid":"slave(1)@127.0.0.1:1","active":true,
    "resources":{"cpus":64,"mem":64000,"disk":64000,"ports":"[31000-32000]"},
    "unreserved_resources":{"cpus":64,"mem":64000,"disk":64000,"ports":"[31000-32000]"}}]}"#;

/// A master that leads, and says nothing behind the head of its stream.
struct Headed {
    address: String,
    subscribed: tokio::sync::watch::Receiver<usize>,
}

impl Headed {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let to = format!("//{address}");
        let (sender, subscribed) = tokio::sync::watch::channel(0);
        let redirect = || async move {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to.clone())]).into_response()
        };
        let call = |body: Bytes| async move {
            if !String::from_utf8_lossy(&body).contains("\"SUBSCRIBE\"") {
                return StatusCode::ACCEPTED.into_response();
            }
            sender.send_modify(|count| *count += 1);
            let silence = futures_util::stream::pending::<Result<Bytes, Infallible>>();
            let head = Response::builder().header("Mesos-Stream-Id", "a-stream");
            head.body(Body::from_stream(silence)).unwrap()
        };
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let app = Router::new()
                    .route("/redirect", get(redirect))
                    .route("/health", get(async || ""))
                    .route("/slaves", get(async || AGENTS))
                    .route("/frameworks", get(async || r#"{"frameworks":[]}"#))
                    .route("/tasks", get(async || r#"{"tasks":[]}"#))
                    .route("/teardown", post(async || ""))
                    .route("/api/v1/scheduler", post(call));
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        Self { address, subscribed }
    }
}

#[test]
fn a_master_that_falls_silent_holds_nobody_up() {
    let env = TestEnv::new();
    let there = env.topology("waited", 1);
    env.ok(&["submit", &there]);
    let file = env.topology("fresh", 1);
    let mut server = Headed::start();
    let properties = [format!("heron.mesos.master.uri={}", server.address)];
    for ((line, code), signal) in [
        ("submit FILE", 9),
        ("restart waited", 9),
        ("update waited --component-parallelism=word_spout:2", 9),
        // Nobody has offered anything.
        ("check fetch", 11),
        ("kill waited", 9),
    ]
    .into_iter()
    .zip(signals())
    {
        let line = words(line, &file);
        ends(&env, &line, &properties, &[code], "");
        server.subscribed.mark_unchanged();
        let mut child = start(&env, &line, &properties);
        until("a subscription", || {
            server.subscribed.has_changed().unwrap() || child.try_wait().unwrap().is_some()
        });
        leaves(child, &line, signal);
    }
    for name in ["waited", "fresh"] {
        env.ok(&["kill", name]);
    }
    env.assert_nothing_left("waited");
}

/// Changes what a znode holds.
fn rewrite(path: &str, change: impl Fn(&[u8]) -> Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = Options::new(Ensemble::parse(&zookeeper()).unwrap());
        let zk = Zk::connect(&options, &Deadline::never()).await.unwrap();
        let node = zk.get(path).await.unwrap().unwrap();
        zk.transaction(&[Op::set(path, change(&node.data), None)]).await.unwrap();
        zk.close(Duration::from_secs(2)).await;
    });
}

/// Writes where a topology's TManager is.
fn relocate(env: &TestEnv, topology: &str, host: &str, port: u16) {
    rewrite(&format!("{}/tmanagers/{topology}", env.root), |data| {
        let mut location = TManagerLocation::decode(data).unwrap();
        host.clone_into(&mut location.host);
        location.controller_port = port.into();
        location.encode_to_vec()
    });
}

#[test]
fn a_silent_agent_holds_nobody_up() {
    let env = TestEnv::new();
    let file = env.topology("waited", 1);
    env.ok(&["submit", &file]);
    let server = Silent::start();
    for container in 0..2 {
        let path = format!("{}/frameworks/waited/containers/{container}", env.root);
        rewrite(&path, |data| {
            let mut record: Value = serde_json::from_slice(data).unwrap();
            record["agent_address"] = server.address.clone().into();
            record.to_string().into_bytes()
        });
    }
    // What else there is to be said of it needs no agent.
    let lines = [
        ("status waited", 0),
        ("events waited", 0),
        ("wait waited --for running", 0),
        ("doctor", 0),
        ("logs waited", 7),
        ("logs waited container/1", 7),
        // To be told to end is what it waits for.
        ("logs waited --follow", 0),
    ];
    all_end(&env, &file, &lines, &server, &[]);
    let said = format!("waiting for http://{}", server.address);
    ends(&env, &words("logs waited", ""), &[], &[7], &said);
    env.ok(&["kill", "waited"]);
    env.assert_nothing_left("waited");
}

#[test]
fn a_silent_tmanager_holds_nobody_up() {
    let env = TestEnv::new();
    let file = env.topology("waited", 1);
    env.ok(&["submit", &file]);
    let paused = env.topology("paused", 1);
    env.ok(&["submit", "--deploy-deactivated", &paused]);
    let server = Silent::start();
    for topology in ["waited", "paused"] {
        relocate(&env, topology, "127.0.0.1", server.port());
    }
    let lines = [
        ("list", 0),
        ("status waited", 0),
        ("activate waited", 0),
        ("activate paused", 9),
        ("deactivate waited", 9),
        ("update waited --runtime-config x:y", 9),
        // What would pause it has no time for more than launching what is new.
        ("update waited --component-parallelism=word_spout:2", 9),
    ];
    all_end(&env, &file, &WATCHING.map(|line| (line, 0)), &server, &[]);
    all_end(&env, &file, &lines, &server, &[]);
    let said = format!("waiting for the TManager at {}", server.address);
    let ran = ends(&env, &words("activate paused", ""), &[], &[9], &said);
    assert!(ran.stderr.contains("may have done so"), "{}", ran.stderr);
    for name in ["waited", "paused"] {
        env.ok(&["kill", name]);
    }
    env.assert_nothing_left("waited");
}
