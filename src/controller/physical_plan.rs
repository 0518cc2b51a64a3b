//! Waits for the physical plan that fits what runs: the sign that a topology is up.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use prost::Message;
use tokio::time::sleep;

use super::lease::Lease;
use crate::context::StateTree;
use crate::proto::system::{PackingPlan, PhysicalPlan};
use crate::proto::tmanager::TManagerLocation;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::model::Model;
use crate::scheduler::task::TaskState;
use crate::state::Node;
use crate::state::{Op, StateError};
use crate::tmanager::controller::refuses;

/// Between looks at the physical plan while nothing in ZooKeeper tells of a change.
const PLAN_PAUSE: Duration = Duration::from_millis(500);
/// Between looks at a TManager that is about to end.
const PORT_PAUSE: Duration = Duration::from_millis(100);

/// The port for other stream managers of every container that is to stay, as it was launched; none while it doesn't run as
/// it should.
pub type Ports = BTreeMap<u32, Option<u16>>;

/// The ports of the containers as they run now.
#[must_use]
pub fn server_ports(model: &Model) -> Ports {
    let update = model.desired().update.as_ref();
    let stays = |id: u32| update.is_none_or(|update| !update.removed.contains(&id));
    model
        .views()
        .filter(|view| stays(view.id))
        .map(|view| (view.id, view.record.filter(|_| view.agrees).and_then(server_port)))
        .collect()
}

/// The port of a container's stream manager, if the container runs.
#[must_use]
pub fn server_port(record: &ContainerRecord) -> Option<u16> {
    (record.state == TaskState::Running).then(|| record.ports.first().copied()).flatten()
}

/// What an update has written, and whose location it made stale.
pub struct Updated {
    /// The packing plan that it has written.
    pub packing: PackingPlan,
    /// Session of the TManager that ran by the plan before.
    pub session: Option<i64>,
}

/// Waits for a TManager, and for a physical plan that has every container's stream manager as it runs now. After an update
/// the plan must have exactly the instances of the new packing plan, and be of a TManager that started after the change.
pub async fn wait(
    state: &StateTree,
    topology: &str,
    ports: &RefCell<Ports>,
    updated: Option<&Updated>,
) {
    let StateTree { zk, tree, .. } = state;
    let locations = [tree.tmanager(topology), tree.tmaster(topology)];
    let path = tree.physical_plan(topology);
    loop {
        let (Ok((plan, watch)), Ok(found)) =
            (zk.watch(&path).await, zk.read_many(&locations).await)
        else {
            // The driver meets the same trouble when it writes the journal, and says so.
            sleep(PLAN_PAUSE).await;
            continue;
        };
        let location = found.into_iter().flatten().next();
        let fits = match (&plan, &location, updated) {
            (Some(plan), Some(location), Some(updated)) => updated.is_by(location, plan),
            (Some(_), Some(_), None) => true,
            _ => false,
        };
        let plan = plan.filter(|_| fits);
        let plan = plan.and_then(|node| PhysicalPlan::decode(node.data.as_slice()).ok());
        let follows =
            |plan: &PhysicalPlan| updated.is_none_or(|updated| follows(plan, &updated.packing));
        if plan.is_some_and(|plan| is_complete(&plan, &ports.borrow()) && follows(&plan)) {
            return;
        }
        tokio::select! {
            biased;
            _ = watch.changed() => {}
            () = sleep(PLAN_PAUSE) => {}
        }
    }
}

/// Whether there is a TManager, and a physical plan that has the stream managers of these containers as they run now.
pub async fn is_up(state: &StateTree, topology: &str, ports: &Ports) -> Result<bool, StateError> {
    let StateTree { zk, tree, .. } = state;
    let paths = [tree.physical_plan(topology), tree.tmanager(topology), tree.tmaster(topology)];
    let mut found = zk.read_many(&paths).await?.into_iter();
    let plan = found.next().flatten();
    let plan = plan.and_then(|node| PhysicalPlan::decode(node.data.as_slice()).ok());
    Ok(found.flatten().next().is_some() && plan.is_some_and(|plan| is_complete(&plan, ports)))
}

/// Those of these containers whose stream managers have not registered with the TManager at these ports. The TManager's own has
/// none.
pub async fn without_stream_manager(
    state: &StateTree,
    topology: &str,
    containers: impl Iterator<Item = (u32, u16)>,
) -> Result<Vec<u32>, StateError> {
    let StateTree { zk, tree, .. } = state;
    let plan = zk.get(&tree.physical_plan(topology)).await?;
    let plan = plan.and_then(|node| PhysicalPlan::decode(node.data.as_slice()).ok());
    let plan = plan.unwrap_or_default();
    let missing = |(id, port): &(u32, u16)| *id != 0 && !has_stream_manager(&plan, *id, *port);
    Ok(containers.filter(missing).map(|(id, _)| id).collect())
}

