//! What each step of an update makes of the desired record. Pure.

use super::container::DesiredContainer;
use super::record::Desired;
use super::update::{Update, UpdateStep};
use crate::deployment::command::CommandTemplate;
use crate::proto::api::TopologyState;

/// The record with an update begun: the new containers are wanted, with the new command.
#[must_use]
pub fn begin(
    desired: &Desired,
    update: Update,
    added: Vec<DesiredContainer>,
    command: CommandTemplate,
) -> Desired {
    desired.changed(|desired| {
        desired.containers.extend(added);
        desired.containers.sort_by_key(|container| container.id);
        desired.launch.command = command;
        desired.update = Some(update);
    })
}

/// The record once containers are to get their new sizes.
#[must_use]
pub fn resize(desired: &Desired) -> Desired {
    stepped(desired, UpdateStep::Resized, |containers, update| {
        set_sizes(containers, &update.resized, &update.relaunched);
    })
}

/// The record once the TManager's container is to end, so that it is gone before its TManager dies of the new plan: an executor
/// whose TManager is dead heeds nothing (`docs/heron.md#executor-and-signals`).
#[must_use]
pub fn end_tmanager(desired: &Desired) -> Desired {
    if has_ended_tmanager(desired) {
        return desired.clone();
    }
    desired.changed(|desired| hold_tmanager(&mut desired.containers, true))
}

/// Whether the TManager's container is to have ended.
#[must_use]
pub fn has_ended_tmanager(desired: &Desired) -> bool {
    desired.containers.iter().any(|container| container.id == 0 && container.held)
}

/// The record that is written together with the packing plan.
#[must_use]
pub fn write(desired: &Desired) -> Desired {
    stepped(desired, UpdateStep::Written, |containers, update| {
        let tmanager = tmanager(containers).filter(|_| update.tmanager_grace_ms.is_some());
        if let Some(tmanager) = tmanager {
            tmanager.held = false;
            tmanager.restarts = tmanager.restarts.saturating_add(1);
        }
    })
}

/// The record once the topology runs by the new plan: what goes is wanted no more.
#[must_use]
pub fn remove(desired: &Desired) -> Desired {
    stepped(desired, UpdateStep::Removing, |containers, update| {
        containers.retain(|container| !update.removed.contains(&container.id));
    })
}

/// The record of an update that is to end with the topology in another state, if one is under way.
#[must_use]
pub fn aim_at(desired: &Desired, wanted: TopologyState) -> Desired {
    if desired.update.as_ref().is_none_or(|update| update.state == wanted.name()) {
        return desired.clone();
    }
    desired.changed(|desired| {
        if let Some(update) = &mut desired.update {
            wanted.name().clone_into(&mut update.state);
        }
    })
}

/// The record of an update that has come to its end, either way.
#[must_use]
pub fn end(desired: &Desired) -> Desired {
    desired.changed(|desired| desired.update = None)
}

/// The record of an update that is taken back. Only before the packing plan is written.
#[must_use]
pub fn undo(desired: &Desired) -> Desired {
    desired.changed(|desired| {
        let Some(update) = &mut desired.update else { return };
        desired.containers.retain(|container| !update.added.contains(&container.id));
        if update.step == UpdateStep::Resized {
            set_sizes(&mut desired.containers, &update.resized_from, &update.relaunched);
        }
        if let Some(command) = update.old_command.take() {
            desired.launch.command = command;
        }
        update.step = UpdateStep::Undoing;
        hold_tmanager(&mut desired.containers, false);
    })
}

fn stepped(
    desired: &Desired,
    step: UpdateStep,
    change: impl FnOnce(&mut Vec<DesiredContainer>, &Update),
) -> Desired {
    desired.changed(|desired| {
        if let Some(update) = &mut desired.update {
            change(&mut desired.containers, update);
            update.step = step;
        }
    })
}

fn tmanager(containers: &mut [DesiredContainer]) -> Option<&mut DesiredContainer> {
    containers.iter_mut().find(|container| container.id == 0)
}

fn hold_tmanager(containers: &mut [DesiredContainer], held: bool) {
    if let Some(tmanager) = tmanager(containers) {
        tmanager.held = held;
    }
}

