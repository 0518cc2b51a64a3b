//! A model of Mesos: masters of which one leads, agents, frameworks, offers and tasks. What a scheduler hears is in `calls`, what
//! happens by itself in `nature`, what operators see in `operator`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::resources::Resources;
use crate::mesos::call::FrameworkInfo;

/// Milliseconds from the beginning of the world.
pub(super) type Moment = u64;

/// How often what is not acknowledged is sent again at first, and at last.
pub(super) const RETRY: Moment = 10_000;
pub(super) const LONGEST_RETRY: Moment = 600_000;
/// After which an agent that is not heard of is unreachable.
pub(super) const PING_TIMEOUT: Moment = 75_000;
/// After which an agent that has not come back to a new master is.
pub(super) const REREGISTER_TIMEOUT: Moment = 600_000;

/// What a master knows of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registration {
    Registered,
    /// Not heard of since.
    Disconnected(Moment),
    /// Not come back since the master has started anew.
    Recovering(Moment),
    Unreachable,
    /// Marked gone by an operator.
    Gone,
}

/// A status update that was not acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub state: &'static str,
    pub uuid: String,
    pub message: String,
    pub send_at: Moment,
    pub pause: Moment,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    pub framework: String,
    pub container: u32,
    pub taken: Resources,
    /// As it is on its agent.
    pub state: &'static str,
    /// The last that was sent with a uuid.
    pub forwarded: &'static str,
    pub updates: VecDeque<Update>,
    /// Whether it stands in the master's list.
    pub is_known: bool,
    /// When it takes its next step.
    pub next_at: Moment,
    pub grace: Moment,
    /// The agent has never heard of it.
    pub is_phantom: bool,
    /// A kill that the master will send again.
    pub kill_is_remembered: bool,
}

pub(super) fn is_over(state: &str) -> bool {
    !matches!(state, "TASK_STAGING" | "TASK_STARTING" | "TASK_RUNNING" | "TASK_KILLING")
}

impl Task {
    /// Whether its processes live.
    pub fn lives(&self) -> bool {
        !is_over(self.state) && !self.is_phantom
    }
}

#[derive(Clone, Debug)]
pub(super) struct Agent {
    pub id: String,
    pub host: String,
    pub all: Resources,
    pub tasks: BTreeMap<String, Task>,
    /// Whether it can be reached.
    pub is_up: bool,
    /// When it can be again.
    pub returns_at: Option<Moment>,
    pub registration: Registration,
    /// When it finds a master that leads.
    pub registers_at: Moment,
    /// Maintenance that is planned for it, by the wall clock in milliseconds.
    pub maintenance: Option<i64>,
    pub is_draining: bool,
}

#[derive(Debug)]
pub(super) struct Stream {
    pub id: String,
    pub events: UnboundedSender<Vec<u8>>,
    pub beats_at: Moment,
    pub since: Moment,
    /// Nothing comes over it any more, not even its end.
    pub is_silent: bool,
}

#[derive(Debug)]
pub(super) struct Filter {
    pub role: String,
    pub agent: String,
    pub until: Moment,
    pub refused: Resources,
}

#[derive(Debug)]
pub(super) struct Framework {
    pub info: FrameworkInfo,
    pub suppressed: BTreeSet<String>,
    pub filters: Vec<Filter>,
    pub stream: Option<Stream>,
    pub is_completed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub agent: String,
    pub framework: String,
    pub role: String,
    pub what: Resources,
}

/// The cluster.
#[derive(Debug, Default)]
pub(super) struct Mesos {
    pub agents: Vec<Agent>,
    pub frameworks: BTreeMap<String, Framework>,
    pub offers: BTreeMap<String, Offer>,
    /// Which of the two masters leads, if any does.
    pub leader: usize,
    /// None does until then.
    pub leads_from: Moment,
    /// It answers 503 until then.
    pub recovers_until: Moment,
    pub allocates_at: Moment,
    pub counter: u64,
    /// The ids of all tasks that there ever were.
    pub launched: BTreeSet<String>,
}

impl Framework {
    pub fn tell(&self, event: &Value) {
        if let Some(stream) = self.stream.as_ref().filter(|stream| !stream.is_silent) {
            let text = event.to_string();
            let _ = stream.events.send(format!("{}\n{text}", text.len()).into_bytes());
        }
    }
}

