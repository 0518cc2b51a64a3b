//! The form `json`: Heron's fields, and heron-cli's own document below `plan`.
//!
//! Both are wanted and can't share a level: Heron's `topology` is a name and its `containers` are those of the packing
//! plan, while heron-cli's are an object and tasks. Of an update Heron prints two documents with a line of text before
//! each; here the fields are the new plan's, and the old plan stands below `oldPackingPlan`.

use serde_json::{Value, json};

use crate::outcome::plan::{PlannedTopology, resource_document};
use crate::packing::{InstancePlan, PackingPlan};

/// One document; of several topologies an array of them.
pub(super) fn text(topologies: &[PlannedTopology]) -> String {
    let documents: Vec<Value> = topologies.iter().map(document).collect();
    let value = match <[Value; 1]>::try_from(documents) {
        Ok([only]) => only,
        Err(documents) => Value::Array(documents),
    };
    // Values with text keys always serialize.
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn document(topology: &PlannedTopology) -> Value {
    let mut document = herons(topology, &topology.packing);
    if let Some(update) = &topology.update {
        document["oldPackingPlan"] = herons(topology, &update.old);
    }
    document["plan"] = topology.document.clone();
    document
}

/// Heron's own fields.
fn herons(topology: &PlannedTopology, plan: &PackingPlan) -> Value {
    let component = |instance: &InstancePlan| {
        json!({
            "component": instance.component,
            "id": instance.task_id,
            "index": instance.component_index,
            "resources": resource_document(&instance.resource),
        })
    };
    let containers = plan.containers.iter().map(|container| {
        let components: Vec<Value> = container.instances.iter().map(component).collect();
        json!({
            "id": container.id,
            "resources": resource_document(&container.required),
            "components": components,
        })
    });
    json!({
        "packingClass": topology.packing_class,
        "topology": topology.name,
        "containers": containers.collect::<Vec<_>>(),
    })
}
