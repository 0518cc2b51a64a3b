use serde_json::json;

use super::*;
use crate::proto::api::TopologyState;
use crate::scheduler::record::Desired;
use crate::scheduler::update_steps;

fn update(step: UpdateStep) -> Update {
    let resized = json!([{"id": 1, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0}]);
    serde_json::from_value(json!({
        "step": step, "request": "r", "old_plan": "a", "new_plan": "b", "plan": "p", "state": "RUNNING",
        "added": [3], "removed": [2], "resized": resized, "resized_from": resized, "relaunched": [1],
        "tmanager_grace_ms": 500,
    }))
    .unwrap()
}

fn desired(update: Update) -> Desired {
    let mut desired: Desired = serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
        "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
            "failover_timeout_seconds": 1.0, "labels": []},
        "launch": {"command": [], "uris": [], "ports": 1, "kill_grace_ms": 1000},
        "containers": [{"id": 0, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0}],
    }))
    .unwrap();
    desired.update = Some(update);
    desired
}

/// Every errand of an update from some step on, where all goes well.
fn errands(update: Update) -> Vec<Errand> {
    errands_of(desired(update))
}

/// The same, with the TManager's container ended.
fn errands_held(update: Update) -> Vec<Errand> {
    let mut desired = desired(update);
    desired.containers[0].held = true;
    errands_of(desired)
}

fn errands_of(mut desired: Desired) -> Vec<Errand> {
    let (mut updating, mut all) = (Updating::default(), Vec::new());
    while let Some(update) = &desired.update {
        let before = update.step;
        let errand =
            updating.next(update, true, update_steps::has_ended_tmanager(&desired)).unwrap();
        all.push(errand);
        match errand {
            Errand::Pause => updating.paused = true,
            Errand::AwaitPlan => updating.plan_seen = true,
            Errand::Restore => updating.restored = true,
            Errand::Change(change) => desired = change.apply(&desired),
            Errand::WritePlan => desired = update_steps::write(&desired),
            Errand::PutInPlace | Errand::Tidy => unreachable!("it replaces nothing"),
        }
        let step = desired.update.as_ref().map(|update| update.step);
        updating.restored &= step == Some(before) || step == Some(UpdateStep::Removing);
        assert!(all.len() < 20, "{all:?}");
    }
    all
}

/// All of these updates are of a topology that runs.
const END: Errand = Errand::Change(RecordChange::End(TopologyState::Running));

const fn change(change: RecordChange) -> Errand {
    Errand::Change(change)
}

#[test]
fn an_update_goes_its_way_from_wherever_it_was_left() {
    use RecordChange::{Hold, Remove, Resize};
    let last = [Errand::AwaitPlan, Errand::Restore, change(Remove), END];
    let begun = [Errand::Pause, change(Resize), change(Hold), Errand::WritePlan];
    assert_eq!(errands(update(UpdateStep::Begun)), [&begun[..], &last].concat());
    let resized = [Errand::Pause, change(Hold), Errand::WritePlan];
    assert_eq!(errands(update(UpdateStep::Resized)), [&resized[..], &last].concat());
    assert_eq!(errands(update(UpdateStep::Written)), last);
    assert_eq!(errands(update(UpdateStep::Removing)), [Errand::Restore, END]);
    assert_eq!(errands(update(UpdateStep::Undoing)), [Errand::Restore, END]);
    // The TManager is gone, and can't be asked for anything.
    assert_eq!(
        errands_held(update(UpdateStep::Resized)),
        [&[Errand::WritePlan][..], &last].concat()
    );
}

#[test]
fn nothing_more_is_done_than_has_to_be() {
    let small =
        Update { resized: Vec::new(), tmanager_grace_ms: None, ..update(UpdateStep::Begun) };
    assert_eq!(errands(small)[..2], [Errand::Pause, Errand::WritePlan]);
}

#[test]
fn an_update_is_taken_back_from_wherever_it_was_left() {
    use RecordChange::Undo;
    for step in [UpdateStep::Begun, UpdateStep::Resized] {
        let undo = Update { undo: true, ..update(step) };
        let way = [Errand::Restore, change(Undo), Errand::Restore, END];
        assert_eq!(errands(undo.clone()), way);
        // Its TManager comes back first.
        assert_eq!(errands_held(undo), [change(Undo), Errand::Restore, END]);
    }
    let late = Update { undo: true, ..update(UpdateStep::Written) };
    assert_eq!(errands(late), errands(update(UpdateStep::Written)));
}

#[test]
fn containers_are_waited_for_but_not_to_take_it_back() {
    let next = |update: &Update| Updating::default().next(update, false, false);
    assert_eq!(next(&update(UpdateStep::Begun)), None);
    assert_eq!(next(&update(UpdateStep::Undoing)), None);
    assert_eq!(next(&update(UpdateStep::Written)), Some(Errand::AwaitPlan));
    let undo = Update { undo: true, ..update(UpdateStep::Begun) };
    assert_eq!(next(&undo), Some(Errand::Restore));
}
