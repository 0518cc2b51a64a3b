//! What the journal holds of a topology: the desired record and one record per container (design §3, §4).
//!
//! Both are JSON. Members that this version does not know are kept in `extra` and written back; a record of a later
//! version is refused by [`super::journal`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::update::{Update, UpdateStep};
use crate::clock::Millis;
use crate::mesos::call::Uri;
use crate::mesos::event::TaskState;
use crate::mesos::ids::{AgentId, FrameworkId, TaskId};

/// The version that this program writes, and the newest that it reads.
pub const RECORD_VERSION: u32 = 1;

/// What a topology is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Goal {
    /// All containers run.
    Running,
    /// Nothing runs, and nothing is left.
    Killed,
}

/// How far the submission has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Phase {
    /// It has not been seen running yet: the same submission, repeated, goes on with it.
    Launching,
    /// It has run: another submission of the name is a conflict.
    Launched,
}

/// The desired record of a topology: what `submit`, `restart` and `kill` change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// [`RECORD_VERSION`] of its writer.
    pub version: u32,
    /// Name of the topology.
    pub topology: String,
    /// Its id.
    pub topology_id: String,
    /// What it is to be.
    pub goal: Goal,
    /// How far its submission has come.
    pub phase: Phase,
    /// Counts the changes of this record.
    pub generation: u64,
    /// Tells submissions of the same content apart from others; does not depend on the topology's random id.
    pub digest: String,
    /// The framework that its containers belong to.
    pub framework: Framework,
    /// How containers are started.
    pub launch: Launch,
    /// Containers 0 to N.
    pub containers: Vec<DesiredContainer>,
    /// The update that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Update>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Desired {
    /// The record with a change, ready to be written.
    #[must_use]
    pub fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut desired = self.clone();
        change(&mut desired);
        desired.generation = desired.generation.saturating_add(1);
        desired
    }

    /// Milliseconds that a container's task has to end after SIGTERM. The TManager's container has less of it in an update:
    /// its executor, waiting to start the TManager again, would use it up without any gain (`facts/heron-measured.md`).
    #[must_use]
    pub fn kill_grace_ms(&self, container: u32) -> i64 {
        let written = self.update.as_ref().filter(|update| update.step == UpdateStep::Written);
        let short = written.filter(|_| container == 0).and_then(|update| update.tmanager_grace_ms);
        short.unwrap_or(self.launch.kill_grace_ms).min(self.launch.kill_grace_ms)
    }
}

/// The framework of a topology.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Framework {
    /// Chosen by us before the first SUBSCRIBE.
    pub id: FrameworkId,
    /// Shown by Mesos.
    pub name: String,
    /// Unix user of the tasks; can't be changed later.
    pub user: String,
    /// Roles whose resources are used.
    pub roles: Vec<String>,
    /// Principal; can't be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Seconds that the tasks outlive the scheduler.
    pub failover_timeout_seconds: f64,
    /// The labels that name cluster, role, environ, topology and topology id.
    pub labels: Vec<(String, String)>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How containers are started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// The shell command, with gaps for what differs between containers.
    pub command: Vec<Piece>,
    /// Unix user; the framework's, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What is fetched into the sandbox.
    pub uris: Vec<Uri>,
    /// Ports per container.
    pub ports: usize,
    /// Milliseconds between SIGTERM and SIGKILL.
    pub kill_grace_ms: i64,
    /// The Heron release that the command is written for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A piece of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// The same for all containers.
    Text(String),
    /// One of the container's ports, by its place in the order of ports.
    Port {
        /// From 0.
        port: usize,
    },
    /// The container's id.
    Shard {
        /// Always true; makes the JSON say what it is.
        shard: bool,
    },
}

impl Launch {
    /// The command of one container. A port that the container does not have leaves its gap empty, which the executor
    /// refuses; placement never gives fewer ports than [`Launch::ports`].
    #[must_use]
    pub fn render(&self, container: u32, ports: &[u16]) -> String {
        let mut command = String::new();
        for piece in &self.command {
            match piece {
                Piece::Text(text) => command.push_str(text),
                Piece::Port { port } => {
                    command.extend(ports.get(*port).map(u16::to_string));
                }
                Piece::Shard { .. } => command.push_str(&container.to_string()),
            }
        }
        command
    }
}

