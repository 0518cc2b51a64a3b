//! Topologies that supervise themselves: they heal while no command runs, their supervisors included, and commands find them as they would
//! find others.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::environment::{TestEnv, TestOptions, until};

/// A cluster whose agents fetch a program that runs the binary under test: the very file would be copied for every supervisor.
fn environment(cluster: &str, config: &[&str]) -> TestEnv {
    let cluster = cluster.split_whitespace().map(str::to_owned).collect();
    let config: Vec<String> = config.iter().map(|line| (*line).to_owned()).collect();
    let mut env = TestEnv::with(&TestOptions { cluster, ..TestOptions::default() });
    configure(&mut env, config);
    env
}

fn configure(env: &mut TestEnv, more: Vec<String>) {
    let program = env.directory.path().join("program");
    let text = format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_heron-cli"));
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let mut lines = vec![format!("heron.supervisor.uri: file://{}", program.display())];
    lines.extend(more);
    env.write_config(&lines);
}

fn submitted(env: &TestEnv, name: &str, containers: usize, supervisors: &str) {
    let file = env.topology(name, containers);
    let ran = env.ok(&["submit", "--supervisors", supervisors, &file]);
    assert!(!ran.stderr.contains("nobody supervises"), "{}", ran.stderr);
    let count: u64 = supervisors.parse().unwrap();
    until("the supervisors", || env.status(name)["supervisor"]["running"] == count);
}

/// The supervisors' tasks that live, with their agents.
fn supervisors(env: &TestEnv) -> Vec<(String, String)> {
    let text = |task: &Value, key: &str| task[key].as_str().unwrap_or_default().to_owned();
    let tasks = env.cluster.live_tasks();
    let all = tasks.iter().map(|task| (text(task, "task_id"), text(task, "agent_id")));
    all.filter(|(task, _)| task.contains("-s")).collect()
}

/// The supervisor that leads: its process, and its task.
fn leader(env: &TestEnv, topology: &str) -> (Pid, String) {
    let mut found = None;
    until("a leader", || {
        let driver = env.status(topology)["driver"].clone();
        let pid = driver["pid"].as_u64().filter(|_| driver["command"] == "supervise");
        let environ = pid.and_then(|pid| std::fs::read(format!("/proc/{pid}/environ")).ok());
        let task = environ.and_then(|environ| {
            let variables = String::from_utf8_lossy(&environ).into_owned();
            let own = variables.split('\0').find_map(|one| one.strip_prefix("MESOS_EXECUTOR_ID="));
            own.map(str::to_owned)
        });
        found = pid.zip(task);
        found.is_some()
    });
    let (pid, task) = found.unwrap();
    (Pid::from_raw(i32::try_from(pid).unwrap()), task)
}

fn kill_task(env: &TestEnv, task: &str) {
    env.cluster.control("/kill-task", &json!({ "task": task }));
}

#[test]
fn a_topology_heals_itself_and_its_supervisors() {
    let env = environment("--agents 3", &[]);
    submitted(&env, "alone", 2, "2");
    let shown = env.status("alone");
    assert_eq!(shown["supervisor"]["wanted"], 2, "{shown}");
    assert_eq!(shown["topology"]["health"], "healthy", "{shown}");
    let agents: Vec<String> = supervisors(&env).into_iter().map(|(_, agent)| agent).collect();
    assert!(agents.len() == 2 && agents[0] != agents[1], "{agents:?}");
    for id in [1, 0] {
        let task = env.container("alone", id)["task_id"].as_str().unwrap().to_owned();
        kill_task(&env, &task);
        env.runs_again("alone", id, 2);
    }
    let (pid, task) = leader(&env, "alone");
    kill(pid, Signal::SIGKILL).unwrap();
    until("another leader", || {
        let (other, _) = leader(&env, "alone");
        other != pid
    });
    until("both supervisors", || {
        let tasks = supervisors(&env);
        tasks.len() == 2 && tasks.iter().all(|(one, _)| *one != task)
    });
    // The one that stands by is as dear.
    let (_, task) = leader(&env, "alone");
    let other = supervisors(&env).into_iter().find(|(one, _)| *one != task).unwrap().0;
    kill_task(&env, &other);
    until("both supervisors", || {
        let tasks = supervisors(&env);
        tasks.len() == 2 && tasks.iter().all(|(one, _)| *one != other)
    });
    until("health", || env.is_healthy("alone"));
    let events = env.ok(&["events", "alone"]).stdout;
    assert!(events.contains("supervisor 1, attempt 1: TASK_RUNNING"), "{events}");
    env.ok(&["kill", "alone"]);
    env.assert_nothing_left("alone");
}

