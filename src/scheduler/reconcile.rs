//! What follows from all that is known and from the time: reconciliation, kills, asking for offers, and the end.

use super::backoff::FIRST_BACKOFF_MS;
use super::call::{Call, Kill};
use super::container::ContainerRecord;
use super::ids::{HostId, TaskId};
use super::model::{Ending, Killing, Model, Policy, Slot, Stray};
use super::record::Goal;
use super::step::Action;
use super::task::TaskState;
use crate::clock::Millis;

/// First pause between reconciliations; doubles up to the longest.
const FIRST_RECONCILE_MS: Millis = 2_000;
const LONGEST_RECONCILE_MS: Millis = 60_000;
/// A launch of which nothing was heard for so long is asked about.
const LAUNCH_SILENCE_MS: Millis = 60_000;
/// How long a killed topology's tasks are waited for that are out of reach: the engine ends them when their hosts return.
const LOST_MS: Millis = 5_000;
/// The same where nothing was heard of a task since it was to be killed: a host that is there says so at once. What is alive all
/// the same ends with the framework.
const UNHEARD_MS: Millis = 8_000;
/// The same where the engine has no answer about a task: it has started anew, and the host is to come back to it. If that does so
/// later, it is told that the framework is gone.
const UNANSWERED_MS: Millis = 15_000;
/// The same where a task doesn't heed that it is being killed.
const DEAF_MS: Millis = 45_000;
/// Pause before a framework that is still there is told again to go.
pub(super) const TEAR_DOWN_MS: Millis = 2_000;
/// Pause between searches for tasks that no record names.
const SEARCH_MS: Millis = 600_000;
/// Tasks that are asked about at once.
const RECONCILE_BATCH: usize = 1_000;

impl Model {
    /// Does what the desired state asks for and time allows.
    pub(super) fn reconcile(&mut self, now: Millis, actions: &mut Vec<Action>) {
        self.abandon_the_unreachable(now, actions);
        self.ask_about_tasks(now, actions);
        self.kill(now, actions);
        match self.desired.goal {
            Goal::Running => self.ask_for_offers(now, actions),
            Goal::Killed => self.end(now, actions),
        }
    }

    /// Gives tasks up that are out of reach, after the time that their hosts have to come back. Where a restart was asked for,
    /// nobody waits: should the old task come back, it is killed. What is given up is no more asked about, whatever else the
    /// engine says of it meanwhile but that it lives.
    fn abandon_the_unreachable(&mut self, now: Millis, actions: &mut Vec<Action>) {
        for (id, slot) in &mut self.slots {
            let is_due = slot.is_given_up_at(&self.policy).is_some_and(|at| now >= at);
            if (is_due || slot.abandoned)
                && let Some(record) = &slot.record
            {
                self.unanswered.remove(&record.task_id);
                let is_new = !std::mem::replace(&mut slot.abandoned, true);
                // Its location keeps another TManager waiting, for as long as a session may last.
                if is_new && *id == 0 && self.desired.goal == Goal::Running {
                    actions.push(Action::TManagerEnded);
                }
            }
        }
    }

    fn ask_about_tasks(&mut self, now: Millis, actions: &mut Vec<Action>) {
        self.ask_about_silent_launches(now);
        if self.unanswered.is_empty() {
            self.search_strays(now, actions);
            return;
        }
        if now < self.reconcile_at {
            return;
        }
        let pause = FIRST_RECONCILE_MS << self.reconcile_tries.min(10);
        self.reconcile_at = now + pause.min(LONGEST_RECONCILE_MS);
        self.reconcile_tries = self.reconcile_tries.saturating_add(1);
        let tasks: Vec<(TaskId, Option<HostId>)> = self
            .slots
            .values()
            .filter_map(|slot| slot.record.as_ref())
            .filter(|record| self.unanswered.contains(&record.task_id))
            .map(asked)
            .collect();
        actions.extend(asks(&tasks));
    }

