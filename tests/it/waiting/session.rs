//! ZooKeeper that is silent from the start, or falls silent in the middle of a session; and a lock that somebody holds.

use std::sync::atomic::Ordering;
use std::time::Duration;

use heron_cli::net::deadline::Deadline;
use heron_cli::net::zookeeper::{Ensemble, Options};
use heron_cli::state::Zk;
use heron_cli::state::holder::Holder;
use heron_cli::state::lock::Lock;
use tokio::runtime::Runtime;

use super::silent::Silent;
use super::{
    LINES, TIMEOUT, WATCHING, all_end, ends, leaves, signalled, signals, start, timed, words,
};
use crate::environment::{TestEnv, TestOptions, until, zookeeper};
use crate::fault_proxy::Killing;

#[test]
fn a_silent_zookeeper_holds_nobody_up() {
    let env = TestEnv::new();
    let file = env.topology("waited", 1);
    let server = Silent::start();
    let mut properties = vec![format!("zk.connection.string={}", server.address)];
    // A topology that names none needs no state.
    let lines = LINES.into_iter().chain(WATCHING).filter(|line| *line != "check fetch");
    let code = |line: &str| match line.split(' ').next() {
        Some("supervise") => 0,
        Some("wait") => 9,
        Some("doctor") => 20,
        _ => 7,
    };
    let lines: Vec<_> = lines.map(|line| (line, code(line))).collect();
    all_end(&env, &file, &lines, &server, &properties);
    // Where there is nothing to hand over, nobody is waited for.
    let line = words("supervise waited", "");
    server.forget();
    let child = start(&env, &line, &properties);
    server.wait_until_asked();
    let (ran, took) = signalled(child, &line, nix::sys::signal::Signal::SIGTERM);
    assert!(ran.code == 0 && took < super::LEAVE, "{took:?}: {}", ran.stderr);

    let ran = ends(&env, &words("list", ""), &properties, &[7], "timed out");
    let said = format!("waiting for ZooKeeper at {}", server.address);
    assert_eq!(ran.stderr.matches(&said).count(), 1, "{}", ran.stderr);
    // The key's time is obeyed, where it is shorter.
    properties.push("heron.statemgr.zookeeper.connection.timeout.ms=700".to_owned());
    let (ran, took) = timed(&env, &words("list", ""), &properties);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(took >= Duration::from_millis(700) && took < TIMEOUT.1, "{took:?}");
}

#[test]
fn a_zookeeper_that_is_not_there_is_waited_for_and_named() {
    let env = TestEnv::new();
    let server = Silent::start();
    let port = server.port();
    drop(server);
    let properties = [format!("zk.connection.string=127.0.0.1:{port}")];
    let said = format!("waiting for ZooKeeper at 127.0.0.1:{port}: 127.0.0.1:{port} refused");
    let ran = ends(&env, &words("list", ""), &properties, &[7], &said);
    assert_eq!(ran.stderr.matches(&said).count(), 1, "{}", ran.stderr);
    let line = words("list", "");
    let child = start(&env, &line, &properties);
    // There is nobody who could tell when it waits.
    std::thread::sleep(Duration::from_secs(1));
    leaves(child, &line, nix::sys::signal::Signal::SIGINT);
}

/// A client's messages to ZooKeeper after which no answer comes any more.
const MESSAGES: [usize; 4] = [2, 3, 5, 8];

