//! Real topologies: a Python one made with heronpy, Java ones made with heron-api of both eras.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use crate::environment::{TestEnv, until};

/// Runs one of the build scripts; the paths that it prints.
fn built(script: &str) -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("tests/support").join(script)).output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script} failed:\n{stderr}");
    stdout.lines().filter(|line| !line.starts_with("==")).map(|line| root.join(line)).collect()
}

/// The Java topologies: with the API of org.apache.heron, then of com.twitter.heron.
pub static JARS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| built("build-jar.sh"));

/// The Python topologies.
static PEX: LazyLock<PathBuf> = LazyLock::new(|| built("build-pex.sh").swap_remove(0));

fn submit_and_kill(env: &TestEnv, words: &[&str], name: &str, containers: usize) {
    let mut command = vec!["submit"];
    command.extend(words);
    let submitted = env.json(&command);
    assert_eq!(submitted["topology"]["name"], name);
    assert_eq!(submitted["container_count"], containers + 1);
    assert!(submitted["topology"]["id"].as_str().unwrap().starts_with(name));
    assert_eq!(env.json(&["status", name])["topology"]["state"], "RUNNING");
    env.ok(&["kill", name]);
    env.assert_nothing_left(name);
}

#[test]
fn a_python_topology_runs() {
    let pex = &*PEX;
    let env = TestEnv::new();
    submit_and_kill(&env, &[pex.to_str().unwrap(), "-", "counted", "2"], "counted", 2);
    submit_and_kill(&env, &[pex.to_str().unwrap(), "wordcount.WordCount", "named"], "named", 1);
    let paused = env.json(&["submit", pex.to_str().unwrap(), "-", "waiting", "--deactivated"]);
    assert_eq!(paused["topology"]["state"], "PAUSED");
    assert_eq!(env.json(&["status", "waiting"])["topology"]["state"], "PAUSED");
    env.ok(&["activate", "waiting"]);
    env.ok(&["kill", "waiting"]);
    let failed = env.run(&["submit", pex.to_str().unwrap(), "-", "x", "--throw"]);
    assert_eq!(failed.code, 4, "{}", failed.stderr);
    env.assert_nothing_left("waiting");
}

/// All containers run, and nothing works: the class of the topology keeps instances from importing their component.
#[test]
fn a_component_that_instances_can_not_import_is_seen() {
    let pex = &*PEX;
    let env = TestEnv::new();
    let words =
        ["submit", "--timeout", "20s", pex.to_str().unwrap(), "one_module.OneModule", "lonely"];
    let ran = env.run(&words);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    assert!(ran.stderr.contains("physical plan"), "{}", ran.stderr);
    let state = env.cluster.state();
    let task = state["tasks"].as_array().unwrap().iter().find(|task| {
        task["info"]["name"].as_str().is_some_and(|name| name.ends_with("container-1"))
    });
    let sandbox = PathBuf::from(task.unwrap()["sandbox"].as_str().unwrap());
    let path = sandbox.join("heron-executor-1.stdout");
    // Python takes its time to start where others are busy.
    let read = || std::fs::read_to_string(&path).unwrap();
    until("the instance to fail", || read().contains("failed to import one_module.LonelySpout"));
    let log = read();
    assert!(log.contains("HERON_OPTIONS"), "{log}");
    env.ok(&["kill", "lonely"]);
    env.assert_nothing_left("lonely");
}

#[test]
fn java_topologies_of_both_eras_run() {
    let env = TestEnv::new();
    for jar in JARS.iter() {
        let jar = jar.to_str().unwrap();
        submit_and_kill(&env, &[jar, "tests.topologies.WordCount", "javaword"], "javaword", 1);
    }
}

#[test]
fn a_java_main_that_fails_is_quoted_without_its_stack() {
    let env = TestEnv::new();
    let jar = JARS[0].to_str().unwrap();
    let ran = env.run(&["submit", jar, "tests.topologies.Throws", "x"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("Exception"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("\tat "), "{}", ran.stderr);
    let ran = env.run(&["submit", jar, "tests.topologies.Silent", "x"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("without submitting"), "{}", ran.stderr);
    let ran = env.run(&["submit", jar, "tests.topologies.NoSuchMain"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("NoSuchMain"), "{}", ran.stderr);
}