    /// Asks for all tasks of the framework once nothing else is open: what no container record names is a stray, such as
    /// a task that was given up with its host and has come back while nobody was connected.
    fn search_strays(&mut self, now: Millis, actions: &mut Vec<Action>) {
        if !self.has_launched() || now < self.search_at {
            return;
        }
        // Whoever has just connected has asked for its own tasks; whoever stays does so again.
        if self.search_at > self.connected_at {
            let live = self.slots.values().filter_map(|slot| slot.record.as_ref());
            let live: Vec<_> = live.filter(|record| !record.is_over()).map(asked).collect();
            actions.extend(asks(&live));
        }
        self.search_at = now.saturating_add(SEARCH_MS);
        actions.push(Action::Call(Call::Reconcile(Vec::new())));
    }

    /// Whether there is, or was, a task of which something may be heard.
    pub(super) fn has_launched(&self) -> bool {
        self.slots.values().any(|slot| slot.record.is_some())
    }

    fn ask_about_silent_launches(&mut self, now: Millis) {
        for slot in self.slots.values_mut() {
            let silent = slot.is_asked_about_at().is_some_and(|at| now >= at);
            let Some(record) = &mut slot.record else { continue };
            // An answer does not change `since` of a task that still stages, so it is asked about each round.
            if silent && self.unanswered.insert(record.task_id.clone()) {
                record.since = now;
                self.reconcile_at = now;
                self.reconcile_tries = 0;
            }
        }
    }

    fn kill(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let all = self.desired.goal == Goal::Killed;
        let spared = self.policy.own.clone().filter(|own| !self.may_end(own));
        for slot in self.slots.values_mut() {
            let wanted = (all && slot.live_task().is_some()) || slot.wants_restart();
            let record = slot.record.as_ref().filter(|_| wanted);
            let record = record.filter(|record| spared.as_ref() != Some(&record.task_id));
            let Some(record) = record else { continue };
            // Killing what can't be reached is not remembered by anybody; its answer would be the same again.
            let host_id = Some(record.host_id.clone());
            let grace_ms = self.desired.kill_grace_ms(&slot.desired);
            send_kill(now, grace_ms, &mut slot.killing, &record.task_id, host_id, actions);
        }
        let grace_ms = self.desired.launch.kill_grace_ms;
        let strays = self.strays.iter_mut().filter(|(task, _)| spared.as_ref() != Some(task));
        for (task_id, stray) in strays {
            let host_id = stray.host_id.clone();
            send_kill(now, grace_ms, &mut stray.killing, task_id, host_id, actions);
        }
    }

    /// Until when the framework of a killed topology is left alone for tasks that no record names; none if there are none. What is
    /// alive all the same ends with the framework.
    pub(super) fn strays_end_at(&self) -> Option<Millis> {
        let strays = self.strays.iter().filter(|(task, _)| !self.is_own(task));
        strays.map(|(_, stray)| stray.ends_at()).max()
    }

    fn ask_for_offers(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let wanted = self.wants_offers(now);
        if wanted && (self.suppressed || self.misses_offers(now)) {
            self.suppressed = false;
            self.held_back = false;
            actions.push(Action::Call(Call::Revive));
        } else if !wanted && !self.suppressed {
            self.suppressed = true;
            actions.push(Action::Call(Call::Suppress));
        }
    }

    fn end(&mut self, now: Millis, actions: &mut Vec<Action>) {
        if !self.suppressed {
            self.suppressed = true;
            actions.push(Action::Call(Call::Suppress));
        }
        let connected_at = self.connected_at;
        let alive = self.slots_to_end().any(|slot| slot.holds_up_the_end(now, connected_at));
        match self.ending {
            Ending::Killing if !alive && self.strays_end_at().is_none_or(|at| now >= at) => {
                self.ending = Ending::Listing;
                actions.push(Action::ListTasks);
            }
            Ending::TearingDown(told_at) if now >= told_at.saturating_add(TEAR_DOWN_MS) => {
                self.ending = Ending::TearingDown(now);
                actions.push(Action::Call(Call::TearDown));
            }
            _ => {}
        }
    }
}

