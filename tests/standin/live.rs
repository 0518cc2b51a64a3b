//! The stand-in as a whole: real processes, real ports, a real ZooKeeper.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use heron_cli::proto::api::{Topology, TopologyState};
use heron_cli::proto::system::{PackingPlan, PhysicalPlan};
use heron_cli::proto::tmanager::TManagerLocation;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prost::Message as _;
use zookeeper_client::{Client, CreateMode};

use crate::flags::PORTS;
use crate::zk;
use crate::zookeeper::ZooKeeper;

const ROOT: &str = "/heron";
const NAME: &str = "wordcount";
const PATIENCE: Duration = Duration::from_mins(1);

/// The plain program, which `cargo test` and `cargo build --examples` build.
fn program() -> PathBuf {
    let directory =
        std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples");
    let program = directory.join("heron-standin");
    assert!(program.exists(), "no {}: run `cargo build --examples` first", program.display());
    program
}

fn recorded(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/znodes/running");
    std::fs::read(folder.join(name)).unwrap()
}

fn node(directory: &str) -> String {
    format!("{ROOT}/{directory}/{NAME}")
}

/// A ZooKeeper with a submitted topology, a core package, and sandboxes.
struct Bench {
    folder: tempfile::TempDir,
    server: ZooKeeper,
    client: Client,
    topology: Topology,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = ZooKeeper::start(&folder.path().join("zk"), None).unwrap();
        let client = zk::connect(server.connection(), Duration::from_secs(10)).await.unwrap();
        let made = Command::new(program())
            .args(["make-core", "--restart-delay-ms", "100", "--host", "127.0.0.1"])
            .args([
                "--set",
                "session_timeout_ms=1000",
                "--set",
                "reconnect_ms=100",
                "--set",
                "location_retry_ms=100",
            ])
            .args(["--set", "packing_retry_ms=100", "--out"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        for name in
            ["", "/topologies", "/packingplans", "/pplans", "/tmanagers", "/statefulcheckpoints"]
        {
            let path = format!("{ROOT}{name}");
            assert!(zk::create(&client, &path, b"", CreateMode::Persistent).await.unwrap());
        }
        let bytes = recorded("heron__topologies__wordcount");
        let topology = Topology::decode(bytes.as_slice()).unwrap();
        Self { folder, server, client, topology }
    }

    async fn submit(&self) {
        zk::put(&self.client, &node("topologies"), &self.topology.encode_to_vec()).await.unwrap();
        let packing = recorded("heron__packingplans__wordcount");
        zk::put(&self.client, &node("packingplans"), &packing).await.unwrap();
    }

    /// Unpacks both packages as Mesos would.
    fn sandbox(&self, shard: u32) -> PathBuf {
        let path = self.folder.path().join(format!("sandbox-{shard}"));
        std::fs::create_dir_all(path.join("heron-conf")).unwrap();
        let status = Command::new("tar")
            .arg("-xzf")
            .arg(self.folder.path().join("heron-core.tar.gz"))
            .arg("-C")
            .arg(&path)
            .status();
        assert!(status.unwrap().success());
        std::fs::write(path.join("wordcount.defn"), self.topology.encode_to_vec()).unwrap();
        std::fs::write(path.join("wordcount.pex"), "").unwrap();
        let statemgr = format!(
            "heron.class.state.manager: org.apache.heron.statemgr.zookeeper.curator.CuratorStateManager\n\
             heron.statemgr.root.path: {ROOT}\nheron.statemgr.connection.string: ignored\n"
        );
        for (name, text) in [
            ("statemgr.yaml", statemgr.as_str()),
            (
                "heron_internals.yaml",
                "heron.logging.directory: \"log-files\"\nheron.streammgr.client.reconnect.tmanager.interval.sec: 10\n",
            ),
            ("metrics_sinks.yaml", "sinks: []\n"),
            ("override.yaml", "{}\n"),
            ("stateful.yaml", "# nothing\n"),
        ] {
            std::fs::write(path.join("heron-conf").join(name), text).unwrap();
        }
        path
    }

    fn command(&self, shard: u32) -> Vec<String> {
        let text = include_str!("../data/executor-command-0.20.5.txt");
        let lines = text
            .lines()
            .skip_while(|line| !line.starts_with("./heron-core"))
            .take_while(|line| !line.starts_with("###"));
        // Held until all are chosen, so that they differ.
        let ports: Vec<TcpListener> =
            PORTS.iter().map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let mut ports = PORTS.iter().zip(&ports);
        lines
            .map(|line| match line.split_once('=') {
                Some(("--shard", _)) => format!("--shard={shard}"),
                Some(("--state-manager-connection", _)) => {
                    format!("--state-manager-connection={}", self.server.connection())
                }
                Some((flag, _)) if flag.ends_with("-port") => {
                    let (_, listener) = ports.next().unwrap();
                    format!("{flag}={}", listener.local_addr().unwrap().port())
                }
                _ => line.to_owned(),
            })
            .collect()
    }

    fn launch(&self, shard: u32) -> Task {
        self.launch_with(shard, &self.command(shard))
    }

    fn launch_with(&self, shard: u32, command: &[String]) -> Task {
        let sandbox = self.sandbox(shard);
        let output = std::fs::File::create(sandbox.join("stderr")).unwrap();
        let child = Command::new(&command[0])
            .args(&command[1..])
            .current_dir(&sandbox)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .unwrap();
        Task { child, sandbox }
    }

    async fn plan(&self) -> Option<PhysicalPlan> {
        let bytes = zk::get(&self.client, &node("pplans")).await.unwrap()?;
        Some(PhysicalPlan::decode(bytes.as_slice()).unwrap())
    }

    async fn location(&self) -> Option<TManagerLocation> {
        let bytes = zk::get(&self.client, &node("tmanagers")).await.unwrap()?;
        Some(TManagerLocation::decode(bytes.as_slice()).unwrap())
    }

    async fn wait_for_plan(&self) -> PhysicalPlan {
        let began = Instant::now();
        loop {
            if let Some(plan) = self.plan().await {
                return plan;
            }
            assert!(began.elapsed() < PATIENCE, "no physical plan");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks the controller, by hand.
    async fn ask(&self, target: &str) -> String {
        let location = self.location().await.unwrap();
        let mut stream = TcpStream::connect((
            location.host.as_str(),
            u16::try_from(location.controller_port).unwrap(),
        ))
        .unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }
}

/// A running executor; its group ends with it.
struct Task {
    child: Child,
    sandbox: PathBuf,
}

impl Task {
    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        let _ = kill(Pid::from_raw(pid), signal);
    }

    fn words(&self) -> String {
        std::fs::read_to_string(self.sandbox.join("stderr")).unwrap_or_default()
    }

    fn pid_of(&self, process: &str) -> Option<i32> {
        std::fs::read_to_string(self.sandbox.join(format!("{process}.pid")))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    fn wait(&mut self) -> std::process::ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end:\n{}", self.words());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let pid = i32::try_from(self.child.id()).unwrap();
            let _ = kill(Pid::from_raw(-pid), Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

fn alive(pid: i32) -> bool {
    // A killed process stays as a zombie until its new parent has looked.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topology_lives_is_paused_and_ends_without_a_trace() {
    let bench = Bench::new().await;
    let (mut zero, mut one) = (bench.launch(0), bench.launch(1));
    // Executors wait for the packing plan: no process of theirs starts before.
    until("the executor is up", || zero.pid_of("heron-executor-0").is_some());
    assert_eq!(zero.pid_of("heron-tmanager"), None);
    bench.submit().await;
    let plan = bench.wait_for_plan().await;
    assert_eq!(plan.topology, bench.topology);
    assert_eq!(plan.instances.len(), 2);
    assert_eq!(plan.stmgrs[0].cwd.as_deref(), one.sandbox.to_str());
    let id = &bench.topology.id;
    let paused = bench.ask(&format!("/deactivate?topologyid={id}")).await;
    assert!(paused.ends_with("Topology successfully deactivated"), "{paused}");
    assert_eq!(bench.plan().await.unwrap().topology.state, TopologyState::Paused as i32);
    let body = bench.ask("/get_current_physical_plan").await;
    let body = body.rsplit_once("\r\n").unwrap().1;
    let bytes = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    assert_eq!(PhysicalPlan::decode(bytes.as_slice()).unwrap(), bench.plan().await.unwrap());
    // A restarted TManager keeps the state: it comes from the physical plan.
    let manager = zero.pid_of("heron-tmanager").unwrap();
    let _ = kill(Pid::from_raw(manager), Signal::SIGKILL);
    until("another TManager", || {
        zero.pid_of("heron-tmanager").is_some_and(|pid| pid != manager && alive(pid))
    });
    assert_eq!(bench.wait_for_plan().await.topology.state, TopologyState::Paused as i32);
    let processes: Vec<i32> = ["heron-tmanager", "heron-shell-0"]
        .iter()
        .map(|name| zero.pid_of(name).unwrap())
        .chain(["stmgr-1", "heron-shell-1"].iter().map(|name| one.pid_of(name).unwrap()))
        .collect();
    zero.signal(Signal::SIGTERM);
    one.signal(Signal::SIGTERM);
    assert!(zero.wait().to_string().contains("signal: 9"));
    assert!(one.wait().to_string().contains("signal: 9"));
    // The process that was started again after the look is in the group as well.
    until("nothing is left", || processes.iter().all(|pid| !alive(*pid)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_packing_plan_brings_a_new_physical_plan_that_runs() {
    let bench = Bench::new().await;
    bench.submit().await;
    let (_zero, _one) = (bench.launch(0), bench.launch(1));
    bench.wait_for_plan().await;
    let id = bench.topology.id.clone();
    bench.ask(&format!("/deactivate?topologyid={id}")).await;
    let mut packing =
        PackingPlan::decode(recorded("heron__packingplans__wordcount").as_slice()).unwrap();
    let mut second = packing.container_plans[0].clone();
    second.id = 2;
    second.instance_plans.truncate(1);
    second.instance_plans[0].task_id = 3;
    packing.container_plans.push(second);
    let _two = bench.launch(2);
    zk::put(&bench.client, &node("packingplans"), &packing.encode_to_vec()).await.unwrap();
    let began = Instant::now();
    loop {
        if let Some(plan) = bench.plan().await
            && plan.stmgrs.len() == 2
        {
            assert_eq!(
                plan.topology.state,
                TopologyState::Running as i32,
                "it falls back to what was submitted"
            );
            assert_eq!(plan.instances[2].instance_id, "container_2_word_spout_3");
            break;
        }
        assert!(began.elapsed() < PATIENCE, "no new plan");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_before_the_physical_plan_kills_the_tmanager() {
    let bench = Bench::new().await;
    bench.submit().await;
    // Container 1 is not there, so that no plan comes.
    let zero = bench.launch(0);
    let target = format!("/activate?topologyid={}", bench.topology.id);
    let began = Instant::now();
    while bench.location().await.is_none() {
        assert!(began.elapsed() < PATIENCE, "no location");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let manager = zero.pid_of("heron-tmanager").unwrap();
    let location = bench.location().await.unwrap();
    let port = u16::try_from(location.controller_port).unwrap();
    until("the controller listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    assert_eq!(bench.ask(&target).await, "");
    until("it is dead", || !alive(manager));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_command_line_or_sandbox_ends_the_executor() {
    let bench = Bench::new().await;
    let refused = |change: &dyn Fn(&mut Vec<String>),
                   spoil: &dyn Fn(&Path),
                   code: i32,
                   words: &str| {
        let mut command = bench.command(1);
        change(&mut command);
        let sandbox = bench.sandbox(1);
        spoil(&sandbox);
        let output =
            Command::new(&command[0]).args(&command[1..]).current_dir(&sandbox).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
        std::fs::remove_dir_all(sandbox).unwrap();
    };
    let nothing = |_: &Path| {};
    let same = |_: &mut Vec<String>| {};
    refused(
        &|command| command.push("--nope=1".to_owned()),
        &nothing,
        2,
        "Error: No such option: --nope",
    );
    refused(
        &|command| command.retain(|one| !one.starts_with("--role=")),
        &nothing,
        2,
        "Missing option '--role'.",
    );
    refused(
        &|command| command.push("--component-ram-map=".to_owned()),
        &nothing,
        1,
        "--component-ram-map",
    );
    refused(&|command| command.push("--topology-id=other".to_owned()), &nothing, 1, "not other");
    let remove = |name: &'static str| {
        move |sandbox: &Path| std::fs::remove_file(sandbox.join(name)).unwrap()
    };
    refused(&same, &remove("heron-conf/statemgr.yaml"), 1, "statemgr.yaml");
    refused(&same, &remove("heron-conf/stateful.yaml"), 1, "stateful.yaml");
    refused(&same, &remove("wordcount.defn"), 1, "wordcount.defn");
    refused(&same, &remove("wordcount.pex"), 1, "wordcount.pex");
    let other_class = |sandbox: &Path| {
        let text = "heron.class.state.manager: a.b.C\nheron.statemgr.root.path: /heron\n";
        std::fs::write(sandbox.join("heron-conf/statemgr.yaml"), text).unwrap();
    };
    refused(&same, &other_class, 1, "the state manager must be");
}
