//! Which instances of a container have registered: what the packing plan wants, against the physical plan that the TManager
//! has made of those that came.

use crate::scheduler::container::ContainerRecord;
use crate::state::TopologyState;

/// An instance of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its component.
    pub component: String,
    /// Its task id in the topology.
    pub task_id: i32,
    /// Whether the TManager knows it where it runs now.
    pub is_registered: bool,
}

/// The instances of a container.
pub type Instances = Vec<Instance>;

/// The instances that the packing plan has for a container. `record` is that of its task, if that runs: a physical plan that
/// has its stream manager at another port is of an earlier task.
pub fn instances(
    topology: &TopologyState,
    container: u32,
    record: Option<&ContainerRecord>,
) -> Instances {
    let packing = topology.packing_plan.as_ref().and_then(|found| found.message.as_ref().ok());
    let planned = packing
        .into_iter()
        .flat_map(|plan| &plan.container_plans)
        .filter(|plan| u32::try_from(plan.id) == Ok(container))
        .flat_map(|plan| &plan.instance_plans);
    let registered = stream_manager_is_registered(topology, container, record);
    let physical = topology.physical_plan.as_ref().and_then(|found| found.message.as_ref().ok());
    let is_known = |task_id: i32| {
        physical.is_some_and(|plan| plan.instances.iter().any(|one| one.info.task_id == task_id))
    };
    planned
        .map(|instance| Instance {
            component: instance.component_name.clone(),
            task_id: instance.task_id,
            is_registered: registered && is_known(instance.task_id),
        })
        .collect()
}

/// Whether the TManager knows the stream manager of a container's present task.
pub fn stream_manager_is_registered(
    topology: &TopologyState,
    container: u32,
    record: Option<&ContainerRecord>,
) -> bool {
    let plan = topology.physical_plan.as_ref().and_then(|found| found.message.as_ref().ok());
    let port = record.and_then(|record| record.ports.first().copied());
    let (Some(plan), Some(port)) = (plan, port) else { return false };
    let id = format!("stmgr-{container}");
    plan.stmgrs.iter().any(|one| one.id == id && one.data_port == i32::from(port))
}
