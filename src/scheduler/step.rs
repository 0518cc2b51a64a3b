//! The transitions of the state machine.
//!
//! Two orders are kept for the sake of a crash between any two actions: what is about to be launched is journalled
//! before its ACCEPT, and what an update tells is journalled before it is acknowledged. The actions of one step are
//! therefore to be carried out in their order; a driver may move journal writes forward, never back.
//!
//! What an event tells is noted here; what follows from all that is known is in `reconcile`.

use super::container::{ContainerRecord, TaskFailure};
use super::model::{Ending, Model, Slot, Stray};
use super::placement;
use super::record::Goal;
use super::seen::Seen;
use crate::clock::Millis;
use crate::mesos::call::{Acknowledge, Body, Decline, Filters};
use crate::mesos::event::{Offer, TaskState, TaskStatus};
use crate::mesos::ids::{AgentId, FrameworkId, OfferId, TaskId};

/// First pause before something is tried again; doubles with each try.
pub(super) const FIRST_BACKOFF_MS: Millis = 1_000;
/// Longest pause between launches of a container that fails.
const LONGEST_BACKOFF_MS: Millis = 60_000;
/// A task that ran for so long was no failure from the start.
const STABLE_MS: Millis = 60_000;

/// What happens to the state machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A subscription stands. `suppressed`: it asked for no offers.
    Subscribed {
        /// The id that the master uses, ours as a rule.
        framework_id: FrameworkId,
        /// Whether the subscription asked for no offers.
        suppressed: bool,
    },
    /// The subscription is gone, and all offers with it.
    Disconnected,
    /// Resources.
    Offers(Vec<Offer>),
    /// The state of a task.
    Update(TaskStatus),
    /// The master ended the subscription for good.
    Error(String),
    /// The answer to [`Action::ListTasks`]: the framework's tasks that have not come to their end.
    TasksListed(Vec<(TaskId, Option<AgentId>)>),
    /// Time has passed.
    Tick,
}

