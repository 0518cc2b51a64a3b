//! The update in the state machine: its work other than the engine's is done by [`Errand`]s, which are asked for here.

use super::errand::Errand;
use super::model::Model;
use super::record::{Desired, Goal};
use super::step::Action;
use super::update::UpdateStep;
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
        if self.desired.goal == Goal::Killed || self.updating.errand.is_some() {
            return;
        }
        let errand = self.updating.next(
            update,
            self.containers_agree(),
            update_steps::has_ended_tmanager(&self.desired),
        );
        self.updating.errand = errand;
        actions.extend(errand.map(Action::Errand));
    }

    /// An errand is done.
    pub(super) fn errand_done(&mut self, errand: Errand) {
        self.updating.errand = None;
        match errand {
            Errand::Pause => self.updating.paused = true,
            Errand::AwaitPlan => self.updating.plan_seen = true,
            Errand::Restore => self.updating.restored = true,
            Errand::Change(_) | Errand::WritePlan => {}
        }
    }

    /// Forgets what is not true any more of a record that was changed.
    pub(super) fn update_changed(&mut self, before: &Desired) {
        let Some(is) = self.desired.update.as_ref() else {
            self.updating = Updating { errand: self.updating.errand, ..Updating::default() };
            return;
        };
        let same = before.update.as_ref().is_some_and(|was| {
            was.state == is.state && (was.step == is.step || is.step == UpdateStep::Removing)
        });
        self.updating.restored &= same;
    }
}
