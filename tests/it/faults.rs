//! Faults: the client killed after each step of I/O, sessions expired, streams dropped, agents lost.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::bed::{Bed, Ran, zookeeper};

/// Counts what a client sends through it, and kills the client after so many messages; or holds everything up.
struct Executioner {
    frozen: AtomicBool,
    sent: AtomicUsize,
    limit: AtomicUsize,
    victim: Mutex<Option<u32>>,
}

impl Executioner {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            frozen: AtomicBool::new(false),
            sent: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
            victim: Mutex::new(None),
        })
    }

    fn arm(&self, child: &Child, limit: usize) {
        *self.victim.lock().unwrap() = Some(child.id());
        self.sent.store(0, Ordering::SeqCst);
        self.limit.store(limit, Ordering::SeqCst);
    }

    /// Holds a message up while the network is frozen.
    fn wait(&self) {
        while self.frozen.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Called for each message that has been passed on.
    fn sent(&self) {
        let count = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        if count == self.limit.load(Ordering::SeqCst) {
            let victim = self.victim.lock().unwrap().take();
            if let Some(pid) = victim {
                let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
                let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
            }
        }
    }
}

/// Passes connections on to a server, telling the executioner of each message of the client.
fn proxy(to: &str, executioner: &Arc<Executioner>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let to = to.to_owned();
    let executioner = executioner.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&to) else { continue };
            let (from_client, to_server) =
                (client.try_clone().unwrap(), server.try_clone().unwrap());
            let executioner = executioner.clone();
            let gate = executioner.clone();
            std::thread::spawn(move || {
                pass(from_client, to_server, || executioner.wait(), || executioner.sent());
            });
            std::thread::spawn(move || pass(server, client, || gate.wait(), || {}));
        }
    });
    address
}

