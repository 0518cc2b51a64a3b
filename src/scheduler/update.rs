//! An update of a running topology, as the journal knows it: which steps there are, and what is kept of it between them.
//! [`super::update_steps`] makes each step of the desired record, `super::updating` decides which comes next, and whoever drives
//! does what is an [`Errand`](super::errand::Errand) in it.
//!
//! ```text
//! begun ──▶ (paused) ──▶ resized ──▶ (TManager ended) ──▶ written ──▶ (new physical plan) ──▶ removing ──▶ done
//!   └──────────┴───────────┴────────────────┴──▶ undoing ──▶ done
//! ```
//!
//! Until the packing plan is written, an update can be undone: the topology runs by the old plan. From then on it can only
//! be finished. Whoever takes up an interrupted update decides by [`Update::step`] alone.
//!
//! A replacement by another revision goes the same way: all containers are ended, not only that of the TManager, and the new revision
//! is written in place of the old one. As the old one is kept, it can be put back even then, until the new one has been seen to run.
//!
//! ```text
//! begun ──▶ (all ended) ──▶ written ──▶ (new physical plan) ──▶ removing ──▶ done
//!   └────────────┤             └──▶ (all ended) ──▶ undoing ──▶ done
//!                └──▶ undoing ──▶ done
//! ```

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::container::DesiredContainer;
use crate::deployment::command::CommandTemplate;
use crate::proto::api::TopologyState;

/// How far an update has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum UpdateStep {
    /// The new containers are being launched; the old ones are as they were.
    Begun,
    /// Containers that need more than they have are being launched anew.
    Resized,
    /// The new packing plan is written; the TManager starts anew from it.
    Written,
    /// The topology runs by the new plan; the containers that go are being ended.
    Removing,
    /// It is being taken back; the containers that were new are being ended.
    Undoing,
}

/// An update that is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// How far it has come.
    pub step: UpdateStep,
    /// What was asked for, in words that are the same for the same request.
    pub request: String,
    /// SHA-256 of the packing plan before it, as it stands in the state tree.
    pub old_plan: String,
    /// SHA-256 of the packing plan after it.
    pub new_plan: String,
    /// The packing plan after it, compressed, for whoever writes it; none once it is written, and in records of version 0.1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Whether it is to be taken back; nothing comes of that once the packing plan is written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undo: bool,
    /// The state that the topology had and is to have again: RUNNING or PAUSED.
    pub state: String,
    /// Settings that were changed while it ran, `[component:]key:value`: they stand in the physical plan alone and would
    /// be lost with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runtime_config: Vec<String>,
    /// Containers that are new.
    pub added: Vec<u32>,
    /// Containers that go, last of all.
    pub removed: Vec<u32>,
    /// Containers that stay and get another size: as they are to be. `restarts` counts as in the desired record.
    pub resized: Vec<DesiredContainer>,
    /// The same as they were.
    pub resized_from: Vec<DesiredContainer>,
    /// Which of the resized have to be launched anew for it: a task can't grow.
    pub relaunched: Vec<u32>,
    /// The command before the update, if that changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_command: Option<CommandTemplate>,
    /// ZooKeeper session of the TManager that ran by the old plan; once that plan is gone, so is this TManager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmanager_session: Option<i64>,
    /// Whether container 0 gets a new task with the new plan: its old one is ended before that is written. The number is how
    /// long that has to end, in milliseconds, for builds before this one; what counts is what it was launched with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmanager_grace_ms: Option<i64>,
    /// The revision that takes the place of what runs, where it is such an update: nothing else of it is changed then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Box<Replacement>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A revision takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// The number of the revision that ran when it began.
    pub from: u32,
    /// The number of the one that is to run.
    pub to: u32,
    /// Whether that is new, so that it is forgotten when the replacement is taken back.
    pub is_new: bool,
    /// How many revisions are kept in the end, the one that runs included.
    pub keep: usize,
    /// Whether the new one begins without the checkpoints of the old one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resets_state: bool,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Update {
    /// Containers that get new tasks by it: the TManager's, so that it is back at once, and those that need more room.
    #[must_use]
    pub fn launched_anew(&self) -> Vec<u32> {
        let tmanager = self.tmanager_grace_ms.map(|_| 0);
        tmanager.into_iter().chain(self.relaunched.iter().copied()).collect()
    }

    /// The state that the topology had and is to have again.
    #[must_use]
    pub fn topology_state(&self) -> TopologyState {
        let paused = self.state == TopologyState::Paused.name();
        if paused { TopologyState::Paused } else { TopologyState::Running }
    }

    /// Whether it can still be undone.
    #[must_use]
    pub fn can_be_undone(&self) -> bool {
        self.is_early() || (self.replacement.is_some() && self.step == UpdateStep::Written)
    }

    /// Whether what ran before is still in place in the state tree, so that whoever finds it interrupted undoes it.
    #[must_use]
    pub fn is_early(&self) -> bool {
        self.step < UpdateStep::Written
    }

    /// Whether the revision that it has put in place is to be taken out of it again.
    #[must_use]
    pub fn is_to_be_put_back(&self) -> bool {
        self.replacement.is_some() && self.step == UpdateStep::Written && self.undo
    }

    /// What it is called where people read of it.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        if self.replacement.is_some() { "replacement" } else { "update" }
    }
}
