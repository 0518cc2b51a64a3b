//! The executor of one container: checks its command line and sandbox, waits for the packing plan, keeps its processes.
//!
//! Source of facts: `docs/heron.md#executor`, `docs/heron.md#executor-and-signals`, `docs/heron.md#hazards`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::future::join;
use heron_cli::proto::system::PackingPlan;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setpgid};
use prost::Message as _;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use zookeeper_client::Client;

use crate::conf::{self, Sandbox, Settings};
use crate::dialect::{Dialect, INSTANCE_DISTRIBUTION};
use crate::flags::{ExecutorFlags, Usage};
use crate::instance;
use crate::log;
use crate::plan;
use crate::zk;

/// How long the signals to a container's processes may be apart.
const MOMENT: Duration = Duration::from_millis(100);
/// How often a process may be started again before the executor gives up.
const MOST_RESTARTS: u32 = 150;

/// How long the last words of a process that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Tells a stream manager that it was started for a changed packing plan, while its TManager is gone.
pub const AFTER_CHANGE: &str = "HERON_STANDIN_AFTER_CHANGE";

/// Processes by name, with their command lines.
type Wanted = BTreeMap<String, Vec<String>>;

struct Ended {
    name: String,
    pid: u32,
    /// As `wait(2)` tells it.
    status: i32,
}

struct Executor {
    flags: ExecutorFlags,
    settings: Settings,
    sandbox: Sandbox,
    shard: u32,
    wanted: Wanted,
    running: BTreeMap<String, u32>,
    restarts: BTreeMap<String, u32>,
    /// Whether the packing plan has changed since the processes were started.
    changed: bool,
    ended: mpsc::UnboundedSender<Ended>,
}