impl Launch {
    /// The command of one container with names in place of the ports that are not known yet, for showing.
    #[must_use]
    pub fn outline(&self, container: u32, names: &[&str]) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Port { port } => format!("<{}>", names.get(*port).copied().unwrap_or("port")),
            Piece::Shard { .. } => container.to_string(),
        };
        self.command.iter().map(piece).collect()
    }
}

/// A container that is to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DesiredContainer {
    /// 0 for the TManager's, 1 to N for those of the packing plan.
    pub id: u32,
    /// Cores.
    pub cpus: f64,
    /// Memory in MB (2^20 bytes).
    pub mem_mb: f64,
    /// Disk in MB (2^20 bytes).
    pub disk_mb: f64,
    /// How often a restart was asked for; a task is of the restart it was launched for.
    #[serde(default)]
    pub restarts: u64,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What is known of a container's task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContainerRecord {
    /// [`RECORD_VERSION`] of its writer.
    pub version: u32,
    /// The container's id.
    pub id: u32,
    /// Launches so far; part of the task id, so that none is used twice.
    pub attempt: u32,
    /// The [`DesiredContainer::restarts`] that this task was launched for.
    pub restarts: u64,
    /// Its task.
    pub task_id: TaskId,
    /// Where it was launched.
    pub agent_id: AgentId,
    /// Host name of the agent.
    pub host: String,
    /// `host:port` of the agent's HTTP endpoints, if the offer told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_address: Option<String>,
    /// Its ports, in the order of the executor's flags.
    pub ports: Vec<u16>,
    /// The last state heard of.
    pub state: TaskState,
    /// Since when it is in that state.
    pub since: Millis,
    /// Failures in a row; begins anew after a task that ran for a minute.
    #[serde(default)]
    pub failures: u32,
    /// The last failure of this container, of whichever attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<Failure>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ContainerRecord {
    /// Whether its task has come to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.is_terminal()
    }
}

/// How an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The task that failed.
    pub task_id: TaskId,
    /// Its agent.
    pub agent_id: AgentId,
    /// Host name of the agent.
    pub host: String,
    /// `host:port` of the agent's HTTP endpoints, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_address: Option<String>,
    /// When.
    pub at: Millis,
    /// The terminal state.
    pub state: TaskState,
    /// Mesos's reason, `REASON_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Mesos's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The id of a container's task: readable, of characters that Mesos takes, and never the same for two attempts.
#[must_use]
pub fn task_id(topology: &str, container: u32, attempt: u32) -> TaskId {
    let name: String = topology
        .chars()
        .take(180)
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' })
        .collect();
    TaskId(format!("{name}-{container}-{attempt}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_rendered_with_its_gaps_filled() {
        let launch = Launch {
            command: serde_json::from_str(
                r#"["exec ./x --shard=", {"shard": true}, " --port=", {"port": 1}]"#,
            )
            .unwrap(),
            user: None,
            uris: vec![],
            ports: 2,
            kill_grace_ms: 1,
            release: None,
            extra: Map::new(),
        };
        assert_eq!(launch.render(3, &[100, 101]), "exec ./x --shard=3 --port=101");
        let text = serde_json::to_string(&launch.command).unwrap();
        assert_eq!(text, r#"["exec ./x --shard=",{"shard":true}," --port=",{"port":1}]"#);
    }

    #[test]
    fn task_ids_are_fit_for_mesos() {
        assert_eq!(task_id("word count/é", 2, 7).as_str(), "word_count__-2-7");
        assert!(task_id(&"x".repeat(400), 4_294_967_295, 4_294_967_295).as_str().len() <= 255);
    }

    #[test]
    fn unknown_members_survive_a_rewrite() {
        let text = r#"{"version":1,"id":1,"attempt":1,"restarts":0,"task_id":{"value":"t"},
            "agent_id":{"value":"a"},"host":"h","ports":[1],"state":"TASK_RUNNING","since":5,"later":{"x":1}}"#;
        let record: ContainerRecord = serde_json::from_str(text).unwrap();
        let again: Value = serde_json::to_value(&record).unwrap();
        assert_eq!(again["later"]["x"], 1);
    }
}