#[test]
fn a_zookeeper_that_falls_silent_holds_nobody_up() {
    // After each silence the end of a session is waited for.
    let config = vec!["heron.statemgr.zookeeper.session.timeout.ms: 2000".to_owned()];
    let test = Killing::with(&TestOptions { config, ..TestOptions::default() });
    let env = &test.env;
    let there = env.topology("waited", 1);
    let mut silenced = 0;
    let properties = &test.properties[..1];
    let lines = LINES.into_iter().map(|line| (line, &MESSAGES[..]));
    let lines = WATCHING.into_iter().map(|line| (line, &MESSAGES[1..2])).chain(lines);
    for (line, tried) in lines.filter(|(line, _)| *line != "check fetch") {
        for (messages, signal) in tried.iter().copied().zip(signals()) {
            if env.run(&["status", "waited"]).code == 5 {
                env.ok(&["submit", &there]);
            }
            let file = env.topology("fresh", 1);
            let line = words(line, &file);
            test.fault_proxy.freeze_after(messages);
            let (ran, took) = timed(env, &line, properties);
            let frozen = test.fault_proxy.thaw();
            // It may have come to its end before, or been told that the name is taken.
            let expected: &[i32] = if frozen { &[0, 5, 6, 7, 9, 20] } else { &[0, 5, 6] };
            assert!(expected.contains(&ran.code), "{line:?} {messages}: {}", ran.stderr);
            assert!(took < TIMEOUT.1 + super::SLACK, "{line:?} {messages} took {took:?}");
            free(env);
            if !frozen {
                break;
            }
            silenced += 1;

            test.fault_proxy.freeze_after(messages);
            let mut child = start(env, &line, properties);
            until("silence, or the end", || {
                test.fault_proxy.frozen.load(Ordering::SeqCst)
                    || child.try_wait().unwrap().is_some()
            });
            let (ran, took) = signalled(child, &line, signal);
            // What has all its answers only ends its session.
            let done = [0, 20].contains(&ran.code) && !ran.stdout.is_empty();
            assert!(
                done || [5, 6, 130, 143].contains(&ran.code),
                "{line:?} {messages}: {}\n{}{}",
                ran.code,
                ran.stdout,
                ran.stderr
            );
            let longest = if line[0] == "supervise" { super::HAND_OVER } else { super::LEAVE };
            assert!(took < longest, "{line:?} {messages} took {took:?}");
            test.fault_proxy.thaw();
            free(env);
        }
    }
    assert!(silenced > 2 * LINES.len(), "only {silenced} were silenced");
}

/// Waits until sessions that were left behind have ended.
fn free(env: &TestEnv) {
    until("the end of the sessions", || {
        !env.znodes().iter().any(|path| path.contains("-lock-") || path.contains("-lease-"))
    });
}

/// A runtime with a lock in it.
fn hold(env: &TestEnv, topology: &str) -> (Runtime, Lock) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let lock = runtime.block_on(async {
        let options = Options::new(Ensemble::parse(&zookeeper()).unwrap());
        let zk = Zk::connect(&options, &Deadline::never()).await.unwrap();
        let me =
            Holder { host: "desk".into(), pid: 1, command: "update".into(), ..Holder::default() };
        let directory = format!("{}/frameworks/{topology}/lock", env.root);
        Lock::try_lock(&zk, &directory, &me).await.unwrap()
    });
    (runtime, lock)
}

#[test]
fn whoever_holds_the_lock_is_named_and_can_be_left() {
    let env = TestEnv::new();
    let there = env.topology("waited", 1);
    env.ok(&["submit", &there]);
    let file = env.topology("fresh", 1);
    let (_first, _waited) = hold(&env, "waited");
    let (_second, _fresh) = hold(&env, "fresh");
    let queue = |topology: &str| {
        let locks = format!("/frameworks/{topology}/lock/");
        env.znodes().iter().filter(|path| path.contains(&locks)).count()
    };
    for (line, signal) in LINES.into_iter().zip(signals()) {
        let waits = ["submit FILE", "restart", "kill", "update waited --component"];
        if line.ends_with("--dry-run") || !waits.iter().any(|verb| line.starts_with(verb)) {
            continue;
        }
        let line = words(line, &file);
        let topology = if line[0] == "submit" { "fresh" } else { "waited" };
        let said = format!("waiting for update on host desk (pid 1), who is changing {topology}");
        // What is requested is left to the one who holds the lock; the rest is not begun.
        let (code, left) = match line[0].as_str() {
            "restart" => (9, "the restart is journalled"),
            "kill" => (9, "its end is asked for"),
            _ => (6, "nothing was changed"),
        };
        let ran = ends(&env, &line, &[], &[code], &said);
        assert_eq!(ran.stderr.matches(&said).count(), 1, "{}", ran.stderr);
        until("the client's end", || queue(topology) == 1);
        let child = start(&env, &line, &[]);
        until("the client in the queue", || queue(topology) == 2);
        let ran = leaves(child, &line, signal);
        assert!(ran.stderr.contains(left), "{}", ran.stderr);
        until("the client's end", || queue(topology) == 1);
    }
}
