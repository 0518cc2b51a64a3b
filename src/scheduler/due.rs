//! When something is to be done though nothing is heard: so long whoever feeds the state machine may sleep. Pure.

use std::time::Duration;

use super::model::{Ending, Model, Slot};
use super::reconcile::TEAR_DOWN_MS;
use super::record::Goal;
use crate::clock::Millis;

/// How long the state machine is left alone at most: a clock that was set, or a machine that slept, is noticed so soon.
const LONGEST_REST: Duration = Duration::from_secs(30);
const SHORTEST_REST: Duration = Duration::from_millis(1);

impl Model {
    /// How long nothing is to be done, unless something is heard.
    #[must_use]
    pub fn rest(&self, now: Millis) -> Duration {
        let due = self.next_due(now).map(|due| due.saturating_sub(now).max(0));
        let rest = due.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        rest.map_or(LONGEST_REST, |rest| rest.clamp(SHORTEST_REST, LONGEST_REST))
    }

    /// The earliest time at which a [`Tick`](super::step::Event::Tick) brings something about, or one that is past; none if it is
    /// for others to say something first.
    #[must_use]
    pub fn next_due(&self, now: Millis) -> Option<Millis> {
        if !self.connected || self.lease_lost {
            return None;
        }
        let asks = if self.unanswered.is_empty() {
            self.has_launched().then_some(self.search_at)
        } else {
            Some(self.reconcile_at)
        };
        let of_slots = self.slots.values().flat_map(|slot| self.due_of(slot, now));
        let stray_grace = self.desired.launch.kill_grace_ms;
        let strays = self.strays.iter().filter(|(task, _)| self.may_end(task)).map(|(_, stray)| {
            stray.killing.as_ref().map_or(now, |killing| killing.again_at(stray_grace))
        });
        let goal = match self.desired.goal {
            Goal::Killed => self.end_due(now),
            // What has become due since offers were last asked for, or not.
            Goal::Running if self.wants_offers(now) == self.suppressed => Some(now),
            Goal::Running if self.misses_offers(now) => Some(now),
            Goal::Running => self.next_launch(now),
        };
        asks.into_iter().chain(of_slots).chain(strays).chain(goal).min()
    }

    /// When the ending of a killed topology goes on.
    fn end_due(&self, now: Millis) -> Option<Millis> {
        let waits = |slot| Slot::end_is_due_at(slot, now, self.connected_at);
        // What is waited for no longer holds nothing up.
        let slots = self.slots_to_end().filter_map(waits);
        let held_up = slots.chain(self.strays_end_at()).filter(|at| *at > now).min();
        match self.ending {
            _ if !self.suppressed => Some(now),
            Ending::Killing => held_up.or(Some(now)),
            Ending::TearingDown(at) => Some(at.saturating_add(TEAR_DOWN_MS)),
            _ => None,
        }
    }

    /// When the next backoff ends after which something is to be launched.
    pub(super) fn next_launch(&self, now: Millis) -> Option<Millis> {
        let waits = |slot: &&Slot| slot.wants_launch() && slot.not_before > now;
        self.slots.values().filter(waits).map(|slot| slot.not_before).min()
    }

    fn due_of(&self, slot: &Slot, now: Millis) -> impl Iterator<Item = Millis> + use<> {
        let killed = self.desired.goal == Goal::Killed;
        let given_up = slot.is_given_up_at(&self.policy).filter(|_| !slot.abandoned);
        let silent = slot
            .live_task()
            .filter(|task| !self.unanswered.contains(task))
            .and_then(|_| slot.is_asked_about_at());
        let grace_ms = self.desired.kill_grace_ms(&slot.desired);
        let again = slot.killing.as_ref().map(|killing| killing.again_at(grace_ms));
        let is_to_end = slot.wants_restart() || (killed && slot.live_task().is_some());
        let may_end = || slot.live_task().is_some_and(|task| self.may_end(&task));
        let kill = (is_to_end && may_end()).then(|| again.unwrap_or(now));
        [given_up, silent, kill].into_iter().flatten()
    }
}

#[cfg(test)]
pub mod tests;
