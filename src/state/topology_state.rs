//! What the tree holds about one topology, and how a topology gets into it.
//!
//! Reading takes one round trip. A record that can't be read does not hide the others: `kill` must be able to clear up
//! whatever is there.

use crate::proto::LIBRARY_ENDPOINT;
use crate::proto::api::{self, Topology};
use crate::proto::ckptmgr::StatefulConsistentCheckpoints;
use crate::proto::scheduler::SchedulerLocation;
use crate::proto::system::{ExecutionState, PackingPlan, PhysicalPlan};
use crate::proto::tmanager::{MetricsCacheLocation, TManagerLocation};
use prost::Message;

use super::error::StateError;
use super::lock::Lock;
use super::node::Node;
use super::paths::Tree;
use super::records::{Record, RecordError};
use super::transaction::Op;
use super::zk::Zk;

/// A record as it was found: its bytes, and what they mean.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRecord<T> {
    /// The node it is in.
    pub path: String,
    /// Its bytes and what ZooKeeper knows about it; `stat.ephemeral_owner` is the session of its owner.
    pub node: Node,
    /// The message, or why there is none.
    pub message: Result<T, RecordError>,
}

impl<T: Record> StoredRecord<T> {
    fn read(path: String, node: Node) -> Self {
        let message = T::read(&path, &node.data);
        Self { path, node, message }
    }

    /// The message.
    pub fn message(&self) -> Result<&T, StateError> {
        self.message.as_ref().map_err(|error| error.clone().into())
    }
}

/// Everything the tree holds about a topology.
#[derive(Clone, Debug, PartialEq)]
pub struct TopologyState {
    /// Its name.
    pub name: String,
    /// The definition; with it the topology exists.
    pub topology: Option<StoredRecord<Topology>>,
    /// The packing plan.
    pub packing_plan: Option<StoredRecord<PackingPlan>>,
    /// Who submitted it, when and where to.
    pub execution_state: Option<StoredRecord<ExecutionState>>,
    /// What the TManager says runs.
    pub physical_plan: Option<StoredRecord<PhysicalPlan>>,
    /// Where its scheduler is.
    pub scheduler_location: Option<StoredRecord<SchedulerLocation>>,
    /// Where its TManager is, or its TMaster before 0.20.3.
    pub tmanager_location: Option<StoredRecord<TManagerLocation>>,
    /// Where its metrics cache is.
    pub metrics_cache_location: Option<StoredRecord<MetricsCacheLocation>>,
    /// Its checkpoints.
    pub checkpoints: Option<StoredRecord<StatefulConsistentCheckpoints>>,
}

impl TopologyState {
    /// Reads everything in one round trip.
    pub async fn read(zk: &Zk, tree: &Tree, name: &str) -> Result<Self, StateError> {
        let (state, _) = Self::read_with(zk, tree, name, &[]).await?;
        Ok(state)
    }

    /// Reads everything, and other nodes that the caller wants, in one round trip.
    pub async fn read_with(
        zk: &Zk,
        tree: &Tree,
        name: &str,
        others: &[String],
    ) -> Result<(Self, Vec<Option<Node>>), StateError> {
        let mut paths = own_paths(tree, name).to_vec();
        let own = paths.len();
        paths.extend_from_slice(others);
        let mut nodes = zk.read_many(&paths).await?;
        let others = nodes.split_off(own.min(nodes.len()));
        Ok((Self::from_nodes(tree, name, nodes), others))
    }

    /// Reads everything, another node, and the names of other nodes' children, in one round trip.
    pub async fn read_beside<const N: usize>(
        zk: &Zk,
        tree: &Tree,
        name: &str,
        other: &str,
        parents: [&str; N],
    ) -> Result<(Self, Option<Node>, [Option<Vec<String>>; N]), StateError> {
        let mut paths = own_paths(tree, name).to_vec();
        paths.push(other.to_owned());
        let (mut nodes, children) = zk.read_many_and_children(&paths, parents).await?;
        let other = nodes.pop().flatten();
        Ok((Self::from_nodes(tree, name, nodes), other, children))
    }

    fn from_nodes(tree: &Tree, name: &str, nodes: Vec<Option<Node>>) -> Self {
        let mut found = own_paths(tree, name).into_iter().zip(nodes);
        let mut next = || found.next().and_then(|(path, node)| Some((path, node?)));
        Self {
            name: name.to_owned(),
            topology: decoded(next()),
            packing_plan: decoded(next()),
            execution_state: decoded(next()),
            physical_plan: decoded(next()),
            scheduler_location: decoded(next()),
            tmanager_location: {
                let (tmanager, tmaster) = (next(), next());
                decoded(tmanager.or(tmaster))
            },
            metrics_cache_location: decoded(next()),
            checkpoints: {
                let (current, of_0_14_8) = (next(), next());
                decoded(current.or(of_0_14_8))
            },
        }
    }

