//! What can be true of a topology.

use super::registered::{Instances, stream_manager_is_registered};
use crate::clock::{Millis, rfc3339};
use crate::outcome::status;
use crate::scheduler::container::{ContainerRecord, DesiredContainer};
use crate::scheduler::task::TaskState;
use crate::state::TopologyState;

/// What a topology is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has no physical plan yet.
    Starting,
    /// Its spouts emit.
    Running,
    /// It is deactivated.
    Paused,
    /// An update is under way, or was interrupted.
    Updating,
    /// It is being killed.
    Killing,
    /// No record says it.
    Unknown,
}

impl State {
    /// Its name in documents and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Updating => "UPDATING",
            Self::Killing => "KILLING",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// How well a topology is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All that is to run runs, and has registered.
    Healthy,
    /// It can't be told: the engine could not be asked, or another tool runs it.
    Unknown,
    /// Something is missing.
    Degraded,
    /// It does no work.
    Down,
}

impl Level {
    /// Its name in documents and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

/// Containers that run, of those that are to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Whose tasks run, as far as is known.
    pub running: usize,
    /// That are to run.
    pub wanted: usize,
}

/// How a container is.
#[derive(Clone, Debug)]
pub struct Condition<'a> {
    /// Its id.
    pub id: u32,
    /// The state of its task; none if it has no task.
    pub state: Option<TaskState>,
    /// Whether the engine said so just now. Otherwise it is what the journal heard last.
    pub is_current: bool,
    /// What is wanted.
    pub desired: &'a DesiredContainer,
    /// What the journal knows of its task.
    pub record: Option<&'a ContainerRecord>,
    /// Its instances, and whether they have registered.
    pub instances: Instances,
}

impl Condition<'_> {
    /// Whether its task runs, as far as is known.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state == Some(TaskState::Running)
    }
}

/// What is true of a topology.
#[derive(Clone, Debug)]
pub struct Assessment<'a> {
    /// What it is doing.
    pub state: State,
    /// How well it is.
    pub health: Level,
    /// What is wrong, each with what to do about it.
    pub problems: Vec<String>,
    /// How many containers run; none if we don't know what is to run.
    pub ready: Option<Ready>,
    /// Whether the engine said how the containers are; when the journal last heard of one otherwise.
    pub as_of: AsOf,
    /// Its containers, by id.
    pub containers: Vec<Condition<'a>>,
}

/// How old a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The engine said so.
    Engine(Millis),
    /// The journal heard so last; none if it never heard anything.
    Journal(Option<Millis>),
}

impl Assessment<'_> {
    /// The containers that are not well: their tasks don't run, or their stream managers are unknown to a TManager that runs.
    #[must_use]
    pub fn ill(&self, topology: &TopologyState) -> Vec<u32> {
        let runs = |id: u32| self.containers.iter().any(|one| one.id == id && one.is_running());
        let judges = topology.physical_plan.is_some() && runs(0);
        let is_well = |one: &&Condition<'_>| {
            one.is_running()
                && (one.id == 0
                    || !judges
                    || stream_manager_is_registered(topology, one.id, one.record))
        };
        self.containers.iter().filter(|one| !is_well(one)).map(|one| one.id).collect()
    }
}

impl From<Ready> for status::ReadyCount {
    fn from(Ready { running, wanted }: Ready) -> Self {
        Self { running, wanted }
    }
}

impl From<AsOf> for status::AsOf {
    fn from(as_of: AsOf) -> Self {
        match as_of {
            AsOf::Engine(at) => Self { source: "mesos", at: Some(rfc3339(at)) },
            AsOf::Journal(at) => Self { source: "journal", at: at.map(rfc3339) },
        }
    }
}
