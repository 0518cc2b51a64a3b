//! The state of one agent: its frameworks, their executors, and what a master tells it. Source of facts:
//! `docs/mesos.md#life-of-a-task`, `docs/mesos.md#kill`.

pub mod fetcher;
pub mod files;
pub mod http;
pub mod state_json;
pub mod task;
pub mod tree;
pub mod updates;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::AbortHandle;

use crate::cluster::{Effect, Registration, Timer, ToAgent};
use crate::master::{self, is_terminal};
use crate::options::Settings;
use crate::resources::Resources;
use crate::wire;
use task::Job;

/// A framework and a task.
pub type Key = (String, String);

/// The kill grace period when nobody says otherwise.
const KILL_GRACE: Duration = Duration::from_secs(3);

const SIGTERM: i32 = 15;
const SIGKILL: i32 = 9;

/// One agent.
#[derive(Debug)]
pub struct Agent {
    /// Its place in the cluster.
    pub index: usize,
    /// Its id, once a master has admitted it.
    pub id: Option<String>,
    /// Its address, also its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its attributes.
    pub attributes: Vec<Value>,
    /// What it has.
    pub total: Resources,
    /// Its work directory.
    pub work_dir: PathBuf,
    /// Whether it runs.
    pub up: bool,
    /// Whether it is connected with the leading master.
    pub linked: bool,
    /// Counts registrations.
    pub generation: u64,
    /// When it was started.
    pub started: f64,
    /// Updates are made but not sent while set.
    pub hold_updates: bool,
    /// Launches and kills are lost on the way while set.
    pub deaf: bool,
    /// Frameworks by id.
    pub frameworks: BTreeMap<String, AgentFramework>,
    /// Its HTTP server.
    pub server: Option<AbortHandle>,
    /// What the cluster has to do.
    pub effects: Vec<Effect>,
    /// The settings of the cluster.
    pub settings: Arc<Settings>,
}

/// A framework on an agent.
#[derive(Debug)]
pub struct AgentFramework {
    /// `FrameworkInfo`.
    pub info: Value,
    /// Executors by task id; those that have ended wait for the last acknowledgement.
    pub executors: BTreeMap<String, Executor>,
    /// Executors that are over, oldest first.
    pub completed: VecDeque<Executor>,
    /// Whether the framework was shut down.
    pub removed: bool,
}

/// The command executor of one task.
#[derive(Debug)]
pub struct Executor {
    /// `TaskInfo`.
    pub task: Value,
    /// Its container id.
    pub container: String,
    /// Its sandbox.
    pub directory: PathBuf,
    /// What the task uses.
    pub resources: Resources,
    /// The process of the task, while it runs.
    pub pid: Option<i32>,
    /// Statuses that have been sent at least once, oldest first.
    pub sent: Vec<Value>,
    /// Statuses that wait, the first one for its acknowledgement.
    pub queue: VecDeque<Value>,
    /// The newest state.
    pub state: String,
    /// Set when a kill was asked for.
    pub kill: Option<Kill>,
    /// The agent lost the executor: it was killed while the agent was away.
    pub lost: bool,
}

/// A kill that is under way.
#[derive(Debug)]
pub struct Kill {
    /// When SIGKILL follows.
    pub deadline: Instant,
    /// Counts kills; older timers are void.
    pub number: u64,
}

impl Agent {
    /// What it says when it registers.
    pub fn registration(&self) -> Registration {
        let frameworks = self
            .frameworks
            .values()
            .map(|framework| {
                let tasks = framework.executors.values().map(|e| self.task_of(e)).collect();
                (framework.info.clone(), tasks)
            })
            .collect();
        Registration {
            id: self.id.clone(),
            port: self.port,
            hostname: self.host.clone(),
            attributes: self.attributes.clone(),
            total: self.total.clone(),
            frameworks,
        }
    }

    /// A task as the master will know it.
    pub fn task_of(&self, executor: &Executor) -> master::Task {
        let last = executor.sent.last();
        let text = |name: &str| last.and_then(|s| s[name].as_str()).map(str::to_owned);
        master::Task {
            info: executor.task.clone(),
            id: wire::id_of(&executor.task, "task_id"),
            agent_id: self.id.clone().unwrap_or_default(),
            state: executor.state.clone(),
            update_state: text("state"),
            update_uuid: text("uuid"),
            statuses: executor.sent.clone(),
            resources: executor.resources.clone(),
            sequence: 0,
            kill_pending: false,
        }
    }