    /// Whether the topology exists, in Heron's sense.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.topology.is_some()
    }

    /// Whether nothing at all is there.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.topology.is_none()
            && self.packing_plan.is_none()
            && self.execution_state.is_none()
            && self.physical_plan.is_none()
            && self.scheduler_location.is_none()
            && self.tmanager_location.is_none()
            && self.metrics_cache_location.is_none()
            && self.checkpoints.is_none()
    }

    /// Why records can't be read, if any can't.
    #[must_use]
    pub fn unreadable(&self) -> Vec<&RecordError> {
        fn error<T>(found: Option<&StoredRecord<T>>) -> Option<&RecordError> {
            found.and_then(|found| found.message.as_ref().err())
        }
        let all = [
            error(self.topology.as_ref()),
            error(self.packing_plan.as_ref()),
            error(self.execution_state.as_ref()),
            error(self.physical_plan.as_ref()),
            error(self.scheduler_location.as_ref()),
            error(self.tmanager_location.as_ref()),
            error(self.metrics_cache_location.as_ref()),
            error(self.checkpoints.as_ref()),
        ];
        all.into_iter().flatten().collect()
    }

    /// The paths of what is there.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        fn path<T>(found: Option<&StoredRecord<T>>) -> Option<String> {
            found.map(|found| found.path.clone())
        }
        let all = [
            path(self.topology.as_ref()),
            path(self.packing_plan.as_ref()),
            path(self.execution_state.as_ref()),
            path(self.physical_plan.as_ref()),
            path(self.scheduler_location.as_ref()),
            path(self.tmanager_location.as_ref()),
            path(self.metrics_cache_location.as_ref()),
            path(self.checkpoints.as_ref()),
        ];
        all.into_iter().flatten().collect()
    }

    /// The topology with the present state: the physical plan's copy if there is one (`docs/heron.md#physical-plan`).
    #[must_use]
    pub fn current_topology(&self) -> Option<&Topology> {
        let planned = self.physical_plan.as_ref().and_then(|found| found.message.as_ref().ok());
        let submitted = self.topology.as_ref().and_then(|found| found.message.as_ref().ok());
        planned.map(|plan| &plan.topology).or(submitted)
    }

    /// Whether it runs or is paused.
    #[must_use]
    pub fn state(&self) -> Option<api::TopologyState> {
        self.current_topology()
            .and_then(|topology| api::TopologyState::try_from(topology.state).ok())
    }

    /// How many containers its packing plan has; container 0 is not among them.
    #[must_use]
    pub fn containers(&self) -> Option<usize> {
        let plan = self.packing_plan.as_ref()?.message.as_ref().ok()?;
        Some(plan.container_plans.len())
    }
}

/// The nodes of a topology, in the order in which [`TopologyState::from_nodes`] takes them.
pub(super) fn own_paths(tree: &Tree, name: &str) -> [String; 10] {
    [
        tree.topology(name),
        tree.packing_plan(name),
        tree.execution_state(name),
        tree.physical_plan(name),
        tree.scheduler(name),
        tree.tmanager(name),
        tree.tmaster(name),
        tree.metrics_cache(name),
        tree.stateful_checkpoints(name),
        tree.stateful_checkpoint_0_14_8(name),
    ]
}

fn decoded<T: Record>(found: Option<(String, Node)>) -> Option<StoredRecord<T>> {
    found.map(|(path, node)| StoredRecord::read(path, node))
}

/// What is written when a topology is submitted.
#[derive(Clone, Debug)]
pub struct NewTopology<'a> {
    /// Its name.
    pub name: &'a str,
    /// The encoded definition, without the components' code.
    pub topology: &'a [u8],
    /// Containers 1 to N.
    pub packing_plan: &'a PackingPlan,
    /// Who, when, where to.
    pub execution_state: &'a ExecutionState,
    /// Pages about the job, for trackers and UIs.
    pub job_page_links: Vec<String>,
}

impl NewTopology<'_> {
    /// The writes, in the order in which Heron's own client does them.
    ///
    /// # Notable behavior
    /// The scheduler's location is persistent and says that no service runs, as Heron writes it where the client does
    /// the scheduling (`docs/heron.md#scheduler-location`).
    #[must_use]
    pub fn ops(&self, tree: &Tree) -> Vec<Op> {
        let location = SchedulerLocation {
            topology_name: self.name.to_owned(),
            http_endpoint: LIBRARY_ENDPOINT.to_owned(),
            job_page_link: self.job_page_links.clone(),
        };
        vec![
            Op::create(tree.topology(self.name), self.topology),
            Op::create(tree.packing_plan(self.name), self.packing_plan.encode_to_vec()),
            Op::create(tree.execution_state(self.name), self.execution_state.encode_to_vec()),
            Op::create(tree.scheduler(self.name), location.encode_to_vec()),
        ]
    }

    /// Makes sure of Heron's directories and writes everything, and `others` with it, in one transaction.
    ///
    /// With a lock, the transaction fails if that is lost.
    ///
    /// # Errors
    /// [`StateError::NodeExists`] names what is there already.
    pub async fn create(
        &self,
        zk: &Zk,
        tree: &Tree,
        others: &[Op],
        lock: Option<&Lock>,
    ) -> Result<(), StateError> {
        let mut ops = self.ops(tree);
        let own = ops.len();
        ops.extend_from_slice(others);
        let mut attempt = 1;
        loop {
            zk.ensure_directories(&tree.directories()).await?;
            let written = match lock {
                Some(lock) => lock.transaction(&ops).await,
                None => zk.commit(&ops).await,
            };
            match written {
                // A directory went away under our hands: an old client's CONTAINER node.
                Err(StateError::NoNode { path })
                    if attempt < 5 && ops.iter().take(own).any(|op| op.path() == path) =>
                {
                    attempt += 1;
                }
                other => return other.map(|_| ()),
            }
        }
    }
}
