//! The test environment: ZooKeeper, cluster, core package, topology files, and the binary under test.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prost::Message as _;
use serde_json::{Value, json};
use tempfile::TempDir;

pub use crate::definition::definition;
use crate::documents;
use crate::hints::{self, Hint};
use crate::zookeeper::ZooKeeper;

/// Waits until something has come about.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_mins(1), "{what} did not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// One server for all tests; each has a root of its own in it. It dies with this process.
static ZOOKEEPER: LazyLock<Mutex<ZooKeeper>> = LazyLock::new(|| {
    let data = tempfile::tempdir().unwrap().keep();
    Mutex::new(ZooKeeper::start(&data, None).unwrap())
});

static NEXT: AtomicU32 = AtomicU32::new(1);

/// An example binary of this package, built with the tests.
pub fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples").join(name)
}

/// The connection string of the tests' ZooKeeper.
pub fn zookeeper() -> String {
    ZOOKEEPER.lock().unwrap().connection().to_owned()
}

/// What a test wants of its environment.
#[derive(Clone, Debug)]
pub struct TestOptions {
    /// More arguments for the cluster.
    pub cluster: Vec<String>,
    /// Settings of the stand-in, `KEY=JSON`.
    pub standin: Vec<String>,
    /// The Heron release that the stand-in plays.
    pub release: String,
    /// More lines for the configuration.
    pub config: Vec<String>,
}

impl Default for TestOptions {
    fn default() -> Self {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        Self {
            cluster: words("--agents 3"),
            standin: words(
                "restart_delay_ms=500 replan_delay_ms=100 session_timeout_ms=3000 reconnect_ms=200 location_retry_ms=200 packing_retry_ms=200",
            ),
            release: "0.20.5".to_owned(),
            config: Vec::new(),
        }
    }
}

/// The name of a test's configuration file.
pub const CONFIG: &str = "mesos 'scheduler' of $HOME `id`.conf";

/// A cluster, a state root and a configuration of one test.
pub struct TestEnv {
    pub directory: TempDir,
    pub root: String,
    pub config: PathBuf,
    pub cluster: Cluster,
    pub core: String,
    /// Those of the failures so far.
    hints: Mutex<Vec<Hint>>,
}

/// A running test cluster.
pub struct Cluster {
    child: Child,
    pub control: String,
    pub masters: Vec<String>,
}

/// What the binary under test did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl TestEnv {
    pub fn new() -> Self {
        Self::with(&TestOptions::default())
    }

    pub fn with(options: &TestOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        let cluster = Cluster::start(directory.path(), &name, &options.cluster);
        let core = core_package(directory.path(), &options.release, &options.standin);
        let root = format!("/it/{name}");
        // Whatever is said of it must be quoted well.
        let config = directory.path().join(CONFIG);
        let hints = Mutex::default();
        let mut env = Self { directory, root, config, cluster, core, hints };
        env.write_config(&options.config);
        env
    }

    /// Writes the configuration, with more lines at its end.
    pub fn write_config(&mut self, more: &[String]) {
        let master = self.cluster.masters.join(",");
        let core = &self.core;
        let root = &self.root;
        let store = self.directory.path().join("store");
        let mut text = format!(
            "zk.connection.string: {}\nstate.root.address: {root}\nheron.mesos.master.uri: {master}\n\
             heron.core.release.uri: {core}\n\
             heron.class.uploader: org.apache.heron.uploader.localfs.LocalFileSystemUploader\n\
             heron.uploader.localfs.file.system.directory: {}\n\
             heron.statemgr.zookeeper.session.timeout.ms: 4000\ndc: test\nrole: {}\nenviron: devel\n\
             instance.ram.default: 67108864\nheron.mesos.kill.grace.seconds: 5\n",
            zookeeper(),
            store.display(),
            user(),
        );
        text.extend(more.iter().map(|line| format!("{line}\n")));
        std::fs::write(&self.config, text).unwrap();
    }

    /// The command, with configuration and a home of its own.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heron-cli"));
        command
            .arg("--config-file")
            .arg(&self.config)
            .args(["--config-loader", "com.twitter.heron.scheduler.mesos.MesosConfigLoader"])
            .args(words)
            .env_clear()
            .env("HOME", self.directory.path())
            .env("USER", user())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        if let Some(java) = std::env::var_os("JAVA_HOME") {
            command.env("JAVA_HOME", java);
        }
        command
    }

    /// Runs the binary.
    pub fn run(&self, words: &[&str]) -> Ran {
        let mut command = self.command(words);
        let ran = Ran::from(command.output().unwrap());
        documents::assert_document(words, &ran.stdout);
        self.met(&command, &ran);
        ran
    }

    /// Starts the binary; what it says is kept until its end is waited for.
    pub fn start(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Keeps the hints of a failure, which are pasted when the test is over; how many there are.
    pub fn met(&self, command: &Command, ran: &Ran) -> usize {
        let hints = hints::of(command, ran, Some(&self.config));
        let count = hints.len();
        self.hints.lock().unwrap().extend(hints);
        count
    }

    /// Runs the binary, which must succeed.
    pub fn ok(&self, words: &[&str]) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{words:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs the binary with JSON output; it must succeed.
    pub fn json(&self, words: &[&str]) -> Value {
        let words: Vec<&str> = ["-ojson"].iter().chain(words).copied().collect();
        serde_json::from_str(&self.ok(&words).stdout).unwrap()
    }

    /// Writes a definition and a package that belongs to it; returns the definition's path.
    pub fn topology(&self, name: &str, containers: usize) -> String {
        let path = self.directory.path().join(format!("{name}.defn"));
        let id = format!("{name}82e79bae-17cf-462c-88e0-b6e25066356b");
        std::fs::write(&path, definition(name, &id, containers).encode_to_vec()).unwrap();
        let binary = self.directory.path().join("topologies.pex");
        std::fs::write(binary, "not really a pex\n").unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn status(&self, topology: &str) -> Value {
        self.json(&["status", topology])
    }

    /// What `status` tells of a container.
    pub fn container(&self, topology: &str, id: usize) -> Value {
        self.status(topology)["containers"][id].clone()
    }

    pub fn is_healthy(&self, topology: &str) -> bool {
        self.status(topology)["topology"]["health"] == "healthy"
    }

    /// Waits until a container's task is of an attempt, and runs.
    pub fn runs_again(&self, topology: &str, id: usize, attempt: u64) {
        until("another task", || {
            let container = self.container(topology, id);
            container["attempt"] == attempt && container["state"] == "TASK_RUNNING"
        });
    }

    /// The attempts of the containers' present tasks, all of which run.
    pub fn attempts(&self, topology: &str) -> Vec<u64> {
        let status = self.json(&["status", topology]);
        let containers = status["containers"].as_array().unwrap();
        assert!(containers.iter().all(|one| one["state"] == "TASK_RUNNING"), "{status}");
        containers.iter().map(|container| container["attempt"].as_u64().unwrap()).collect()
    }

    /// The packages in the store of its configuration.
    pub fn stored(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.directory.path().join("store"));
        entries.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    }

    /// Every znode below the test's root, as `read-tree` of the stand-in shows it.
    pub fn tree(&self) -> Vec<Value> {
        let output = Command::new(example("heron-standin"))
            .args(["read-tree", "--zk", &zookeeper(), "--root", &self.root])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree: Value = serde_json::from_slice(&output.stdout).unwrap();
        tree["nodes"].as_array().unwrap().clone()
    }

    /// The paths of these.
    pub fn znodes(&self) -> Vec<String> {
        let tree = self.tree();
        tree.iter().map(|node| node["path"].as_str().unwrap().to_owned()).collect()
    }

    /// Znodes that are about a topology.
    pub fn znodes_of(&self, topology: &str) -> Vec<String> {
        let about = |path: &String| path.split('/').any(|part| part.contains(topology));
        self.znodes().into_iter().filter(about).collect()
    }

    /// Asserts that nothing is left of a topology: no task, no framework, no znode.
    pub fn assert_nothing_left(&self, topology: &str) {
        assert_eq!(self.znodes_of(topology), Vec::<String>::new());
        assert_eq!(self.cluster.live_tasks(), Vec::<Value>::new());
    }
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            hints::paste_all(&self.hints.lock().unwrap());
        }
    }
}

