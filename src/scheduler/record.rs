//! The desired record of a topology: what it is to be. With the records of its containers it is all that the journal holds.
//!
//! Both are JSON. Members that this version does not know are kept in `extra` and written back; a record of a later
//! version is refused by [`super::journal`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::container::DesiredContainer;
use super::history::Change;
use super::ids::FrameworkId;
use super::member::number_of;
use super::package::{PackageContent, StoredPackage};
use super::revisions::Revisions;
use super::supervisors::Supervisors;
use super::update::Update;
use super::uri::Uri;
use crate::constraint::Constraint;
use crate::deployment::command::CommandTemplate;

/// The version of a record that every program can read which ever wrote one.
pub const RECORD_VERSION: u32 = 1;

/// The version of a desired record with supervisors: whoever knows nothing of them would end them.
pub const SUPERVISED_VERSION: u32 = 2;

/// The version of the desired record of a topology that has [`Revisions`]: whoever knows nothing of them would leave their nodes and
/// packages behind.
pub const REVISIONS_VERSION: u32 = 2;

/// The newest version that this program reads.
pub const NEWEST_VERSION: u32 = REVISIONS_VERSION;

/// What a supervisor has to hand over in, in milliseconds.
pub const SUPERVISOR_GRACE_MS: i64 = 5_000;

/// The most that the TManager's container has to end, in milliseconds. A healthy executor needs a fraction of it; one that
/// waits to start its dead TManager again heeds no signal, and would use up any time (`docs/heron.md#executor-and-signals`).
pub const TMANAGER_GRACE_MS: i64 = 2_000;

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
    /// The least version that its readers must know.
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
    /// Where they may run.
    #[serde(default, skip_serializing_if = "Placement::is_empty")]
    pub placement: Placement,
    /// Containers 0 to N.
    pub containers: Vec<DesiredContainer>,
    /// Its own supervisors, if it is to have some, or had them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisors: Option<Box<Supervisors>>,
    /// The update that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Update>,
    /// Whether its package stays in its store when it is killed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_package: bool,
    /// What it has been, and what it is to become; none of a topology that was never replaced.
    #[serde(default, skip_serializing_if = "Revisions::is_empty")]
    pub revisions: Revisions,
    /// Who changed it how, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Change>,
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

    /// Everything that is to run: its containers, then its own supervisors.
    pub(super) fn members(&self) -> impl Iterator<Item = DesiredContainer> + '_ {
        let supervisors = self.supervisors.as_deref().into_iter().flat_map(Supervisors::members);
        self.containers.iter().cloned().chain(supervisors)
    }

    /// How many supervisors of its own it is to have.
    #[must_use]
    pub fn supervisor_count(&self) -> u32 {
        self.supervisors.as_ref().map_or(0, |supervisors| supervisors.count)
    }

    /// Has it supervised by these from now on.
    pub fn supervise_by(&mut self, supervisors: Supervisors) {
        let is_supervised = supervisors.count > 0;
        self.version = match (is_supervised, self.revisions.is_empty()) {
            (true, _) => SUPERVISED_VERSION,
            (false, false) => REVISIONS_VERSION,
            (false, true) => RECORD_VERSION,
        };
        self.supervisors = Some(Box::new(supervisors));
    }

    /// Milliseconds that a container's task has to end after SIGTERM. A task is launched with them: what a later kill says
    /// of it does not count (`docs/mesos.md#life-of-a-task`).
    #[must_use]
    pub fn kill_grace_ms(&self, container: &DesiredContainer) -> i64 {
        if number_of(container.id).is_some() {
            return SUPERVISOR_GRACE_MS;
        }
        let grace_ms = self.launch.kill_grace_ms;
        let is_tmanagers = container.id == 0 && container.own.is_none();
        if is_tmanagers { grace_ms.min(TMANAGER_GRACE_MS) } else { grace_ms }
    }
}

/// Where containers may run, and where they should not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Constraints, as [`crate::constraint`] reads them. What it can't read no host satisfies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
    /// Names or ids of hosts that are used only where there is no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub avoid: Vec<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Placement {
    /// Its constraints, as they are understood.
    #[must_use]
    pub fn constraints(&self) -> Vec<Constraint> {
        self.constraints.iter().map(|text| Constraint::of_record(text)).collect()
    }

    fn is_empty(&self) -> bool {
        self.constraints.is_empty() && self.avoid.is_empty() && self.extra.is_empty()
    }
}

/// The framework of a topology.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Framework {
    /// Chosen by us before the first SUBSCRIBE.
    pub id: FrameworkId,
    /// Shown by the engine.
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
    pub command: CommandTemplate,
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
    /// The topology's package, where heron-cli has brought it into its store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Box<StoredPackage>>,
    /// What that package is made of; none in records of version 0.1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<PackageContent>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::container::OwnLaunch;

    #[test]
    fn unknown_members_survive_a_rewrite_wherever_they_are() {
        let text = r#"{"version":1,"topology":"t","topology_id":"i","goal":"RUNNING","phase":"LAUNCHED","generation":4,
            "digest":"","later":1,"framework":{"id":{"value":"f"},"name":"n","user":"u","roles":["*"],
            "failover_timeout_seconds":1.0,"labels":[["a","b"]],"later":2},
            "launch":{"command":["run"],"ports":9,"kill_grace_ms":1,"later":3,"package":{"name":"p","uri":"http://h/p","later":6},
            "content":{"file":"t.jar","sha256":"ab","conf":{"x.yaml":"cd"},"later":7},"uris":[
                {"value":"http://h/p.tgz","extract":true,"cache":false,"output_file":"p","later":{"checksum":"4"}}]},
            "containers":[{"id":0,"cpus":1.0,"mem_mb":1.0,"disk_mb":1.0,"restarts":0,"later":5}]}"#;
        let desired: Desired = serde_json::from_str(text).unwrap();
        assert_eq!(
            serde_json::to_value(&desired).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[test]
    fn the_tmanagers_container_has_little_time_to_end() {
        let desired = |kill_grace_ms: i64| -> Desired {
            serde_json::from_value(serde_json::json!({
                "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
                "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
                    "failover_timeout_seconds": 1.0, "labels": []},
                "launch": {"command": [], "uris": [], "ports": 9, "kill_grace_ms": kill_grace_ms}, "containers": [],
            }))
            .unwrap()
        };
        let container = |id| DesiredContainer { id, ..DesiredContainer::default() };
        assert_eq!(desired(10_000).kill_grace_ms(&container(0)), TMANAGER_GRACE_MS);
        assert_eq!(desired(10_000).kill_grace_ms(&container(1)), 10_000);
        assert_eq!(desired(500).kill_grace_ms(&container(0)), 500);
        let own = OwnLaunch { command: CommandTemplate::default(), uris: Vec::new() };
        let other = DesiredContainer { own: Some(Box::new(own)), ..container(0) };
        assert_eq!(desired(10_000).kill_grace_ms(&other), 10_000);
    }
}