    /// A message of the master.
    pub fn receive(&mut self, message: ToAgent) {
        match message {
            ToAgent::Launch { framework_id, framework, task } if !self.deaf => {
                self.launch(framework_id, framework, task);
            }
            ToAgent::Kill { framework_id, task_id, policy } if !self.deaf => {
                self.kill((framework_id, task_id), &policy);
            }
            ToAgent::Launch { .. } | ToAgent::Kill { .. } => {}
            ToAgent::Acknowledge { framework_id, task_id, uuid } => {
                self.acknowledged(&(framework_id, task_id), &uuid);
            }
            ToAgent::ShutdownFramework { framework_id } => self.shutdown(&framework_id),
            ToAgent::Framework { framework_id, info } => {
                if let Some(framework) = self.frameworks.get_mut(&framework_id) {
                    framework.info = info;
                    self.resend(&framework_id);
                }
            }
            ToAgent::Reconcile { framework_id, task_id, state } => {
                let key = (framework_id, task_id);
                if self.executor(&key).is_none() {
                    self.unknown_task(
                        &key,
                        &state,
                        "REASON_RECONCILIATION",
                        "Reconciliation: task unknown to the agent",
                    );
                }
            }
        }
    }

    /// The executor of a task.
    pub fn executor(&mut self, key: &Key) -> Option<&mut Executor> {
        self.frameworks.get_mut(&key.0)?.executors.get_mut(&key.1)
    }

    /// The executor of a task, if it is still the same run.
    pub fn run(&mut self, key: &Key, container: &str) -> Option<&mut Executor> {
        self.executor(key).filter(|executor| executor.container == container)
    }

    fn launch(&mut self, framework_id: String, info: Value, task: Value) {
        let task_id = wire::id_of(&task, "task_id");
        let container = uuid::Uuid::new_v4().to_string();
        let directory = self
            .work_dir
            .join("slaves")
            .join(self.id.as_deref().unwrap_or("none"))
            .join("frameworks")
            .join(&framework_id)
            .join("executors")
            .join(&task_id)
            .join("runs")
            .join(&container);
        let user = task["command"]["user"]
            .as_str()
            .or_else(|| info["user"].as_str())
            .unwrap_or_default()
            .to_owned();
        let executor = Executor {
            task: task.clone(),
            container: container.clone(),
            directory: directory.clone(),
            resources: Resources::parse(&task["resources"]).unwrap_or_default(),
            pid: None,
            sent: Vec::new(),
            queue: VecDeque::new(),
            state: "TASK_STAGING".to_owned(),
            kill: None,
            lost: false,
        };
        let framework = self.frameworks.entry(framework_id.clone()).or_insert_with(|| {
            let info = info.clone();
            let (executors, completed) = (BTreeMap::new(), VecDeque::new());
            AgentFramework { info, executors, completed, removed: false }
        });
        framework.executors.insert(task_id.clone(), executor);
        let key = (framework_id, task_id);
        if !self.settings.users.is_empty() && !self.settings.users.contains(&user) {
            let text = format!(
                "Failed to create executor directory '{}': Failed to chown directory to '{user}': No \
                 such user '{user}'",
                directory.display()
            );
            let state = self.precise(&key.0, "TASK_DROPPED");
            self.agent_status(&key, &state, "REASON_EXECUTOR_TERMINATED", &text);
            return;
        }
        if self.settings.fake_tasks {
            self.executor_status(&key, "TASK_STARTING", None);
            self.executor_status(&key, "TASK_RUNNING", None);
            return;
        }
        let job = Job {
            agent: self.index,
            agent_id: self.id.clone().unwrap_or_default(),
            endpoint: format!("{}:{}", self.host, self.port),
            key,
            container,
            work_dir: self.work_dir.clone(),
            started: self.started,
            directory,
            framework: info,
            task,
            settings: Arc::clone(&self.settings),
        };
        self.effects.push(Effect::Run(Box::new(job)));
    }

    /// The precise state with `PARTITION_AWARE`, else `TASK_LOST`.
    pub fn precise(&self, framework_id: &str, state: &str) -> String {
        let aware = self.frameworks.get(framework_id).is_some_and(|framework| {
            master::frameworks::has_capability(&framework.info, "PARTITION_AWARE")
        });
        if aware { state } else { "TASK_LOST" }.to_owned()
    }

