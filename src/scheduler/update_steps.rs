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
    if !is_at(desired, |update| update.step == UpdateStep::Begun && !update.undo) {
        return desired.clone();
    }
    stepped(desired, UpdateStep::Resized, |containers, update| {
        set_sizes(containers, &update.resized, &update.relaunched);
    })
}

/// The record once the TManager's container is to end, so that it is gone before its TManager dies of the new plan: an executor
/// whose TManager is dead heeds nothing (`docs/heron.md#executor-and-signals`). All containers are to end where a revision takes the
/// place of another, or is taken out of it again.
#[must_use]
pub fn end_tmanager(desired: &Desired) -> Desired {
    let may = may_be_written(desired) || is_at(desired, Update::is_to_be_put_back);
    if has_ended_tmanager(desired) || !may {
        return desired.clone();
    }
    desired.changed(|desired| hold(desired, true))
}

/// Whether the TManager's container is to have ended.
#[must_use]
pub fn has_ended_tmanager(desired: &Desired) -> bool {
    desired.containers.iter().any(|container| container.id == 0 && container.held)
}

/// The record of an update that is to be taken back, unless it is too late for that.
#[must_use]
pub fn ask_undo(desired: &Desired) -> Desired {
    changed_if(desired, |update| {
        let asks = update.can_be_undone() && !update.undo;
        update.undo |= asks;
        asks
    })
}

/// The record with the packing plan that is to be written, if an update has none in it.
#[must_use]
pub fn with_plan(desired: &Desired, plan: &str) -> Desired {
    changed_if(desired, |update| {
        let lacks = update.is_early() && update.plan.is_none() && update.replacement.is_none();
        if lacks {
            update.plan = Some(plan.to_owned());
        }
        lacks
    })
}

/// Whether the packing plan of an update may be written now.
#[must_use]
pub fn may_be_written(desired: &Desired) -> bool {
    is_at(desired, |update| update.is_early() && !update.undo)
}

