//! Tests of sessions and locks against a real ZooKeeper server.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use zookeeper_client::{Acls, Client, CreateMode};

use super::server::{Proxy, connect, connect_beside, of, open, options};
use crate::net::zookeeper::{Access, ConnectError, Credentials, Health, Options, Scheme};
use crate::state::error::StateError;
use crate::state::holder::Holder;
use crate::state::lock::{self, Lock};
use crate::state::rules::Rules;
use crate::state::transaction::{self, CommitOutcome, Done, Mode, Op};
use crate::state::zk::{SessionState, Zk};

const SOON: Duration = Duration::from_secs(20);

fn soon() -> Instant {
    Instant::now() + SOON
}

fn me(command: &str) -> Holder {
    Holder {
        host: "laptop".into(),
        pid: 7,
        command: command.into(),
        since: "2026-11-23T13:00:00Z".into(),
        doing: None,
        member: false,
    }
}

#[tokio::test]
async fn what_is_written_is_read() {
    let zk = connect().await;
    let done = zk
        .transaction(&[Op::create("/a", b"1".to_vec()), Op::create("/a/b", b"2".to_vec())])
        .await
        .unwrap();
    assert_eq!(done, [Done::Created("/a".into()), Done::Created("/a/b".into())]);
    let nodes = zk.read_many(&["/a/b", "/none", "/a"]).await.unwrap();
    assert_eq!(nodes[0].as_ref().unwrap().data, b"2");
    assert!(nodes[1].is_none());
    assert_eq!(nodes[2].as_ref().unwrap().stat.num_children, 1);
    assert_eq!(zk.children("/a").await.unwrap().unwrap(), ["b"]);
    assert_eq!(zk.children("/none").await.unwrap(), None);
    assert!(zk.exists("/a").await.unwrap().is_some());
    assert!(zk.exists("/none").await.unwrap().is_none());
    let done = zk.transaction(&[Op::set("/a", b"3".to_vec(), Some(0))]).await.unwrap();
    assert_eq!(done, [Done::Set(1)]);
    assert_eq!(zk.get("/a").await.unwrap().unwrap().data, b"3");
}

