//! The tasks of a check: what they are to the scheduler, and how far each has come by what it knows. Pure: no clock, no I/O.
//!
//! Every URI is a task of its own on every agent, since one URI that can't be fetched fails all of its task.

use std::time::Duration;

use serde_json::Map;

use super::fetch::Fetch;
use crate::clock::Millis;
use crate::scheduler::container::{ContainerRecord, DesiredContainer, OwnLaunch, Pin};
use crate::scheduler::ids::{HostId, TaskId};
use crate::scheduler::model::{Model, View};
use crate::scheduler::offer::Resources;
use crate::scheduler::seen::Seen;
use crate::scheduler::task::TaskState;

/// An agent that is to be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Which one; none: whichever makes an offer.
    pub agent: Option<HostId>,
    /// A host name that is to match instead, where the master does not list its agents.
    pub host: Option<String>,
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Not launched.
    Waiting,
    /// Launched.
    Launched {
        /// When.
        at: Millis,
        /// When the fetching was over: the task's own command began.
        began: Option<Millis>,
        /// The last state heard of.
        state: TaskState,
    },
    /// It came to an end, or nothing more is to be heard of it.
    Ended {
        /// How long it took from its launch.
        after: Duration,
        /// How long the fetching took.
        fetched: Option<Duration>,
        /// How it ended.
        end: TaskEnd,
    },
    /// It was never launched, for this reason.
    GivenUp {
        /// Why not.
        why: String,
    },
}

/// How a task ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskEnd {
    /// Its last state.
    pub state: TaskState,
    /// The engine's name for why.
    pub reason: Option<String>,
    /// The engine's words.
    pub message: Option<String>,
}

/// One URI on one agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Place in the list of what is fetched.
    pub fetch: usize,
    /// Its id, once it is launched.
    pub id: Option<TaskId>,
    /// How it stands.
    pub stage: Stage,
    container: u32,
}

/// One agent with its tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    target: Target,
    /// Its host, once known.
    pub host: String,
    /// Its id, once known.
    pub agent: Option<HostId>,
    /// `host:port` of its files.
    pub address: Option<String>,
    /// A task per package.
    pub tasks: Vec<Task>,
    /// When something last changed.
    since: Millis,
}

/// The tasks of all agents.
#[derive(Clone, Debug, PartialEq)]
pub struct Tasks {
    /// The agents.
    pub slots: Vec<Slot>,
}

impl Tasks {
    /// Tasks that are not launched, one for each of so many URIs on each agent.
    #[must_use]
    pub fn new(fetches: usize, targets: Vec<(Target, String)>, now: Millis) -> Self {
        let mut containers = 0..;
        let mut task = |fetch| Task {
            fetch,
            id: None,
            stage: Stage::Waiting,
            container: containers.next().unwrap_or_default(),
        };
        let slot = |(target, host): (Target, String)| Slot {
            agent: target.agent.clone(),
            target,
            host,
            address: None,
            tasks: (0..fetches).map(&mut task).collect(),
            since: now,
        };
        Self { slots: targets.into_iter().map(slot).collect() }
    }

    /// The containers that these tasks are to the scheduler.
    #[must_use]
    pub fn containers(&self, fetches: &[Fetch], size: Resources) -> Vec<DesiredContainer> {
        let Resources { cpus, mem_mb, disk_mb } = size;
        let container = |slot: &Slot, task: &Task| {
            let fetch = fetches.get(task.fetch)?;
            let own = OwnLaunch { command: fetch.command.clone(), uris: vec![fetch.uri.clone()] };
            Some(DesiredContainer {
                id: task.container,
                cpus,
                mem_mb,
                disk_mb,
                restarts: 0,
                held: false,
                pin: slot.pin(task),
                own: Some(Box::new(own)),
                extra: Map::new(),
            })
        };
        let tasks =
            self.slots.iter().flat_map(|slot| slot.tasks.iter().map(move |task| (slot, task)));
        tasks.filter_map(|(slot, task)| container(slot, task)).collect()
    }

    /// Notes how far the tasks have come by what the scheduler knows.
    pub fn observe(&mut self, now: Millis, model: &Model) {
        for View { id, record, agrees, .. } in model.views() {
            let Some(record) = record else { continue };
            let found = self.slots.iter_mut().find_map(|slot| {
                let index = slot.tasks.iter().position(|task| task.container == id)?;
                Some((slot, index))
            });
            if let Some((slot, index)) = found {
                slot.observe(now, index, record, agrees);
            }
        }
    }

    /// Whether nothing more is to be waited for: every task has ended, or its agent has nothing else to do and made no
    /// fitting offer for so long.
    #[must_use]
    pub fn is_over(&self, now: Millis, patience: Duration) -> bool {
        self.slots.iter().all(|slot| {
            let given_up = slot.patience_left(now, patience).is_zero();
            !slot.is_at_work() && (given_up || !slot.is_waiting())
        })
    }

