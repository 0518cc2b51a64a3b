//! The transitions of the state machine.
//!
//! Two orders are kept for the sake of a crash between any two actions: what is about to be launched is journalled
//! before it is launched, and what an update tells is journalled before it is acknowledged. The actions of one step are
//! therefore to be carried out in their order; a driver may move journal writes forward, never back.
//!
//! What an event tells is noted here; what follows from all that is known is in `reconcile`.

use serde_json::Map;

use super::backoff::{self, LONGEST_BACKOFF_MS};
use super::beside::UNPLACED_SECONDS;
use super::call::Call;
use super::closed::{Closed, ClosedReason};
use super::container::{ContainerRecord, TaskFailure};
use super::errand::Errand;
use super::ids::{FrameworkId, HostId, OfferId, TaskId};
use super::model::{Ending, Model, Slot, Stray};
use super::offer::Offer;
use super::placement;
use super::record::{Desired, Goal};
use super::seen::Seen;
use super::task::{TaskReport, TaskState};
use crate::clock::Millis;

/// Characters that are kept of why a task failed: the record of a container has to fit into its znode, with others.
const KEPT: usize = 2_000;

/// What happens to the state machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A connection stands.
    Subscribed {
        /// The id that the engine uses, ours as a rule.
        framework_id: FrameworkId,
        /// Whether it asked for no offers.
        suppressed: bool,
    },
    /// The connection is gone, and all offers with it.
    Disconnected,
    /// The same, because the engine can't take us in at the moment, for this reason.
    TurnedAway(String),
    /// What hosts offer.
    Offers(Vec<Offer>),
    /// The state of a task.
    Update(TaskReport),
    /// The engine closed the connection for good.
    Closed(Closed),
    /// The answer to [`Action::ListTasks`]: the framework's tasks that have not come to their end.
    TasksListed(Vec<(TaskId, Option<HostId>)>),
    /// Somebody has changed the desired record: as it is now.
    DesiredChanged(Box<Desired>),
    /// What an update had to be done for it is done.
    ErrandDone(Errand),
    /// The lease is lost: somebody else may drive by now.
    LeaseLost,
    /// The clock was set, or the machine has slept: it shows so many milliseconds more, or fewer, than have passed. Comes before
    /// everything else that is told at the new time.
    ClockJumped(Millis),
    /// Time has passed.
    Tick,
}

impl Event {
    /// Whether a connection is over with it.
    #[must_use]
    pub fn ends_connection(&self) -> bool {
        matches!(self, Self::Disconnected | Self::TurnedAway(_) | Self::Closed(_))
    }
}

/// What is to be done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Write the desired record.
    JournalDesired,
    /// Write a container's record.
    JournalContainer(Box<ContainerRecord>),
    /// Say something to the engine.
    Call(Call),
    /// Ask the engine which tasks of the framework live.
    ListTasks,
    /// The TManager's container has come to its end, or another takes its place: its location in the state tree is stale.
    TManagerEnded,
    /// Do what an update needs beside the engine, and tell when it is done. No other is asked for before.
    Errand(Errand),
}

impl Model {
    /// Handles one event.
    pub fn step(&mut self, now: Millis, event: Event) -> Vec<Action> {
        self.handle_all(now, [event])
    }

    /// Handles events that came together. What follows from all of them is done once: looking at every container for each
    /// of its updates would take time with the square of their number.
    pub fn handle_all(
        &mut self,
        now: Millis,
        events: impl IntoIterator<Item = Event>,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        for event in events {
            self.handle(now, event, &mut actions);
        }
        if self.lease_lost {
            return Vec::new();
        }
        if self.connected {
            self.reconcile(now, &mut actions);
            self.advance_update(&mut actions);
        }
        actions
    }

    /// Notes what an event tells, and answers it.
    fn handle(&mut self, now: Millis, event: Event, actions: &mut Vec<Action>) {
        match event {
            Event::Subscribed { framework_id, suppressed } => {
                self.subscribed(now, framework_id, suppressed, actions);
            }
            Event::Disconnected | Event::TurnedAway(_) => self.connected = false,
            Event::Offers(offers) => self.offers(now, &offers, actions),
            Event::Update(report) => self.update(now, report, actions),
            Event::Closed(closed) => {
                self.connected = false;
                // What is to be killed is gone with its framework, whoever removed that.
                if closed.reason == ClosedReason::Removed && self.desired.goal == Goal::Killed {
                    self.ending = Ending::Gone;
                }
                self.closed = Some(closed);
            }
            Event::TasksListed(tasks) => self.tasks_listed(tasks),
            Event::DesiredChanged(desired) => self.desired_changed(*desired, actions),
            Event::ErrandDone(errand) => self.errand_done(errand),
            Event::LeaseLost => self.lease_lost = true,
            Event::ClockJumped(by) => self.clock_jumped(by),
            Event::Tick => {}
        }
    }