/// A task, as it is asked about.
fn asked(record: &ContainerRecord) -> (TaskId, Option<HostId>) {
    (record.task_id.clone(), Some(record.host_id.clone()))
}

/// The calls that ask about tasks.
fn asks(tasks: &[(TaskId, Option<HostId>)]) -> impl Iterator<Item = Action> {
    tasks.chunks(RECONCILE_BATCH).map(|batch| Action::Call(Call::Reconcile(batch.to_vec())))
}

impl Killing {
    /// When the task is asked for its end again, if it hasn't come: not before its grace period has passed.
    pub(super) fn again_at(&self, grace_ms: i64) -> Millis {
        let pause = grace_ms.saturating_add(FIRST_BACKOFF_MS << self.tries.min(6));
        self.sent_at.saturating_add(pause)
    }
}

impl Policy {
    /// How long a task in this state is waited for before another takes its place; none: it isn't given up for its state.
    pub(super) fn patience_ms(&self, state: &TaskState) -> Option<Millis> {
        match state {
            TaskState::Unreachable => Some(self.unreachable_ms),
            TaskState::Unknown => Some(self.unknown_ms),
            _ => None,
        }
    }
}

impl Stray {
    fn ends_at(&self) -> Millis {
        let killed_at = self.killing.as_ref().map(|killing| killing.first_at);
        killed_at.map_or(Millis::MAX, |at| at.saturating_add(DEAF_MS))
    }
}

impl Slot {
    /// When its task is given up for being out of reach, if it is.
    pub(super) fn is_given_up_at(&self, policy: &Policy) -> Option<Millis> {
        let record = self.record.as_ref()?;
        let patience = policy.patience_ms(&record.state)?;
        let patience = match record.state {
            _ if self.confirmed && self.wants_restart() => 0,
            // Its host may have come back since that was journalled.
            TaskState::Unreachable if !self.confirmed => patience.max(policy.unknown_ms),
            _ => patience,
        };
        Some(record.since.saturating_add(patience))
    }

    /// When the engine is asked about its task, of whose launch nothing was heard.
    pub(super) fn is_asked_about_at(&self) -> Option<Millis> {
        let record = self.record.as_ref().filter(|record| record.state == TaskState::Staging)?;
        Some(record.since.saturating_add(LAUNCH_SILENCE_MS))
    }

    /// Until when the framework of a killed topology is left alone for this container's task, if at all. One that is out of reach
    /// is ended by the engine when its host comes back, as the framework is gone by then.
    pub(super) fn end_is_due_at(&self, now: Millis, connected_at: Millis) -> Option<Millis> {
        let record = self.record.as_ref().filter(|record| !record.is_over())?;
        let killed_at = self.killing.as_ref().map_or(now, |killing| killing.first_at);
        let (since, patience) = match record.state {
            _ if !self.confirmed => (connected_at, UNANSWERED_MS),
            _ if record.state.is_out_of_reach() => (record.since, LOST_MS),
            TaskState::Killing => (killed_at, DEAF_MS),
            _ => (killed_at, UNHEARD_MS),
        };
        Some(since.saturating_add(patience))
    }

    fn holds_up_the_end(&self, now: Millis, connected_at: Millis) -> bool {
        self.end_is_due_at(now, connected_at).is_some_and(|at| now < at)
    }
}

/// Asks for a task's end, unless that was done so recently that its grace period has not passed.
fn send_kill(
    now: Millis,
    grace_ms: i64,
    killing: &mut Option<Killing>,
    task_id: &TaskId,
    host_id: Option<HostId>,
    actions: &mut Vec<Action>,
) {
    let (first_at, tries) = match killing {
        Some(sent) => {
            if now < sent.again_at(grace_ms) {
                return;
            }
            (sent.first_at, sent.tries.saturating_add(1))
        }
        None => (now, 0),
    };
    *killing = Some(Killing { first_at, sent_at: now, tries });
    let kill = Kill { task_id: task_id.clone(), host_id, grace_ms };
    actions.push(Action::Call(Call::Kill(kill)));
}
