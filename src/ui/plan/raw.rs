//! The form `raw`: plans as Heron's Java code writes them into its logs, in the order in which it visits them.

use super::figures::amount;
use crate::outcome::plan::PlannedTopology;
use crate::packing::{ContainerPlan, InstancePlan, PackingPlan, Size};

/// The plan of a submission, or both plans of an update.
pub(super) fn text(topology: &PlannedTopology) -> String {
    let mut text =
        format!("Packing class: {}\nTopology: {}\n", topology.packing_class, topology.name);
    let new = plan(&topology.packing);
    match &topology.update {
        None => text.push_str(&format!("Packing plan:\n{new}\n")),
        Some(update) => {
            let old = plan(&update.old);
            text.push_str(&format!("New packing plan:\n{new}\nOld packing plan:\n{old}\n"));
        }
    }
    text
}

fn plan(plan: &PackingPlan) -> String {
    let containers: Vec<String> = plan.in_heron_order().into_iter().map(container).collect();
    format!("{{plan-id: {}, containers-list: [{}]}}", plan.id, containers.join(", "))
}

fn container(container: &ContainerPlan) -> String {
    let instances: Vec<String> = container.in_heron_order().into_iter().map(instance).collect();
    let scheduled = container.scheduled.as_ref().map_or_else(String::new, |scheduled| {
        format!(", scheduled-resource: {}", resource(scheduled))
    });
    format!(
        "{{container-id: {}, instances-list: [{}], required-resource: {}{scheduled}}}",
        container.id,
        instances.join(", "),
        resource(&container.required),
    )
}

fn instance(instance: &InstancePlan) -> String {
    format!(
        "{{component-name: {}, task-id: {}, component-index: {}, instance-resource: {}}}",
        instance.component,
        instance.task_id,
        instance.component_index,
        resource(&instance.resource),
    )
}

fn resource(resource: &Size) -> String {
    let (ram, disk) = (amount(resource.ram), amount(resource.disk));
    format!("{{cpu: {:.6}, ram: {ram}, disk: {disk}}}", resource.cpu)
}