/// What is to be done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Write the desired record.
    JournalDesired,
    /// Write a container's record.
    JournalContainer(ContainerRecord),
    /// Say something to the master.
    Call(Body),
    /// Ask the master which tasks of the framework live.
    ListTasks,
    /// The TManager's container has come to its end: its location in the state tree is stale.
    TManagerEnded,
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
        if self.connected {
            self.reconcile(now, &mut actions);
        }
        actions
    }

    /// Notes what an event tells, and answers it.
    fn handle(&mut self, now: Millis, event: Event, actions: &mut Vec<Action>) {
        match event {
            Event::Subscribed { framework_id, suppressed } => {
                self.subscribed(now, framework_id, suppressed, actions);
            }
            Event::Disconnected => self.connected = false,
            Event::Offers(offers) => self.offers(now, &offers, actions),
            Event::Update(status) => self.update(now, status, actions),
            Event::Error(message) => {
                self.connected = false;
                self.fatal = Some(message);
            }
            Event::TasksListed(tasks) => self.tasks_listed(tasks),
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
            // The master did not take our id: its choice is the only handle to what follows.
            self.desired.framework.id = framework_id;
            actions.push(Action::JournalDesired);
        }
        self.connected = true;
        self.suppressed = suppressed;
        self.unanswered = self.slots.values().filter_map(Slot::live_task).collect();
        self.reconcile_at = now;
        self.reconcile_tries = 0;
        self.search_at = now;
        self.forget_kills();
    }

    /// A KILL sent over an earlier subscription may never have arrived.
    fn forget_kills(&mut self) {
        for slot in self.slots.values_mut() {
            slot.killing = None;
        }
        for stray in self.strays.values_mut() {
            stray.killing = None;
        }
        if self.ending == Ending::Listing {
            self.ending = Ending::Killing;
        }
    }

    fn offers(&mut self, now: Millis, offers: &[Offer], actions: &mut Vec<Action>) {
        for offer in offers {
            self.seen.insert(offer.agent_id.clone(), Seen::of(offer));
        }
        let placed = placement::place(self, now, offers);
        for record in placed.records {
            let slot = self.slots.get_mut(&record.id);
            if let Some(slot) = slot {
                slot.killing = None;
                slot.abandoned = false;
                slot.record = Some(record.clone());
            }
            actions.push(Action::JournalContainer(record));
        }
        actions
            .extend(placed.accepts.into_iter().map(|accept| Action::Call(Body::Accept { accept })));
        self.decline(now, placed.unused, actions);
    }

    fn decline(&self, now: Millis, unused: Vec<OfferId>, actions: &mut Vec<Action>) {
        if unused.is_empty() {
            return;
        }
        let filters = Some(Filters { refuse_seconds: self.refuse_seconds(now) });
        actions
            .push(Action::Call(Body::Decline { decline: Decline { offer_ids: unused, filters } }));
    }

    /// How long offers stay away that are of no use now: until something can be launched again.
    pub(super) fn refuse_seconds(&self, now: Millis) -> f64 {
        let next =
            self.slots.values().filter(|slot| slot.wants_launch()).map(|s| s.not_before).min();
        match next {
            _ if self.desired.goal == Goal::Killed => self.policy.decline_seconds,
            None => self.policy.decline_seconds,
            // What would fit now is offered in spite of the filter as soon as an agent has more to offer.
            Some(at) if at <= now => 5.0,
            Some(at) => ((at - now) as f64 / 1000.0).max(1.0),
        }
    }

    fn update(&mut self, now: Millis, status: TaskStatus, actions: &mut Vec<Action>) {
        if let Some(id) = self.slot_of(&status.task_id) {
            // A task that the master does not know is asked about again until it is given up.
            if status.state != TaskState::Unknown {
                self.unanswered.remove(&status.task_id);
            }
            self.container_update(now, id, &status, actions);
        } else {
            self.stray_update(now, &status, actions);
        }
        if let (Some(uuid), Some(agent_id)) = (status.uuid, status.agent_id)
            && !uuid.is_empty()
        {
            let acknowledge = Acknowledge { agent_id, task_id: status.task_id, uuid };
            actions.push(Action::Call(Body::Acknowledge { acknowledge }));
        }
    }

    fn stray_update(&mut self, now: Millis, status: &TaskStatus, actions: &mut Vec<Action>) {
        // A container that comes back by a later update must not find a task here that ended long ago.
        if status.state.is_terminal()
            && let Some(mut record) = self.retired.remove(&status.task_id)
        {
            record.state = status.state.clone();
            record.since = now;
            actions.push(Action::JournalContainer(record));
        }
        let over = status.state.is_terminal()
            || matches!(status.state, TaskState::Unreachable | TaskState::Unknown);
        if over {
            self.strays.remove(&status.task_id);
        } else {
            self.strays
                .entry(status.task_id.clone())
                .or_insert(Stray { agent_id: status.agent_id.clone(), killing: None });
        }
    }

    fn container_update(
        &mut self,
        now: Millis,
        id: u32,
        status: &TaskStatus,
        actions: &mut Vec<Action>,
    ) {
        let wants_end = self.desired.goal == Goal::Killed;
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let ended_on_purpose = wants_end || slot.wants_restart();
        let Some(record) = &mut slot.record else { return };
        if !advances(&record.state, &status.state) {
            return;
        }
        slot.abandoned = false;
        if record.state == TaskState::Running && now.saturating_sub(record.since) >= STABLE_MS {
            record.failures = 0;
        }
        record.state = status.state.clone();
        record.since = now;
        if status.state.is_terminal() {
            slot.killing = None;
            slot.not_before = now;
            if !ended_on_purpose {
                record.failures = record.failures.saturating_add(u32::from(is_own_failure(status)));
                record.last_failure = Some(failure_of(record, now, status));
                slot.not_before = now.saturating_add(backoff(record.failures));
                slot.refused = status.state == TaskState::Error;
            }
        }
        let record = record.clone();
        let over = record.is_over();
        actions.push(Action::JournalContainer(record));
        if over && id == 0 {
            actions.push(Action::TManagerEnded);
        }
    }

    fn tasks_listed(&mut self, tasks: Vec<(TaskId, Option<AgentId>)>) {
        if self.ending != Ending::Listing {
            return;
        }
        // A task whose end is journalled may still stand in the master's list until the acknowledgement is through.
        let strays: Vec<_> =
            tasks.into_iter().filter(|(id, _)| self.slot_of(id).is_none()).collect();
        if strays.is_empty() {
            self.ending = Ending::TornDown;
            return;
        }
        self.ending = Ending::Killing;
        for (task_id, agent_id) in strays {
            self.strays.entry(task_id).or_insert(Stray { agent_id, killing: None });
        }
    }
}

/// Whether an update brings something new. A reconciliation may answer with the state that was last *forwarded*, which
/// can be behind what is known; only states that an agent's return can undo are undone.
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

/// Whether the container itself failed; a launch that was dropped, or a task that went with its agent, says nothing of it.
fn is_own_failure(status: &TaskStatus) -> bool {
    matches!(
        status.state,
        TaskState::Failed | TaskState::Finished | TaskState::Error | TaskState::Killed
    )
}

fn failure_of(record: &ContainerRecord, now: Millis, status: &TaskStatus) -> TaskFailure {
    TaskFailure {
        task_id: record.task_id.clone(),
        agent_id: record.agent_id.clone(),
        host: record.host.clone(),
        agent_address: record.agent_address.clone(),
        at: now,
        state: status.state.clone(),
        reason: status.reason.clone(),
        message: status.message.clone(),
    }
}

fn backoff(failures: u32) -> Millis {
    let doublings = failures.saturating_sub(1).min(10);
    (FIRST_BACKOFF_MS << doublings).min(LONGEST_BACKOFF_MS)
}
