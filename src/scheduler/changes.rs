//! What becomes of the state machine's memory when the ground changes under it: another desired record, a lease that is lost,
//! a clock that jumped.

use super::container::{ContainerRecord, DesiredContainer};
use super::ids::TaskId;
use super::model::{Model, Slot, Stray};
use super::record::Desired;
use super::step::Action;
use crate::clock::Millis;

impl Model {
    /// Takes over a desired record that somebody else has written. What is tried for a container begins anew where something
    /// else is asked of it.
    pub(super) fn desired_changed(&mut self, desired: Desired, actions: &mut Vec<Action>) {
        let before = std::mem::replace(&mut self.desired, desired);
        if self.desired.framework.id != before.framework.id {
            // The engine's choice of an id, which the writer had not read: only the holder of the lease connects.
            self.desired.framework.id.clone_from(&before.framework.id);
            actions.push(Action::JournalDesired);
        }
        if self.desired.placement != before.placement {
            self.constraints = self.desired.placement.constraints();
        }
        let relaunched = self.desired.launch != before.launch;
        let wanted: Vec<DesiredContainer> = self.desired.members().collect();
        let gone: Vec<u32> = self
            .slots
            .keys()
            .copied()
            .filter(|id| !wanted.iter().any(|container| container.id == *id))
            .collect();
        for id in gone {
            self.retire(id);
        }
        for container in wanted {
            self.want(container, relaunched);
        }
        self.hold_up_doubles();
        self.update_changed(&before);
    }

    /// A container is wanted no more: its task is a stray, to be killed.
    fn retire(&mut self, id: u32) {
        let Some(Slot { record: Some(record), killing, confirmed, .. }) = self.slots.remove(&id)
        else {
            return;
        };
        self.unanswered.remove(&record.task_id);
        if !record.is_over() {
            let host_id = Some(record.host_id.clone());
            let stray = Stray { host_id, killing, is_heard: confirmed };
            self.strays.insert(record.task_id.clone(), stray);
        }
        self.retired.insert(id, record);
    }

    /// A container is wanted, as it was, otherwise than before, or anew.
    fn want(&mut self, container: DesiredContainer, relaunched: bool) {
        let id = container.id;
        if let Some(slot) = self.slots.get_mut(&id) {
            if relaunched || slot.desired != container {
                slot.refused = false;
                slot.failures = 0;
                slot.not_before = 0;
            }
            slot.desired = container;
            return;
        }
        // Its attempts are counted on, so that no task id is used twice; and its task, if it lives, is no stray any more.
        let record = self.retired.remove(&id);
        let mut slot = Slot::new(container, record, self.policy.run_once);
        if let Some(task) = slot.live_task() {
            slot.killing = self.strays.remove(&task).and_then(|stray| stray.killing);
            self.unanswered.insert(task);
            self.reconcile_at = 0;
        }
        self.slots.insert(id, slot);
    }

    /// Moves every point in time that is remembered, so that no wait is cut short and none lasts longer.
    pub(super) fn clock_jumped(&mut self, by: Millis) {
        let shift = |at: &mut Millis| *at = at.saturating_add(by);
        for slot in self.slots.values_mut() {
            shift(&mut slot.not_before);
            slot.record.iter_mut().for_each(|record| shift(&mut record.since));
        }
        let slots = self.slots.values_mut().filter_map(|slot| slot.killing.as_mut());
        let strays = self.strays.values_mut().filter_map(|stray| stray.killing.as_mut());
        for killing in slots.chain(strays) {
            shift(&mut killing.first_at);
            shift(&mut killing.sent_at);
        }
        for at in [&mut self.connected_at, &mut self.reconcile_at, &mut self.search_at] {
            shift(at);
        }
        self.ending.shift(by);
    }

    /// Records of an earlier driver may be of a clock that was ahead of ours: nothing has been so since a time to come.
    pub(super) fn forget_the_future(&mut self, now: Millis) {
        for record in self.slots.values_mut().filter_map(|slot| slot.record.as_mut()) {
            record.since = record.since.min(now);
        }
    }

    /// The record of a container that is wanted no more, by its task.
    pub(super) fn retired_record(&mut self, task: &TaskId) -> Option<&mut ContainerRecord> {
        self.retired.values_mut().find(|record| record.task_id == *task)
    }
}

#[cfg(test)]
mod tests;
