//! The state tree as a command has it open.

use std::time::Duration;

use crate::scheduler::journal::JournalPaths;
use crate::state::{Tree, Zk};

/// How long closing a ZooKeeper session may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// An open state tree.
#[derive(Clone, Debug)]
pub struct StateTree {
    /// The session.
    pub zk: Zk,
    /// Heron's paths.
    pub tree: Tree,
    /// Root of the journals.
    pub journal_root: String,
}

impl StateTree {
    /// The journal of a topology.
    #[must_use]
    pub fn journal(&self, topology: &str) -> JournalPaths {
        JournalPaths::new(&self.journal_root, topology)
    }

    /// Where it is, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{} at ZooKeeper {}", self.tree.root(), self.zk.ensemble())
    }

    /// Ends the session, so that nothing ephemeral lingers.
    pub async fn close(&self) {
        if !self.zk.close(CLOSE_LIMIT).await {
            tracing::warn!("ZooKeeper did not confirm the end of the session in time");
        }
    }
}