/// Runs a container until a signal or too many failures end it.
pub async fn run(arguments: &[String]) -> Result<u8> {
    let mut terminate = signal(SignalKind::terminate())?;
    let settings = Settings::load()?;
    let flags = match ExecutorFlags::parse(arguments, settings.dialect()) {
        Ok(flags) => flags,
        Err(Usage(problem)) => return Ok(refuse(&problem, settings.dialect())),
    };
    let shard = flags.shard()?;
    if settings.executor_fails.contains(&shard) {
        bail!("told to fail");
    }
    let sandbox = conf::check_sandbox(&flags, settings.dialect())?;
    prepare(&flags, &sandbox, shard)?;
    // Stands for the metrics manager, which every container runs.
    let port = flags.port("--metrics-manager-port")?;
    let _metrics = TcpListener::bind(("0.0.0.0", port))
        .await
        .with_context(|| format!("port {port} is taken"))?;
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let dies = settings.executor_dies.contains(&shard).then_some(settings.executor_dies_after_ms);
    let mut executor = Executor {
        flags,
        settings,
        sandbox,
        shard,
        wanted: Wanted::new(),
        running: BTreeMap::new(),
        restarts: BTreeMap::new(),
        changed: false,
        ended: sender,
    };
    let (plans, mut new_plans) = mpsc::unbounded_channel();
    if executor.settings.dialect().has_packing_plan() {
        tokio::spawn(watch_packing(
            executor.flags.get("--state-manager-connection").to_owned(),
            format!(
                "{}/packingplans/{}",
                executor.sandbox.root,
                executor.flags.get("--topology-name")
            ),
            plans,
        ));
    } else {
        plans.send(plan::distributed(executor.flags.get(INSTANCE_DISTRIBUTION))?)?;
    }
    let death = async {
        match dies {
            Some(after) => tokio::time::sleep(Duration::from_millis(after)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(death);
    loop {
        tokio::select! {
            biased;
            _ = terminate.recv() => break,
            Some(plan) = new_plans.recv() => executor.follow(&plan)?,
            Some(ended) = receiver.recv() => {
                // The signal that ended it may be on its way to the executor too: a healthy one heeds it.
                let heeded = tokio::time::timeout(MOMENT, terminate.recv()).await;
                if heeded.is_ok() {
                    executor.running.retain(|_, pid| *pid != ended.pid);
                    break;
                }
                executor.restart(ended).await?;
            }
            () = &mut death => {
                executor.signal_children();
                bail!("told to die");
            }
        }
    }
    executor.stop(&mut receiver).await
}

/// What Heron's parser prints; click's words, or argparse's in the older dialect.
fn refuse(problem: &str, dialect: Dialect) -> u8 {
    match (dialect.has_click(), dialect.has_flags()) {
        (true, _) => eprintln!(
            "Usage: heron-executor [OPTIONS]\nTry 'heron-executor --help' for help.\n\nError: {problem}"
        ),
        (false, true) => {
            eprintln!("usage: heron-executor [-h] …\nheron-executor: error: {problem}");
        }
        (false, false) => {
            eprintln!("{problem}");
            return 1;
        }
    }
    2
}

/// Log directory, process group, permissions, process id file.
fn prepare(flags: &ExecutorFlags, sandbox: &Sandbox, shard: u32) -> Result<()> {
    // A session's leader leads its group already.
    let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
    std::fs::create_dir_all(&sandbox.log_directory)
        .with_context(|| format!("failed to create {}", sandbox.log_directory))?;
    log::also_to(format!("heron-executor-{shard}.stdout").into());
    for flag in ["--tmanager-binary", "--stmgr-binary", "--heron-shell-binary"] {
        let path = flags.get(flag);
        let mut permissions = std::fs::metadata(path)?.permissions();
        permissions.set_mode(permissions.mode() | 0o111);
        std::fs::set_permissions(path, permissions)
            .with_context(|| format!("failed to make {path} executable"))?;
    }
    write_pid(&format!("heron-executor-{shard}"), std::process::id())?;
    let name = flags.get("--topology-name");
    log::line(&format!("executor of container {shard} of {name}, root {}", sandbox.root));
    println!("heron-executor: container {shard} of {name}");
    Ok(())
}

fn write_pid(name: &str, pid: u32) -> Result<()> {
    std::fs::write(format!("{name}.pid"), pid.to_string())
        .with_context(|| format!("failed to write {name}.pid"))
}

/// Reports every packing plan that it sees, with a new session whenever one ends.
async fn watch_packing(
    connection: String,
    path: String,
    plans: mpsc::UnboundedSender<PackingPlan>,
) {
    loop {
        match zk::connect(&connection, Duration::from_secs(30)).await {
            Ok(client) => {
                if let Err(error) = follow_packing(&client, &path, &plans).await {
                    log::line(&format!("{error:#}"));
                }
            }
            Err(error) => log::line(&format!("{error:#}")),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn follow_packing(
    client: &Client,
    path: &str,
    plans: &mpsc::UnboundedSender<PackingPlan>,
) -> Result<()> {
    loop {
        let (stat, watcher) = client.check_and_watch_stat(path).await?;
        if stat.is_some()
            && let Some(bytes) = zk::get(client, path).await?
        {
            plans.send(
                PackingPlan::decode(bytes.as_slice())
                    .with_context(|| format!("{path} can't be read"))?,
            )?;
        } else {
            log::line(&format!("waiting for {path}"));
        }
        watcher.changed().await;
    }
}

impl Executor {
    /// Starts, replaces and stops processes, so that those of the plan run.
    fn follow(&mut self, packing: &PackingPlan) -> Result<()> {
        let wanted = self.commands(packing)?;
        self.changed = !self.wanted.is_empty();
        for (name, command) in &self.wanted {
            if wanted.get(name) != Some(command)
                && let Some(pid) = self.running.remove(name)
            {
                log::line(&format!("stopping {name} (pid {pid})"));
                send(pid, Signal::SIGTERM);
            }
        }
        self.wanted = wanted;
        let missing: Vec<String> =
            self.wanted.keys().filter(|name| !self.running.contains_key(*name)).cloned().collect();
        missing.iter().try_for_each(|name| self.start(name))
    }

    fn commands(&self, packing: &PackingPlan) -> Result<Wanted> {
        let mut wanted = Wanted::new();
        let shell = vec![
            self.flags.get("--heron-shell-binary").to_owned(),
            format!("--port={}", self.flags.get("--shell-port")),
            format!(
                "--log_file_prefix={}/heron-shell-{}.log",
                self.sandbox.log_directory, self.shard
            ),
            format!("--secret={}", self.flags.get("--topology-id")),
        ];
        wanted.insert(format!("heron-shell-{}", self.shard), shell);
        if self.shard == 0 {
            let name = self.settings.dialect().manager();
            wanted.insert(name.to_owned(), self.tmanager_command());
            return Ok(wanted);
        }
        let container = i32::try_from(self.shard)?;
        let instances = plan::instance_ids(packing, container);
        if instances.is_empty() {
            log::line("this container is not in the packing plan");
        } else {
            self.check_ram(packing)?;
            let runs = self.flags.has("--python-instance-binary")
                && instance::can_run(self.flags.get("--topology-binary-file"));
            let command = self.stmgr_command(container, &instances, runs);
            wanted.insert(plan::stmgr_id(container), command);
            for id in instances.into_iter().filter(|_| runs) {
                let command = self.instance_command(&id);
                wanted.insert(id, command);
            }
        }
        Ok(wanted)
    }

    /// Heron's executor looks up the RAM of each component that it starts.
    fn check_ram(&self, packing: &PackingPlan) -> Result<()> {
        let map = self.flags.get("--component-ram-map");
        let known: Vec<&str> =
            map.split(',').filter_map(|item| item.rsplit_once(':')).map(|(name, _)| name).collect();
        let here = packing
            .container_plans
            .iter()
            .filter(|one| u32::try_from(one.id).ok() == Some(self.shard));
        for instance in here.flat_map(|one| &one.instance_plans) {
            if !known.contains(&instance.component_name.as_str()) {
                bail!(
                    "--component-ram-map does not know the component {}",
                    instance.component_name
                );
            }
        }
        Ok(())
    }

    fn tmanager_command(&self) -> Vec<String> {
        let value = |flag| self.flags.get(flag);
        vec![
            value("--tmanager-binary").to_owned(),
            format!("--topology_name={}", value("--topology-name")),
            format!("--topology_id={}", value("--topology-id")),
            format!("--zkhostportlist={}", value("--state-manager-connection")),
            format!("--zkroot={}", value("--state-manager-root")),
            format!("--myhost={}", self.settings.host()),
            format!("--server_port={}", value("--server-port")),
            format!("--controller_port={}", value("--tmanager-controller-port")),
            format!("--stats_port={}", value("--tmanager-stats-port")),
            format!("--config_file={}", value("--heron-internals-config-file")),
            format!("--override_config_file={}", value("--override-config-file")),
            format!("--metrics_sinks_yaml={}", value("--metrics-sinks-config-file")),
            format!("--metricsmgr_port={}", value("--metrics-manager-port")),
            format!("--ckptmgr_port={}", value("--checkpoint-manager-port")),
        ]
    }

    fn instance_command(&self, id: &str) -> Vec<String> {
        let value = |flag| self.flags.get(flag);
        vec![
            value("--python-instance-binary").to_owned(),
            format!("--instance_id={id}"),
            format!("--topology_defn={}", value("--topology-defn-file")),
            format!("--topology_pex={}", value("--topology-binary-file")),
            format!("--stmgr_port={}", value("--tmanager-controller-port")),
        ]
    }

    fn stmgr_command(&self, container: i32, instances: &[String], wait: bool) -> Vec<String> {
        let value = |flag| self.flags.get(flag);
        let mut command = vec![
            value("--stmgr-binary").to_owned(),
            format!("--stmgr_id={}", plan::stmgr_id(container)),
            format!("--topology_name={}", value("--topology-name")),
            format!("--topology_id={}", value("--topology-id")),
            format!("--zkhostportlist={}", value("--state-manager-connection")),
            format!("--zkroot={}", value("--state-manager-root")),
            format!("--myhost={}", self.settings.host()),
            format!("--data_port={}", value("--server-port")),
            format!("--local_data_port={}", value("--tmanager-controller-port")),
            format!("--shell_port={}", value("--shell-port")),
            format!("--instance_ids={}", instances.join(",")),
            format!(
                "--reconnect_ms={}",
                self.settings.reconnect_ms.unwrap_or(self.sandbox.reconnect_ms)
            ),
        ];
        command.extend(wait.then(|| "--wait_for_instances".to_owned()));
        command
    }

    fn start(&mut self, name: &str) -> Result<()> {
        let command = self.wanted.get(name).with_context(|| format!("{name} is not wanted"))?;
        let (program, arguments) = command.split_first().context("an empty command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .env("PEX_ROOT", std::env::current_dir()?.join(".pex"))
            .env(AFTER_CHANGE, if self.changed { "1" } else { "0" })
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start {program}"))?;
        let pid = child.id().context("the process has no id")?;
        write_pid(name, pid)?;
        log::line(&format!("Running {name} process as {}", command.join(" ")));
        self.running.insert(name.to_owned(), pid);
        let (sender, name) = (self.ended.clone(), name.to_owned());
        let output = join(
            pass_on(name.clone(), child.stdout.take()),
            pass_on(name.clone(), child.stderr.take()),
        );
        tokio::spawn(async move {
            tokio::pin!(output);
            let status = tokio::select! {
                _ = &mut output => child.wait().await,
                status = child.wait() => {
                    // What it said comes before its end; children of its own may keep the pipe.
                    let _ = tokio::time::timeout(LAST_WORDS, output).await;
                    status
                }
            };
            let status = status.map_or(-1, ExitStatusExt::into_raw);
            let _ = sender.send(Ended { name, pid, status });
        });
        Ok(())
    }

    /// Starts a dead process again after the pause, during which a signal is not heeded, as with the real one.
    async fn restart(&mut self, ended: Ended) -> Result<()> {
        let command = self.wanted.get(&ended.name).map(|command| command.join(" "));
        log::line(&format!(
            "{} (pid={}) exited with status {}. command={}",
            ended.name,
            ended.pid,
            ended.status,
            command.unwrap_or_default()
        ));
        if self.running.get(&ended.name) != Some(&ended.pid) {
            return Ok(());
        }
        self.running.remove(&ended.name);
        let count = self.restarts.entry(ended.name.clone()).or_default();
        *count = count.saturating_add(1);
        if *count > MOST_RESTARTS {
            self.signal_children();
            bail!("{} ended too often", ended.name);
        }
        let tmanager = self.shard == 0 && self.changed;
        let more = if tmanager { self.settings.replan_delay_ms } else { 0 };
        let pause = self.settings.restart_delay_ms.saturating_add(more);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        self.start(&ended.name)
    }

    fn signal_children(&self) {
        for pid in self.running.values() {
            send(*pid, Signal::SIGTERM);
        }
    }

    /// Stops the children, then the whole process group, itself included (`docs/heron.md#executor-and-signals`).
    async fn stop(&mut self, receiver: &mut mpsc::UnboundedReceiver<Ended>) -> Result<u8> {
        log::line("terminated; stopping all processes");
        self.signal_children();
        let limit = Duration::from_millis(self.settings.stop_wait_ms);
        let all_ended = async {
            while !self.running.is_empty() {
                let Some(ended) = receiver.recv().await else { break };
                self.running.retain(|_, pid| *pid != ended.pid);
            }
        };
        let _ = tokio::time::timeout(limit, all_ended).await;
        kill(Pid::from_raw(0), Signal::SIGKILL).context("failed to kill the process group")?;
        Ok(0)
    }
}

/// Passes on what a process prints, line by line and under its name.
async fn pass_on(name: String, output: Option<impl AsyncRead + Unpin>) {
    let Some(output) = output else { return };
    let mut lines = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        log::line(&format!("{name} stdout: {}", String::from_utf8_lossy(&line)));
    }
}

fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}
