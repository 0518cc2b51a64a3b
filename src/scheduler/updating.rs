//! What an update needs next, from its record and from what is known beside that.

use super::errand::{Errand, RecordChange};
use super::update::{Update, UpdateStep};

/// What is known of an update beside its record. All of it can be found out again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Updating {
    /// What is being done.
    pub errand: Option<Errand>,
    /// The topology is paused.
    pub paused: bool,
    /// A physical plan was made of the new packing plan.
    pub plan_seen: bool,
    /// The topology has the state that it is to have.
    pub restored: bool,
    /// Revisions that are not to be kept are gone.
    pub tidied: bool,
}

impl Updating {
    /// What comes next. `settled`: every container is as the record wants it; `held`: that of the TManager is to have ended.
    pub fn next(self, update: &Update, settled: bool, held: bool) -> Option<Errand> {
        let change = |change| Some(Errand::Change(change));
        if update.replacement.is_some() {
            return self.next_of_replacement(update, settled, held);
        }
        match update.step {
            UpdateStep::Begun | UpdateStep::Resized if update.undo => {
                // The topology works again while the rest is undone, unless its TManager is gone.
                let restores = !held && !self.restored;
                if restores { Some(Errand::Restore) } else { change(RecordChange::Undo) }
            }
            UpdateStep::Written if !self.plan_seen => Some(Errand::AwaitPlan),
            _ if !settled => None,
            // A TManager that is gone has paused the topology before.
            UpdateStep::Begun | UpdateStep::Resized if !self.paused && !held => Some(Errand::Pause),
            UpdateStep::Begun if !update.resized.is_empty() => change(RecordChange::Resize),
            UpdateStep::Begun | UpdateStep::Resized => {
                let holds = update.tmanager_grace_ms.is_some() && !held;
                if holds { change(RecordChange::Hold) } else { Some(Errand::WritePlan) }
            }
            _ if !self.restored => Some(Errand::Restore),
            UpdateStep::Written => change(RecordChange::Remove),
            UpdateStep::Removing | UpdateStep::Undoing => {
                change(RecordChange::End(update.topology_state()))
            }
        }
    }

    /// The same where a revision takes the place of another: `held`: all containers are to have ended.
    fn next_of_replacement(self, update: &Update, settled: bool, held: bool) -> Option<Errand> {
        let change = |change| Some(Errand::Change(change));
        let puts_back = update.is_to_be_put_back();
        match update.step {
            UpdateStep::Begun | UpdateStep::Resized if update.undo => change(RecordChange::Undo),
            // Whatever becomes of what runs: it is to end.
            step if (step < UpdateStep::Written || puts_back) && !held => {
                change(RecordChange::Hold)
            }
            step if step < UpdateStep::Written || puts_back => {
                settled.then_some(Errand::PutInPlace)
            }
            UpdateStep::Written | UpdateStep::Undoing if !self.plan_seen => Some(Errand::AwaitPlan),
            _ if !settled => None,
            _ if !self.restored => Some(Errand::Restore),
            UpdateStep::Written => change(RecordChange::Remove),
            _ if !self.tidied => Some(Errand::Tidy),
            _ => change(RecordChange::End(update.topology_state())),
        }
    }
}

#[cfg(test)]
mod tests;