fn pass(mut from: TcpStream, mut to: TcpStream, before: impl Fn(), then: impl Fn()) {
    let mut buffer = vec![0; 65536];
    while let Ok(count) = from.read(&mut buffer) {
        before();
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
        then();
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

struct Killing {
    bed: Bed,
    executioner: Arc<Executioner>,
    properties: [String; 2],
}

impl Killing {
    fn new() -> Self {
        let bed = Bed::new();
        let executioner = Executioner::new();
        let zk = proxy(&zookeeper(), &executioner);
        let master = proxy(&bed.cluster.masters[0], &executioner);
        // What runs in the containers reaches ZooKeeper itself; only the client goes through the proxy.
        let properties = [
            format!("heron.statemgr.client.connection.string={zk}"),
            format!("heron.mesos.master.uri={master}"),
        ];
        Self { bed, executioner, properties }
    }

    /// Runs a command that is killed after so many messages; whether it was.
    fn killed(&self, words: &[&str], limit: usize) -> bool {
        let mut command = self.bed.command(words);
        for property in &self.properties {
            command.args(["--config-property", property]);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.executioner.arm(&child, limit);
        !child.wait().unwrap().success()
    }
}

/// Runs a command again while the lock of a dead client is in its way: a busy ZooKeeper may be late to end a session.
fn when_free(run: impl Fn() -> Ran) -> Ran {
    for _ in 0..5 {
        let ran = run();
        if !ran.stderr.contains("is held by") {
            return ran;
        }
    }
    run()
}

/// Steps at which the client is killed: all of the first, then some; a whole submission has some fifty.
fn steps() -> impl Iterator<Item = usize> {
    (1..).map(|index| if index < 24 { index } else { 24 + (index - 24) * 3 })
}

#[test]
fn a_submit_that_is_killed_anywhere_leaves_one_topology_or_none() {
    let test = Killing::new();
    if !test.bed.cluster.is_simulated() {
        eprintln!("left out: needs the simulated cluster");
        return;
    }
    let bed = &test.bed;
    let file = bed.topology("sliced", 1);
    let mut last = 0;
    for (round, step) in steps().enumerate() {
        if !test.killed(&["submit", &file], step) {
            last = step;
            bed.ok(&["kill", "sliced"]);
            break;
        }
        if round % 2 == 0 {
            // The same submission again: it goes on, or begins anew; one topology either way.
            let ran = when_free(|| bed.run(&["submit", &file]));
            // Killed in its very last steps it had done everything but say so.
            let was_done = ran.code == 6 && ran.stderr.contains("exists already: RUNNING");
            assert!(ran.code == 0 || was_done, "step {step}: {}", ran.stderr);
            assert_eq!(bed.cluster.live_tasks().len(), 2, "step {step}");
            bed.ok(&["kill", "sliced"]);
        } else {
            let ran = when_free(|| bed.run(&["kill", "sliced"]));
            assert!(ran.code == 0 || ran.code == 5, "step {step}: {}", ran.stderr);
        }
        bed.assert_nothing_left("sliced");
    }
    assert!(last > 10, "the submission has only {last} steps: nothing was tested");
}

#[test]
fn a_kill_that_is_killed_anywhere_can_be_repeated() {
    let test = Killing::new();
    if !test.bed.cluster.is_simulated() {
        eprintln!("left out: needs the simulated cluster");
        return;
    }
    let bed = &test.bed;
    let file = bed.topology("twice", 1);
    for step in steps().step_by(3) {
        bed.ok(&["submit", &file]);
        let killed = test.killed(&["kill", "twice"], step);
        let ran = when_free(|| bed.run(&["kill", "twice"]));
        assert!(ran.code == 0 || ran.code == 5, "step {step}: {}", ran.stderr);
        bed.assert_nothing_left("twice");
        if !killed {
            return;
        }
    }
}

#[test]
fn a_session_that_expires_is_replaced() {
    let test = Killing::new();
    let bed = &test.bed;
    if !bed.cluster.is_simulated() {
        eprintln!("left out: needs the simulated cluster");
        return;
    }
    let file = bed.topology("expired", 1);
    bed.cluster.control("/hold-offers", &json!({}));
    let mut command = bed.command(&["submit", &file]);
    command.args(["--config-property", &test.properties[0]]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the state", || {
        bed.znodes_of("expired").iter().any(|path| path.contains("topologies"))
    });
    // Longer than the session timeout of the bed's configuration.
    test.executioner.frozen.store(true, Ordering::SeqCst);
    std::thread::sleep(Duration::from_secs(7));
    test.executioner.frozen.store(false, Ordering::SeqCst);
    bed.cluster.control("/resume-offers", &json!({}));
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(bed.cluster.live_tasks().len(), 2);
    bed.ok(&["kill", "expired"]);
    bed.assert_nothing_left("expired");
}

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_mins(1), "{what} did not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn dropped_streams_do_not_disturb_a_submission() {
    let bed = Bed::new();
    if !bed.cluster.is_simulated() {
        eprintln!("left out: needs the simulated cluster");
        return;
    }
    let file = bed.topology("dropped", 3);
    bed.cluster.control("/delay", &json!({ "ms": 30 }));
    let child = bed
        .command(&["submit", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(150));
        bed.cluster.control("/drop-stream", &json!({}));
    }
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(bed.cluster.live_tasks().len(), 4);
    bed.ok(&["kill", "dropped"]);
    bed.assert_nothing_left("dropped");
}

#[test]
fn a_task_that_dies_comes_back_with_the_next_restart() {
    let bed = Bed::new();
    if !bed.cluster.is_simulated() {
        eprintln!("left out: needs the simulated cluster");
        return;
    }
    let file = bed.topology("mortal", 2);
    bed.ok(&["submit", &file]);
    let status = bed.json(&["status", "mortal"]);
    let task = status["containers"][1]["task_id"].as_str().unwrap().to_owned();
    bed.cluster.control("/kill-task", &json!({ "task": task, "signal": "SIGKILL" }));
    wait_for("the task's end", || bed.cluster.live_tasks().len() == 2);
    bed.ok(&["restart", "mortal", "1"]);
    assert_eq!(bed.cluster.live_tasks().len(), 3);
    bed.ok(&["kill", "mortal"]);
    bed.assert_nothing_left("mortal");
}

#[test]
fn a_framework_that_was_removed_is_said_and_killed() {
    let bed = Bed::new();
    if !bed.cluster.is_simulated() {
        eprintln!("left out: needs the simulated cluster");
        return;
    }
    let file = bed.topology("removed", 1);
    let submitted = bed.json(&["submit", &file]);
    bed.cluster.control("/remove-framework", &json!({ "framework": submitted["framework_id"] }));
    wait_for("the tasks' end", || bed.cluster.live_tasks().is_empty());
    let ran = bed.run(&["restart", "removed"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("Framework has been removed"), "{}", ran.stderr);
    bed.ok(&["kill", "removed"]);
    bed.assert_nothing_left("removed");
}

#[test]
fn a_failover_of_the_master_is_followed() {
    let words = "--agents 2 --masters 2 --agent-reregister-timeout-ms 5000";
    let cluster = words.split_whitespace().map(str::to_owned).collect();
    let mut bed = Bed::with(&crate::bed::Wish { cluster, ..Default::default() });
    if !bed.cluster.is_simulated() {
        eprintln!("left out: needs the simulated cluster");
        return;
    }
    let path = bed.cluster.state()["zk"].as_str().map(str::to_owned);
    if let Some(path) = path {
        bed.write_config(&[format!("heron.mesos.master.uri: zk://{path}")]);
    }
    let file = bed.topology("moved", 1);
    bed.ok(&["submit", &file]);
    bed.cluster.control("/fail-over", &json!({}));
    bed.ok(&["restart", "moved", "1"]);
    assert_eq!(bed.cluster.live_tasks().len(), 2);
    bed.ok(&["kill", "moved"]);
    bed.assert_nothing_left("moved");
}
