//! Tasks of this framework that no container's record names: of attempts that were given up with their hosts, and of containers that
//! are wanted no more. They are killed.

use super::container::container_of;
use super::ids::TaskId;
use super::model::{Model, Stray};
use super::step::Action;
use super::task::TaskReport;
use crate::clock::Millis;

impl Model {
    /// The container whose task this is.
    pub(super) fn slot_of(&self, task: &TaskId) -> Option<u32> {
        // The record has the last word.
        let id = container_of(task)?;
        let slot = self.slots.get(&id)?;
        (slot.record.as_ref()?.task_id == *task).then_some(id)
    }

    /// Notes what is told of such a task.
    pub(super) fn stray_update(
        &mut self,
        now: Millis,
        report: &TaskReport,
        actions: &mut Vec<Action>,
    ) {
        // A container that comes back by a later update must not find a task here that ended long ago.
        if report.state.is_terminal()
            && let Some(record) = self.retired_record(&report.task_id)
            && !record.is_over()
        {
            record.state = report.state.clone();
            record.since = now;
            actions.push(Action::JournalContainer(Box::new(record.clone())));
        }
        let over = report.state.is_terminal() || report.state.is_out_of_reach();
        if over {
            self.strays.remove(&report.task_id);
        } else {
            let host_id = report.host_id.clone();
            let new = Stray { host_id, killing: None, is_heard: true };
            self.strays.entry(report.task_id.clone()).or_insert(new).is_heard = true;
        }
        self.hold_up_doubles();
    }

    /// Nothing is launched of a container while an older task of it lives where it can be reached: a host that has come back brings
    /// the task that was given up with it, and the one in its place may have failed meanwhile.
    pub(super) fn hold_up_doubles(&mut self) {
        let heard = self.strays.iter().filter(|(_, stray)| stray.is_heard);
        let doubled: Vec<u32> = heard.filter_map(|(task, _)| container_of(task)).collect();
        for (id, slot) in &mut self.slots {
            slot.is_doubled = doubled.contains(id);
        }
    }
}
