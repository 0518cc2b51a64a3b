//! Counts everything that a topology has: tasks, processes, frameworks, znodes, packages.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::Round;
use crate::environment::TestEnv;
use crate::fault_proxy::wait_for;

/// Asserts that there is one healthy topology, and nothing else. A package may stay where nothing says whose it is: `unwritten`.
pub fn assert_one(round: &Round, env: &TestEnv, topology: &str, unwritten: bool) {
    // What is left of the bad day may have met no command yet.
    env.cluster.control("/clear-faults", &Value::Null);
    let checked = env.run(&["status", topology, "--check"]);
    if checked.code == 20 && round.day.lasts() {
        // Nobody has asked for what is broken.
        let ran = env.run(&["restart", topology, "--timeout", super::LIMIT]);
        assert_eq!(ran.code, 0, "{round:?}: {}", ran.stderr);
    } else {
        assert_eq!(checked.code, 0, "{round:?}: {}{}", checked.stdout, checked.stderr);
    }
    let checked = env.run(&["-ojson", "status", topology, "--check"]);
    assert_eq!(checked.code, 0, "{round:?}: {}{}", checked.stdout, checked.stderr);
    let status: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(status["update"], Value::Null, "{round:?}");

    let containers = status["containers"].as_array().unwrap();
    let wanted: BTreeMap<String, usize> =
        containers.iter().map(|one| (id(&one["task_id"]), 1)).collect();
    assert!((3..=4).contains(&wanted.len()), "{round:?}: {status}");
    let what = || format!("{round:?}: {:?} is not {wanted:?}", processes(env));
    settles(what, || {
        let found = processes(env);
        found.len() == wanted.len() && found.keys().all(|task| wanted.contains_key(task))
    });
    let state = env.cluster.state();
    let frameworks = state["frameworks"].as_array().unwrap();
    assert_eq!(frameworks.len(), 1, "{round:?}: {frameworks:?}");
    assert_eq!(frameworks[0]["id"], status["framework"]["id"], "{round:?}");
    let listed = frameworks[0]["tasks"].as_array().unwrap().iter();
    let running = listed.filter(|task| task["state"] == "TASK_RUNNING");
    let running: BTreeMap<String, usize> = running.map(|task| (id(&task["task_id"]), 1)).collect();
    assert_eq!(running, wanted, "{round:?}");

    let nodes = env.znodes_of(topology);
    let locks = nodes.iter().filter(|path| path.contains("-lock-") || path.contains("-lease-"));
    assert_eq!(locks.collect::<Vec<_>>(), Vec::<&String>::new(), "{round:?}");
    for directory in ["topologies", "packingplans", "executionstate", "pplans", "frameworks"] {
        let path = format!("{}/{directory}/{topology}", env.root);
        assert!(nodes.contains(&path), "{round:?}: {path} is not in {nodes:?}");
    }
    let count = packages(env).len();
    assert!((1..=1 + usize::from(unwritten)).contains(&count), "{round:?}: {:?}", packages(env));
}

/// Asserts that there is nothing at all, but for such a package.
pub fn assert_none(round: &Round, env: &TestEnv, topology: &str, unwritten: bool) {
    settles(|| format!("{round:?}: {:?} are left", processes(env)), || processes(env).is_empty());
    assert_eq!(env.znodes_of(topology), Vec::<String>::new(), "{round:?}");
    wait_for("the master", || env.cluster.state()["leader"] != Value::Null);
    let state = env.cluster.state();
    assert_eq!(state["frameworks"], Value::Array(Vec::new()), "{round:?}");
    let most = usize::from(unwritten);
    assert!(packages(env).len() <= most, "{round:?}: {:?}", packages(env));
}

fn id(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What ends does so a moment later.
fn settles(what: impl Fn() -> String, condition: impl Fn() -> bool) {
    for _ in 0..600 {
        if condition() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{}", what());
}

/// The processes that run in sandboxes, by the task of these.
fn processes(env: &TestEnv) -> BTreeMap<String, Vec<String>> {
    let agents = env.directory.path().join("agents");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(directory) = std::fs::read_link(entry.path().join("cwd")) else { continue };
        let Ok(below) = directory.strip_prefix(&agents) else { continue };
        let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_owned()).collect();
        let executor = parts.iter().position(|part| part == "executors");
        let task = executor.and_then(|at| parts.get(at + 1));
        let task = task.map(|task| task.to_string_lossy().into_owned()).unwrap_or_default();
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        found.entry(task).or_default().push(command.chars().take(80).collect());
    }
    found
}

/// The packages in the store.
fn packages(env: &TestEnv) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(env.directory.path().join("store"));
    entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Forgets the package of a submission that came to nothing.
pub fn forget_packages(env: &TestEnv) {
    for package in packages(env) {
        std::fs::remove_file(package).unwrap();
    }
}