    fn subscribed(
        &mut self,
        now: Millis,
        framework_id: FrameworkId,
        suppressed: bool,
        actions: &mut Vec<Action>,
    ) {
        if self.desired.framework.id != framework_id {
            // The engine did not take our id: its choice is the only handle to what follows.
            self.desired.framework.id = framework_id;
            actions.push(Action::JournalDesired);
        }
        self.connected = true;
        self.connected_at = now;
        self.suppressed = suppressed;
        self.held_back = false;
        self.unanswered = self.slots.values().filter_map(Slot::live_task).collect();
        self.reconcile_at = now;
        self.reconcile_tries = 0;
        self.search_at = now;
        self.forget_the_future(now);
        self.forget_kills();
    }

    /// What was sent over an earlier connection may never have arrived.
    fn forget_kills(&mut self) {
        for slot in self.slots.values_mut() {
            slot.killing = None;
            slot.confirmed = false;
        }
        for stray in self.strays.values_mut() {
            stray.killing = None;
            stray.is_heard = false;
        }
        self.hold_up_doubles();
        // A framework that is still there was not told to go.
        self.ending = Ending::Killing;
    }

    fn offers(&mut self, now: Millis, offers: &[Offer], actions: &mut Vec<Action>) {
        for offer in offers {
            let seen = Seen::of(offer, now, self.policy.maintenance_ms);
            self.seen.insert((offer.host_id.clone(), offer.role.clone()), seen);
        }
        let placed = placement::place(self, now, offers);
        for record in placed.records {
            let slot = self.slots.get_mut(&record.id);
            if let Some(slot) = slot {
                slot.killing = None;
                slot.abandoned = false;
                slot.confirmed = true;
                // Another task has taken the place of the last one, which nobody asks about any more.
                if let Some(last) = slot.record.replace(record.clone()) {
                    self.unanswered.remove(&last.task_id);
                }
            }
            actions.push(Action::JournalContainer(Box::new(record)));
        }
        let launches = placed.launches.into_iter().map(|launch| Action::Call(Call::Launch(launch)));
        actions.extend(launches);
        self.decline(now, placed.unused, actions);
        self.held_back = self.wants_offers(now) && !self.waits_for_room(now);
    }

    fn decline(&self, now: Millis, unused: Vec<OfferId>, actions: &mut Vec<Action>) {
        if unused.is_empty() {
            return;
        }
        let seconds = self.refuse_seconds(now);
        actions.push(Action::Call(Call::Decline { offers: unused, seconds }));
    }

    /// How long offers stay away that are of no use now: until something can be launched again.
    pub(super) fn refuse_seconds(&self, now: Millis) -> f64 {
        if !self.wants_offers(now) {
            return self.policy.decline_seconds;
        }
        // It has no place now, and everything else that needs one has it.
        if !self.waits_for_room(now) {
            return UNPLACED_SECONDS;
        }
        // What would fit now is offered in spite of the filter as soon as a host has more to offer.
        let next = self.next_launch(now).map_or(f64::INFINITY, |at| (at - now) as f64 / 1000.0);
        next.clamp(1.0, 5.0)
    }

    fn update(&mut self, now: Millis, report: TaskReport, actions: &mut Vec<Action>) {
        if let Some(id) = self.slot_of(&report.task_id) {
            // A task that the engine does not know is asked about again until it is given up.
            if report.state == TaskState::Unknown {
                self.unanswered.insert(report.task_id.clone());
            } else {
                self.unanswered.remove(&report.task_id);
            }
            self.container_update(now, id, &report, actions);
        } else {
            self.stray_update(now, &report, actions);
        }
        let acknowledgement = report.acknowledgement.map(|handle| Call::Acknowledge(*handle));
        actions.extend(acknowledgement.map(Action::Call));
    }

