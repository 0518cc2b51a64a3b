//! What a dry run answers: packing plans, what they change, and what would be done about them. Plain values and JSON;
//! `ui::plan` makes text of them.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::difference::Compared;
use super::error::ErrorMember;
use crate::cli::DryRunFormat;
use crate::packing::difference::ContainerDifference;
use crate::packing::{InstancePlan, PackingPlan, Size, difference};

/// Outcome of `submit --dry-run` and `update --dry-run`.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The one document of `-o json`: heron-cli's own, stable.
    pub document: Value,
    /// `--dry-run-format`.
    pub format: Option<DryRunFormat>,
    /// What is shown as text, a plan per topology.
    pub topologies: Vec<PlannedTopology>,
    /// Why the real command would refuse it, where that can be told beside the plan.
    pub error: Option<ErrorMember>,
}

impl Serialize for Planned {
    /// The document, with the error in it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.document, &self.error) {
            (Value::Object(document), Some(error)) => {
                let mut document = document.clone();
                let error = serde_json::to_value(error).map_err(S::Error::custom)?;
                document.insert("error".to_owned(), error);
                document.serialize(serializer)
            }
            (document, _) => document.serialize(serializer),
        }
    }
}

/// The plan of one topology.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedTopology {
    /// Its name.
    pub name: String,
    /// The packing class, as the configuration has it.
    pub packing_class: String,
    /// The plan that would be stored.
    pub packing: PackingPlan,
    /// Of a submission: the comparison with what runs under the name already.
    pub compared: Option<Compared>,
    /// Of an update: what it starts from.
    pub update: Option<PlannedUpdate>,
    /// What Heron doesn't show: what would be written, uploaded, launched, ended.
    pub steps: Vec<PlannedStep>,
    /// heron-cli's own document about it.
    pub document: Value,
}

/// What an update starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedUpdate {
    /// The plan that is stored now.
    pub old: PackingPlan,
    /// The repacking class, as the configuration has it.
    pub repacking_class: String,
}

/// Something that would be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// What would be done: `Would be written`.
    pub title: String,
    /// To what, a line each.
    pub lines: Vec<String>,
}

impl PlannedStep {
    /// A step.
    #[must_use]
    pub fn new(title: &str, lines: Vec<String>) -> Self {
        Self { title: title.to_owned(), lines }
    }
}

/// A packing plan's containers: `{id, required, instances: [{component, task_id, component_index, resources}]}`.
#[must_use]
pub fn containers_document(plan: &PackingPlan) -> Vec<Value> {
    let container = |container: &crate::packing::ContainerPlan| {
        let instances: Vec<Value> = container.instances.iter().map(instance_document).collect();
        json!({
            "id": container.id,
            "required": resource_document(&container.required),
            "instances": instances,
        })
    };
    plan.containers.iter().map(container).collect()
}

/// What an update changes, a container each: `{id, change, kept, added, removed}` with task ids.
#[must_use]
pub fn changes_document(old: &PackingPlan, new: &PackingPlan) -> Vec<Value> {
    let tasks = |instances: &[&InstancePlan]| -> Vec<i32> {
        instances.iter().map(|instance| instance.task_id).collect()
    };
    let change = |change: ContainerDifference| {
        json!({
            "id": change.id,
            "change": change.change.name(),
            "kept": tasks(&change.kept),
            "added": tasks(&change.added),
            "removed": tasks(&change.removed),
        })
    };
    difference(old, new).into_iter().map(change).collect()
}

fn instance_document(instance: &InstancePlan) -> Value {
    json!({
        "component": instance.component,
        "task_id": instance.task_id,
        "component_index": instance.component_index,
        "resources": resource_document(&instance.resource),
    })
}

/// Cores and bytes.
#[must_use]
pub fn resource_document(resource: &Size) -> Value {
    json!({ "cpu": resource.cpu, "ram": resource.ram, "disk": resource.disk })
}
