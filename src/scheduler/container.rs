//! The containers' part of the journal: what each is to be, and what is known of its task.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::history::Turn;
use super::ids::{HostId, TaskId};
use super::member::{by_short_name, short_name};
use super::task::TaskState;
use super::uri::Uri;
use crate::clock::Millis;
use crate::deployment::command::CommandTemplate;
use crate::deployment::container::Container;

/// A container that is to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DesiredContainer {
    /// 0 for the TManager's, 1 to N for those of the packing plan, or a supervisor's ([`super::member`]).
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
    /// Where it must run; anywhere, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// Whether it is to have no task for now, as an update wants it of the TManager's container while the plan is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// How it is started, if not as the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Box<OwnLaunch>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl From<Container> for DesiredContainer {
    fn from(container: Container) -> Self {
        let Container { id, cpus, mem_mb, disk_mb } = container;
        Self { id, cpus, mem_mb, disk_mb, ..Self::default() }
    }
}

/// Where a container must run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pin {
    /// On this host.
    Host(HostId),
    /// On a host of this name or id.
    Name(String),
    /// On the host of this other container, which is placed first.
    Beside(u32),
}

/// How a container is started that is not like the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnLaunch {
    /// The shell command.
    pub command: CommandTemplate,
    /// What is fetched into the sandbox.
    pub uris: Vec<Uri>,
}

/// What is known of a container's task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContainerRecord {
    /// [`super::record::RECORD_VERSION`] of its writer.
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
    #[serde(rename = "agent_id")]
    pub host_id: HostId,
    /// Name of the host.
    pub host: String,
    /// `host:port` of the host's HTTP endpoints, if the offer told.
    #[serde(default, rename = "agent_address", skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What its host had of what the topology's constraints are about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
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
    pub last_failure: Option<Box<TaskFailure>>,
    /// What became of its tasks, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Turn>,
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
pub struct TaskFailure {
    /// The task that failed.
    pub task_id: TaskId,
    /// Where it was.
    #[serde(rename = "agent_id")]
    pub host_id: HostId,
    /// Name of the host.
    pub host: String,
    /// `host:port` of the host's HTTP endpoints, if known.
    #[serde(default, rename = "agent_address", skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When.
    pub at: Millis,
    /// The terminal state.
    pub state: TaskState,
    /// The engine's name for why, `REASON_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The engine's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The id of a container's task: readable, of characters that every engine takes, and never the same for two attempts.
#[must_use]
pub fn task_id(topology: &str, container: u32, attempt: u32) -> TaskId {
    let name: String = topology
        .chars()
        .take(180)
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' })
        .collect();
    TaskId(format!("{name}-{}-{attempt}", short_name(container)))
}

/// The container whose task an id was made for.
#[must_use]
pub fn container_of(task: &TaskId) -> Option<u32> {
    by_short_name(task.as_str().rsplit('-').nth(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::member::id_of;

    #[test]
    fn task_ids_are_fit_for_any_engine() {
        assert_eq!(task_id("word count/é", 2, 7).as_str(), "word_count__-2-7");
        assert_eq!(container_of(&task_id("a-9-8", 2, 7)), Some(2));
        assert!(task_id(&"x".repeat(400), 4_294_967_295, 4_294_967_295).as_str().len() <= 255);
        assert_eq!(task_id("t", id_of(1), 2).as_str(), "t-s1-2");
        assert_eq!(container_of(&task_id("t", id_of(1), 2)), Some(id_of(1)));
    }

    #[test]
    fn unknown_members_survive_a_rewrite() {
        let text = r#"{"version":1,"id":1,"attempt":1,"restarts":0,"task_id":{"value":"t"},
            "agent_id":{"value":"a"},"host":"h","ports":[1],"state":"TASK_RUNNING","since":5,"failures":1,"later":{"x":1},
            "last_failure":{"task_id":{"value":"s"},"agent_id":{"value":"b"},"host":"g","agent_address":"g:5051",
            "at":4,"state":"TASK_FAILED","later":[2]}}"#;
        let record: ContainerRecord = serde_json::from_str(text).unwrap();
        assert_eq!(
            serde_json::to_value(&record).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }
}
