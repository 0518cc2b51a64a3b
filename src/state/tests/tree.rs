//! Tests of whole topologies in the tree against a real ZooKeeper server.

use super::server::{Proxy, connect, open};
use crate::proto::LIBRARY_ENDPOINT;
use crate::proto::api;
use crate::proto::system::{ExecutionState, PackingPlan};
use crate::state::error::StateError;
use crate::state::holder::Holder;
use crate::state::listing::names;
use crate::state::lock::Lock;
use crate::state::paths::Tree;
use crate::state::records::Record;
use crate::state::removal::remove;
use crate::state::topology_state::{NewTopology, TopologyState};
use crate::state::transaction::{Mode, Op};
use crate::state::zk::Zk;
use crate::tmanager::{Changed, Controller};
use prost::Message;
use std::time::Duration;

fn recorded(tree: &str, node: &str) -> Vec<u8> {
    let base = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/znodes");
    std::fs::read(format!("{base}/{tree}/heron__{node}__wordcount")).unwrap()
}

struct Recorded {
    topology: Vec<u8>,
    packing_plan: PackingPlan,
    execution_state: ExecutionState,
}

impl Recorded {
    fn load() -> Self {
        Self {
            topology: recorded("running", "topologies"),
            packing_plan: PackingPlan::read("", &recorded("running", "packingplans")).unwrap(),
            execution_state: ExecutionState::read("", &recorded("running", "executionstate"))
                .unwrap(),
        }
    }

    fn new_topology<'a>(&'a self, name: &'a str) -> NewTopology<'a> {
        NewTopology {
            name,
            topology: &self.topology,
            packing_plan: &self.packing_plan,
            execution_state: &self.execution_state,
            job_page_links: vec!["http://master:5050/#/frameworks/f".into()],
        }
    }
}

fn tree() -> Tree {
    Tree::new("/heron").unwrap()
}

fn create(path: String, data: Vec<u8>, mode: Mode) -> Op {
    Op::Create { path, data, mode }
}

/// What a TManager adds.
async fn come_up(zk: &Zk, name: &str, plan: &str) {
    let tree = tree();
    let ops = [
        create(tree.physical_plan(name), recorded(plan, "pplans"), Mode::Persistent),
        create(tree.tmanager(name), recorded(plan, "tmanagers"), Mode::Ephemeral),
    ];
    zk.transaction(&ops).await.unwrap();
}

#[tokio::test]
async fn a_submitted_topology_is_what_heron_would_have_written() {
    let zk = connect().await;
    let recorded_state = Recorded::load();
    let journal = Op::create("/journal", b"{}".to_vec());
    recorded_state.new_topology("wordcount").create(&zk, &tree(), &[journal], None).await.unwrap();
    let mut directories = zk.children("/heron").await.unwrap().unwrap();
    directories.sort();
    let mut expected: Vec<_> =
        tree().directories().iter().map(|path| path.replace("/heron/", "")).collect();
    expected.sort();
    assert_eq!(directories, expected);
    for (node, path) in [
        ("topologies", tree().topology("wordcount")),
        ("packingplans", tree().packing_plan("wordcount")),
        ("executionstate", tree().execution_state("wordcount")),
    ] {
        let written = zk.get(&path).await.unwrap().unwrap();
        assert_eq!(written.data, recorded("running", node), "{path}");
        assert_eq!(written.stat.ephemeral_owner, 0);
    }
    let state = TopologyState::read(&zk, &tree(), "wordcount").await.unwrap();
    let location = state.scheduler_location.as_ref().unwrap();
    assert_eq!(location.message().unwrap().http_endpoint, LIBRARY_ENDPOINT);
    assert_eq!(location.node.stat.ephemeral_owner, 0);
    assert!(zk.exists("/journal").await.unwrap().is_some());

    let again = recorded_state.new_topology("wordcount").create(&zk, &tree(), &[], None).await;
    let error = again.unwrap_err();
    assert!(
        matches!(&error, StateError::NodeExists { path } if *path == tree().topology("wordcount"))
    );
}

