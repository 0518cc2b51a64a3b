//! What a step has to be carried out, sorted by what does it.

use std::collections::BTreeMap;

use super::call::Call;
use super::container::ContainerRecord;
use super::errand::Errand;
use super::step::Action;

/// Actions in the order in which they are carried out. Writing records earlier than the state machine asked for is safe;
/// of several records of one container the last holds what the others told.
#[derive(Default)]
pub(super) struct Batch {
    /// Whether the desired record is to be written.
    pub desired: bool,
    pub containers: BTreeMap<u32, ContainerRecord>,
    pub tmanager_ended: bool,
    pub calls: Vec<Call>,
    pub list_tasks: bool,
    pub errand: Option<Errand>,
}

impl Batch {
    pub fn add(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::JournalDesired => self.desired = true,
                Action::JournalContainer(record) => {
                    self.containers.insert(record.id, *record);
                }
                Action::TManagerEnded => self.tmanager_ended = true,
                Action::Call(call) => self.calls.push(call),
                Action::ListTasks => self.list_tasks = true,
                Action::Errand(errand) => self.errand = Some(errand),
            }
        }
    }
}
