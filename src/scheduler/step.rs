//! The transitions of the state machine.
//!
//! Two orders are kept for the sake of a crash between any two actions: what is about to be launched is journalled
//! before its ACCEPT, and what an update tells is journalled before it is acknowledged. The actions of one step are
//! therefore to be carried out in their order; a driver may move journal writes forward, never back.

use super::model::{Ending, Killing, Model, Slot, Stray};
use super::placement;
use super::record::{ContainerRecord, Failure, Goal, Millis};
use crate::mesos::call::{
    Acknowledge, Body, Decline, DurationInfo, Filters, Kill, KillPolicy, Reconcile, ReconcileTask,
};
use crate::mesos::event::{Offer, TaskState, TaskStatus};
use crate::mesos::ids::{AgentId, FrameworkId, OfferId, TaskId};

/// First pause before something is tried again; doubles with each try.
const FIRST_BACKOFF_MS: Millis = 1_000;
/// Longest pause between launches of a container that fails.
const LONGEST_BACKOFF_MS: Millis = 60_000;
/// A task that ran for so long was no failure from the start.
const STABLE_MS: Millis = 60_000;
/// First pause between reconciliations; doubles up to the longest.
const FIRST_RECONCILE_MS: Millis = 2_000;
const LONGEST_RECONCILE_MS: Millis = 60_000;
/// A launch of which nothing was heard for so long is asked about.
const LAUNCH_SILENCE_MS: Millis = 60_000;
/// A task that the master knows nothing of is given up after this time.
const UNKNOWN_MS: Millis = 15_000;
/// Pause between searches for tasks that no record names.
const SEARCH_MS: Millis = 600_000;
/// Tasks per RECONCILE.
const RECONCILE_BATCH: usize = 1_000;

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
    /// Takes in one event.
    pub fn step(&mut self, now: Millis, event: Event) -> Vec<Action> {
        self.take_in(now, [event])
    }

    /// Takes in events that came together. What follows from all of them is pursued once: looking at every container for
    /// each of its updates would take time with the square of their number.
    pub fn take_in(&mut self, now: Millis, events: impl IntoIterator<Item = Event>) -> Vec<Action> {
        let mut actions = Vec::new();
        for event in events {
            self.absorb(now, event, &mut actions);
        }
        if self.connected {
            self.pursue(now, &mut actions);
        }
        actions
    }

    /// Notes what an event tells, and answers it.
    fn absorb(&mut self, now: Millis, event: Event, actions: &mut Vec<Action>) {
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
            self.seen.insert(offer.agent_id.clone(), placement::Seen::of(offer));
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
            self.stray_update(&status);
        }
        if let (Some(uuid), Some(agent_id)) = (status.uuid, status.agent_id)
            && !uuid.is_empty()
        {
            let acknowledge = Acknowledge { agent_id, task_id: status.task_id, uuid };
            actions.push(Action::Call(Body::Acknowledge { acknowledge }));
        }
    }

    fn stray_update(&mut self, status: &TaskStatus) {
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

    /// Does what the desired state asks for and time allows.
    fn pursue(&mut self, now: Millis, actions: &mut Vec<Action>) {
        self.abandon_the_unreachable(now);
        self.reconcile(now, actions);
        self.kill(now, actions);
        match self.desired.goal {
            Goal::Running => self.ask_for_offers(actions),
            Goal::Killed => self.end(actions),
        }
    }

    fn abandon_the_unreachable(&mut self, now: Millis) {
        let unreachable_ms = self.policy.unreachable_ms;
        for slot in self.slots.values_mut() {
            let Some(record) = &slot.record else { continue };
            let patience = match record.state {
                TaskState::Unreachable => unreachable_ms,
                TaskState::Unknown => UNKNOWN_MS.min(unreachable_ms),
                _ => continue,
            };
            if now.saturating_sub(record.since) >= patience {
                slot.abandoned = true;
                self.unanswered.remove(&record.task_id);
            }
        }
    }

    fn reconcile(&mut self, now: Millis, actions: &mut Vec<Action>) {
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
        let tasks: Vec<ReconcileTask> = self
            .slots
            .values()
            .filter_map(|slot| slot.record.as_ref())
            .filter(|record| self.unanswered.contains(&record.task_id))
            .map(|record| ReconcileTask {
                task_id: record.task_id.clone(),
                agent_id: Some(record.agent_id.clone()),
            })
            .collect();
        for batch in tasks.chunks(RECONCILE_BATCH) {
            let reconcile = Reconcile { tasks: batch.to_vec() };
            actions.push(Action::Call(Body::Reconcile { reconcile }));
        }
    }

    /// Asks for all tasks of the framework once nothing else is open: what no container record names is a stray, such as
    /// a task that was given up with its agent and has come back while nobody was connected.
    fn search_strays(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let launched = self.slots.values().any(|slot| slot.record.is_some());
        if launched && now >= self.search_at {
            self.search_at = now.saturating_add(SEARCH_MS);
            actions
                .push(Action::Call(Body::Reconcile { reconcile: Reconcile { tasks: Vec::new() } }));
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
        let grace_ms = self.desired.launch.kill_grace_ms;
        for slot in self.slots.values_mut() {
            let wanted = (all && slot.live_task().is_some()) || slot.wants_restart();
            let Some(record) = slot.record.as_ref().filter(|_| wanted) else { continue };
            // Killing what can't be reached is not remembered by the master; its answer would be the same again.
            let agent_id = Some(record.agent_id.clone());
            send_kill(now, grace_ms, &mut slot.killing, &record.task_id, agent_id, actions);
        }
        for (task_id, stray) in &mut self.strays {
            let agent_id = stray.agent_id.clone();
            send_kill(now, grace_ms, &mut stray.killing, task_id, agent_id, actions);
        }
    }

    fn ask_for_offers(&mut self, actions: &mut Vec<Action>) {
        let wanted = self.wants_offers();
        if wanted && self.suppressed {
            self.suppressed = false;
            actions.push(Action::Call(Body::Revive));
        } else if !wanted && !self.suppressed {
            self.suppressed = true;
            actions.push(Action::Call(Body::Suppress));
        }
    }

    fn end(&mut self, actions: &mut Vec<Action>) {
        if !self.suppressed {
            self.suppressed = true;
            actions.push(Action::Call(Body::Suppress));
        }
        let alive = self.slots.values().any(|slot| slot.live_task().is_some());
        match self.ending {
            Ending::Killing if !alive && self.strays.is_empty() => {
                self.ending = Ending::Listing;
                actions.push(Action::ListTasks);
            }
            Ending::TornDown => {
                self.connected = false;
                actions.push(Action::Call(Body::Teardown));
            }
            _ => {}
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

fn failure_of(record: &ContainerRecord, now: Millis, status: &TaskStatus) -> Failure {
    Failure {
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

/// Sends a KILL, unless one was sent so recently that its grace period has not passed.
fn send_kill(
    now: Millis,
    grace_ms: i64,
    killing: &mut Option<Killing>,
    task_id: &TaskId,
    agent_id: Option<AgentId>,
    actions: &mut Vec<Action>,
) {
    let tries = match killing {
        Some(sent) => {
            let pause = grace_ms.saturating_add(FIRST_BACKOFF_MS << sent.tries.min(6));
            if now.saturating_sub(sent.sent_at) < pause {
                return;
            }
            sent.tries.saturating_add(1)
        }
        None => 0,
    };
    *killing = Some(Killing { sent_at: now, tries });
    let grace_period = DurationInfo { nanoseconds: grace_ms.saturating_mul(1_000_000) };
    actions.push(Action::Call(Body::Kill {
        kill: Kill {
            task_id: task_id.clone(),
            agent_id,
            kill_policy: Some(KillPolicy { grace_period }),
        },
    }));
}