/// The record that is written together with the packing plan.
#[must_use]
pub fn write(desired: &Desired) -> Desired {
    stepped(desired, UpdateStep::Written, |containers, update| {
        update.plan = None;
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
    if !is_at(desired, |update| update.step == UpdateStep::Written) {
        return desired.clone();
    }
    stepped(desired, UpdateStep::Removing, |containers, update| {
        containers.retain(|container| !update.removed.contains(&container.id));
    })
}

/// The record of an update that is to end with the topology in another state, if one is under way.
#[must_use]
pub fn aim_at(desired: &Desired, wanted: TopologyState) -> Desired {
    changed_if(desired, |update| {
        let other = update.state != wanted.name();
        wanted.name().clone_into(&mut update.state);
        other
    })
}

/// The record of an update that has come to its end, either way, with the topology in the state that it is to have.
#[must_use]
pub fn end(desired: &Desired, state: TopologyState) -> Desired {
    let steps = [UpdateStep::Removing, UpdateStep::Undoing];
    if !is_at(desired, |update| steps.contains(&update.step) && update.topology_state() == state) {
        return desired.clone();
    }
    desired.changed(|desired| desired.update = None)
}

/// The record of an update that is taken back. Only before the packing plan is written, or the new revision put in place.
#[must_use]
pub fn undo(desired: &Desired) -> Desired {
    if !is_at(desired, Update::is_early) {
        return desired.clone();
    }
    desired.changed(|desired| {
        hold(desired, false);
        let Some(update) = &mut desired.update else { return };
        desired.containers.retain(|container| !update.added.contains(&container.id));
        if update.step == UpdateStep::Resized {
            set_sizes(&mut desired.containers, &update.resized_from, &update.relaunched);
        }
        if let Some(command) = update.old_command.take() {
            desired.launch.command = command;
        }
        update.step = UpdateStep::Undoing;
        update.plan = None;
    })
}

fn is_at(desired: &Desired, at: impl FnOnce(&Update) -> bool) -> bool {
    desired.update.as_ref().is_some_and(at)
}

/// The record with a change of its update, if that says that it has changed something.
fn changed_if(desired: &Desired, change: impl FnOnce(&mut Update) -> bool) -> Desired {
    let Some(mut update) = desired.update.clone() else { return desired.clone() };
    if !change(&mut update) {
        return desired.clone();
    }
    desired.changed(|desired| desired.update = Some(update))
}

fn stepped(
    desired: &Desired,
    step: UpdateStep,
    change: impl FnOnce(&mut Vec<DesiredContainer>, &mut Update),
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

/// Holds what an update ends for a while, or lets it go.
fn hold(desired: &mut Desired, held: bool) {
    let all = is_at(desired, |update| update.replacement.is_some());
    let of_heron = desired.containers.iter_mut().filter(|container| container.own.is_none());
    for container in of_heron.filter(|container| all || container.id == 0) {
        container.held = held;
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
            plan: Some("p".to_owned()),
            undo: false,
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
            replacement: None,
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
        assert_eq!(end(&removing, TopologyState::Paused), removing, "it runs");
        let ended = end(&removing, TopologyState::Running);
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
    fn the_tmanager_is_held_until_the_plan_is_written_or_given_up() {
        let before = desired(vec![container(0, 5.0), container(1, 10.0), container(2, 10.0)]);
        let begun = begin(&before, update(), vec![container(3, 8.0)], CommandTemplate::default());
        let held = end_tmanager(&begun);
        assert_eq!((end_tmanager(&held), held.generation), (held.clone(), begun.generation + 1));
        let written = write(&held);
        assert!(!has_ended_tmanager(&written) && written.update.unwrap().plan.is_none());
        assert!(!has_ended_tmanager(&undo(&held)));
    }

    #[test]
    fn what_is_to_be_taken_back_goes_no_further() {
        let before = desired(vec![container(0, 5.0), container(1, 10.0), container(2, 10.0)]);
        let begun = begin(&before, update(), vec![container(3, 8.0)], CommandTemplate::default());
        let asked = ask_undo(&begun);
        assert!(asked.update.as_ref().unwrap().undo && !may_be_written(&asked));
        for same in [
            resize(&asked),
            end_tmanager(&asked),
            ask_undo(&asked),
            remove(&asked),
            end(&asked, TopologyState::Running),
        ] {
            assert_eq!(same, asked);
        }
        assert_eq!(undo(&asked).containers, before.containers);
        // It is too late.
        let written = write(&begun);
        assert_eq!((ask_undo(&written), undo(&written)), (written.clone(), written.clone()));
        assert!(may_be_written(&begun) && !may_be_written(&written) && !may_be_written(&before));
    }

    #[test]
    fn another_state_is_aimed_at_once() {
        let begun = begin(&desired(vec![]), update(), vec![], CommandTemplate::default());
        assert_eq!(aim_at(&begun, TopologyState::Running), begun);
        let paused = aim_at(&begun, TopologyState::Paused);
        assert_eq!(paused.update.unwrap().topology_state(), TopologyState::Paused);
        let none = desired(vec![]);
        assert_eq!(aim_at(&none, TopologyState::Paused), none);
    }

    #[test]
    fn a_plan_is_added_where_there_is_none() {
        let old = Update { plan: None, ..update() };
        let begun = begin(&desired(vec![]), old, vec![], CommandTemplate::default());
        let with = with_plan(&begun, "q");
        assert_eq!(with.update.as_ref().unwrap().plan.as_deref(), Some("q"));
        assert_eq!(with_plan(&with, "r"), with);
    }

    #[test]
    fn a_record_with_an_update_survives_json() {
        let begun =
            begin(&desired(vec![container(0, 5.0)]), update(), vec![], CommandTemplate::default());
        let text = serde_json::to_string(&begun).unwrap();
        assert_eq!(serde_json::from_str::<Desired>(&text).unwrap(), begun);
    }
}
