//! All topologies of a tree, in two round trips however many there are.

use crate::proto::api::{self, Topology};
use crate::proto::system::{ExecutionState, PackingPlan, PhysicalPlan};

use super::error::StateError;
use super::node::Node;
use super::paths::{Directory, Tree};
use super::records::{Record, RecordError};
use super::zk::Zk;

/// One topology of the list. What its nodes don't tell, or tell wrongly, is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether it runs or is paused: from the physical plan, or else as it was submitted.
    pub state: Option<api::TopologyState>,
    /// Cluster.
    pub cluster: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// Environment.
    pub environ: Option<String>,
    /// Containers of its packing plan, container 0 not among them.
    pub containers: Option<usize>,
    /// When it was submitted, in Unix seconds.
    pub submitted_at: Option<i64>,
    /// By whom.
    pub submitted_by: Option<String>,
    /// Records that can't be read.
    pub problems: Vec<RecordError>,
}

/// How many records are read for each topology.
const RECORDS: usize = 4;

/// Lists all topologies by name. A tree that is not there has none.
pub async fn list(zk: &Zk, tree: &Tree) -> Result<Vec<Listed>, StateError> {
    let directory = tree.directory(Directory::Topologies);
    let names = zk.children(&directory).await?.unwrap_or_default();
    let paths: Vec<_> = names.iter().flat_map(|name| paths(tree, name)).collect();
    let mut nodes = zk.read_many(&paths).await?.into_iter();
    let mut listed = Vec::with_capacity(names.len());
    for name in names {
        let own: Vec<_> = nodes.by_ref().take(RECORDS).collect();
        listed.extend(from_nodes(tree, name, own));
    }
    Ok(listed)
}

fn paths(tree: &Tree, name: &str) -> [String; RECORDS] {
    [
        tree.topology(name),
        tree.physical_plan(name),
        tree.execution_state(name),
        tree.packing_plan(name),
    ]
}

/// `None` if the topology went away while the list was made.
fn from_nodes(tree: &Tree, name: String, nodes: Vec<Option<Node>>) -> Option<Listed> {
    let mut found = paths(tree, &name).into_iter().zip(nodes);
    let mut next = || found.next().and_then(|(path, node)| Some((path, node?)));
    let topology = next()?;
    let mut listed = Listed { name, ..Listed::default() };
    let plan: Option<PhysicalPlan> = read(next(), &mut listed.problems);
    let state = match plan {
        Some(plan) => Some(plan.topology.state),
        None => read(Some(topology), &mut listed.problems).map(|topology: Topology| topology.state),
    };
    listed.state = state.and_then(|state| api::TopologyState::try_from(state).ok());
    if let Some(execution) = read::<ExecutionState>(next(), &mut listed.problems) {
        listed.cluster = Some(execution.cluster);
        listed.role = Some(execution.role);
        listed.environ = Some(execution.environ);
        listed.submitted_at = execution.submission_time;
        listed.submitted_by = execution.submission_user;
    }
    let packing = read::<PackingPlan>(next(), &mut listed.problems);
    listed.containers = packing.map(|plan| plan.container_plans.len());
    Some(listed)
}

fn read<T: Record>(found: Option<(String, Node)>, problems: &mut Vec<RecordError>) -> Option<T> {
    let (path, node) = found?;
    match T::read(&path, &node.data) {
        Ok(message) => Some(message),
        Err(error) => {
            problems.push(error);
            None
        }
    }
}