#[tokio::test]
async fn a_failed_transaction_names_the_node_and_leaves_nothing() {
    let zk = connect().await;
    zk.transaction(&[Op::create("/a", b"".to_vec()), Op::create("/a/b", b"".to_vec())])
        .await
        .unwrap();
    let first = Op::create("/new", b"".to_vec());
    let with = |op: Op| vec![first.clone(), op];
    let error = zk.transaction(&with(Op::create("/a", b"".to_vec()))).await.unwrap_err();
    assert!(matches!(&error, StateError::NodeExists { path } if path == "/a"), "{error}");
    let error = zk.transaction(&with(Op::create("/x/y", b"".to_vec()))).await.unwrap_err();
    assert!(matches!(&error, StateError::NoNode { path } if path == "/x/y"), "{error}");
    let error = zk.transaction(&with(Op::set("/a", b"".to_vec(), Some(9)))).await.unwrap_err();
    assert!(matches!(&error, StateError::BadVersion { path } if path == "/a"), "{error}");
    let error = zk.transaction(&with(Op::delete("/a"))).await.unwrap_err();
    assert!(matches!(&error, StateError::NotEmpty { path } if path == "/a"), "{error}");
    let check = Op::Check { path: "/none".into(), version: None };
    let error = zk.transaction(&with(check)).await.unwrap_err();
    assert!(matches!(&error, StateError::NoNode { path } if path == "/none"), "{error}");
    assert!(zk.exists("/new").await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let zk = connect().await;
    let limit = transaction::limit(Options::MAX_BUFFER);
    let error = zk.transaction(&[Op::create("/a", vec![0; limit])]).await.unwrap_err();
    assert!(matches!(error, StateError::TooLarge { .. }), "{error}");
    zk.transaction(&[Op::create("/a", vec![0; limit - 100])]).await.unwrap();
    assert_eq!(zk.get("/a").await.unwrap().unwrap().data.len(), limit - 100);
    assert_eq!(zk.session_state(), SessionState::SyncConnected);
}

#[tokio::test]
async fn directories_are_made_by_many_at_once() {
    let first = open(&options()).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..8 {
        let zk = connect_beside(&first).await;
        all.push(tokio::spawn(async move { zk.ensure_directories(&["/h/a", "/h/b/c"]).await }));
    }
    for one in all {
        one.await.unwrap().unwrap();
    }
    assert_eq!(first.children("/h").await.unwrap().unwrap(), ["a", "b"]);
    assert_eq!(first.exists("/h/b/c").await.unwrap().unwrap().ephemeral_owner, 0);
}

#[tokio::test]
async fn reads_go_to_old_servers_one_by_one() {
    let zk = connect().await;
    zk.transaction(&[Op::create("/a", b"1".to_vec()), Op::create("/a/b", b"2".to_vec())])
        .await
        .unwrap();
    zk.inner.one_by_one.store(true, std::sync::atomic::Ordering::Relaxed);
    let (nodes, [children]) = zk.read_many_and_children(&["/a/b", "/none"], ["/a"]).await.unwrap();
    assert_eq!(nodes[0].as_ref().unwrap().data, b"2");
    assert!(nodes[1].is_none());
    assert_eq!(children.unwrap(), ["b"]);
}

#[tokio::test]
async fn close_takes_ephemeral_nodes_with_it() {
    let other = connect().await;
    let zk = connect_beside(&other).await;
    let node = Op::Create { path: "/e".into(), data: vec![], mode: Mode::Ephemeral };
    zk.transaction(&[node]).await.unwrap();
    let owner = other.exists("/e").await.unwrap().unwrap().ephemeral_owner;
    assert_eq!(owner, zk.session_id());
    let clone = zk.clone();
    assert!(zk.close(SOON).await);
    assert!(other.exists("/e").await.unwrap().is_none());
    assert_eq!(clone.session_state(), SessionState::Closed);
    assert!(matches!(clone.get("/e").await, Err(StateError::Closed)));
    assert!(clone.close(SOON).await, "closing twice is nothing");
}

#[tokio::test]
async fn waiting_for_a_node_ends_when_it_comes() {
    let zk = connect().await;
    assert_eq!(zk.wait_for("/n", Instant::now()).await.unwrap(), None);
    let waiting = zk.clone();
    let waiter = tokio::spawn(async move { waiting.wait_for("/n", soon()).await });
    tokio::task::yield_now().await;
    zk.transaction(&[Op::create("/n", b"x".to_vec())]).await.unwrap();
    assert_eq!(waiter.await.unwrap().unwrap().unwrap().data, b"x");
}

#[tokio::test]
async fn watches_fire_once_for_what_changed() {
    let zk = connect().await;
    let (none, watch) = zk.watch_children("/d").await.unwrap();
    assert!(none.is_none());
    zk.transaction(&[Op::create("/d", b"".to_vec())]).await.unwrap();
    timeout(SOON, watch.changed()).await.unwrap().unwrap();
    let (children, watch) = zk.watch_children("/d").await.unwrap();
    assert!(children.unwrap().is_empty());
    zk.transaction(&[Op::create("/d/x", b"".to_vec())]).await.unwrap();
    timeout(SOON, watch.changed()).await.unwrap().unwrap();
    let (node, watch) = zk.watch("/d/x").await.unwrap();
    assert_eq!(node.unwrap().data, b"");
    zk.transaction(&[Op::set("/d/x", b"2".to_vec(), None)]).await.unwrap();
    timeout(SOON, watch.changed()).await.unwrap().unwrap();
    let (_, watch) = zk.watch_exists("/d/x").await.unwrap();
    zk.close(SOON).await;
    assert!(timeout(SOON, watch.changed()).await.unwrap().is_err());
}

#[tokio::test]
async fn nodes_of_others_need_credentials() {
    let zk = connect().await;
    let raw = Client::connector().with_auth("digest", b"me:secret");
    let raw = raw.connect(&zk.ensemble().to_string()).await.unwrap();
    let mine = CreateMode::Persistent.with_acls(Acls::creator_all());
    raw.create("/mine", b"x", &mine).await.unwrap();
    let error = zk.get("/mine").await.unwrap_err();
    assert!(matches!(&error, StateError::NoAuth { path } if path == "/mine"), "{error}");
    let credentials = Credentials::parse(Scheme::Digest, &"me:secret".into()).ok();
    let access = Access { credentials, tls: None };
    let options = Options { access, ..of(&zk.ensemble().to_string()) };
    let with = open(&options).await.unwrap();
    assert_eq!(with.get("/mine").await.unwrap().unwrap().data, b"x");
    assert!(!format!("{options:?}").contains("secret"));
}

#[tokio::test]
async fn an_unreachable_ensemble_is_told_by_endpoint() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap().port();
    drop(listener);
    let connection = format!("127.0.0.1:{closed},no-such-host.invalid:2181");
    let short = Options { connection_timeout: Duration::from_millis(300), ..of(&connection) };
    let error = open(&short).await.unwrap_err();
    let StateError::Connect(ConnectError::Unreachable { endpoints, .. }) = &error else {
        panic!("{error}")
    };
    assert_eq!(endpoints[0].health, Health::Refused);
    assert!(matches!(endpoints[1].health, Health::NoSuchHost(_)));
    let text = error.to_string();
    assert!(text.contains(&format!("127.0.0.1:{closed} refused the connection;")), "{text}");
    assert!(text.contains("no-such-host.invalid:2181 no such host"), "{text}");
}

