//! `supervise`: topologies heal while no command runs, requests are carried out by whoever leads, and another takes over.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::environment::{self, Ran, TestEnv, TestOptions, http, until};

/// A supervisor at work; what it says goes into a file. It is killed with the test.
pub struct Supervisor {
    child: Option<Child>,
    log: PathBuf,
}

impl Supervisor {
    pub fn start(env: &TestEnv, name: &str, words: &[&str]) -> Self {
        let log = env.directory.path().join(format!("{name}.log"));
        let words: Vec<&str> = ["supervise"].iter().chain(words).copied().collect();
        let mut command: Command = env.command(&words);
        let file = std::fs::File::create(&log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: Some(command.spawn().unwrap()), log }
    }

    /// Over all topologies, which it drives when this returns.
    pub fn of_all(env: &TestEnv, topologies: &[&str]) -> Self {
        let supervisor = Self::start(env, "all", &["--all"]);
        for topology in topologies {
            supervisor.said(&format!("{topology}: all "));
        }
        supervisor
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until it has said something.
    pub fn said(&self, text: &str) {
        until(&format!("`{text}` of a supervisor"), || self.log().contains(text));
    }

    fn signal(&mut self, signal: Signal) {
        environment::signal(self.child.as_ref().unwrap(), signal);
    }

    /// Ends it, which must succeed; what it has said.
    pub fn end(mut self) -> String {
        self.signal(Signal::SIGTERM);
        let ran = self.child.take().unwrap().wait().unwrap();
        assert_eq!(ran.code(), Some(0), "{}", self.log());
        self.log()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), self.log());
        }
    }
}

fn submitted(env: &TestEnv, name: &str, containers: usize) {
    let file = env.topology(name, containers);
    env.ok(&["submit", &file]);
}

/// Waits for the end of a topology's nodes: who waited for the lock takes away what it waited in.
fn without_nodes(env: &TestEnv, topology: &str) {
    until("the end of the nodes", || env.znodes_of(topology).is_empty());
}

fn nothing_left(env: &TestEnv, topology: &str) {
    without_nodes(env, topology);
    env.assert_nothing_left(topology);
}

#[test]
fn what_dies_is_launched_anew_while_no_command_runs() {
    let env = TestEnv::new();
    submitted(&env, "healing", 2);
    let supervisor = Supervisor::of_all(&env, &["healing"]);
    let shown = env.status("healing");
    assert_eq!(shown["driver"]["command"], "supervise", "{shown}");
    assert_eq!(shown["supervisor"]["running"], 1, "{shown}");
    assert!(shown["supervisor"]["leader"]["host"].is_string(), "{shown}");
    assert_eq!(env.json(&["list"])["topologies"][0]["supervised"], true);
    for id in [2, 0] {
        let task = env.container("healing", id)["task_id"].as_str().unwrap().to_owned();
        env.cluster.control("/kill-task", &json!({ "task": task }));
        env.runs_again("healing", id, 2);
    }
    until("health", || env.is_healthy("healing"));
    assert_eq!(env.attempts("healing"), [2, 1, 2]);
    assert_eq!(env.cluster.live_tasks().len(), 3);
    supervisor.said("healing: container 2 is TASK_FAILED");
    supervisor.said("healing: container 2 runs on host ");
    // Nothing is offered to whoever needs nothing.
    assert_eq!(env.cluster.state()["offers"].as_array().unwrap().len(), 0);
    // A reason that is over goes from the lock with the next second's words.
    until("no reason to wait", || env.status("healing")["driver"]["waits_for"].is_null());
    let log = supervisor.end();
    let said = "handed over one topology, which runs on; 2 containers were brought back\n";
    assert!(log.ends_with(said), "{log}");
    assert_eq!(env.status("healing")["supervisor"], Value::Null);
    env.ok(&["kill", "healing"]);
    env.assert_nothing_left("healing");
}

#[test]
fn requests_are_carried_out_by_the_supervisor() {
    let env = TestEnv::new();
    submitted(&env, "asked", 1);
    let supervisor = Supervisor::of_all(&env, &["asked"]);
    let ran = env.ok(&["restart", "asked", "1"]);
    assert!(ran.stderr.contains("asked supervise on host "), "{}", ran.stderr);
    assert_eq!(env.attempts("asked"), [1, 2]);
    let updated = env.json(&["update", "asked", "--container-number", "2"]);
    assert_eq!(updated["added"], json!([2]), "{updated}");
    assert_eq!(env.attempts("asked").len(), 3);
    let same = env.json(&["update", "asked", "--container-number", "2"]);
    assert_eq!(same["already"], true, "{same}");
    env.ok(&["deactivate", "asked"]);
    assert_eq!(env.status("asked")["topology"]["state"], "PAUSED");
    env.ok(&["activate", "asked"]);
    env.ok(&["kill", "asked"]);
    nothing_left(&env, "asked");
    // A killed topology is let go, a new one is taken up, of the same name as well.
    submitted(&env, "asked", 1);
    submitted(&env, "fresh", 1);
    supervisor.said("fresh: all 2 containers run");
    until("a driver", || env.status("asked")["driver"]["command"] == "supervise");
    for topology in ["asked", "fresh"] {
        env.ok(&["kill", topology]);
        without_nodes(&env, topology);
    }
    supervisor.end();
    assert!(env.cluster.live_tasks().is_empty());
    assert_eq!(env.cluster.state()["frameworks"].as_array().unwrap().len(), 0);
}

