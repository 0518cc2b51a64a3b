//! The whole cluster as one value behind one lock. Masters and agents leave effects; this module carries
//! them out: it is the network between them, and their clock. Nothing waits while the lock is held.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde_json::Value;
use tokio::task::AbortHandle;

use crate::agent::{self, Agent, task::Job};
use crate::faults::Faults;
use crate::log::CallLog;
use crate::master::{Leader, Master, Phase, Task};
use crate::options::Settings;
use crate::resources::Resources;

/// What masters and agents want done.
#[derive(Debug)]
pub enum Effect {
    /// A master sends a message to an agent.
    Agent(String, ToAgent),
    /// An agent sends a status update.
    Update(Update),
    /// Somebody wants to be woken.
    After(Duration, Timer),
    /// An agent starts a task.
    Run(Box<Job>),
    /// An agent signals a process tree.
    Signal(i32, i32),
}

/// A status update on its way from an agent.
#[derive(Debug)]
pub struct Update {
    /// The place of the agent.
    pub agent: usize,
    /// Of which framework.
    pub framework_id: String,
    /// The status.
    pub status: Value,
    /// The newest state that the agent knows.
    pub latest: String,
}

/// Messages of a master to an agent.
#[derive(Debug)]
pub enum ToAgent {
    /// Launch a task.
    Launch { framework_id: String, framework: Value, task: Value },
    /// Kill a task.
    Kill { framework_id: String, task_id: String, policy: Value },
    /// An update has been acknowledged.
    Acknowledge { framework_id: String, task_id: String, uuid: String },
    /// A framework is gone.
    ShutdownFramework { framework_id: String },
    /// A framework has (re-)subscribed.
    Framework { framework_id: String, info: Value },
    /// The master has a task that the agent did not list.
    Reconcile { framework_id: String, task_id: String, state: String },
}

/// What wakes a master or an agent.
#[derive(Debug, Clone)]
pub enum Timer {
    /// The next heartbeat of a subscription.
    Heartbeat { framework_id: String, stream_id: String },
    /// The failover timeout of a framework.
    Failover { framework_id: String, generation: u64 },
    /// A lost agent becomes unreachable.
    Unreachable { agent_id: String, generation: u64 },
    /// A new leader has read the registry.
    Recovered { master: usize, id: String },
    /// An agent finds the leader.
    Register { agent: usize },
    /// An update has not been acknowledged.
    Retry { agent: usize, key: agent::Key, uuid: String, wait: Duration },
    /// The grace period of a kill is over.
    Escalate { agent: usize, key: agent::Key, container: String, kill: u64 },
}

/// What an agent says when it registers.
#[derive(Debug)]
pub struct Registration {
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Its port.
    pub port: u16,
    /// Its host name.
    pub hostname: String,
    /// Its attributes.
    pub attributes: Vec<Value>,
    /// What it has.
    pub total: Resources,
    /// `FrameworkInfo` and tasks of its frameworks.
    pub frameworks: Vec<(Value, Vec<Task>)>,
}

/// A master and what keeps it running.
pub struct Seat {
    /// The master.
    pub master: Master,
    /// Whether it runs.
    pub alive: bool,
    /// Its HTTP server.
    pub server: Option<AbortHandle>,
    /// The session of its contender, closed or abandoned on demand.
    pub session: Option<tokio::sync::oneshot::Sender<bool>>,
}

/// The cluster.
pub struct Cluster {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The masters.
    pub masters: Vec<Seat>,
    /// The agents.
    pub agents: Vec<Agent>,
    /// The ids of agents that a master has admitted.
    pub registry: BTreeSet<String>,
    /// Calls that came in.
    pub log: CallLog,
    /// Faults that are switched on.
    pub faults: Faults,
    me: Weak<Sim>,
}

/// The cluster behind its lock.
pub struct Sim {
    cluster: Mutex<Cluster>,
}

impl Sim {
    /// A cluster without masters and agents.
    pub fn new(settings: Settings, keep_calls: bool) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            cluster: Mutex::new(Cluster {
                settings: Arc::new(settings),
                masters: Vec::new(),
                agents: Vec::new(),
                registry: BTreeSet::new(),
                log: CallLog::new(keep_calls),
                faults: Faults::default(),
                me: me.clone(),
            }),
        })
    }

    /// Does something with the cluster and carries out what follows from it.
    pub fn with<R>(&self, act: impl FnOnce(&mut Cluster) -> R) -> R {
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut cluster);
        cluster.settle();
        result
    }
}

impl Cluster {
    /// The whole, for tasks that outlive the lock.
    pub fn me(&self) -> Weak<Sim> {
        self.me.clone()
    }

    /// The leading master, if one runs and is ready.
    pub fn leader(&mut self) -> Option<&mut Master> {
        self.masters
            .iter_mut()
            .find(|seat| seat.alive && seat.master.leads() && seat.master.phase == Phase::Ready)
            .map(|seat| &mut seat.master)
    }

