//! How often `activate` and `deactivate` wait for the network, counted by proxies in front of ZooKeeper and the TManager; and how
//! many sessions commands have.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use heron_cli::net::deadline::Deadline;
use heron_cli::net::zookeeper::{Ensemble, Options};
use heron_cli::proto::tmanager::TManagerLocation;
use heron_cli::state::{Op, Zk};
use prost::Message as _;

use crate::environment::{TestEnv, zookeeper};

/// How long answers are held back, so that requests that don't wait for each other are seen together.
const DELAY: Duration = Duration::from_millis(30);
/// What a whole command may take.
const LIMIT: usize = 8;

/// Counts the round trips of all connections through it: each connection is one, and each request that is sent after an
/// answer has come.
struct Counter {
    address: SocketAddr,
    round_trips: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Counter {
    fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let round_trips = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let (target, counted) = (target.to_owned(), Arc::clone(&round_trips));
        let connected = Arc::clone(&connections);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&target) else { continue };
                counted.fetch_add(1, Ordering::SeqCst);
                connected.fetch_add(1, Ordering::SeqCst);
                pass(&client, &server, &counted);
            }
        });
        Self { address, round_trips, connections }
    }

    fn take(&self) -> usize {
        self.round_trips.swap(0, Ordering::SeqCst)
    }
}

/// Passes both directions of a connection on.
fn pass(client: &TcpStream, server: &TcpStream, counted: &Arc<AtomicUsize>) {
    // What is sent now has waited for something: the connection itself, or the last answer.
    let answered = Arc::new(AtomicBool::new(true));
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (seen, counted) = (Arc::clone(&answered), Arc::clone(counted));
    std::thread::spawn(move || {
        copy(from, to, || {
            if seen.swap(false, Ordering::SeqCst) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
    });
    let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        copy(from, to, || {
            std::thread::sleep(DELAY);
            answered.store(true, Ordering::SeqCst);
        });
    });
}

fn copy(mut from: TcpStream, mut to: TcpStream, before: impl Fn()) {
    let mut buffer = vec![0; 65536];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        before();
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// Puts another port into the TManager's location: only clients read it from there.
fn move_controller(env: &TestEnv, topology: &str) -> Counter {
    let path = format!("{}/tmanagers/{topology}", env.root);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ensemble = Ensemble::parse(&zookeeper()).unwrap();
        let options = Options::new(ensemble);
        let zk = Zk::connect(&options, &Deadline::never()).await.unwrap();
        let node = zk.get(&path).await.unwrap().unwrap();
        let mut location = TManagerLocation::decode(node.data.as_slice()).unwrap();
        let counter = Counter::before(&format!("{}:{}", location.host, location.controller_port));
        location.host = counter.address.ip().to_string();
        location.controller_port = i32::from(counter.address.port());
        let moved = [Op::set(&path, location.encode_to_vec(), Some(node.stat.version))];
        zk.transaction(&moved).await.unwrap();
        assert!(zk.close(Duration::from_secs(20)).await);
        counter
    })
}

#[test]
fn a_switch_takes_at_most_eight_round_trips() {
    let env = TestEnv::new();
    let file = env.topology("counted", 1);
    env.ok(&["submit", &file]);
    let tmanager = move_controller(&env, "counted");
    let state = Counter::before(&zookeeper());
    let property = format!("heron.statemgr.client.connection.string={}", state.address);
    // The second of each pair finds that it is so already, and asks no TManager.
    let expected =
        [("deactivate", true), ("deactivate", false), ("activate", true), ("activate", false)];
    for (verb, asks) in expected {
        env.ok(&[verb, "counted", "--config-property", &property]);
        let (of_state, of_tmanager) = (state.take(), tmanager.take());
        let total = of_state + of_tmanager;
        let told = format!("{verb}: {of_state} with ZooKeeper, {of_tmanager} with the TManager");
        eprintln!("{told}");
        assert!(total <= LIMIT, "{told}");
        // Less than this would mean that something went around the proxies.
        assert!(of_state >= 4, "{told}");
        assert_eq!(of_tmanager, if asks { 2 } else { 0 }, "{told}");
    }
    env.ok(&["kill", "counted"]);
    env.assert_nothing_left("counted");
}

#[test]
fn a_command_has_one_session_where_the_masters_elect_in_the_same_ensemble() {
    let env = TestEnv::new();
    let file = env.topology("once", 2);
    let state = Counter::before(&zookeeper());
    let election = env.root.rsplit('/').next().unwrap();
    let properties = [
        format!("heron.statemgr.client.connection.string={}", state.address),
        format!("heron.mesos.master.uri=zk://{}/it-mesos/{election}", state.address),
    ];
    let lines = [
        &["submit", &file, "--dry-run"][..],
        &["submit", &file],
        &["submit", &file],
        &["list"],
        &["status", "once"],
        &["wait", "once", "--for", "running"],
        &["deactivate", "once"],
        &["activate", "once"],
        &["restart", "once", "1"],
        &["restart", "once", "--failed"],
        &["update", "once", "--component-parallelism", "word_spout:3"],
        &["logs", "once", "--list"],
        &["logs", "once", "1", "--list", "--previous"],
        &["kill", "once"],
    ];
    for words in lines {
        let all: Vec<&str> = words
            .iter()
            .copied()
            .chain(properties.iter().flat_map(|property| ["--config-property", property]))
            .collect();
        env.ok(&all);
        assert_eq!(state.connections.swap(0, Ordering::SeqCst), 1, "{words:?}");
    }
    env.assert_nothing_left("once");
}