/// Sends a signal to a process that was started.
pub fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

pub fn user() -> String {
    nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name
}

/// The stand-in's core package.
fn core_package(directory: &Path, release: &str, settings: &[String]) -> String {
    let mut command = Command::new(example("heron-standin"));
    command.args(["make-core", "--host", "127.0.0.1", "--out"]).arg(directory.join("core"));
    command.args(["--dialect", release]);
    for setting in settings {
        command.args(["--set", setting]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    format!("file://{}", made["package"].as_str().unwrap())
}

impl Cluster {
    fn start(directory: &Path, name: &str, arguments: &[String]) -> Self {
        let mut child = Command::new(example("test-cluster"))
            .arg("--zk")
            .arg(format!("{}/it-mesos/{name}", zookeeper()))
            .arg("--work-dir")
            .arg(directory.join("agents"))
            .arg("--stop-on-eof")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let masters = ready["masters"].as_array().unwrap();
        let masters = masters.iter().map(|master| master.as_str().unwrap().to_owned()).collect();
        let control = ready["control"].as_str().unwrap().to_owned();
        Self { child, control, masters }
    }

    /// The control interface's view of everything.
    pub fn state(&self) -> Value {
        serde_json::from_str(&http("GET", &format!("{}/state", self.control), "")).unwrap()
    }

    /// Causes a fault.
    pub fn control(&self, path: &str, body: &Value) -> String {
        http("POST", &format!("{}{path}", self.control), &body.to_string())
    }

    /// Has every agent come back that is away.
    pub fn return_agents(&self) {
        let state = self.state();
        for agent in state["agents"].as_array().unwrap().iter().filter(|one| one["up"] == false) {
            self.control("/return-agent", &json!({ "agent": agent["index"] }));
        }
    }

    /// Tasks that have not come to their end.
    pub fn live_tasks(&self) -> Vec<Value> {
        let state = self.state();
        let tasks = state["tasks"].as_array().unwrap();
        let live = |task: &&Value| {
            let state = task["state"].as_str().unwrap_or_default();
            ["TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_UNREACHABLE"]
                .contains(&state)
        };
        tasks.iter().filter(live).cloned().collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A request in a process of its own runtime; tests are no async code.
pub fn http(method: &str, url: &str, body: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = client.request(method, url).header("Content-Type", "application/json");
        request.body(body.to_owned()).send().await.unwrap().text().await.unwrap()
    })
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