impl Mesos {
    pub fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub fn agent_of(&self, task: &str) -> Option<usize> {
        self.agents.iter().position(|agent| agent.tasks.contains_key(task))
    }

    pub fn task(&self, id: &str) -> Option<(&Agent, &Task)> {
        self.agents.iter().find_map(|agent| Some((agent, agent.tasks.get(id)?)))
    }

    /// All tasks whose processes live, with their agents.
    pub fn living(&self) -> impl Iterator<Item = (&Agent, &String, &Task)> {
        self.agents.iter().flat_map(|agent| {
            let living = agent.tasks.iter().filter(|(_, task)| task.lives());
            living.map(move |(id, task)| (agent, id, task))
        })
    }

    /// What an agent has left, offers taken off.
    pub fn free(&self, agent: &Agent) -> Resources {
        let mut free = agent.all.clone();
        for task in agent.tasks.values().filter(|task| !is_over(task.state)) {
            free.subtract(&task.taken);
        }
        for offer in self.offers.values().filter(|offer| offer.agent == agent.id) {
            free.subtract(&offer.what);
        }
        free
    }

    /// Tells a status that nobody acknowledges.
    pub fn tell_status(&self, framework: &str, task: &str, agent: &str, state: &str, why: Why) {
        let Some(framework) = self.frameworks.get(framework) else { return };
        let mut status = json!({
            "task_id": {"value": task}, "state": state, "source": "SOURCE_MASTER",
            "reason": why.reason, "message": why.message,
        });
        if !agent.is_empty() {
            status["agent_id"] = json!({ "value": agent });
        }
        framework.tell(&json!({"type": "UPDATE", "update": {"status": status}}));
    }

    /// A task has come to another state on its agent.
    pub fn change(
        &mut self,
        agent: usize,
        id: &str,
        state: &'static str,
        message: &str,
        now: Moment,
    ) {
        let uuid = self.next();
        let Some(task) = self.agents[agent].tasks.get_mut(id) else { return };
        if is_over(task.state) {
            return;
        }
        task.state = state;
        let uuid = format!("uuid-{uuid}");
        let message = message.to_owned();
        task.updates.push_back(Update { state, uuid, message, send_at: now, pause: RETRY });
    }

    /// Takes offers of an agent back.
    pub fn rescind(&mut self, agent: &str) {
        let gone: Vec<String> = self
            .offers
            .iter()
            .filter(|(_, offer)| offer.agent == agent)
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            let offer = self.offers.remove(&id).unwrap();
            if let Some(framework) = self.frameworks.get(&offer.framework) {
                let rescind = json!({ "offer_id": { "value": id } });
                framework.tell(&json!({ "type": "RESCIND", "rescind": rescind }));
            }
        }
    }

    /// The stream of a framework has ended.
    pub fn disconnect(&mut self, framework: &str, stream: &str) {
        let Some(found) = self.frameworks.get_mut(framework) else { return };
        if found.stream.as_ref().is_some_and(|known| known.id == stream) {
            found.stream = None;
            found.filters.clear();
            self.offers.retain(|_, offer| offer.framework != framework);
        }
    }

    /// Removes a framework, with all that runs of it where it can be reached.
    pub fn remove(&mut self, id: &str, now: Moment) {
        let Some(framework) = self.frameworks.get_mut(id) else { return };
        framework.is_completed = true;
        framework.stream = None;
        self.offers.retain(|_, offer| offer.framework != id);
        for agent in &mut self.agents {
            if agent.registration == Registration::Registered {
                shut_down(agent, id, now);
            }
        }
    }
}

/// Ends what runs of a framework on an agent: nobody is told.
pub(super) fn shut_down(agent: &mut Agent, framework: &str, now: Moment) {
    for task in agent.tasks.values_mut().filter(|task| task.framework == framework) {
        task.is_known = false;
        task.updates.clear();
        if task.is_phantom {
            task.state = "TASK_KILLED";
        } else if !is_over(task.state) && task.state != "TASK_KILLING" {
            task.state = "TASK_KILLING";
            task.next_at = now + task.grace.min(5_000);
        }
    }
}

/// Why a status is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Why {
    pub reason: &'static str,
    pub message: &'static str,
}

pub(super) fn why(reason: &'static str, message: &'static str) -> Why {
    Why { reason, message }
}
