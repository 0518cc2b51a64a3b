//! The state of one master, and the small operations that everything else is made of.
//!
//! A master does no I/O: what it wants done it leaves in [`Master::effects`], which the cluster carries
//! out. A master that fails over is replaced by a fresh value.

pub mod accept;
pub mod agents;
pub mod calls;
pub mod frameworks;
pub mod http;
pub mod offers;
pub mod operator;
pub mod reconcile;
pub mod roles;
pub mod state_json;
pub mod stream;
pub mod summary_json;
pub mod tasks;
pub mod updates;
pub mod validate;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::{Effect, Timer, ToAgent};
use crate::options::Settings;
use crate::resources::Resources;
use crate::wire;
use stream::Stream;

/// The version that is shown everywhere.
pub const VERSION: &str = "1.12.0";

/// What a master answers at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The routes are not installed: 404 for everything.
    Starting,
    /// Elected, the registry is not read: 503 for calls.
    Recovering,
    /// Elected and ready, or following another master.
    Ready,
}

/// The leader as a master sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// Its host name.
    pub hostname: String,
    /// Its port.
    pub port: u16,
}

/// One master.
#[derive(Debug)]
pub struct Master {
    /// Its place in the cluster.
    pub index: usize,
    /// The uuid of this incarnation.
    pub id: String,
    /// Its port.
    pub port: u16,
    /// What it answers.
    pub phase: Phase,
    /// The leader it sees.
    pub leader: Option<Leader>,
    /// When it was started.
    pub started: f64,
    /// When it was elected, 0 if it was not.
    pub elected: f64,
    /// Registered frameworks.
    pub frameworks: BTreeMap<String, Framework>,
    /// Removed frameworks, oldest first.
    pub completed: VecDeque<Framework>,
    /// Registered agents.
    pub agents: BTreeMap<String, Slave>,
    /// Agents of the registry that have not re-registered since this master was elected.
    pub recovering: BTreeSet<String>,
    /// Agents that are unreachable, since when in nanoseconds.
    pub unreachable: BTreeMap<String, i64>,
    /// Agents that the operator declared gone.
    pub gone: BTreeSet<String>,
    /// Outstanding offers.
    pub offers: BTreeMap<String, Offer>,
    /// When agents are to be taken down, by their ids: `Unavailability`.
    pub maintenance: BTreeMap<String, Value>,
    /// Nothing is offered while set.
    pub hold_offers: bool,
    /// An allocation is due without waiting for the interval.
    pub allocate_soon: bool,
    /// How records are put into chunks.
    pub split: stream::Split,
    /// What the cluster has to do.
    pub effects: Vec<Effect>,
    /// The settings of the cluster.
    pub settings: Arc<Settings>,
    next_framework: u64,
    next_agent: u64,
    next_offer: u64,
    next_sequence: u64,
}

/// A framework.
#[derive(Debug)]
pub struct Framework {
    /// Its id.
    pub id: String,
    /// `FrameworkInfo` with members in declaration order and defaults filled in.
    pub info: Value,
    /// Its roles.
    pub roles: Vec<String>,
    /// Its suppressed roles.
    pub suppressed: BTreeSet<String>,
    /// Whether it may be offered anything.
    pub active: bool,
    /// Whether it has only been learned from agents.
    pub recovered: bool,
    /// The subscription.
    pub stream: Option<Stream>,
    /// Counts subscriptions; timers of older ones are void.
    pub generation: u64,
    /// Times in seconds.
    pub registered: f64,
    /// The last re-registration.
    pub reregistered: Option<f64>,
    /// When it was removed.
    pub unregistered: f64,
    /// Active tasks and terminal ones that are not acknowledged.
    pub tasks: BTreeMap<String, Task>,
    /// Tasks on unreachable agents.
    pub unreachable: BTreeMap<String, Task>,
    /// Finished tasks, oldest first.
    pub completed: VecDeque<Task>,
    /// Decline filters by role and agent.
    pub filters: BTreeMap<(String, String), Vec<Filter>>,
    /// Resources of its tasks.
    pub used: Resources,
}

/// A decline filter.
#[derive(Debug)]
pub struct Filter {
    /// What was refused.
    pub refused: Resources,
    /// When it ends.
    pub until: Instant,
}

/// A task as the master knows it.
#[derive(Debug, Clone)]
pub struct Task {
    /// The `TaskInfo`.
    pub info: Value,
    /// Its id.
    pub id: String,
    /// The agent it is on.
    pub agent_id: String,
    /// The newest state that the agent told.
    pub state: String,
    /// The last state that was forwarded with a uuid.
    pub update_state: Option<String>,
    /// Its uuid.
    pub update_uuid: Option<String>,
    /// All statuses.
    pub statuses: Vec<Value>,
    /// What it uses, allocated to its role.
    pub resources: Resources,
    /// The order of launches.
    pub sequence: u64,
    /// Killed while its agent was away.
    pub kill_pending: bool,
}