    fn container_update(
        &mut self,
        now: Millis,
        id: u32,
        report: &TaskReport,
        actions: &mut Vec<Action>,
    ) {
        let wants_end = self.desired.goal == Goal::Killed;
        let Some(slot) = self.slots.get_mut(&id) else { return };
        // A container that is wanted again may have been asked to end while it was not.
        let ended_on_purpose = wants_end || slot.wants_restart() || slot.killing.is_some();
        let Some(record) = &mut slot.record else { return };
        slot.confirmed = true;
        if !advances(&record.state, &report.state) {
            return;
        }
        // What was given up stays so, however the engine calls it that its host is out of reach.
        slot.abandoned &= report.state.is_out_of_reach();
        let ran_ms = now.saturating_sub(record.since);
        if record.state == TaskState::Running && backoff::is_stable(ran_ms) {
            record.failures = 0;
            slot.failures = 0;
        }
        record.state = report.state.clone();
        record.since = now;
        if report.state.is_terminal() {
            slot.killing = None;
            slot.not_before = now;
            if !ended_on_purpose {
                let failures = u32::from(is_own_failure(report));
                record.failures = record.failures.saturating_add(failures);
                slot.failures = slot.failures.saturating_add(failures);
                record.last_failure = Some(Box::new(failure_of(record, now, report)));
                // What was refused as such is refused again, until somebody changes what it is refused for.
                let is_refused = report.state == TaskState::Error;
                let stays = self.policy.stays && is_refused;
                let pause =
                    if stays { LONGEST_BACKOFF_MS } else { backoff::pause_ms(record.failures) };
                slot.not_before = now.saturating_add(pause);
                slot.refused = is_refused && !stays;
            }
        }
        let over = record.is_over();
        actions.push(Action::JournalContainer(Box::new(record.clone())));
        if over && id == 0 {
            actions.push(Action::TManagerEnded);
        }
    }

    fn tasks_listed(&mut self, tasks: Vec<(TaskId, Option<HostId>)>) {
        if self.ending != Ending::Listing {
            return;
        }
        // A task whose end is journalled may still stand in the engine's list until the acknowledgement is through, and one that
        // didn't end in the time for it still does.
        let is_known = |id: &TaskId| self.slot_of(id).is_some() || self.strays.contains_key(id);
        let strays: Vec<_> =
            tasks.into_iter().filter(|(id, _)| !is_known(id) && !self.is_own(id)).collect();
        if strays.is_empty() {
            self.ending = Ending::TearingDown(Millis::MIN);
            return;
        }
        self.ending = Ending::Killing;
        for (task_id, host_id) in strays {
            self.strays.entry(task_id).or_insert(Stray { host_id, killing: None, is_heard: true });
        }
    }
}

/// Whether an update brings something new. A reconciliation may answer with the state that was last *forwarded*, which
/// can be behind what is known; only states that a host's return can undo are undone.
fn advances(known: &TaskState, told: &TaskState) -> bool {
    let order = |state: &TaskState| match state {
        TaskState::Staging => 0,
        TaskState::Starting => 1,
        TaskState::Running => 2,
        TaskState::Killing => 3,
        TaskState::Unreachable | TaskState::Unknown | TaskState::Other(_) => 4,
        _ => 5,
    };
    let can_return = matches!(
        known,
        TaskState::Unreachable
            | TaskState::Unknown
            | TaskState::Lost
            | TaskState::GoneByOperator
            | TaskState::Other(_)
    );
    known != told && (can_return || order(told) > order(known))
}

/// Whether the container itself failed. A task that went with its host says nothing of it, nor does a launch that the
/// engine's centre dropped, such as one from an offer that was gone; a host that can't start it does
/// (`docs/mesos.md#task-states`).
fn is_own_failure(report: &TaskReport) -> bool {
    match report.state {
        TaskState::Failed | TaskState::Finished | TaskState::Error | TaskState::Killed => true,
        TaskState::Dropped => report.is_of_host,
        _ => false,
    }
}

fn failure_of(record: &ContainerRecord, now: Millis, report: &TaskReport) -> TaskFailure {
    TaskFailure {
        task_id: record.task_id.clone(),
        host_id: record.host_id.clone(),
        host: record.host.clone(),
        address: record.address.clone(),
        at: now,
        state: report.state.clone(),
        reason: report.reason.clone(),
        message: report.message.as_deref().map(kept),
        extra: Map::new(),
    }
}

/// The beginning of a text.
fn kept(text: &str) -> String {
    let mut kept: String = text.chars().take(KEPT).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests;