#[tokio::test]
async fn directories_that_must_be_there_are_not_made() {
    let zk = connect().await;
    let rules = Rules { private: None, fixed: vec!["/heron/topologies".to_owned()] };
    let zk = zk.with_rules(rules);
    let error = zk.ensure_directories(&["/heron/topologies"]).await.unwrap_err();
    let missing = format!("{}/heron", zk.ensemble().chroot);
    assert!(matches!(&error, StateError::MissingDirectory { path } if *path == missing), "{error}");
    assert!(zk.exists("/heron").await.unwrap().is_none());
    zk.ensure_directories(&["/other"]).await.unwrap();
}

#[tokio::test]
async fn a_silent_endpoint_does_not_hide_a_healthy_one() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let connection = format!("127.0.0.1:{port},{}", options().ensemble);
    let zk = open(&of(&connection)).await.unwrap();
    assert!(zk.exists("/x").await.unwrap().is_none());
}

#[tokio::test]
async fn a_read_survives_a_broken_connection() {
    let direct = connect().await;
    direct.transaction(&[Op::create("/a", b"1".to_vec())]).await.unwrap();
    let proxy = Proxy::start().await;
    let zk = open(&proxy.options(&direct)).await.unwrap();
    proxy.swallow_next_answer();
    assert_eq!(zk.get("/a").await.unwrap().unwrap().data, b"1");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_settled() {
    let direct = connect().await;
    let proxy = Proxy::start().await;
    let zk = open(&proxy.options(&direct)).await.unwrap();
    let create = [Op::create("/a", b"1".to_vec())];
    proxy.swallow_next_answer();
    let error = zk.transaction(&create).await.unwrap_err();
    assert!(matches!(&error, StateError::UnknownOutcome { paths } if paths == &["/a"]), "{error}");
    let applied = CommitOutcome::Applied(vec![Done::Created("/a".into())]);
    assert_eq!(zk.outcome(&create).await.unwrap(), applied);

    proxy.swallow_next_answer();
    let done = zk.commit(&[Op::set("/a", b"2".to_vec(), Some(0))]).await.unwrap();
    assert_eq!(done, [Done::Set(1)]);
    assert_eq!(direct.get("/a").await.unwrap().unwrap().stat.version, 1, "written once");
}

#[tokio::test]
async fn an_expired_session_is_an_error_and_loses_its_lock() {
    let direct = connect().await;
    let proxy = Proxy::start().await;
    let options = Options { session_timeout: Duration::from_secs(1), ..proxy.options(&direct) };
    let zk = open(&options).await.unwrap();
    let lock = Lock::try_lock(&zk, "/lock", &me("submit")).await.unwrap();
    proxy.set_down(true);
    let lost = timeout(SOON, zk.ended()).await.unwrap();
    assert_eq!(lost, SessionState::Expired);
    timeout(SOON, lock.lost()).await.unwrap();
    let error = lock.transaction(&[Op::create("/x", b"".to_vec())]).await.unwrap_err();
    assert!(matches!(error, StateError::SessionExpired), "{error}");
    let next = Lock::lock(&direct, "/lock", &me("kill"), soon()).await.unwrap();
    assert!(next.is_held().await.unwrap());
}

/// Waits until so many hold a lock or wait for it.
async fn queue_of(zk: &Zk, lock: &str, length: usize) {
    let reached = async {
        while zk.children(lock).await.unwrap().unwrap().len() != length {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(SOON, reached).await.is_ok(), "{lock} has no queue of {length}");
}

#[tokio::test]
async fn a_lock_is_held_by_one_and_says_by_whom() {
    let one = connect().await;
    let two = connect_beside(&one).await;
    assert_eq!(lock::holder(&one, "/d/lock").await.unwrap(), None);
    let held = Lock::try_lock(&one, "/d/lock", &me("submit")).await.unwrap();
    assert_eq!(lock::holder(&two, "/d/lock").await.unwrap(), Some(me("submit")));
    let error = Lock::try_lock(&two, "/d/lock", &me("kill")).await.unwrap_err();
    let StateError::LockHeld { holder, .. } = &error else { panic!("{error}") };
    assert_eq!(holder, &me("submit"));

    let error = Lock::lock(&two, "/d/lock", &me("kill"), Instant::now()).await.unwrap_err();
    assert!(matches!(error, StateError::LockHeld { .. }), "{error}");
    assert_eq!(one.children("/d/lock").await.unwrap().unwrap().len(), 1, "the queue is left");

    let waiting = two.clone();
    let waiter =
        tokio::spawn(async move { Lock::lock(&waiting, "/d/lock", &me("kill"), soon()).await });
    queue_of(&one, "/d/lock", 2).await;
    held.release().await.unwrap();
    let second = timeout(SOON, waiter).await.unwrap().unwrap().unwrap();
    assert_eq!(lock::holder(&one, "/d/lock").await.unwrap(), Some(me("kill")));
    drop(second);
    let third = Lock::lock(&one, "/d/lock", &me("update"), soon()).await.unwrap();
    assert!(third.is_held().await.unwrap());
}

#[tokio::test]
async fn a_waiter_that_is_dropped_leaves_the_queue() {
    let one = connect().await;
    let two = connect_beside(&one).await;
    let _held = Lock::try_lock(&one, "/lock", &me("submit")).await.unwrap();
    let queueing = me("kill");
    let waiting = Lock::lock(&two, "/lock", &queueing, soon());
    assert!(timeout(Duration::from_millis(300), waiting).await.is_err());
    queue_of(&one, "/lock", 1).await;
}

#[tokio::test]
async fn nothing_is_written_under_a_lost_lock() {
    let zk = connect().await;
    let lock = Lock::try_lock(&zk, "/lock", &me("submit")).await.unwrap();
    let done = lock.transaction(&[Op::create("/a", b"".to_vec())]).await.unwrap();
    assert_eq!(done, [Done::Created("/a".into())]);
    zk.transaction(&[Op::delete(lock.path())]).await.unwrap();
    let error = lock.transaction(&[Op::create("/b", b"".to_vec())]).await.unwrap_err();
    assert!(matches!(error, StateError::LockLost { .. }), "{error}");
    assert!(zk.exists("/b").await.unwrap().is_none());
    timeout(SOON, lock.lost()).await.unwrap();
    lock.release().await.unwrap();
}

#[tokio::test]
async fn a_lock_goes_with_its_directory_in_one_transaction() {
    let zk = connect().await;
    let lock = Lock::try_lock(&zk, "/t/lock", &me("kill")).await.unwrap();
    let mut ops = lock.removal();
    ops.push(Op::delete("/t"));
    lock.transaction(&ops).await.unwrap();
    assert!(zk.exists("/t").await.unwrap().is_none());
}

#[tokio::test]
async fn reading_takes_five_round_trips_in_all() {
    let direct = connect().await;
    let proxy = Proxy::start().await;
    let zk = open(&proxy.options(&direct)).await.unwrap();
    assert!(proxy.round_trips() <= 3, "TCP, session, ping: {}", proxy.round_trips());
    let paths: Vec<_> = (0..20).map(|number| format!("/{number}")).collect();
    zk.read_many(&paths).await.unwrap();
    assert!(proxy.round_trips() <= 4, "{}", proxy.round_trips());
    assert!(zk.close(SOON).await);
    assert!(proxy.round_trips() <= 5, "{}", proxy.round_trips());
}