    /// Carries out effects until there are none.
    fn settle(&mut self) {
        loop {
            let mut effects = Vec::new();
            for seat in &mut self.masters {
                effects.append(&mut seat.master.effects);
            }
            for agent in &mut self.agents {
                effects.append(&mut agent.effects);
            }
            if effects.is_empty() {
                let due = self.leader().is_some_and(|master| {
                    let due = master.allocate_soon;
                    if due {
                        master.allocate();
                    }
                    due
                });
                if !due {
                    return;
                }
            }
            for effect in effects {
                self.perform(effect);
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Agent(id, message) => {
                let agent = self.agents.iter_mut().find(|a| a.id.as_ref() == Some(&id) && a.linked);
                if let Some(agent) = agent {
                    agent.receive(message);
                }
            }
            Effect::Update(update) => {
                if self.agents.get(update.agent).is_some_and(|agent| agent.linked)
                    && let Some(master) = self.leader()
                {
                    master.agent_update(&update.framework_id, &update.status, &update.latest);
                }
            }
            Effect::After(delay, timer) => {
                let me = self.me.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    if let Some(sim) = me.upgrade() {
                        sim.with(|cluster| cluster.fire(timer));
                    }
                });
            }
            Effect::Run(job) => {
                tokio::spawn(agent::task::run(self.me.clone(), *job));
            }
            Effect::Signal(pid, signal) => agent::tree::signal(pid, signal),
        }
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Heartbeat { framework_id, stream_id } => {
                if let Some(master) = self.leader() {
                    master.heartbeat(framework_id, stream_id);
                }
            }
            Timer::Failover { framework_id, generation } => {
                if let Some(master) = self.leader() {
                    master.failover_expired(&framework_id, generation);
                }
            }
            Timer::Unreachable { agent_id, generation } => {
                let back = self
                    .agents
                    .iter()
                    .any(|a| a.id.as_ref() == Some(&agent_id) && a.generation != generation);
                if !back && let Some(master) = self.leader() {
                    master.agent_unreachable(&agent_id);
                }
            }
            Timer::Recovered { master, id } => {
                if let Some(seat) = self.masters.get_mut(master).filter(|s| s.master.id == id) {
                    seat.master.phase = Phase::Ready;
                    self.summon_agents();
                }
            }
            Timer::Register { agent } => self.register_agent(agent),
            Timer::Retry { agent, key, uuid, wait } => {
                if let Some(agent) = self.agents.get_mut(agent) {
                    agent.retry(&key, &uuid, wait);
                }
            }
            Timer::Escalate { agent, key, container, kill } => {
                if let Some(agent) = self.agents.get_mut(agent) {
                    agent.escalate(&key, &container, kill);
                }
            }
        }
    }

    /// A master learns who leads. A leader that is no longer the leader aborts, as the real one does.
    pub fn election(&mut self, index: usize, leader: Option<Leader>) {
        let recovery = self.settings.recovery;
        if self.settings.in_memory_registry {
            self.registry.clear();
        }
        let registry = self.registry.clone();
        let Some(seat) = self.masters.get_mut(index).filter(|seat| seat.alive) else { return };
        let master = &mut seat.master;
        if master.leader == leader {
            return;
        }
        let led = master.leads();
        master.leader = leader;
        if led {
            self.stop_master(index, true);
            return;
        }
        if !master.leads() {
            return;
        }
        master.elected = crate::wire::now();
        master.recovering = registry;
        if recovery.is_zero() {
            master.phase = Phase::Ready;
            self.summon_agents();
        } else {
            master.phase = Phase::Recovering;
            let id = master.id.clone();
            master.after(recovery, Timer::Recovered { master: index, id });
        }
    }

    /// The agents find the new leader: those of the registry after a while, new ones at once.
    fn summon_agents(&mut self) {
        let delay = self.settings.reregister;
        for agent in &mut self.agents {
            agent.linked = false;
            let delay = if agent.id.is_some() { delay } else { Duration::ZERO };
            agent.effects.push(Effect::After(delay, Timer::Register { agent: agent.index }));
        }
        let timeout = self.settings.reregister_timeout;
        let waiting: Vec<(String, u64)> = self
            .agents
            .iter()
            .filter_map(|agent| Some((agent.id.clone()?, agent.generation)))
            .collect();
        if let Some(master) = self.leader() {
            for (agent_id, generation) in waiting {
                if master.recovering.contains(&agent_id) {
                    master.after(timeout, Timer::Unreachable { agent_id, generation });
                }
            }
        }
    }

    /// An agent registers with the leader.
    pub fn register_agent(&mut self, index: usize) {
        let Some(agent) = self.agents.get_mut(index).filter(|a| a.up && !a.linked) else { return };
        let registration = agent.registration();
        let Some(master) = self.leader() else { return };
        let id = master.register(registration);
        self.registry.insert(id.clone());
        if let Some(agent) = self.agents.get_mut(index) {
            agent.id = Some(id);
            agent.linked = true;
            agent.generation += 1;
        }
    }

    /// Stops a master: its server, its connections and its part in the election. With `clean` its znode
    /// goes at once, else when its session expires.
    pub fn stop_master(&mut self, index: usize, clean: bool) {
        let Some(seat) = self.masters.get_mut(index) else { return };
        let led = seat.master.leads();
        seat.alive = false;
        seat.master.leader = None;
        seat.master.effects.clear();
        if let Some(server) = seat.server.take() {
            server.abort();
        }
        if let Some(session) = seat.session.take() {
            let _ = session.send(clean);
        }
        if led {
            self.agents.iter_mut().for_each(|agent| agent.linked = false);
        }
    }
}
