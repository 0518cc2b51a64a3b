//! Servers that accept and say nothing, and users who don't want to wait for them: every verb ends when it is told to.

mod cluster;
mod files;
mod session;
mod silent;

use std::collections::BTreeSet;
use std::process::Child;
use std::time::{Duration, Instant};

use heron_cli::verbs::{self, Work};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::environment::{Ran, TestEnv, until};
use silent::Silent;

/// Five times what is promised (a second beyond the limit), for busy machines.
const SLACK: Duration = Duration::from_secs(5);
/// Five times what is promised of a signal.
const LEAVE: Duration = Duration::from_secs(1);
/// Five times what a supervisor takes for handing over.
const HAND_OVER: Duration = Duration::from_secs(10);
/// What commands are given.
const TIMEOUT: (&str, Duration) = ("2s", Duration::from_secs(2));

/// A command line of every verb that works in a cluster. `FILE` is a topology that isn't there yet; `waited` is there, where a
/// test makes it.
const LINES: [&str; 12] = [
    "submit FILE",
    "submit FILE --dry-run",
    "list",
    "status waited",
    "activate waited",
    "deactivate waited",
    "update waited --runtime-config x:y",
    "restart waited",
    "update waited --component-parallelism=word_spout:2",
    "rollback waited",
    "check fetch",
    // The last, because there is nothing left of it.
    "kill waited",
];
/// The same, of the verbs that change nothing of a topology: they watch it, or whoever runs it.
const WATCHING: [&str; 6] = [
    "supervise waited",
    "wait waited --for running",
    "events waited",
    "logs waited",
    "doctor",
    "diff FILE",
];
/// What needs no cluster, and so waits for nobody.
const ALONE: [&str; 6] = ["config", "version", "classpath", "completions", "explain", "man"];

fn words(line: &str, file: &str) -> Vec<String> {
    line.split(' ').map(|word| if word == "FILE" { file } else { word }.to_owned()).collect()
}

#[test]
fn no_verb_is_forgotten() {
    let mut covered: BTreeSet<String> = ALONE.iter().map(ToString::to_string).collect();
    for line in LINES.into_iter().chain(WATCHING) {
        let words = words(line, "fresh.defn");
        let argv = std::iter::once("heron-cli".to_owned()).chain(words);
        let verb = verbs::parse(argv.map(Into::into)).unwrap().cli.command.verb().unwrap();
        assert!(matches!(verb.work, Work::Cluster(..)), "{line}");
        covered.insert(verb.name.to_owned());
    }
    for verb in verbs::definition().get_subcommands() {
        let name = verb.get_name();
        let nested = verb.get_subcommands().map(|below| format!("{name} {}", below.get_name()));
        let nested: Vec<String> = nested.filter(|_| !ALONE.contains(&name)).collect();
        let all = if nested.is_empty() { vec![name.to_owned()] } else { nested };
        for name in all {
            assert!(covered.contains(&name), "`{name}` waits for whom it likes: add it to LINES");
        }
    }
}

/// Properties stand in front: what is behind a class may be the topology's.
fn together<'a>(words: &'a [String], properties: &'a [String]) -> Vec<&'a str> {
    let properties = properties.iter().flat_map(|property| ["--config-property", property]);
    properties.chain(words.iter().map(String::as_str)).collect()
}

/// A run that must end by itself, with how long it took.
fn timed(env: &TestEnv, words: &[String], properties: &[String]) -> (Ran, Duration) {
    let mut all = vec!["--timeout", TIMEOUT.0];
    all.extend(together(words, properties));
    let began = Instant::now();
    (env.run(&all), began.elapsed())
}

/// Asserts that a command line ends with one of some codes in time, and says some words.
#[track_caller]
fn ends(env: &TestEnv, line: &[String], properties: &[String], codes: &[i32], said: &str) -> Ran {
    let (ran, took) = timed(env, line, properties);
    assert!(codes.contains(&ran.code), "{line:?}: {}, not {codes:?}\n{}", ran.code, ran.stderr);
    assert!(ran.stderr.contains(said), "{line:?}: {said:?} is not in\n{}", ran.stderr);
    assert!(took < TIMEOUT.1 + SLACK, "{line:?} took {took:?}\n{}", ran.stderr);
    ran
}

/// Starts a command without a timeout of its own.
fn start(env: &TestEnv, words: &[String], properties: &[String]) -> Child {
    env.start(&together(words, properties))
}

/// Sends a signal to a command; what it did, and how soon it had ended.
fn signalled(mut child: Child, line: &[String], signal: Signal) -> (Ran, Duration) {
    let began = Instant::now();
    // One that has ended by itself tells why.
    let _ = kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal);
    until(&format!("the end of {line:?}"), || child.try_wait().unwrap().is_some());
    let took = began.elapsed();
    (Ran::from(child.wait_with_output().unwrap()), took)
}

/// Asserts that a command which waits is ended by either signal, at once, with what is true now.
#[track_caller]
fn leaves(child: Child, line: &[String], signal: Signal) -> Ran {
    let (ran, took) = signalled(child, line, signal);
    let (code, word) =
        if signal == Signal::SIGINT { (130, "interrupted") } else { (143, "terminated") };
    assert_eq!(ran.code, code, "{line:?}\n{}", ran.stderr);
    assert!(ran.stderr.contains(word) && ran.stderr.contains("hint: "), "{line:?}\n{}", ran.stderr);
    assert!(took < LEAVE, "{line:?} took {took:?}\n{}", ran.stderr);
    ran
}

/// Each of the signals in turn.
fn signals() -> impl Iterator<Item = Signal> {
    [Signal::SIGINT, Signal::SIGTERM].into_iter().cycle()
}

/// Lets each of some command lines, with its exit code, wait for a server, and leave it. Code 0: the server isn't needed, or to be told to end
/// is no failure.
fn all_end(
    env: &TestEnv,
    file: &str,
    lines: &[(&str, i32)],
    server: &Silent,
    properties: &[String],
) {
    for ((line, code), signal) in lines.iter().zip(signals()) {
        let line = words(line, file);
        ends(env, &line, properties, &[*code], "");
        if *code == 0 {
            continue;
        }
        server.forget();
        let child = start(env, &line, properties);
        server.wait_until_asked();
        leaves(child, &line, signal);
    }
}