#[test]
fn a_lost_agent_takes_the_leading_supervisor_along_and_no_more() {
    let config = ["heron.mesos.unreachable.seconds: 1"];
    let env = environment("--agents 3 --agent-ping-timeout-ms 300", &config);
    submitted(&env, "hostless", 2, "2");
    let (pid, task) = leader(&env, "hostless");
    let agent = supervisors(&env).into_iter().find(|(one, _)| *one == task).unwrap().1;
    kill(pid, Signal::SIGSTOP).unwrap();
    env.cluster.control("/lose-agent", &json!({ "agent": agent }));
    until("two supervisors on other agents", || {
        let others = supervisors(&env);
        others.iter().filter(|(_, on)| *on != agent).count() == 2
    });
    until("containers on other agents", || {
        let shown = env.status("hostless");
        let containers = shown["containers"].as_array().unwrap();
        containers.iter().all(|one| one["state"] == "TASK_RUNNING" && one["agent_id"] != *agent)
    });
    // Whoever was away finds another leading, and that it is wanted no more.
    kill(pid, Signal::SIGCONT).unwrap();
    env.cluster.control("/return-agent", &json!({ "agent": agent }));
    until("the end of what came back", || env.cluster.live_tasks().len() == 5);
    until("health", || env.is_healthy("hostless"));
    env.ok(&["kill", "hostless"]);
    env.assert_nothing_left("hostless");
}

#[test]
fn commands_go_through_whoever_leads() {
    let env = environment("--agents 3", &[]);
    submitted(&env, "asked", 1, "2");
    let same = env.json(&["submit", "--supervisors", "2", &env.topology("asked", 1)]);
    assert_eq!((&same["already"], &same["supervisors"]), (&json!(true), &json!(2)), "{same}");
    let ran = env.ok(&["restart", "asked", "1"]);
    assert!(ran.stderr.contains("asked supervise on host "), "{}", ran.stderr);
    assert_eq!(env.container("asked", 1)["attempt"], 2);
    let updated = env.json(&["update", "asked", "--container-number", "2"]);
    assert_eq!(updated["added"], json!([2]), "{updated}");
    // Without anybody who leads.
    for (task, _) in supervisors(&env) {
        env.cluster.control("/hold-offers", &json!({}));
        kill_task(&env, &task);
    }
    until("no driver", || env.status("asked")["driver"].is_null());
    let shown = env.status("asked");
    assert_eq!(shown["topology"]["health"], "degraded", "{shown}");
    assert!(shown["topology"]["problems"][0].as_str().unwrap().contains("0 of its 2"), "{shown}");
    env.cluster.control("/resume-offers", &json!({}));
    env.ok(&["restart", "asked", "1"]);
    until("the supervisors", || env.status("asked")["supervisor"]["running"] == 2);
    env.ok(&["kill", "asked"]);
    env.assert_nothing_left("asked");
}

#[test]
fn a_kill_that_nobody_waits_for_ends_the_supervisors_too() {
    let env = environment("--agents 3", &[]);
    submitted(&env, "left", 1, "2");
    env.cluster.control("/hold-offers", &json!({}));
    let (pid, _) = leader(&env, "left");
    // The request stands when whoever made it is gone.
    kill(pid, Signal::SIGSTOP).unwrap();
    let mut killing = env.command(&["kill", "left"]).spawn().unwrap();
    until("the request", || env.status("left")["topology"]["state"] == "KILLING");
    killing.kill().unwrap();
    killing.wait().unwrap();
    kill(pid, Signal::SIGCONT).unwrap();
    until("the end of all tasks", || env.cluster.live_tasks().is_empty());
    until("the end of the framework", || {
        env.cluster.state()["frameworks"].as_array().unwrap().is_empty()
    });
    env.ok(&["kill", "left"]);
    env.assert_nothing_left("left");
}