fn set_sizes(containers: &mut [DesiredContainer], sizes: &[DesiredContainer], relaunched: &[u32]) {
    for size in sizes {
        let Some(container) = containers.iter_mut().find(|container| container.id == size.id)
        else {
            continue;
        };
        container.cpus = size.cpus;
        container.mem_mb = size.mem_mb;
        container.disk_mb = size.disk_mb;
        if relaunched.contains(&size.id) {
            container.restarts = container.restarts.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    fn template(text: &str) -> CommandTemplate {
        serde_json::from_str(text).unwrap()
    }

    fn container(id: u32, mem_mb: f64) -> DesiredContainer {
        DesiredContainer { id, cpus: 1.0, mem_mb, disk_mb: 1.0, ..DesiredContainer::default() }
    }

    fn desired(containers: Vec<DesiredContainer>) -> Desired {
        let mut desired: Desired = serde_json::from_str(
            r#"{"version":1,"topology":"t","topology_id":"i","goal":"RUNNING","phase":"LAUNCHED","generation":4,
                "digest":"","framework":{"id":{"value":"f"},"name":"n","user":"u","roles":["*"],
                "failover_timeout_seconds":1.0,"labels":[]},
                "launch":{"command":["old"],"uris":[],"ports":9,"kill_grace_ms":1},"containers":[]}"#,
        )
        .unwrap();
        desired.containers = containers;
        desired
    }

    fn update() -> Update {
        Update {
            step: UpdateStep::Begun,
            request: "word:2".to_owned(),
            old_plan: "a".to_owned(),
            new_plan: "b".to_owned(),
            state: "RUNNING".to_owned(),
            runtime_config: Vec::new(),
            added: vec![3],
            removed: vec![2],
            resized: vec![container(1, 20.0)],
            resized_from: vec![container(1, 10.0)],
            relaunched: vec![1],
            old_command: Some(template(r#"["old"]"#)),
            tmanager_session: Some(7),
            tmanager_grace_ms: Some(2000),
            extra: Map::new(),
        }
    }

    fn ids(desired: &Desired) -> Vec<(u32, f64, u64)> {
        desired.containers.iter().map(|c| (c.id, c.mem_mb, c.restarts)).collect()
    }

    #[test]
    fn every_step_changes_what_it_names() {
        let before = desired(vec![container(0, 5.0), container(1, 10.0), container(2, 10.0)]);
        let new_command = template(r#"["new"]"#);
        let begun = begin(&before, update(), vec![container(3, 8.0)], new_command.clone());
        assert_eq!(ids(&begun), [(0, 5.0, 0), (1, 10.0, 0), (2, 10.0, 0), (3, 8.0, 0)]);
        assert_eq!((&begun.launch.command, begun.generation), (&new_command, 5));
        let resized = resize(&begun);
        assert_eq!(ids(&resized), [(0, 5.0, 0), (1, 20.0, 1), (2, 10.0, 0), (3, 8.0, 0)]);
        let ended = end_tmanager(&resized);
        assert!(has_ended_tmanager(&ended) && ended.update.as_ref().unwrap().can_be_undone());
        let written = write(&ended);
        assert!(!has_ended_tmanager(&written));
        assert_eq!(ids(&written), [(0, 5.0, 1), (1, 20.0, 1), (2, 10.0, 0), (3, 8.0, 0)]);
        assert!(!written.update.as_ref().unwrap().can_be_undone());
        let removing = remove(&written);
        assert_eq!(ids(&removing), [(0, 5.0, 1), (1, 20.0, 1), (3, 8.0, 0)]);
        assert!(removing.update.is_some(), "what goes runs still");
        let ended = end(&removing);
        assert_eq!((ended.update, ended.generation), (None, 10));
    }

    #[test]
    fn what_is_undone_is_as_it_was() {
        let before = desired(vec![container(0, 5.0), container(1, 10.0), container(2, 10.0)]);
        let begun = begin(&before, update(), vec![container(3, 8.0)], CommandTemplate::default());
        let undone = undo(&begun);
        assert_eq!((&undone.containers, &undone.launch), (&before.containers, &before.launch));
        let undone = undo(&end_tmanager(&begun));
        assert_eq!((&undone.containers, &undone.launch), (&before.containers, &before.launch));
        let undone = undo(&resize(&begun));
        assert_eq!(ids(&undone), [(0, 5.0, 0), (1, 10.0, 2), (2, 10.0, 0)]);
        assert_eq!(undone.launch, before.launch);
        assert_eq!(undone.update.unwrap().step, UpdateStep::Undoing);
    }

    #[test]
    fn a_record_with_an_update_survives_json() {
        let begun =
            begin(&desired(vec![container(0, 5.0)]), update(), vec![], CommandTemplate::default());
        let text = serde_json::to_string(&begun).unwrap();
        assert_eq!(serde_json::from_str::<Desired>(&text).unwrap(), begun);
    }
}
