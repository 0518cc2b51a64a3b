//! The answer of `update --dry-run`.

use serde_json::{Value, json};

use super::change::Change;
use crate::cli::UpdateArgs;
use crate::context::{Context, StateTree};
use crate::controller::told::list;
use crate::outcome::plan::{
    Planned, PlannedStep, PlannedTopology, PlannedUpdate, changes_document, containers_document,
};
use crate::outcome::{Outcome, SCHEMA};
use crate::scheduler::container::DesiredContainer;

/// What would be done, with Heron's view of the difference.
#[must_use]
pub fn planned(
    context: &Context<'_>,
    args: &UpdateArgs,
    state: &StateTree,
    change: &Change,
) -> Outcome {
    let document = document(state, change);
    let topology = PlannedTopology {
        name: change.name.clone(),
        packing_class: context.settings.packing_class.clone(),
        packing: change.new.clone(),
        compared: None,
        update: Some(PlannedUpdate {
            old: change.old.clone(),
            repacking_class: context.settings.repacking_class.clone(),
        }),
        steps: steps(state, change),
        document: document.clone(),
    };
    let (format, topologies) = (args.dry_run_format, vec![topology]);
    Outcome::Planned(Planned { document, format, topologies, error: None })
}

fn document(state: &StateTree, change: &Change) -> Value {
    let update = &change.update;
    json!({
        "schema": SCHEMA,
        "topology": { "name": change.name, "id": change.id, "state": update.state },
        "already": change.is_none(),
        "packing": {
            "algorithm": change.algorithm.name(),
            "component_ram_map": change.new.component_ram_map(),
            "containers": containers_document(&change.new),
        },
        "changes": changes_document(&change.old, &change.new),
        "added": change.added.iter().map(size).collect::<Vec<_>>(),
        "resized": update.resized.iter().map(size).collect::<Vec<_>>(),
        "relaunched": if change.is_none() { Vec::new() } else { update.launched_anew() },
        "removed": update.removed,
        "runtime_config": update.runtime_config,
        "state": written(state, change),
    })
}

fn size(container: &DesiredContainer) -> Value {
    json!({
        "id": container.id,
        "cpus": container.cpus,
        "mem_mb": container.mem_mb,
        "disk_mb": container.disk_mb,
    })
}

fn written(state: &StateTree, change: &Change) -> Vec<String> {
    if change.is_none() {
        return Vec::new();
    }
    vec![state.tree.packing_plan(&change.name), state.journal(&change.name).record]
}

fn steps(state: &StateTree, change: &Change) -> Vec<PlannedStep> {
    if change.is_none() {
        let line = "the topology is as it was asked for already".to_owned();
        return vec![PlannedStep::new("Nothing would be done", vec![line])];
    }
    let line = |container: &DesiredContainer| {
        let DesiredContainer { id, cpus, mem_mb, disk_mb, .. } = container;
        format!("container {id}: CPU {cpus}, RAM {mem_mb} MB, disk {disk_mb} MB")
    };
    let update = &change.update;
    let mut steps = Vec::new();
    let mut step = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            steps.push(PlannedStep::new(title, lines));
        }
    };
    step("Would be launched", change.added.iter().map(line).collect());
    let grown = update.resized.iter().filter(|one| update.relaunched.contains(&one.id));
    step("Would be launched anew, with other room", grown.map(line).collect());
    step("Would be written", written(state, change));
    let tmanager = update.tmanager_grace_ms.is_some();
    let line = "container 0, so that the TManager is back at once".to_owned();
    step("Would be launched anew", tmanager.then_some(line).into_iter().collect());
    step("Would be made again in the new physical plan", update.runtime_config.clone());
    let ended = (!update.removed.is_empty()).then(|| list(&update.removed));
    step("Would be ended", ended.into_iter().collect());
    steps
}
