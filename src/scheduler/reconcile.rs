//! What follows from all that is known and from the time: reconciliation, kills, asking for offers, and the end.

use super::call::{Call, Kill};
use super::ids::{HostId, TaskId};
use super::model::{Ending, Killing, Model, Policy, Slot};
use super::record::Goal;
use super::step::{Action, FIRST_BACKOFF_MS};
use super::task::TaskState;
use crate::clock::Millis;

/// First pause between reconciliations; doubles up to the longest.
const FIRST_RECONCILE_MS: Millis = 2_000;
const LONGEST_RECONCILE_MS: Millis = 60_000;
/// A launch of which nothing was heard for so long is asked about.
const LAUNCH_SILENCE_MS: Millis = 60_000;
/// How long a killed topology's tasks are waited for that are out of reach: the engine ends them when their hosts return.
const LOST_MS: Millis = 5_000;
/// The same where nothing at all is heard of a task, or it doesn't heed that it is being killed.
const SILENT_MS: Millis = 45_000;
/// Pause before a framework that is still there is told again to go.
const TEAR_DOWN_MS: Millis = 2_000;
/// Pause between searches for tasks that no record names.
const SEARCH_MS: Millis = 600_000;
/// Tasks that are asked about at once.
const RECONCILE_BATCH: usize = 1_000;

impl Model {
    /// Does what the desired state asks for and time allows.
    pub(super) fn reconcile(&mut self, now: Millis, actions: &mut Vec<Action>) {
        self.abandon_the_unreachable(now);
        self.ask_about_tasks(now, actions);
        self.kill(now, actions);
        match self.desired.goal {
            Goal::Running => self.ask_for_offers(actions),
            Goal::Killed => self.end(now, actions),
        }
    }

    /// Gives tasks up that are out of reach, after the time that their hosts have to come back. Where a restart was asked for,
    /// nobody waits: should the old task come back, it is killed.
    fn abandon_the_unreachable(&mut self, now: Millis) {
        let Policy { unreachable_ms, unknown_ms, .. } = self.policy;
        for slot in self.slots.values_mut() {
            let Some(record) = &slot.record else { continue };
            let patience = match record.state {
                TaskState::Unreachable | TaskState::Unknown
                    if slot.confirmed && slot.wants_restart() =>
                {
                    0
                }
                TaskState::Unreachable => unreachable_ms,
                TaskState::Unknown => unknown_ms,
                _ => continue,
            };
            if now.saturating_sub(record.since) >= patience {
                slot.abandoned = true;
                self.unanswered.remove(&record.task_id);
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
            .map(|record| (record.task_id.clone(), Some(record.host_id.clone())))
            .collect();
        for batch in tasks.chunks(RECONCILE_BATCH) {
            actions.push(Action::Call(Call::Reconcile(batch.to_vec())));
        }
    }

    /// Asks for all tasks of the framework once nothing else is open: what no container record names is a stray, such as
    /// a task that was given up with its host and has come back while nobody was connected.
    fn search_strays(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let launched = self.slots.values().any(|slot| slot.record.is_some());
        if launched && now >= self.search_at {
            self.search_at = now.saturating_add(SEARCH_MS);
            actions.push(Action::Call(Call::Reconcile(Vec::new())));
        }
    }

    fn ask_about_silent_launches(&mut self, now: Millis) {
        for slot in self.slots.values_mut() {
            let Some(record) = &mut slot.record else { continue };
            let silent = record.state == TaskState::Staging
                && now.saturating_sub(record.since) >= LAUNCH_SILENCE_MS;
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
        for slot in self.slots.values_mut() {
            let wanted = (all && slot.live_task().is_some()) || slot.wants_restart();
            let Some(record) = slot.record.as_ref().filter(|_| wanted) else { continue };
            // Killing what can't be reached is not remembered by anybody; its answer would be the same again.
            let host_id = Some(record.host_id.clone());
            let grace_ms = self.desired.kill_grace_ms(&slot.desired);
            send_kill(now, grace_ms, &mut slot.killing, &record.task_id, host_id, actions);
        }
        let grace_ms = self.desired.launch.kill_grace_ms;
        for (task_id, stray) in &mut self.strays {
            let host_id = stray.host_id.clone();
            send_kill(now, grace_ms, &mut stray.killing, task_id, host_id, actions);
        }
    }

    fn ask_for_offers(&mut self, actions: &mut Vec<Action>) {
        let wanted = self.wants_offers();
        if wanted && self.suppressed {
            self.suppressed = false;
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
        let alive = self.slots.values().any(|slot| slot.holds_up_the_end(now, connected_at));
        match self.ending {
            Ending::Killing if !alive && self.strays.is_empty() => {
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

impl Slot {
    /// Whether the framework of a killed topology is left alone for this container's task. One that is out of reach is ended
    /// by the engine when its host comes back, as the framework is gone by then.
    fn holds_up_the_end(&self, now: Millis, connected_at: Millis) -> bool {
        let Some(record) = self.record.as_ref().filter(|record| !record.is_over()) else {
            return false;
        };
        let (since, patience) = match record.state {
            _ if !self.confirmed => (connected_at, SILENT_MS),
            TaskState::Unreachable | TaskState::Unknown => (record.since, LOST_MS),
            _ => (self.killing.as_ref().map_or(now, |killing| killing.first_at), SILENT_MS),
        };
        now.saturating_sub(since) < patience
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
            let pause = grace_ms.saturating_add(FIRST_BACKOFF_MS << sent.tries.min(6));
            if now.saturating_sub(sent.sent_at) < pause {
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
