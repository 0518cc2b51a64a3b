//! What an engine says now of the topologies that it runs, in the core's words.

use std::collections::BTreeMap;

use crate::scheduler::ids::TaskId;
use crate::scheduler::task::TaskState;

/// What an engine says of one topology.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// There is nothing to ask about, or nobody to ask: no record, or no engine in the configuration.
    NotAsked,
    /// The engine did not answer, and why.
    Failed(String),
    /// It answered.
    Seen(FrameworkSeen),
}

/// A framework as the engine sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameworkSeen {
    /// How it is.
    pub condition: FrameworkCondition,
    /// Where people can look at it.
    pub page: String,
    /// Its tasks as far as the engine remembers them, ended ones included, each in its present state.
    pub tasks: BTreeMap<TaskId, TaskState>,
}

/// How a framework is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameworkCondition {
    /// Somebody drives it.
    Connected,
    /// Its containers run by themselves, as they do at most times.
    Waiting,
    /// It was removed, and all of its tasks with it.
    Gone,
    /// The engine knows nothing of it: it was removed long ago, or the engine has started anew and not heard of it yet.
    Unknown,
}

impl FrameworkCondition {
    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Waiting => "waiting",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether hosts are still to come back to an engine that has started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsentHosts {
    /// All are there that it knows of.
    None,
    /// Some are to come back.
    Known,
    /// It doesn't know, and has started so recently that some may.
    Perhaps,
}
