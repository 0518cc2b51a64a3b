//! What differs between a topology that runs and one that is to be submitted: the one place that says whether they are the
//! same. Pure.

use std::collections::BTreeSet;

use super::composition::{Composition, Item, Items, Key};
use crate::outcome::difference::{Change, Difference, Part};
use crate::proto::api::{Component, Topology, TopologyState};

/// What differs, by parts. A topology that somebody has paused is the same, unless it is to be submitted paused and isn't.
#[must_use]
pub fn difference(
    running: &Composition<'_>,
    state: Option<TopologyState>,
    wanted: &Composition<'_>,
) -> Vec<Difference> {
    let (mut old, mut new) = (running.items(), wanted.items());
    let paused = TopologyState::Paused;
    if wanted.topology.state() == paused && state != Some(paused) {
        let item = |state: &str| Item { exact: state.to_owned(), shown: state.to_owned() };
        let key = || (Part::Definition, 0, "state".to_owned());
        old.insert(key(), item(state.map_or("UNKNOWN", |state| state.name())));
        new.insert(key(), item(paused.name()));
    }
    let has_content = |one: &Composition<'_>| one.desired.launch.content.is_some();
    let known = has_content(running) && has_content(wanted);
    if !known {
        let is_of_package = |key: &Key| key.0 == Part::Package;
        old.retain(|key, _| !is_of_package(key));
        new.retain(|key, _| !is_of_package(key));
    }
    let mut differences = compared(&old, &new);
    let in_definition = differences.iter().any(|one| one.part == Part::Definition);
    if !in_definition && bare(running.topology) != bare(wanted.topology) {
        let text = |text: &str| Some(text.to_owned());
        let (old, new) = (text("as it runs"), text("otherwise"));
        differences.insert(0, changed(Part::Definition, "other fields", old, new));
    }
    if !known && running.desired.digest != wanted.desired.digest {
        let old = "not recorded by the release that submitted it".to_owned();
        let at = differences.iter().filter(|one| one.part < Part::Package).count();
        differences.insert(at, changed(Part::Package, "content", Some(old), None));
    }
    differences
}

fn compared(old: &Items, new: &Items) -> Vec<Difference> {
    let keys: BTreeSet<&Key> = old.keys().chain(new.keys()).collect();
    let differs = |key: &&Key| {
        let exact = |items: &Items| items.get(*key).map(|item| item.exact.clone());
        exact(old) != exact(new)
    };
    keys.into_iter().filter(differs).map(|key| told(key, old.get(key), new.get(key))).collect()
}

fn told((part, _, name): &Key, old: Option<&Item>, new: Option<&Item>) -> Difference {
    let change = match (old, new) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Changed,
    };
    let shown = |item: Option<&Item>| item.map(|item| item.shown.clone());
    let (old, mut new) = (shown(old), shown(new));
    if let (Change::Changed, Some(new)) =
        (change, new.as_mut().filter(|new| old.as_ref() == Some(*new)))
    {
        new.push_str(" (changed in what is not shown)");
    }
    Difference { part: *part, name: name.clone(), change, old, new }
}

fn changed(part: Part, name: &str, old: Option<String>, new: Option<String>) -> Difference {
    Difference { part, name: name.to_owned(), change: Change::Changed, old, new }
}

/// A definition without what differs from run to run, its state, and the order of its settings, which means nothing.
fn bare(topology: &Topology) -> Topology {
    let mut topology = topology.clone();
    topology.id.clear();
    topology.set_state(TopologyState::Running);
    if let Some(config) = &mut topology.topology_config {
        config.kvs.sort_by(|a, b| a.key.cmp(&b.key));
    }
    let bare = |component: &mut Component| {
        component.serialized_object = None;
        component.config.kvs.sort_by(|a, b| a.key.cmp(&b.key));
    };
    topology.spouts.iter_mut().for_each(|spout| bare(&mut spout.comp));
    for bolt in &mut topology.bolts {
        bare(&mut bolt.comp);
        bolt.inputs.iter_mut().for_each(|input| input.custom_grouping_object = None);
    }
    topology
}

#[cfg(test)]
mod tests;
