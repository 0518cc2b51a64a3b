//! Counts everything that a topology has: tasks, processes, frameworks, znodes, packages.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{NAME, Round};
use crate::environment::TestEnv;
use crate::fault_proxy::wait_for;

/// What there is to be after a round.
pub struct Audit<'a> {
    pub round: &'a Round,
    pub env: &'a TestEnv,
    /// A package may stay where nothing says whose it is.
    pub unwritten: bool,
    /// The process of the command that was killed, if it was: its locks go with its session.
    pub dead: Option<u32>,
}

impl Audit<'_> {
    /// Asserts that there is one healthy topology, and nothing else.
    pub fn assert_one(&self) {
        let Self { round, env, .. } = self;
        // What is left of the bad day may have met no command yet.
        env.cluster.control("/clear-faults", &Value::Null);
        settled(env);
        let checked = env.run(&["status", NAME, "--check"]);
        if checked.code == 20 && round.day.lasts() {
            // Nobody has asked for what is broken.
            let ran = env.run(&["restart", NAME, "--timeout", super::LIMIT]);
            assert_eq!(ran.code, 0, "{round:?}: {}", ran.stderr);
        } else {
            assert_eq!(checked.code, 0, "{round:?}: {}{}", checked.stdout, checked.stderr);
        }
        let checked = env.run(&["-ojson", "status", NAME, "--check"]);
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
        let running = || {
            let state = env.cluster.state();
            let frameworks = state["frameworks"].as_array().unwrap().clone();
            let running = |framework: &Value| {
                let listed = framework["tasks"].as_array().unwrap().iter();
                let running = listed.filter(|task| task["state"] == "TASK_RUNNING");
                running.map(|task| (id(&task["task_id"]), 1)).collect::<BTreeMap<String, usize>>()
            };
            frameworks.iter().map(|one| (id(&one["id"]), running(one))).collect::<Vec<_>>()
        };
        let only = [(id(&status["framework"]["id"]), wanted.clone())];
        settles(|| format!("{round:?}: {:?} is not {only:?}", running()), || running() == only);

        self.assert_unlocked();
        let nodes = env.znodes_of(NAME);
        for directory in ["topologies", "packingplans", "executionstate", "pplans", "frameworks"] {
            let path = format!("{}/{directory}/{NAME}", env.root);
            assert!(nodes.contains(&path), "{round:?}: {path} is not in {nodes:?}");
        }
        let most = 1 + usize::from(self.unwritten);
        let found = env.stored();
        assert!((1..=most).contains(&found.len()), "{round:?}: {found:?}");
    }

    /// Asserts that there is nothing at all, but for such a package.
    pub fn assert_none(&self) {
        let Self { round, env, .. } = self;
        settled(env);
        let left = || format!("{round:?}: {:?} are left", processes(env));
        settles(left, || processes(env).is_empty());
        self.assert_unlocked();
        assert_eq!(env.znodes_of(NAME), Vec::<String>::new(), "{round:?}");
        let frameworks = || env.cluster.state()["frameworks"].clone();
        let left = || format!("{round:?}: {} are left", frameworks());
        settles(left, || frameworks() == Value::Array(Vec::new()));
        let found = env.stored();
        assert!(found.len() <= usize::from(self.unwritten), "{round:?}: {found:?}");
    }

    /// Asserts that nobody holds a lock or waits for one, when the session of the dead has ended.
    fn assert_unlocked(&self) {
        let Self { round, env, dead, .. } = self;
        let of_living = || {
            let (of_dead, others): (Vec<_>, Vec<_>) =
                locks(env).into_iter().partition(|(_, pid)| pid == dead);
            assert_eq!(others, Vec::new(), "{round:?}: locks of nobody who was killed");
            of_dead
        };
        let left = || format!("{round:?}: the dead hold {:?}", of_living());
        settles(left, || of_living().is_empty());
    }
}

/// Waits for what comes about by itself: a master leads, which knows of each agent whether it is there.
pub fn settled(env: &TestEnv) {
    wait_for("a cluster that has settled", || {
        let state = env.cluster.state();
        let all = |what: &str| state[what].as_array().unwrap().iter();
        let leads = all("masters").any(|one| one["leads"] == true && one["phase"] == "ready");
        let down: Vec<&Value> =
            all("agents").filter(|agent| agent["up"] == false).map(|agent| &agent["id"]).collect();
        let mut tasks = all("frameworks").flat_map(|one| one["tasks"].as_array().unwrap());
        leads
            && all("agents").all(|agent| agent["linked"] == agent["up"])
            && !tasks
                .any(|task| task["state"] == "TASK_RUNNING" && down.contains(&&task["agent_id"]))
    });
}

/// The nodes of locks, each with the process that has made it, if that can be told.
fn locks(env: &TestEnv) -> Vec<(String, Option<u32>)> {
    let pid = |node: &Value| {
        let holder: Value = serde_json::from_str(node["text"].as_str()?).ok()?;
        u32::try_from(holder["pid"].as_u64()?).ok()
    };
    let nodes = env.tree().into_iter().map(|node| (id(&node["path"]), pid(&node)));
    nodes.filter(|(path, _)| path.contains("-lock-") || path.contains("-lease-")).collect()
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

/// Forgets the package of a submission that came to nothing.
pub fn forget_packages(env: &TestEnv) {
    for package in env.stored() {
        std::fs::remove_file(package).unwrap();
    }
}