#[tokio::test]
async fn a_name_that_is_half_taken_changes_nothing() {
    let zk = connect().await;
    zk.ensure_directories(&tree().directories()).await.unwrap();
    zk.transaction(&[Op::create(tree().packing_plan("t"), b"left over".to_vec())]).await.unwrap();
    let recorded_state = Recorded::load();
    let error = recorded_state.new_topology("t").create(&zk, &tree(), &[], None).await.unwrap_err();
    assert!(matches!(&error, StateError::NodeExists { path } if *path == tree().packing_plan("t")));
    assert!(zk.exists(&tree().topology("t")).await.unwrap().is_none());
}

#[tokio::test]
async fn the_physical_plan_tells_the_state() {
    let zk = connect().await;
    let recorded_state = Recorded::load();
    recorded_state.new_topology("t").create(&zk, &tree(), &[], None).await.unwrap();
    let state = TopologyState::read(&zk, &tree(), "t").await.unwrap();
    assert_eq!(state.state(), Some(api::TopologyState::Running), "as submitted");
    come_up(&zk, "t", "paused").await;
    let state = TopologyState::read(&zk, &tree(), "t").await.unwrap();
    assert_eq!(state.state(), Some(api::TopologyState::Paused));
    assert_eq!(state.containers(), Some(1));
    let location = state.tmanager_location.as_ref().unwrap();
    assert_eq!(location.node.stat.ephemeral_owner, zk.session_id());
    assert_eq!(location.path, tree().tmanager("t"));
}

#[tokio::test]
async fn an_older_tmaster_is_found_too() {
    let zk = connect().await;
    zk.ensure_directories(&tree().directories()).await.unwrap();
    let data = recorded("running", "tmanagers");
    zk.transaction(&[create(tree().tmaster("t"), data, Mode::Ephemeral)]).await.unwrap();
    let state = TopologyState::read(&zk, &tree(), "t").await.unwrap();
    assert_eq!(state.tmanager_location.unwrap().path, tree().tmaster("t"));
}

#[tokio::test]
async fn the_names_are_complete_whatever_the_records_hold() {
    let zk = connect().await;
    assert!(names(&zk, &tree()).await.unwrap().is_empty());
    let recorded_state = Recorded::load();
    for name in ["b", "a"] {
        recorded_state.new_topology(name).create(&zk, &tree(), &[], None).await.unwrap();
    }
    zk.transaction(&[Op::create(tree().topology("c"), b"\xff\xff".to_vec())]).await.unwrap();
    assert_eq!(names(&zk, &tree()).await.unwrap(), ["a", "b", "c"]);
    let found = TopologyState::read(&zk, &tree(), "c").await.unwrap();
    assert_eq!(found.unreadable().len(), 1);
}

#[tokio::test]
async fn removal_takes_everything_whatever_there_is() {
    let zk = connect().await;
    let tree = tree();
    let recorded_state = Recorded::load();
    recorded_state.new_topology("t").create(&zk, &tree, &[], None).await.unwrap();
    recorded_state.new_topology("other").create(&zk, &tree, &[], None).await.unwrap();
    come_up(&zk, "t", "running").await;
    zk.ensure_directories(&["/heron/statefulcheckpoint"]).await.unwrap();
    let lock = tree.update_lock("t");
    zk.ensure_directories(&[format!("{lock}/locks"), format!("{lock}/leases")]).await.unwrap();
    let more = [
        create(format!("{lock}/leases/_c_x-lease-"), vec![], Mode::EphemeralSequential),
        create(tree.metrics_cache("t"), vec![], Mode::Ephemeral),
        Op::create(tree.stateful_checkpoints("t"), b"not even a message".to_vec()),
        Op::create(tree.stateful_checkpoint_0_14_8("t"), b"".to_vec()),
        Op::create("/journal", b"".to_vec()),
    ];
    zk.transaction(&more).await.unwrap();
    let leader = Lock::try_lock(&zk, "/leader", &Holder::default()).await.unwrap();
    let removed = remove(&zk, &tree, "t", &[Op::delete("/journal")], Some(&leader)).await.unwrap();
    assert_eq!(removed.last(), Some(&tree.topology("t")));
    assert!(TopologyState::read(&zk, &tree, "t").await.unwrap().is_absent());
    assert!(zk.exists(&lock).await.unwrap().is_none());
    assert!(zk.exists("/journal").await.unwrap().is_none());
    assert!(TopologyState::read(&zk, &tree, "other").await.unwrap().exists());
    assert!(remove(&zk, &tree, "t", &[], Some(&leader)).await.unwrap().is_empty());
}