#[test]
fn another_supervisor_takes_over() {
    let env = TestEnv::new();
    submitted(&env, "inherited", 1);
    let mut first = Supervisor::start(&env, "first", &["--all"]);
    first.said("inherited: all 2 containers run");
    let second = Supervisor::start(&env, "second", &["inherited"]);
    until("both", || env.status("inherited")["supervisor"]["running"] == 2);
    // Who was killed holds the lease until its session ends.
    first.signal(Signal::SIGKILL);
    let task = env.container("inherited", 1)["task_id"].as_str().unwrap().to_owned();
    env.cluster.control("/kill-task", &json!({ "task": task }));
    env.runs_again("inherited", 1, 2);
    second.said("inherited: all 2 containers run");
    let third = Supervisor::start(&env, "third", &["--all"]);
    until("both", || env.status("inherited")["supervisor"]["running"] == 2);
    // Who is told to end hands over at once.
    second.end();
    third.said("inherited: all 2 containers run");
    assert_eq!(env.status("inherited")["supervisor"]["running"], 1);
    assert_eq!(env.attempts("inherited"), [1, 2]);
    env.ok(&["kill", "inherited"]);
    nothing_left(&env, "inherited");
    third.end();
}

#[test]
fn a_lost_agent_is_replaced_and_what_it_brings_back_is_killed() {
    let words = "--agents 3 --agent-ping-timeout-ms 300";
    let cluster = words.split_whitespace().map(str::to_owned).collect();
    let config = vec!["heron.mesos.unreachable.seconds: 1".to_owned()];
    let env = TestEnv::with(&TestOptions { cluster, config, ..TestOptions::default() });
    submitted(&env, "stranded", 2);
    let supervisor = Supervisor::of_all(&env, &["stranded"]);
    let agent = env.container("stranded", 1)["agent_id"].as_str().unwrap().to_owned();
    env.cluster.control("/lose-agent", &json!({ "agent": agent }));
    env.runs_again("stranded", 1, 2);
    supervisor.said("which can't be reached");
    env.cluster.control("/return-agent", &json!({ "agent": agent }));
    until("the end of what came back", || env.cluster.live_tasks().len() == 3);
    until("health", || env.is_healthy("stranded"));
    env.ok(&["kill", "stranded"]);
    nothing_left(&env, "stranded");
    supervisor.end();
}

#[test]
fn a_supervisor_follows_the_master_and_outlives_lost_streams() {
    let cluster = ["--agents", "3", "--masters", "2"].map(str::to_owned).to_vec();
    let env = TestEnv::with(&TestOptions { cluster, ..TestOptions::default() });
    submitted(&env, "followed", 1);
    let supervisor = Supervisor::of_all(&env, &["followed"]);
    for (attempt, fault) in [(2, "/fail-over"), (3, "/drop-stream")] {
        env.cluster.control(fault, &json!({}));
        until("a connection", || env.status("followed")["framework"]["connected"] == true);
        let task = env.container("followed", 1)["task_id"].as_str().unwrap().to_owned();
        env.cluster.control("/kill-task", &json!({ "task": task }));
        env.runs_again("followed", 1, attempt);
    }
    assert_eq!(env.cluster.live_tasks().len(), 2);
    env.ok(&["kill", "followed"]);
    nothing_left(&env, "followed");
    supervisor.end();
}

