//! From a packing plan and registered stream managers to a physical plan.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use heron_cli::proto::api::Topology;
use heron_cli::proto::system::{
    ContainerPlan, Instance, InstanceInfo, InstancePlan, PackingPlan, PhysicalPlan, StMgr,
};

/// The id of a container's stream manager.
pub fn stmgr_id(container: i32) -> String {
    format!("stmgr-{container}")
}

/// The instances of one container, in the packing plan's order.
pub fn instances(container: &ContainerPlan) -> Vec<Instance> {
    let instance = |plan: &InstancePlan| Instance {
        instance_id: format!("container_{}_{}_{}", container.id, plan.component_name, plan.task_id),
        stmgr_id: stmgr_id(container.id),
        info: InstanceInfo {
            task_id: plan.task_id,
            component_index: plan.component_index,
            component_name: plan.component_name.clone(),
            params: Vec::new(),
            remote_debugger_port: None,
        },
    };
    container.instance_plans.iter().map(instance).collect()
}

/// The ids of the instances of one container, empty for one that is not in the plan.
pub fn instance_ids(plan: &PackingPlan, container: i32) -> Vec<String> {
    let container = plan.container_plans.iter().find(|one| one.id == container);
    container.map(instances).unwrap_or_default().into_iter().map(|one| one.instance_id).collect()
}

/// What the executors of 0.14.0 to 0.14.2 were told instead of a packing plan (`docs/heron.md#round-robin-of-2015`).
pub fn distributed(text: &str) -> Result<PackingPlan> {
    let container = |part: &str| -> Result<ContainerPlan> {
        let bad = || format!("bad instance distribution: {part:?}");
        let mut words = part.split(':');
        let id = words.next().and_then(|id| id.parse().ok()).with_context(bad)?;
        let mut plan = ContainerPlan { id, ..ContainerPlan::default() };
        while let Some(name) = words.next() {
            let mut number = || words.next().and_then(|word| word.parse().ok()).with_context(bad);
            plan.instance_plans.push(InstancePlan {
                component_name: name.to_owned(),
                task_id: number()?,
                component_index: number()?,
                ..InstancePlan::default()
            });
        }
        Ok(plan)
    };
    let container_plans = text.split(',').map(container).collect::<Result<_>>()?;
    Ok(PackingPlan { container_plans, ..PackingPlan::default() })
}

/// The physical plan, if every stream manager of the packing plan has registered.
pub fn physical(
    topology: &Topology,
    packing: &PackingPlan,
    registered: &BTreeMap<String, StMgr>,
) -> Option<PhysicalPlan> {
    let stmgrs: Option<Vec<StMgr>> = packing
        .container_plans
        .iter()
        .map(|one| registered.get(&stmgr_id(one.id)).cloned())
        .collect();
    let instances = packing.container_plans.iter().flat_map(instances).collect();
    Some(PhysicalPlan { topology: topology.clone(), stmgrs: stmgrs?, instances })
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    /// The example of the facts.
    #[test]
    fn a_distribution_is_read() {
        let text =
            "1:spout:1:0:spout:3:2:bolt:5:0:bolt:7:2,2:spout:2:1:spout:4:3:bolt:6:1:bolt:8:3";
        let plan = distributed(text).unwrap();
        assert_eq!(
            instance_ids(&plan, 2),
            [
                "container_2_spout_2",
                "container_2_spout_4",
                "container_2_bolt_6",
                "container_2_bolt_8"
            ]
        );
        for bad in ["", "1:spout", "1:spout:1", "x:spout:1:0", "1:spout:1:0,"] {
            assert!(distributed(bad).is_err(), "{bad:?}");
        }
    }

    /// The recorded plan follows from the recorded packing plan, topology and stream manager.
    #[test]
    fn builds_the_recorded_plan() {
        let read = |name: &str| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/znodes/running/");
            std::fs::read(format!("{folder}{name}")).unwrap()
        };
        let topology = Topology::decode(read("heron__topologies__wordcount").as_slice()).unwrap();
        let packing =
            PackingPlan::decode(read("heron__packingplans__wordcount").as_slice()).unwrap();
        let recorded = read("heron__pplans__wordcount");
        let stmgr = PhysicalPlan::decode(recorded.as_slice()).unwrap().stmgrs.remove(0);
        assert_eq!(physical(&topology, &packing, &BTreeMap::new()), None);
        let registered = BTreeMap::from([(stmgr.id.clone(), stmgr)]);
        assert_eq!(physical(&topology, &packing, &registered).unwrap().encode_to_vec(), recorded);
    }
}