/// An agent as the master knows it.
#[derive(Debug)]
pub struct Slave {
    /// Its id.
    pub id: String,
    /// Its port; all agents are on the loopback address.
    pub port: u16,
    /// Its host name.
    pub hostname: String,
    /// Its attributes.
    pub attributes: Vec<Value>,
    /// All it has.
    pub total: Resources,
    /// What tasks use.
    pub used: Resources,
    /// What is offered.
    pub offered: Resources,
    /// Whether the link is up.
    pub connected: bool,
    /// Whether an operator switched it off.
    pub deactivated: bool,
    /// When it registered.
    pub registered: f64,
    /// When it re-registered.
    pub reregistered: Option<f64>,
}

/// An outstanding offer.
#[derive(Debug)]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// To whom.
    pub framework_id: String,
    /// Of which agent.
    pub agent_id: String,
    /// For which role.
    pub role: String,
    /// What is offered, allocated to the role.
    pub resources: Resources,
}

impl Master {
    /// A master that has just been started.
    pub fn new(index: usize, port: u16, settings: Arc<Settings>) -> Self {
        Self {
            index,
            id: uuid::Uuid::new_v4().to_string(),
            port,
            phase: Phase::Ready,
            leader: None,
            started: wire::now(),
            elected: 0.0,
            frameworks: BTreeMap::new(),
            completed: VecDeque::new(),
            agents: BTreeMap::new(),
            recovering: BTreeSet::new(),
            unreachable: BTreeMap::new(),
            gone: BTreeSet::new(),
            offers: BTreeMap::new(),
            maintenance: BTreeMap::new(),
            hold_offers: false,
            allocate_soon: false,
            split: stream::Split::None,
            effects: Vec::new(),
            settings,
            next_framework: 0,
            next_agent: 0,
            next_offer: 0,
            next_sequence: 0,
        }
    }

    /// Whether this master leads, as it sees it.
    pub fn leads(&self) -> bool {
        self.leader.as_ref().is_some_and(|leader| leader.port == self.port)
    }

    /// A new framework id.
    pub fn new_framework_id(&mut self) -> String {
        self.next_framework += 1;
        format!("{}-{:04}", self.id, self.next_framework - 1)
    }

    /// A new agent id.
    pub fn new_agent_id(&mut self) -> String {
        self.next_agent += 1;
        format!("{}-S{}", self.id, self.next_agent - 1)
    }

    /// A new offer id.
    pub fn new_offer_id(&mut self) -> String {
        self.next_offer += 1;
        format!("{}-O{}", self.id, self.next_offer - 1)
    }

    /// The next number in the order of launches.
    pub fn new_sequence(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence
    }

    /// Sends a message to an agent.
    pub fn tell(&mut self, agent_id: &str, message: ToAgent) {
        self.effects.push(Effect::Agent(agent_id.to_owned(), message));
    }

    /// Asks to be woken.
    pub fn after(&mut self, delay: Duration, timer: Timer) {
        self.effects.push(Effect::After(delay, timer));
    }

    /// `MasterInfo` with members in declaration order, as in SUBSCRIBED.
    pub fn info(&self) -> Value {
        json!({
            "id": self.id,
            "ip": 16_777_343,
            "port": self.port,
            "pid": format!("master@127.0.0.1:{}", self.port),
            "hostname": "127.0.0.1",
            "version": VERSION,
            "address": { "hostname": "127.0.0.1", "ip": "127.0.0.1", "port": self.port },
            "capabilities": [
                { "type": "AGENT_UPDATE" }, { "type": "AGENT_DRAINING" }, { "type": "QUOTA_V2" }
            ],
        })
    }

    /// `MasterInfo` with members in alphabetical order, as in ZooKeeper.
    pub fn znode(&self) -> Vec<u8> {
        let info = self.info();
        let order = ["address", "capabilities", "hostname", "id", "ip", "pid", "port", "version"];
        Value::Object(wire::ordered(&info, &order)).to_string().into_bytes()
    }
}

impl Framework {
    /// Whether it has a capability.
    pub fn can(&self, capability: &str) -> bool {
        frameworks::has_capability(&self.info, capability)
    }

    /// Whether a scheduler listens.
    pub fn connected(&self) -> bool {
        self.stream.is_some()
    }

    /// The format of resources it understands.
    pub fn format(&self) -> crate::resources::Format {
        if self.can("RESERVATION_REFINEMENT") {
            crate::resources::Format::Refined
        } else {
            crate::resources::Format::Old
        }
    }

    /// The name of a state: the precise one with `PARTITION_AWARE`, else `TASK_LOST`.
    pub fn precise<'a>(&self, state: &'a str) -> &'a str {
        if self.can("PARTITION_AWARE") { state } else { "TASK_LOST" }
    }

    /// Writes an event to its stream, if there is one.
    pub fn send(&self, kind: &str, body: &Value) {
        if let Some(stream) = &self.stream {
            stream.event(kind, body);
        }
    }

    /// Writes an UPDATE.
    pub fn send_update(&self, status: &Value) {
        self.send("UPDATE", &json!({ "status": status }));
    }
}

/// Whether a task in this state runs no more.
pub fn is_terminal(state: &str) -> bool {
    matches!(
        state,
        "TASK_FINISHED"
            | "TASK_FAILED"
            | "TASK_KILLED"
            | "TASK_LOST"
            | "TASK_ERROR"
            | "TASK_DROPPED"
            | "TASK_GONE"
            | "TASK_GONE_BY_OPERATOR"
    )
}
