//! The update in the state machine: its work other than the engine's is done by [`Errand`]s, which are asked for here.

use super::errand::{Errand, RecordChange};
use super::model::{Model, Slot};
use super::record::{Desired, Goal};
use super::step::Action;
use super::update::{Update, UpdateStep};
use super::update_steps;
use super::updating::Updating;

impl Model {
    /// Whether what an update waits for is the containers, or the TManager's plan.
    #[must_use]
    pub fn update_waits(&self) -> bool {
        matches!(self.updating.errand, None | Some(Errand::AwaitPlan))
    }

    /// Asks for what an update needs next.
    pub(super) fn advance_update(&mut self, actions: &mut Vec<Action>) {
        let Some(update) = self.desired.update.as_ref() else { return };
        let fails = self.update_fails(update);
        // A plan of what fails may never come.
        let is_vain = fails && self.updating.errand == Some(Errand::AwaitPlan);
        let is_busy = self.updating.errand.is_some() && !is_vain;
        if self.desired.goal == Goal::Killed || is_busy {
            return;
        }
        let errand = if fails {
            Some(Errand::Change(RecordChange::AskUndo))
        } else {
            let held = update_steps::has_ended_tmanager(&self.desired);
            self.updating.next(update, self.containers_agree(), held)
        };
        self.updating.errand = errand;
        actions.extend(errand.map(Action::Errand));
    }

    /// Whether an update is to be taken back, by whoever stays: nobody may be there who waits for it, and gives up.
    fn update_fails(&self, update: &Update) -> bool {
        if !self.policy.stays || update.undo || !update.can_be_undone() {
            return false;
        }
        if update.replacement.is_some() {
            // Before it is in place, nothing is launched for it.
            return !update.is_early() && self.containers().any(Slot::fails);
        }
        let launched = update.launched_anew();
        let mut needed = update.added.iter().chain(&launched).filter_map(|id| self.slots.get(id));
        needed.any(Slot::fails)
    }

    /// An errand is done.
    pub(super) fn errand_done(&mut self, errand: Errand) {
        self.updating.errand = None;
        match errand {
            Errand::Pause => self.updating.paused = true,
            Errand::AwaitPlan => self.updating.plan_seen = true,
            Errand::Restore => self.updating.restored = true,
            Errand::Tidy => self.updating.tidied = true,
            Errand::Change(_) | Errand::WritePlan | Errand::PutInPlace => {}
        }
    }

    /// Forgets what is not true any more of a record that was changed.
    pub(super) fn update_changed(&mut self, before: &Desired) {
        let Some(is) = self.desired.update.as_ref() else {
            self.updating = Updating { errand: self.updating.errand, ..Updating::default() };
            return;
        };
        let was = before.update.as_ref();
        let goes_on = was.is_some_and(|was| was.step == is.step || is.step == UpdateStep::Removing);
        self.updating.plan_seen &= goes_on;
        self.updating.restored &= goes_on && was.is_some_and(|was| was.state == is.state);
        // What is to be put back waits for no plan of what is not to run.
        let is_vain = self.updating.errand == Some(Errand::AwaitPlan);
        if is_vain && is.is_to_be_put_back() {
            self.updating.errand = None;
        }
    }
}