#[test]
fn what_a_command_began_is_carried_on() {
    let env = TestEnv::new();
    let supervisor = Supervisor::start(&env, "all", &["--all"]);
    env.cluster.control("/hold-offers", &json!({}));
    let file = env.topology("begun", 1);
    let left = env.run(&["submit", &file, "--timeout", "2s", "--no-rollback"]);
    assert_ne!(left.code, 0, "{}", left.stderr);
    env.cluster.control("/resume-offers", &json!({}));
    supervisor.said("begun: all 2 containers run");
    until("health", || env.is_healthy("begun"));
    // It has run: the same submission is no longer an interrupted one.
    until("a conflict", || env.run(&["submit", &file, "--fail-if-exists"]).code == 6);
    assert_eq!(env.json(&["submit", &file])["already"], true);

    env.cluster.control("/hold-offers", &json!({}));
    let mut update = env
        .command(&["update", "begun", "--container-number", "2"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the update", || env.status("begun")["update"].is_object());
    update.kill().unwrap();
    update.wait().unwrap();
    env.cluster.control("/resume-offers", &json!({}));
    until("its end", || env.status("begun")["update"].is_null());
    assert_eq!(env.attempts("begun").len(), 3);

    let mut killing = env
        .command(&["kill", "begun"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the request", || {
        let ran = env.run(&["-ojson", "status", "begun"]);
        ran.code == 5 || ran.stdout.contains("KILLING")
    });
    killing.kill().unwrap();
    killing.wait().unwrap();
    nothing_left(&env, "begun");
    supervisor.end();
}

#[test]
fn an_update_without_room_is_taken_back() {
    let env = TestEnv::new();
    submitted(&env, "tight", 1);
    let supervisor = Supervisor::of_all(&env, &["tight"]);
    env.cluster.control("/hold-offers", &json!({}));
    let ran = env.run(&["update", "tight", "--container-number", "2", "--timeout", "3s"]);
    assert_eq!(ran.code, 11, "{}", ran.stderr);
    assert!(ran.stderr.contains("has been undone"), "{}", ran.stderr);
    env.cluster.control("/resume-offers", &json!({}));
    assert_eq!(env.status("tight")["update"], Value::Null);
    assert_eq!(env.attempts("tight"), [1, 1]);
    supervisor.end();
    env.ok(&["kill", "tight"]);
}

#[test]
fn a_framework_that_is_removed_is_let_go() {
    let env = TestEnv::new();
    submitted(&env, "removed", 1);
    submitted(&env, "staying", 1);
    let supervisor = Supervisor::of_all(&env, &["removed", "staying"]);
    let framework = env.status("removed")["framework"]["id"].as_str().unwrap().to_owned();
    env.cluster.control("/remove-framework", &json!({ "framework": framework }));
    supervisor.said("removed: let go: Mesos has removed its framework");
    until("no driver", || env.status("removed")["driver"] == Value::Null);
    assert_eq!(env.status("staying")["driver"]["command"], "supervise");
    for topology in ["removed", "staying"] {
        env.ok(&["kill", topology]);
        without_nodes(&env, topology);
    }
    assert!(env.cluster.live_tasks().is_empty());
    supervisor.end();
}

#[test]
fn figures_are_served() {
    let env = TestEnv::new();
    submitted(&env, "counted", 1);
    let supervisor = Supervisor::start(&env, "all", &["--all", "--listen", "127.0.0.1:0"]);
    supervisor.said("counted: all 2 containers run");
    let log = supervisor.log();
    let base = log.split("figures are at ").nth(1).unwrap().split("/metrics").next().unwrap();
    let get = |path: &str| http("GET", &format!("{base}{path}"), "");
    assert_eq!(get("/healthz"), "ok, drives 1 of 1 topologies\n");
    let task = env.container("counted", 1)["task_id"].as_str().unwrap().to_owned();
    env.cluster.control("/kill-task", &json!({ "task": task }));
    let has = |line: &str| get("/metrics").lines().any(|is| is == line);
    until("a heal", || has("heron_heal_seconds_count{topology=\"counted\"} 1"));
    for line in [
        "heron_containers_wanted{topology=\"counted\"} 2",
        "heron_containers_running{topology=\"counted\"} 2",
        "heron_lease_held{topology=\"counted\"} 1",
        "heron_mesos_connected{topology=\"counted\"} 1",
        "heron_mesos_reconnects_total{topology=\"counted\"} 0",
        "heron_zookeeper_connected 1",
    ] {
        assert!(has(line), "{line:?} is not in\n{}", get("/metrics"));
    }
    assert!(http("POST", &format!("{base}/metrics"), "x").contains("GET only"));
    let taken = base.strip_prefix("http://").unwrap().to_owned();
    let second = env.run(&["supervise", "--all", "--listen", &taken]);
    assert_eq!(second.code, 1, "{}", second.stderr);
    assert!(second.stderr.contains(&format!("failed to listen at {taken}")), "{}", second.stderr);
    env.ok(&["kill", "counted"]);
    nothing_left(&env, "counted");
    until("it to be let go", || !get("/metrics").contains("counted"));
    supervisor.end();
}

#[test]
fn what_makes_no_sense_is_refused() {
    let env = TestEnv::new();
    for words in [&["supervise"][..], &["supervise", "--all", "one"], &["supervise", "a:b"]] {
        let Ran { code, stderr, .. } = env.run(words);
        assert_eq!(code, 2, "{words:?}: {stderr}");
    }
}