#[tokio::test]
async fn removal_leaves_all_when_the_callers_part_fails() {
    let zk = connect().await;
    let recorded_state = Recorded::load();
    recorded_state.new_topology("t").create(&zk, &tree(), &[], None).await.unwrap();
    let error = remove(&zk, &tree(), "t", &[Op::delete("/journal")], None).await.unwrap_err();
    assert!(matches!(&error, StateError::NoNode { path } if path == "/journal"), "{error}");
    assert!(TopologyState::read(&zk, &tree(), "t").await.unwrap().exists());
}

#[tokio::test]
async fn directories_that_vanish_are_made_again() {
    let zk = connect().await;
    let raw = zookeeper_client::Client::connect(&zk.ensemble().to_string()).await.unwrap();
    let open = zookeeper_client::Acls::anyone_all();
    let container = zookeeper_client::CreateMode::Container.with_acls(open);
    raw.create("/heron", &[], &container).await.unwrap();
    for directory in tree().directories() {
        raw.create(&directory, b"10.0.0.1", &container).await.unwrap();
        raw.create(&format!("{directory}/x"), &[], &container).await.unwrap();
        raw.delete(&format!("{directory}/x"), None).await.unwrap();
    }
    // The server deletes them one by one now, while a topology is submitted.
    let recorded_state = Recorded::load();
    recorded_state.new_topology("t").create(&zk, &tree(), &[], None).await.unwrap();
    assert!(TopologyState::read(&zk, &tree(), "t").await.unwrap().exists());
}

#[tokio::test]
async fn an_activation_takes_at_most_eight_round_trips() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let direct = connect().await;
    let recorded_state = Recorded::load();
    recorded_state.new_topology("t").create(&direct, &tree(), &[], None).await.unwrap();
    come_up(&direct, "t", "paused").await;
    let tmanager = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let http = Proxy::to(tmanager.local_addr().unwrap().port()).await;
    let zookeeper = Proxy::start().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = tmanager.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok").await.unwrap();
    });

    let zk = open(&zookeeper.options(&direct)).await.unwrap();
    let state = TopologyState::read(&zk, &tree(), "t").await.unwrap();
    assert_eq!(state.state(), Some(api::TopologyState::Paused));
    let location = state.tmanager_location.as_ref().unwrap().message().unwrap();
    let id = &location.topology_id;
    let controller = Controller::new("127.0.0.1", http.port, id, Duration::from_secs(20)).unwrap();
    assert_eq!(controller.activate().await.unwrap(), Changed::Done);
    assert!(zk.close(Duration::from_secs(20)).await);
    server.await.unwrap();
    let total = zookeeper.round_trips() + http.round_trips();
    assert!(
        total <= 8,
        "{} to ZooKeeper, {} to the TManager",
        zookeeper.round_trips(),
        http.round_trips()
    );
}

#[tokio::test]
async fn others_are_read_in_the_same_round_trip() {
    let zk = connect().await;
    zk.transaction(&[Op::create("/journal", b"j".to_vec())]).await.unwrap();
    let others = ["/journal".to_owned(), "/none".to_owned()];
    let (state, others) = TopologyState::read_with(&zk, &tree(), "t", &others).await.unwrap();
    assert!(state.is_absent());
    assert_eq!(others[0].as_ref().unwrap().data, b"j");
    assert!(others[1].is_none());
    assert!(recorded("running", "topologies").len() > api::Topology::default().encoded_len());
}