    /// In how long the patience ends with an agent that has nothing else to do and made no fitting offer, if there is one.
    #[must_use]
    pub fn patience_left(&self, now: Millis, patience: Duration) -> Option<Duration> {
        let idle = self.slots.iter().filter(|slot| slot.is_waiting() && !slot.is_at_work());
        idle.map(|slot| slot.patience_left(now, patience)).filter(|left| !left.is_zero()).min()
    }

    /// Whether tasks were not launched.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.slots.iter().any(Slot::is_waiting)
    }

    /// Says why tasks were not launched. `known` tells what is known of an agent whose offers don't.
    pub fn give_up(
        &mut self,
        model: &Model,
        size: Resources,
        known: impl Fn(Option<&HostId>) -> String,
    ) {
        for slot in &mut self.slots {
            let why = slot.why_short(model, size).unwrap_or_else(|| known(slot.agent.as_ref()));
            let waiting = slot.tasks.iter_mut().filter(|task| task.stage == Stage::Waiting);
            for task in waiting {
                task.stage = Stage::GivenUp { why: why.clone() };
            }
        }
    }

    /// Tasks that have ended, and all.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let tasks = || self.slots.iter().flat_map(|slot| &slot.tasks);
        let over = |task: &&Task| matches!(task.stage, Stage::Ended { .. });
        (tasks().filter(over).count(), tasks().count())
    }
}

impl Slot {
    fn patience_left(&self, now: Millis, patience: Duration) -> Duration {
        let waited = u64::try_from(now.saturating_sub(self.since)).unwrap_or_default();
        patience.saturating_sub(Duration::from_millis(waited))
    }

    fn is_waiting(&self) -> bool {
        self.tasks.iter().any(|task| task.stage == Stage::Waiting)
    }

    fn is_at_work(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task.stage, Stage::Launched { .. }))
    }

    /// Where a task must run: where no agent is named, all go where the first went.
    fn pin(&self, task: &Task) -> Option<Pin> {
        let first = self.tasks.first()?.container;
        match &self.target {
            Target { agent: Some(agent), .. } => Some(Pin::Host(agent.clone())),
            Target { host: Some(host), .. } => Some(Pin::Name(host.clone())),
            _ => (task.container != first).then_some(Pin::Beside(first)),
        }
    }

    fn observe(&mut self, now: Millis, index: usize, record: &ContainerRecord, agrees: bool) {
        let Some(task) = self.tasks.get_mut(index) else { return };
        let (at, began) = match &task.stage {
            Stage::Waiting => {
                self.agent = Some(record.host_id.clone());
                self.host.clone_from(&record.host);
                self.address.clone_from(&record.address);
                task.id = Some(record.task_id.clone());
                (now, None)
            }
            Stage::Launched { state, .. } if *state == record.state && !agrees => return,
            Stage::Launched { at, began, .. } => (*at, *began),
            Stage::Ended { .. } | Stage::GivenUp { .. } => return,
        };
        self.since = now;
        let runs = matches!(record.state, TaskState::Starting | TaskState::Running);
        let began = began.or(runs.then_some(now));
        task.stage = if agrees {
            let since = |from: Millis| {
                Duration::from_millis(now.saturating_sub(from).try_into().unwrap_or_default())
            };
            let fetched = began.map(|began| since(at).saturating_sub(since(began)));
            Stage::Ended { after: since(at), fetched, end: end_of(record) }
        } else {
            Stage::Launched { at, began, state: record.state.clone() }
        };
    }

    /// What the last offer of its agent, or of any, held too little of.
    fn why_short(&self, model: &Model, size: Resources) -> Option<String> {
        let is_meant = |seen: &&Seen| match (&self.agent, &self.target.host) {
            (Some(agent), _) => *agent == seen.host_id,
            (None, Some(host)) => *host == seen.host || *host == seen.host_id.0,
            (None, None) => true,
        };
        model.seen().filter(is_meant).find_map(|seen| {
            if seen.maintenance_at.is_some() {
                return Some("it is in maintenance, or soon will be".to_owned());
            }
            let wanted = [size.cpus, size.mem_mb, size.disk_mb];
            let short: Vec<String> = seen
                .available
                .iter()
                .zip(wanted)
                .filter(|((_, available), wanted)| available < wanted)
                .map(|((name, available), wanted)| {
                    format!("{name} ({wanted} wanted, {available} available)")
                })
                .collect();
            (!short.is_empty()).then(|| format!("its offers are too small: {}", short.join(", ")))
        })
    }
}

fn end_of(record: &ContainerRecord) -> TaskEnd {
    let failure = record.last_failure.as_ref().filter(|failure| failure.task_id == record.task_id);
    TaskEnd {
        state: record.state.clone(),
        reason: failure.and_then(|failure| failure.reason.clone()),
        message: failure.and_then(|failure| failure.message.clone()),
    }
}

#[cfg(test)]
mod tests;