    fn kill(&mut self, key: Key, policy: &Value) {
        let fake = self.settings.fake_tasks;
        // Mesos' own command executor drops the grace period of a call; the one that speaks HTTP heeds it.
        let asked = grace(policy).filter(|_| self.settings.http_command_executor);
        let killing = self.frameworks.get(&key.0).is_some_and(|framework| {
            master::frameworks::has_capability(&framework.info, "TASK_KILLING_STATE")
        });
        let Some(executor) = self.executor(&key) else {
            let state = self.precise(&key.0, "TASK_DROPPED");
            self.unknown_task(&key, &state, "REASON_EXECUTOR_TERMINATED", "Cannot find executor");
            return;
        };
        if is_terminal(&executor.state) {
            return;
        }
        let wanted = asked.or_else(|| grace(&executor.task["kill_policy"]));
        let deadline = Instant::now() + wanted.unwrap_or(KILL_GRACE);
        let pid = executor.pid;
        let container = executor.container.clone();
        if pid.is_none() && !fake {
            // Still fetching: the executor never gets the task.
            executor.kill = Some(Kill { deadline, number: 0 });
            self.agent_status(
                &key,
                "TASK_KILLED",
                "REASON_TASK_KILLED_DURING_LAUNCH",
                "Killed before delivery to the executor",
            );
            return;
        }
        let number = executor.kill.as_ref().map_or(0, |kill| kill.number + 1);
        let first = executor.kill.is_none();
        let deadline = executor.kill.as_ref().map_or(deadline, |kill| kill.deadline.min(deadline));
        executor.kill = Some(Kill { deadline, number });
        if first && killing {
            self.executor_status(&key, "TASK_KILLING", None);
        }
        if fake {
            let text = "Command terminated with signal Terminated";
            self.executor_status(&key, "TASK_KILLED", Some(text));
            return;
        }
        if let (true, Some(pid)) = (first, pid) {
            self.effects.push(Effect::Signal(pid, SIGTERM));
        }
        let wait = deadline.saturating_duration_since(Instant::now());
        let timer = Timer::Escalate { agent: self.index, key, container, kill: number };
        self.effects.push(Effect::After(wait, timer));
    }

    /// The grace period is over.
    pub fn escalate(&mut self, key: &Key, container: &str, number: u64) {
        let pid = self
            .run(key, container)
            .filter(|executor| executor.kill.as_ref().is_some_and(|kill| kill.number == number))
            .and_then(|executor| executor.pid);
        if let Some(pid) = pid {
            self.effects.push(Effect::Signal(pid, SIGKILL));
        }
    }

    /// The framework is gone: its tasks are killed, and nobody hears of it.
    fn shutdown(&mut self, framework_id: &str) {
        let Some(framework) = self.frameworks.get_mut(framework_id) else { return };
        framework.removed = true;
        let keys: Vec<Key> =
            framework.executors.keys().map(|id| (framework_id.to_owned(), id.clone())).collect();
        for key in keys {
            self.kill(key.clone(), &Value::Null);
            if let Some(executor) = self.executor(&key) {
                executor.queue.clear();
                if executor.pid.is_none() {
                    self.retire(&key);
                }
            }
        }
    }

    /// Moves an executor to the completed ones.
    pub fn retire(&mut self, key: &Key) {
        let Some(framework) = self.frameworks.get_mut(&key.0) else { return };
        if let Some(mut executor) = framework.executors.remove(&key.1) {
            executor.queue.clear();
            framework.completed.push_back(executor);
            if framework.completed.len() > 1000 {
                framework.completed.pop_front();
            }
        }
    }

    /// Signals the processes of all tasks, as when the host goes down.
    pub fn kill_executors(&mut self, signal: i32) {
        for executor in self.frameworks.values_mut().flat_map(|f| f.executors.values_mut()) {
            if let Some(pid) = executor.pid {
                executor.lost = true;
                self.effects.push(Effect::Signal(pid, signal));
            }
        }
    }

    /// The process ids of all tasks.
    pub fn pids(&self) -> Vec<i32> {
        let executors = self.frameworks.values().flat_map(|f| f.executors.values());
        executors.filter_map(|executor| executor.pid).collect()
    }
}

/// The grace period of a `KillPolicy`.
fn grace(policy: &Value) -> Option<Duration> {
    let nanos = wire::integer(&policy["grace_period"]["nanoseconds"])?;
    Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
}
