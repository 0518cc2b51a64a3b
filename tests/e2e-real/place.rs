//! Where one test works: a state root, a configuration, a time limit, and the binary.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::mesos::Mesos;
use crate::settings::Settings;
use crate::tree::Tree;

/// How long cleaning up may take, whatever the test left of its own time.
const CLEANING: Duration = Duration::from_secs(60);

/// A test's place.
pub struct Place {
    /// Mesos, as its operators see it.
    pub mesos: Mesos,
    /// The state root in ZooKeeper.
    pub tree: Tree,
    settings: Settings,
    directory: TempDir,
    prefix: String,
    ends: Instant,
    lost: RefCell<BTreeSet<String>>,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A command that runs.
pub struct Running {
    words: Vec<String>,
    child: Child,
    directory: TempDir,
}

impl Place {
    /// A place for the test `name`, for so long.
    pub fn new(settings: &Settings, name: &str, limit: Duration) -> Self {
        let prefix = format!("e2e_{}", std::process::id());
        let directory = tempfile::tempdir().unwrap();
        let root = format!("/{prefix}_{}", name.replace("::", "_"));
        std::fs::write(directory.path().join("m.conf"), settings.configuration(&root)).unwrap();
        Self {
            mesos: Mesos::new(&settings.mesos),
            tree: Tree::new(&settings.zookeeper, &root),
            settings: settings.clone(),
            directory,
            prefix,
            ends: Instant::now() + limit,
            lost: RefCell::default(),
        }
    }

    /// A topology's name that nobody else has.
    pub fn name(&self, end: &str) -> String {
        format!("{}_{end}", self.prefix)
    }

    /// Starts the binary.
    pub fn start(&self, words: &[&str]) -> Running {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| File::create(directory.path().join(name)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_heron-cli"))
            .args(words)
            .env_clear()
            .env("HERON_CONFIG_FILE", self.directory.path().join("m.conf"))
            .env("HOME", self.directory.path())
            .envs(
                ["PATH", "JAVA_HOME", "USER"]
                    .map(|name| (name, std::env::var_os(name).unwrap_or_default()))
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty()),
            )
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap();
        let words = words.iter().map(|&word| word.to_owned()).collect();
        Running { words, child, directory }
    }

    /// Waits for a command's end; one that outlasts the test's time is ended, and fails the test.
    pub fn finish(&self, mut running: Running) -> Ran {
        let code = loop {
            if let Some(status) = running.child.try_wait().unwrap() {
                break status.code();
            }
            if Instant::now() > self.ends {
                running.child.kill().unwrap();
                running.child.wait().unwrap();
                panic!(
                    "{:?} was not done when the test's time was over\n{}",
                    running.words,
                    running.text("stderr")
                );
            }
            sleep(Duration::from_millis(10));
        };
        Ran { code, stdout: running.text("stdout"), stderr: running.text("stderr") }
    }

    /// Runs the binary, and says how long that took.
    pub fn run(&self, words: &[&str]) -> Ran {
        let started = Instant::now();
        let ran = self.finish(self.start(words));
        let seconds = started.elapsed().as_secs_f64();
        println!("  {seconds:5.1} s  heron-cli {}", words.join(" "));
        ran
    }

    /// Runs the binary, which must succeed.
    pub fn ok(&self, words: &[&str]) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs the binary with JSON output; it must succeed.
    pub fn json(&self, words: &[&str]) -> Value {
        let words: Vec<&str> = ["-ojson"].iter().chain(words).copied().collect();
        serde_json::from_str(&self.ok(&words).stdout).unwrap()
    }

    /// Submits the Python topology with so many containers beside the TManager's.
    pub fn submit(&self, name: &str, containers: usize) {
        self.ok(&["submit", PEX.to_str().unwrap(), "-", name, &containers.to_string()]);
        self.assert_well(name, "RUNNING", containers + 1);
    }

    /// What `status` says.
    pub fn status(&self, name: &str) -> Value {
        self.json(&["status", name])
    }

