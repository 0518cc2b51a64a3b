//! Where Heron keeps what in its state tree (`docs/heron.md#state-tree`).
//!
//! Paths only: nothing here talks to ZooKeeper. Every node of a topology is `<root>/<directory>/<topology name>`; Heron
//! builds these paths by plain concatenation, so that a root with a trailing slash would give it other nodes than us.

use thiserror::Error;

use crate::znode_path;

/// Why a root can't be part of a path.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// The root path of the tree.
    #[error("the state root '{root}' {why}")]
    Root {
        /// As it was given.
        root: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The suffix of the lock that Heron's `update` takes (`docs/heron.md#update-lock`).
const UPDATE_LOCK_SUFFIX: &str = "__updateTopology";

/// A state tree, known by its root path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tree {
    root: String,
}

impl Tree {
    /// A tree below `root`; trailing slashes are dropped.
    pub fn new(root: &str) -> Result<Self, PathError> {
        match znode_path::root(root) {
            Ok(root) => Ok(Self { root: root.to_owned() }),
            Err(why) => Err(PathError::Root { root: root.to_owned(), why }),
        }
    }

    /// The root, without a trailing slash.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    fn node(&self, directory: Directory, name: &str) -> String {
        format!("{}/{}/{name}", self.root, directory.name())
    }

    /// The path of a directory.
    #[must_use]
    pub fn directory(&self, directory: Directory) -> String {
        format!("{}/{}", self.root, directory.name())
    }

    /// Every directory that Heron's components of any version may need, the root not included.
    ///
    /// The singular `statefulcheckpoint` of 0.14.8 is left out: only that one release knew it.
    #[must_use]
    pub fn directories(&self) -> Vec<String> {
        Directory::NEEDED.iter().map(|directory| self.directory(*directory)).collect()
    }

    /// The topology's definition; that this node exists is what "the topology exists" means.
    #[must_use]
    pub fn topology(&self, name: &str) -> String {
        self.node(Directory::Topologies, name)
    }

    /// Its packing plan.
    #[must_use]
    pub fn packing_plan(&self, name: &str) -> String {
        self.node(Directory::PackingPlans, name)
    }

    /// Its execution state.
    #[must_use]
    pub fn execution_state(&self, name: &str) -> String {
        self.node(Directory::ExecutionState, name)
    }

    /// Its physical plan, the TManager's.
    #[must_use]
    pub fn physical_plan(&self, name: &str) -> String {
        self.node(Directory::PhysicalPlans, name)
    }

    /// The location of its scheduler.
    #[must_use]
    pub fn scheduler(&self, name: &str) -> String {
        self.node(Directory::Schedulers, name)
    }

    /// The location of its TManager, from 0.20.3 on.
    #[must_use]
    pub fn tmanager(&self, name: &str) -> String {
        self.node(Directory::TManagers, name)
    }

    /// The location of its TMaster, before 0.20.3.
    #[must_use]
    pub fn tmaster(&self, name: &str) -> String {
        self.node(Directory::TMasters, name)
    }

    /// The location of its metrics cache.
    #[must_use]
    pub fn metrics_cache(&self, name: &str) -> String {
        self.node(Directory::MetricsCaches, name)
    }

    /// Its checkpoints.
    #[must_use]
    pub fn stateful_checkpoints(&self, name: &str) -> String {
        self.node(Directory::StatefulCheckpoints, name)
    }

    /// Its checkpoints as 0.14.8 named them.
    #[must_use]
    pub fn stateful_checkpoint_0_14_8(&self, name: &str) -> String {
        self.node(Directory::StatefulCheckpoint, name)
    }

    /// The lock that Heron's own `update` holds.
    #[must_use]
    pub fn update_lock(&self, name: &str) -> String {
        format!("{}{UPDATE_LOCK_SUFFIX}", self.node(Directory::Locks, name))
    }
}

/// The directories of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Directory {
    /// TManager locations, from 0.20.3.
    TManagers,
    /// TMaster locations, before 0.20.3.
    TMasters,
    /// Metrics cache locations, from 0.14.7.
    MetricsCaches,
    /// Definitions.
    Topologies,
    /// Packing plans, from 0.14.3.
    PackingPlans,
    /// Physical plans.
    PhysicalPlans,
    /// Execution states.
    ExecutionState,
    /// Scheduler locations.
    Schedulers,
    /// Checkpoints, from 0.15.0.
    StatefulCheckpoints,
    /// Checkpoints in 0.14.8 only.
    StatefulCheckpoint,
    /// Locks, from 0.14.4.
    Locks,
}

impl Directory {
    /// What a tree needs: Heron's own order of creation, with `tmasters` for older binaries after it.
    pub const NEEDED: [Self; 10] = [
        Self::TManagers,
        Self::MetricsCaches,
        Self::Topologies,
        Self::PackingPlans,
        Self::PhysicalPlans,
        Self::ExecutionState,
        Self::Schedulers,
        Self::StatefulCheckpoints,
        Self::Locks,
        Self::TMasters,
    ];

    /// Its name below the root.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TManagers => "tmanagers",
            Self::TMasters => "tmasters",
            Self::MetricsCaches => "metricscaches",
            Self::Topologies => "topologies",
            Self::PackingPlans => "packingplans",
            Self::PhysicalPlans => "pplans",
            Self::ExecutionState => "executionstate",
            Self::Schedulers => "schedulers",
            Self::StatefulCheckpoints => "statefulcheckpoints",
            Self::StatefulCheckpoint => "statefulcheckpoint",
            Self::Locks => "locks",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_root_directory_name() {
        let tree = Tree::new("/storm/heron/cluster").unwrap();
        assert_eq!(tree.topology("t"), "/storm/heron/cluster/topologies/t");
        assert_eq!(tree.packing_plan("t"), "/storm/heron/cluster/packingplans/t");
        assert_eq!(tree.execution_state("t"), "/storm/heron/cluster/executionstate/t");
        assert_eq!(tree.physical_plan("t"), "/storm/heron/cluster/pplans/t");
        assert_eq!(tree.scheduler("t"), "/storm/heron/cluster/schedulers/t");
        assert_eq!(tree.tmanager("t"), "/storm/heron/cluster/tmanagers/t");
        assert_eq!(tree.tmaster("t"), "/storm/heron/cluster/tmasters/t");
        assert_eq!(tree.metrics_cache("t"), "/storm/heron/cluster/metricscaches/t");
        assert_eq!(tree.stateful_checkpoints("t"), "/storm/heron/cluster/statefulcheckpoints/t");
        assert_eq!(
            tree.stateful_checkpoint_0_14_8("t"),
            "/storm/heron/cluster/statefulcheckpoint/t"
        );
        assert_eq!(tree.update_lock("t"), "/storm/heron/cluster/locks/t__updateTopology");
    }

    #[test]
    fn a_tree_needs_both_location_directories() {
        let directories = Tree::new("/heron").unwrap().directories();
        assert_eq!(directories.len(), 10);
        assert!(directories.contains(&"/heron/tmanagers".to_owned()));
        assert!(directories.contains(&"/heron/tmasters".to_owned()));
    }

    #[test]
    fn trailing_slashes_of_a_root_are_dropped() {
        assert_eq!(Tree::new("/heron//").unwrap().root(), "/heron");
    }

    #[test]
    fn bad_roots_are_refused() {
        for root in ["", "/", "//", "heron", "/a//b", "/a/./b", "/a/..", "/a\0b"] {
            assert!(Tree::new(root).is_err(), "{root:?}");
        }
    }
}