#[test]
fn a_state_that_is_removed_alone_leaves_no_supervisor() {
    let env = environment("--agents 3", &[]);
    submitted(&env, "stateless", 1, "2");
    let ran = env.run(&["kill", "stateless", "--state-only", "--timeout", "20s"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    for (task, _) in supervisors(&env) {
        env.cluster.control("/hold-offers", &json!({}));
        kill_task(&env, &task);
    }
    until("no driver", || env.status("stateless")["driver"].is_null());
    env.ok(&["kill", "stateless", "--state-only"]);
    until("the end of the nodes", || env.znodes_of("stateless").is_empty());
    env.ok(&["kill", "stateless"]);
    env.assert_nothing_left("stateless");
}

#[test]
fn more_and_fewer_supervisors_are_had_by_an_update() {
    let env = environment("--agents 3", &[]);
    let file = env.topology("changing", 1);
    let ran = env.ok(&["submit", &file]);
    assert!(ran.stderr.contains("nobody supervises topology changing"), "{}", ran.stderr);
    let changed = env.json(&["update", "changing", "--supervisors", "2"]);
    assert_eq!((&changed["wanted"], &changed["running"]), (&json!(2), &json!(2)), "{changed}");
    until("the supervisors", || env.status("changing")["supervisor"]["running"] == 2);
    let same = env.json(&["update", "changing", "--supervisors", "2"]);
    assert_eq!(same["already"], true, "{same}");
    // One that finds no place holds nothing up.
    let more = env.ok(&["update", "changing", "--supervisors", "4"]);
    assert!(more.stderr.contains("1 of its 4 supervisors do not run yet"), "{}", more.stderr);
    let shown = env.status("changing");
    assert_eq!(shown["topology"]["health"], "degraded", "{shown}");
    let fewer = env.json(&["update", "changing", "--supervisors", "1"]);
    assert_eq!(fewer["running"], 1, "{fewer}");
    until("one supervisor", || supervisors(&env).len() == 1);
    let none = env.json(&["update", "changing", "--supervisors", "0"]);
    assert_eq!(none["wanted"], 0, "{none}");
    until("no supervisor", || supervisors(&env).is_empty());
    assert_eq!(env.status("changing")["supervisor"], Value::Null);
    assert!(env.is_healthy("changing"));
    env.ok(&["kill", "changing"]);
    env.assert_nothing_left("changing");
}

#[test]
fn this_program_is_brought_into_the_store_once() {
    let env = TestEnv::new();
    let file = env.topology("carried", 1);
    let planned = env.json(&["submit", "--supervisors", "1", "--dry-run", &file]);
    let uri = planned["supervisors"]["uri"].as_str().unwrap().to_owned();
    let path = uri.strip_prefix("file://").unwrap().to_owned();
    assert!(path.contains("/store/heron-cli-") && path.ends_with(".tar.gz"), "{planned}");
    assert!(!std::path::Path::new(&path).exists(), "a dry run brings nothing");
    let ran = env.ok(&["submit", "--supervisors", "1", &file]);
    let is_static = cfg!(target_feature = "crt-static");
    assert_eq!(ran.stderr.contains("is linked dynamically"), !is_static, "{}", ran.stderr);
    until("the supervisor", || env.status("carried")["supervisor"]["running"] == 1);
    let task = env.container("carried", 1)["task_id"].as_str().unwrap().to_owned();
    kill_task(&env, &task);
    env.runs_again("carried", 1, 2);
    env.ok(&["kill", "carried"]);
    env.assert_nothing_left("carried");
    assert!(std::path::Path::new(&path).exists(), "other topologies may have it");
}

#[test]
fn supervisors_that_do_not_start_undo_the_submission() {
    let env = environment("--agents 3", &["heron.supervisor.uri: file:///bin/false"]);
    let file = env.topology("broken", 1);
    let ran = env.run(&["submit", "--supervisors", "1", &file]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("supervisor 1 of topology `broken` fails"), "{}", ran.stderr);
    env.assert_nothing_left("broken");
    let store = env.run(&["submit", "--supervisors", "10", &file]);
    assert_eq!(store.code, 2, "{}", store.stderr);
}

#[test]
fn secrets_are_read_on_the_agents_and_never_sent() {
    let mut env = environment("--agents 3", &[]);
    let there = env.directory.path().join("of agents");
    std::fs::create_dir(&there).unwrap();
    for directory in [env.directory.path(), &there] {
        let path = directory.join("zookeeper-user");
        std::fs::write(&path, "heron:geheimnis").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    let here = env.directory.path().join("zookeeper-user").display().to_string();
    let secret = format!("heron.statemgr.zookeeper.auth.file: {here}");
    configure(&mut env, vec![secret.clone()]);
    let file = env.topology("secretive", 1);
    let refused = env.run(&["submit", "--supervisors", "2", &file]);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains("heron.supervisor.files.directory"), "{}", refused.stderr);
    let directory = format!("heron.supervisor.files.directory: {}", there.display());
    configure(&mut env, vec![secret, directory]);
    submitted(&env, "secretive", 1, "2");
    let (pid, _) = leader(&env, "secretive");
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    let command = String::from_utf8_lossy(&command).into_owned();
    assert!(command.contains("of agents/zookeeper-user"), "{command}");
    assert!(!command.contains("geheimnis"), "{command}");
    let task = env.container("secretive", 1)["task_id"].as_str().unwrap().to_owned();
    kill_task(&env, &task);
    env.runs_again("secretive", 1, 2);
    env.ok(&["kill", "secretive"]);
    assert!(env.cluster.live_tasks().is_empty());
}