    /// Asserts that a topology is in this state with all of its containers and instances, at heron-cli and at Mesos.
    pub fn assert_well(&self, name: &str, state: &str, containers: usize) -> Value {
        let status = self.status(name);
        let topology = &status["topology"];
        assert_eq!(
            (&topology["state"], &topology["health"]),
            (&state.into(), &"healthy".into()),
            "{status}"
        );
        assert_eq!(status["containers"].as_array().unwrap().len(), containers, "{status}");
        for component in status["components"].as_array().unwrap() {
            assert_eq!(component["registered"], component["parallelism"], "{status}");
        }
        let mut told = task_ids(&status);
        told.sort();
        assert_eq!(
            told,
            self.mesos.live_tasks(name),
            "what heron-cli says runs, and what Mesos does"
        );
        status
    }

    /// Waits until something holds; fails the test when its time is over.
    pub fn wait_until(&self, what: &str, holds: impl Fn() -> bool) {
        while !holds() {
            assert!(
                Instant::now() < self.ends,
                "it did not come to pass in the test's time: {what}"
            );
            sleep(Duration::from_millis(200));
        }
    }

    /// Asserts that nothing is left of a topology: no framework, no task, no znode, no process on this machine.
    pub fn assert_nothing_left(&self, name: &str) {
        assert_eq!(self.tree.about(name), Vec::<String>::new());
        self.wait_until("no task is left", || self.mesos.live_tasks(name).is_empty());
        assert_eq!(self.mesos.frameworks(name), Vec::<String>::new());
        self.wait_until("no process is left on this machine", || processes(name).is_empty());
    }

    /// Ends an agent and all that it runs; returns its address.
    pub fn lose(&self, agent_id: &str) -> String {
        let agent =
            self.mesos.agent(agent_id).unwrap_or_else(|| panic!("no agent {agent_id} at Mesos"));
        self.lost.borrow_mut().insert(agent.clone());
        println!("           losing the agent {agent}");
        shell(&self.settings.lose, &agent);
        agent
    }

    /// Brings an agent back.
    pub fn bring_back(&self, agent: &str) {
        println!("           bringing the agent {agent} back");
        shell(&self.settings.back, agent);
        self.wait_until("the agent is back", || self.mesos.is_active(agent));
        self.lost.borrow_mut().remove(agent);
    }

    /// Brings agents back, kills every topology that is left, and removes the state root.
    pub fn clean_up(mut self) {
        self.ends = Instant::now() + CLEANING;
        let lost = self.lost.take();
        lost.iter().for_each(|agent| shell(&self.settings.back, agent));
        let mut left: BTreeSet<_> = self.tree.children("topologies").into_iter().collect();
        left.extend(self.tree.children("frameworks"));
        for name in left {
            self.ok(&["kill", "--ignore-not-found", &name]);
        }
        self.tree.remove();
        self.wait_until("the agents are back", || {
            lost.iter().all(|agent| self.mesos.is_active(agent))
        });
    }
}

impl Running {
    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(name)).unwrap()
    }
}

/// The ids of the tasks that `status` told of.
pub fn task_ids(status: &Value) -> Vec<String> {
    let containers = status["containers"].as_array().unwrap();
    containers.iter().map(|container| container["task_id"].as_str().unwrap().to_owned()).collect()
}

/// How many executors of a topology run on this machine; agents elsewhere are out of sight.
pub fn executors(topology: &str) -> usize {
    let argument = format!("--topology-name={topology} ");
    processes(topology).iter().filter(|line| line.contains(&argument)).count()
}

/// The command lines of this machine's processes that name a topology: executors and all that they started.
fn processes(topology: &str) -> Vec<String> {
    let command_line = |process: PathBuf| {
        let words = std::fs::read(process.join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&words).replace('\0', " "))
    };
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    entries.filter_map(command_line).filter(|line| line.contains(topology)).collect()
}

fn shell(command: &str, agent: &str) {
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{command} \"$1\""))
        .args(["sh", agent])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(
        status.as_ref().is_ok_and(std::process::ExitStatus::success),
        "`{command} {agent}` failed: {status:?}"
    );
}

/// Runs one of the build scripts; the file that it prints first.
fn built(script: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("tests/support").join(script)).output().unwrap();
    assert!(
        output.status.success(),
        "{script} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    root.join(String::from_utf8(output.stdout).unwrap().lines().next().unwrap())
}

/// The Python topology.
pub static PEX: LazyLock<PathBuf> = LazyLock::new(|| built("build-pex.sh"));

/// The Java topology.
pub static JAR: LazyLock<PathBuf> = LazyLock::new(|| built("build-jar.sh"));