impl Updated {
    /// Whether a plan was written by the TManager at a location, and that is another than before. An executor that is
    /// being ended may start its TManager once more.
    fn is_by(&self, location: &Node, plan: &Node) -> bool {
        self.session != Some(location.stat.ephemeral_owner) && plan.stat.mzxid > location.stat.czxid
    }
}

fn is_complete(plan: &PhysicalPlan, ports: &Ports) -> bool {
    ports.iter().all(|(id, port)| {
        // The TManager's container has no stream manager; it has to run all the same.
        if *id == 0 {
            return port.is_some();
        }
        port.is_some_and(|port| has_stream_manager(plan, *id, port))
    })
}

fn has_stream_manager(plan: &PhysicalPlan, container: u32, port: u16) -> bool {
    let stmgr = format!("stmgr-{container}");
    plan.stmgrs.iter().any(|s| s.id == stmgr && s.data_port == i32::from(port))
}

/// Whether a physical plan was made from a packing plan.
fn follows(plan: &PhysicalPlan, packing: &PackingPlan) -> bool {
    let running: BTreeSet<(String, i32, &str)> = plan
        .instances
        .iter()
        .map(|one| (one.stmgr_id.clone(), one.info.task_id, one.info.component_name.as_str()))
        .collect();
    let planned: BTreeSet<(String, i32, &str)> = packing
        .container_plans
        .iter()
        .flat_map(|container| {
            let stmgr = format!("stmgr-{}", container.id);
            let of = move |one| {
                let one: &crate::proto::system::InstancePlan = one;
                (stmgr.clone(), one.task_id, one.component_name.as_str())
            };
            container.instance_plans.iter().map(of)
        })
        .collect();
    running == planned
}

/// Deletes the location of a TManager that has ended, which would keep the next one waiting for the session timeout.
///
/// Only when that is provably safe: it is still the location that `session` registered, and its controller's port
/// refuses connections, so that nobody exits for it (`docs/heron.md#a-deleted-location`). Returns when that location is
/// gone, whoever removed it.
pub async fn retire_location(
    lease: &Lease,
    topology: &str,
    session: i64,
) -> Result<(), StateError> {
    let tree = &lease.state.tree;
    let paths = [tree.tmanager(topology), tree.tmaster(topology)];
    loop {
        let nodes = lease.state.zk.read_many(&paths).await?;
        let stale = paths.iter().zip(nodes).find_map(|(path, node)| {
            let node = node.filter(|node| node.stat.ephemeral_owner == session)?;
            Some((path, TManagerLocation::decode(node.data.as_slice()).ok()?))
        });
        let Some((path, location)) = stale else { return Ok(()) };
        if refuses(&location).await {
            return match lease.lock.transaction(&[Op::delete(path)]).await {
                Ok(_) | Err(StateError::NoNode { .. }) => Ok(()),
                Err(error) => Err(error),
            };
        }
        sleep(PORT_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded<M: Message + Default>(name: &str) -> M {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/znodes/running/");
        M::decode(std::fs::read(format!("{folder}{name}")).unwrap().as_slice()).unwrap()
    }

    #[test]
    fn a_plan_follows_from_the_packing_plan_it_was_made_from() {
        let mut packing: PackingPlan = recorded("heron__packingplans__wordcount");
        let plan: PhysicalPlan = recorded("heron__pplans__wordcount");
        assert!(follows(&plan, &packing));
        let mut more = packing.clone();
        more.container_plans[0].instance_plans[0].task_id = 99;
        assert!(!follows(&plan, &more));
        packing.container_plans[0].instance_plans.pop();
        assert!(!follows(&plan, &packing));
    }

    #[test]
    fn a_plan_is_complete_with_every_stream_manager_at_its_port() {
        let plan: PhysicalPlan = recorded("heron__pplans__wordcount");
        let port = u16::try_from(plan.stmgrs[0].data_port).unwrap();
        assert!(is_complete(&plan, &Ports::from([(0, Some(1)), (1, Some(port))])));
        assert!(!is_complete(&plan, &Ports::from([(0, None), (1, Some(port))])));
        assert!(!is_complete(&plan, &Ports::from([(1, Some(port)), (2, Some(port))])));
        assert!(!is_complete(&plan, &Ports::from([(1, None)])));
    }
}
