//! The run of one task: sandbox, fetching, the process, its end. Source of facts: `docs/mesos.md#tasks`,
//! `docs/mesos.md#life-of-a-task`, `docs/mesos.md#sandboxes`, `docs/mesos.md#fetcher`.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Weak};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::{Agent, Key, fetcher, tree};
use crate::cluster::Sim;
use crate::options::Settings;
use crate::wire;

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A task to be run.
#[derive(Debug)]
pub struct Job {
    /// The place of the agent.
    pub agent: usize,
    /// Its id.
    pub agent_id: String,
    /// Its address and port.
    pub endpoint: String,
    /// Framework and task.
    pub key: Key,
    /// The container id.
    pub container: String,
    /// The work directory of the agent.
    pub work_dir: PathBuf,
    /// When the agent was started.
    pub started: f64,
    /// The sandbox.
    pub directory: PathBuf,
    /// `FrameworkInfo`.
    pub framework: Value,
    /// `TaskInfo`.
    pub task: Value,
    /// The settings of the cluster.
    pub settings: Arc<Settings>,
}

/// Where a file for each running task tells the watchdog what to kill; beside the agents' directories.
pub fn running_dir(work_dir: &Path) -> PathBuf {
    work_dir.parent().unwrap_or(work_dir).join("running")
}

/// What the agent keeps of fetched files for the task's user; a restart empties it.
fn cache_dir(job: &Job) -> PathBuf {
    let user = wire::text(&job.task["command"], "user");
    let user = if user.is_empty() { wire::text(&job.framework, "user") } else { user };
    job.work_dir.join("fetch").join(format!("{:.6}", job.started)).join(user)
}

/// Runs a task from its sandbox to its end.
pub async fn run(sim: Weak<Sim>, job: Job) {
    let uris = wire::list(&job.task["command"]["uris"]);
    let hadoop = job.settings.hadoop_home.as_deref();
    let fetched = match prepare(&job) {
        Err(error) => Err(error.to_string()),
        Ok(()) => fetcher::fetch_all(&job.directory, &cache_dir(&job), &uris, hadoop).await,
    };
    if fetched.is_err() {
        on(&sim, &job, |agent| agent.launch_failed(&job));
        return;
    }
    if on(&sim, &job, |agent| agent.is_wanted(&job)) != Some(true) {
        on(&sim, &job, |agent| agent.never_started(&job));
        return;
    }
    on(&sim, &job, |agent| agent.executor_status(&job.key, "TASK_STARTING", None));
    match spawn(&job) {
        Err(error) => {
            let text = format!("Failed to execute the command: {error}");
            note(&job, "stderr", &text);
            on(&sim, &job, |agent| agent.executor_status(&job.key, "TASK_FAILED", Some(&text)));
        }
        Ok(mut child) => {
            let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
            let note = pid.map(|pid| running_dir(&job.work_dir).join(pid.to_string()));
            if let Some(note) = &note {
                let _ = File::create(note);
            }
            on(&sim, &job, |agent| agent.started(&job, pid));
            let status = child.wait().await;
            if let Some(pid) = pid {
                // What the command left behind goes with its container.
                tree::signal(pid, 9);
            }
            if let Some(note) = note {
                let _ = fs::remove_file(note);
            }
            on(&sim, &job, |agent| agent.ended(&job, status.ok()));
        }
    }
}

fn on<R>(sim: &Weak<Sim>, job: &Job, act: impl FnOnce(&mut Agent) -> R) -> Option<R> {
    let sim = sim.upgrade()?;
    sim.with(|cluster| cluster.agents.get_mut(job.agent).map(act))
}

fn prepare(job: &Job) -> std::io::Result<()> {
    fs::create_dir_all(&job.directory)?;
    if let Some(runs) = job.directory.parent() {
        let latest = runs.join("latest");
        let _ = fs::remove_file(&latest);
        std::os::unix::fs::symlink(&job.directory, latest)?;
    }
    open(&job.directory, "stdout")?;
    open(&job.directory, "stderr")?;
    Ok(())
}

fn open(directory: &Path, name: &str) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(directory.join(name))
}

fn note(job: &Job, name: &str, text: &str) {
    if let Ok(mut file) = open(&job.directory, name) {
        let _ = writeln!(file, "{text}");
    }
}

fn spawn(job: &Job) -> std::io::Result<Child> {
    let command = &job.task["command"];
    let value = wire::text(command, "value");
    // A session of its own lets the whole tree be found later, also when its parents have gone.
    let mut process = Command::new("setsid");
    if command["shell"] == false {
        // argv[0] can't be chosen through setsid(1); the program sees its own name.
        let arguments = wire::strings(&command["arguments"]);
        process.arg(&value).args(arguments.iter().skip(1));
    } else {
        process.arg("/bin/sh").arg("-c").arg(&value);
    }
    process
        .current_dir(&job.directory)
        .env_clear()
        .envs(environment(job))
        .stdin(Stdio::null())
        .stdout(open(&job.directory, "stdout")?)
        .stderr(open(&job.directory, "stderr")?)
        .spawn()
}

fn environment(job: &Job) -> Vec<(String, String)> {
    let sandbox = job.directory.display().to_string();
    let checkpoint = job.framework["checkpoint"] == true;
    let role = wire::list(&job.task["resources"])
        .first()
        .map(|resource| wire::text(&resource["allocation_info"], "role"))
        .filter(|role| !role.is_empty());
    let mut all: Vec<(&str, String)> = vec![
        ("PATH", DEFAULT_PATH.to_owned()),
        ("LIBPROCESS_PORT", "0".to_owned()),
        ("MESOS_AGENT_ENDPOINT", job.endpoint.clone()),
        ("MESOS_CHECKPOINT", if checkpoint { "1" } else { "0" }.to_owned()),
        ("MESOS_DIRECTORY", sandbox.clone()),
        ("MESOS_EXECUTOR_ID", job.key.1.clone()),
        ("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "5secs".to_owned()),
        ("MESOS_FRAMEWORK_ID", job.key.0.clone()),
        ("MESOS_SANDBOX", sandbox),
        ("MESOS_SLAVE_ID", job.agent_id.clone()),
        ("MESOS_SLAVE_PID", format!("slave(1)@{}", job.endpoint)),
    ];
    if let Some(role) = role {
        all.push(("MESOS_ALLOCATION_ROLE", role));
    }
    if checkpoint {
        all.push(("MESOS_RECOVERY_TIMEOUT", "15mins".to_owned()));
        all.push(("MESOS_SUBSCRIPTION_BACKOFF_MAX", "2secs".to_owned()));
    }
    let mut all: Vec<(String, String)> =
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    all.extend_from_slice(&job.settings.task_env);
    for variable in wire::list(&job.task["command"]["environment"]["variables"]) {
        all.push((wire::text(&variable, "name"), wire::text(&variable, "value")));
    }
    all
}

impl Agent {
    fn is_wanted(&mut self, job: &Job) -> bool {
        self.run(&job.key, &job.container).is_some_and(|executor| executor.kill.is_none())
    }

    /// The task was killed or its framework removed while its URIs were fetched.
    fn never_started(&mut self, job: &Job) {
        let removed = self.frameworks.get(&job.key.0).is_some_and(|f| f.removed);
        if removed && self.run(&job.key, &job.container).is_some() {
            self.retire(&job.key);
        }
    }

    fn launch_failed(&mut self, job: &Job) {
        if !self.is_wanted(job) {
            self.never_started(job);
            return;
        }
        let text = format!(
            "Failed to launch container: Failed to fetch all URIs for container '{}': exited with \
             status 1",
            job.container
        );
        self.agent_status(&job.key, "TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED", &text);
    }

    fn started(&mut self, job: &Job, pid: Option<i32>) {
        let removed = self.frameworks.get(&job.key.0).is_none_or(|f| f.removed);
        if let Some(executor) = self.run(&job.key, &job.container) {
            executor.pid = pid;
            self.executor_status(&job.key, "TASK_RUNNING", None);
        }
        if let (true, Some(pid)) = (removed, pid) {
            self.effects.push(crate::cluster::Effect::Signal(pid, 9));
        }
    }

    fn ended(&mut self, job: &Job, status: Option<ExitStatus>) {
        let removed = self.frameworks.get(&job.key.0).is_none_or(|f| f.removed);
        let Some(executor) = self.run(&job.key, &job.container) else { return };
        executor.pid = None;
        if executor.lost {
            let text = "Abnormal executor termination: unknown container";
            self.agent_status(&job.key, "TASK_FAILED", "REASON_EXECUTOR_TERMINATED", text);
        } else {
            let killed = executor.kill.is_some();
            let (state, text) = verdict(status, killed);
            self.executor_status(&job.key, state, Some(&text));
        }
        if removed {
            self.retire(&job.key);
        }
    }
}

/// State and message of a command that has ended.
fn verdict(status: Option<ExitStatus>, killed: bool) -> (&'static str, String) {
    let Some(status) = status else { return ("TASK_FAILED", "Failed to wait".to_owned()) };
    let text = match (status.code(), status.signal()) {
        (Some(code), _) => format!("Command exited with status {code}"),
        (None, Some(signal)) => format!("Command terminated with signal {}", signal_name(signal)),
        (None, None) => "Command exited with unknown status".to_owned(),
    };
    match (killed, status.success()) {
        (true, _) => ("TASK_KILLED", text),
        (false, true) => ("TASK_FINISHED", text),
        (false, false) => ("TASK_FAILED", text),
    }
}

/// The name of a signal as `strsignal` gives it.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "Hangup",
        2 => "Interrupt",
        3 => "Quit",
        4 => "Illegal instruction",
        5 => "Trace/breakpoint trap",
        6 => "Aborted",
        7 => "Bus error",
        8 => "Floating point exception",
        9 => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        13 => "Broken pipe",
        14 => "Alarm clock",
        15 => "Terminated",
        _ => return format!("Unknown signal {signal}"),
    };
    name.to_owned()
}
