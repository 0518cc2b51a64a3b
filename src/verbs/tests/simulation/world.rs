//! The world of a simulation: ZooKeeper, Mesos, what runs in the containers, and the processes of those who run commands.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use prost::Message;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use zookeeper_client::SessionState;

use super::heron::Heron;
use super::mesos::{Agent, Mesos, Moment, Registration, Task};
use super::resources::Resources;
use super::zookeeper::ZooKeeper;
use crate::clock::Millis;
use crate::mesos::call::TaskInfo;
use crate::proto::api::TopologyState;
use crate::proto::system::PhysicalPlan;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::record::Desired;
use crate::scheduler::task::TaskState;

pub(super) const TOPOLOGY: &str = "wordcount";
/// Where the journal stands.
pub(super) const RECORD: &str = "/heron/frameworks/wordcount";
/// How long two tasks of a container may live beside each other after the older one's host has come back while somebody drives: a
/// reconciliation, and the grace of a kill.
const WINDOW: Moment = 120_000;
/// What the clock shows when a world begins.
const BEGINNING: Millis = 1_795_961_400_000;
/// Between two looks at what happens by itself.
const MOMENT: Duration = Duration::from_millis(100);

thread_local! {
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
    /// By how much the clock was set.
    static SET: Cell<Millis> = const { Cell::new(0) };
}

/// The wall clock.
pub(super) fn clock() -> Millis {
    let began = BEGAN.get().expect("in a simulation");
    BEGINNING + Millis::try_from(began.elapsed().as_millis()).unwrap() + SET.get()
}

/// What ends with one of the messages of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Process,
    /// Its session with ZooKeeper.
    Session,
}

/// An end of something in the middle of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fall {
    pub what: Ends,
    /// With which message of the process, counted from 1.
    pub message: u64,
    /// Whether that still arrives.
    pub arrives: bool,
}

/// Who runs a command.
#[derive(Debug)]
pub(super) struct Process {
    pub name: String,
    /// Told when it has died.
    pub death: watch::Sender<bool>,
    /// Messages that it has sent.
    pub messages: u64,
    /// What ends in the middle of it.
    pub fall: Option<Fall>,
    pub sessions: Vec<i64>,
    pub streams: Vec<(String, String)>,
}

/// What goes wrong, and how often: once in so many chances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    /// A message is lost, or its answer, or is answered with an error.
    pub message: u32,
    /// In a moment, an agent is lost.
    pub agent: u32,
    /// The leading master goes.
    pub master: u32,
    /// A stream breaks.
    pub stream: u32,
    /// The clock is set.
    pub clock: u32,
}

pub(super) struct World {
    pub rng: StdRng,
    pub zk: ZooKeeper,
    pub mesos: Mesos,
    pub heron: Heron,
    /// None: everything goes well.
    pub weather: Option<Weather>,
    pub began: Instant,
    pub processes: BTreeMap<u32, Process>,
    /// What happened, for those who look for the reason of a failure.
    pub log: Vec<String>,
    /// Since when two tasks of a container live where Mesos knows both.
    doubled: BTreeMap<u32, Moment>,
}

/// A world that everybody in it shares.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub fn new(seed: u64) -> Self {
        let began = Instant::now();
        BEGAN.set(Some(began));
        SET.set(0);
        Self(Arc::new(Mutex::new(World {
            rng: StdRng::seed_from_u64(seed),
            zk: ZooKeeper::default(),
            mesos: Mesos::default(),
            heron: Heron::default(),
            weather: None,
            began,
            processes: BTreeMap::new(),
            log: Vec::new(),
            doubled: BTreeMap::new(),
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, World> {
        // What was shown to be wrong is told once.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Lets time pass, for ever.
    pub async fn live(self) {
        loop {
            sleep(MOMENT).await;
            self.lock().pass();
            self.tell_watches();
        }
    }

    /// Tells watches that have come true; some hear late.
    pub fn tell_watches(&self) {
        let mut world = self.lock();
        for (tell, told) in std::mem::take(&mut world.zk.told) {
            let late = world.weather.is_some() && world.rng.random_ratio(1, 10);
            let delay = world.rng.random_range(1..if late { 3_000 } else { 20 });
            tokio::spawn(async move {
                sleep(Duration::from_millis(delay)).await;
                let _ = tell.send(told);
            });
        }
    }
}

impl World {
    pub fn now(&self) -> Moment {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    pub fn note(&mut self, what: impl Into<String>) {
        let (now, what) = (self.now(), what.into());
        if self.log.last().is_some_and(|last| last.get(10..) == Some(&what)) {
            return;
        }
        self.log.push(format!("{:>9.3} {what}", Duration::from_millis(now).as_secs_f64()));
    }

    /// Whether something goes wrong that does so once in so many times.
    pub fn strikes(&mut self, chance: impl Fn(Weather) -> u32) -> bool {
        let Some(weather) = self.weather else { return false };
        let chance = chance(weather);
        chance > 0 && self.rng.random_ratio(1, chance)
    }

    fn pass(&mut self) {
        let now = self.now();
        self.zk.expire(now);
        self.bad_luck(now);
        self.mesos.pass(now, self.weather.is_some(), &mut self.rng);
        self.pass_in_containers(now);
        self.check_doubles(now);
    }

    fn bad_luck(&mut self, now: Moment) {
        if self.strikes(|weather| weather.agent) {
            let at = self.rng.random_range(0..self.mesos.agents.len());
            if self.mesos.agents[at].is_up {
                self.lose_agent(at, now);
            }
        }
        if self.strikes(|weather| weather.master) {
            let after = if self.rng.random_bool(0.5) { 30_000 } else { 2_000 };
            let recovery = self.rng.random_range(0..3_000);
            self.note(format!("the master fails over for {after} ms"));
            self.mesos.fail_over(now, after, recovery);
        }
        if self.strikes(|weather| weather.stream) {
            self.note("streams fall silent");
            for framework in self.mesos.frameworks.values_mut() {
                if let Some(stream) = &mut framework.stream {
                    stream.is_silent = true;
                }
            }
        }
        if self.strikes(|weather| weather.stream) {
            for framework in self.mesos.frameworks.values_mut() {
                framework.stream = None;
                framework.filters.clear();
            }
            self.mesos.offers.clear();
            self.note("streams break");
        }
        if self.strikes(|weather| weather.clock) {
            let by = self.rng.random_range(-4_000_000..4_000_000);
            SET.set(SET.get() + by);
            self.note(format!("the clock is set by {by} ms"));
        }
    }

    fn lose_agent(&mut self, at: usize, now: Moment) {
        let id = self.mesos.agents[at].id.clone();
        let leads = self.mesos.leads(now);
        match self.rng.random_range(0..10) {
            0 => {
                self.note(format!("{id} is replaced, marked gone"));
                self.mesos.replace_agent(at, leads.then_some("TASK_GONE_BY_OPERATOR"));
            }
            1 => {
                self.note(format!("{id} is replaced, its tasks lost"));
                self.mesos.replace_agent(at, leads.then_some("TASK_LOST"));
            }
            2 => {
                self.note(format!("{id} is replaced, and nobody told"));
                self.mesos.replace_agent(at, None);
            }
            3 => {
                let agent = &mut self.mesos.agents[at];
                agent.is_draining = !agent.is_draining;
                agent.maintenance = agent.is_draining.then(clock);
                let draining = agent.is_draining;
                if draining {
                    self.mesos.rescind(&id);
                }
                self.note(format!("{id} is drained: {draining}"));
            }
            kind => {
                let away = self.rng.random_range(500..if kind < 7 { 20_000 } else { 400_000 });
                let dies = kind == 6 || kind == 9;
                self.note(format!("{id} is lost for {away} ms; its host dies: {dies}"));
                self.mesos.lose_agent(at, now, Some(now + away), dies);
            }
        }
    }

    /// From now on everything goes well, and everybody comes back who can.
    pub fn turn_for_the_better(&mut self) {
        let now = self.now();
        self.note("luck turns");
        self.weather = None;
        self.mesos.leads_from = self.mesos.leads_from.min(now);
        self.mesos.recovers_until = self.mesos.recovers_until.min(now);
        for agent in &mut self.mesos.agents {
            agent.is_draining = false;
            agent.maintenance = None;
            if agent.returns_at.is_some() {
                agent.returns_at = Some(now);
            } else if !agent.is_up && agent.registration != Registration::Gone {
                // Those who never come back have been waited for.
                agent.registration = Registration::Unreachable;
                agent.tasks.clear();
            }
        }
    }

    pub fn desired(&self) -> Option<Desired> {
        let data = self.zk.data(RECORD).filter(|data| !data.is_empty())?;
        Some(serde_json::from_slice(data).unwrap())
    }

    pub fn record(&self, container: u32) -> Option<ContainerRecord> {
        let data = self.zk.data(&format!("{RECORD}/containers/{container}"))?;
        Some(serde_json::from_slice(data).unwrap())
    }

    /// What must be so when a task is launched: its intent is journalled, and no other task of its container lives, unless its host
    /// is out of reach, or was a moment ago.
    pub fn check_launch(&self, info: &TaskInfo, ports: &[u64]) {
        let id = info.task_id.0.as_str();
        let container: u32 = id.rsplit('-').nth(1).unwrap().parse().unwrap();
        let record = self.record(container);
        let record = record.unwrap_or_else(|| panic!("{id} is launched without a record"));
        assert_eq!(record.task_id.as_str(), id, "{id} is launched without an intent");
        assert_eq!(record.host_id.as_str(), info.agent_id.0, "{id} is launched elsewhere");
        let told: Vec<u64> = record.ports.iter().map(|port| u64::from(*port)).collect();
        let mut ports = ports.to_vec();
        ports.sort_unstable();
        let mut sorted = told.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ports, "{id} is launched with other ports");
        let now = self.now();
        for (agent, other, task) in self.mesos.living() {
            let reached = agent.registration == Registration::Registered
                && agent.is_up
                && now >= agent.registers_at + 5_000;
            assert!(
                other == id || task.container != container || !reached,
                "container {container} is doubled: {other} {} lives on {}, and {id} is launched",
                task.state,
                agent.id
            );
        }
    }

    /// Two tasks of a container that Mesos knows of don't live long beside each other while somebody drives.
    fn check_doubles(&mut self, now: Moment) {
        let drives = self.mesos.frameworks.values().any(|framework| {
            framework.stream.as_ref().is_some_and(|stream| now >= stream.since + WINDOW)
        });
        let mut living: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for (agent, id, task) in self.mesos.living() {
            if agent.registration == Registration::Registered && agent.is_up {
                living.entry(task.container).or_default().push(id.clone());
            }
        }
        living.retain(|_, tasks| tasks.len() > 1);
        self.doubled.retain(|container, _| drives && living.contains_key(container));
        for (container, tasks) in living.iter().filter(|_| drives) {
            let since = *self.doubled.entry(*container).or_insert(now);
            assert!(now < since + WINDOW, "container {container} stays doubled: {tasks:?}");
        }
    }

    /// What must be so when a packing plan is written over another: nothing is emitted, everything that the plan needs was launched,
    /// and no TManager lives that would go by the plan before, unless its host is out of reach. Where a revision takes the place of
    /// another, no container at all does.
    pub fn check_plan(&self) -> Result<(), String> {
        let desired = self.desired().ok_or("a plan is written without a record")?;
        let update = desired.update.as_ref().ok_or("a plan is written without an update")?;
        let replaces = update.replacement.is_some();
        let plan = self.zk.data("/heron/pplans/wordcount");
        let plan = plan.map(|plan| PhysicalPlan::decode(plan).unwrap());
        let emits = |plan: PhysicalPlan| plan.topology.state != TopologyState::Paused as i32;
        if !replaces && plan.is_some_and(emits) {
            return Err("the plan is written while the topology emits".to_owned());
        }
        let mut launched = update.added.iter().chain(&update.relaunched);
        if let Some(id) = launched.find(|id| self.record(**id).is_none()) {
            return Err(format!("container {id} was never launched"));
        }
        let now = self.now();
        let mut living = self.mesos.living().filter(|(_, _, task)| replaces || task.container == 0);
        let reached = living.find(|(agent, _, _)| {
            agent.registration == Registration::Registered
                && agent.is_up
                && now >= agent.registers_at + 5_000
        });
        reached.map_or(Ok(()), |(_, id, task)| {
            Err(format!("{id} {} goes by the plan before", task.state))
        })
    }

    /// What must be so when an update is acknowledged: nobody is told of it again.
    pub fn check_acknowledgement(&self, task: &str, state: &str) {
        let container: u32 = task.rsplit('-').nth(1).unwrap().parse().unwrap();
        let Some(record) = self.record(container) else { return };
        if record.task_id.as_str() != task {
            return;
        }
        let desired = self.desired();
        let is_wanted = desired
            .is_some_and(|desired| desired.containers.iter().any(|wanted| wanted.id == container));
        let told: TaskState = serde_json::from_value(Value::String(state.to_owned())).unwrap();
        let rank = |state: &TaskState| match state {
            TaskState::Staging => 0,
            TaskState::Starting => 1,
            TaskState::Running => 2,
            TaskState::Killing => 3,
            state if state.is_terminal() => 5,
            _ => 4,
        };
        // Of what is wanted no more, only its end is journalled.
        let is_journalled = rank(&record.state) >= rank(&told);
        assert!(
            is_journalled || (!is_wanted && !told.is_terminal()),
            "{state} of {task} was acknowledged, and the journal says {}",
            record.state
        );
    }

    /// A process dies: nobody hears of it any more.
    pub fn kill_process(&mut self, pid: u32) {
        let now = self.now();
        let process = self.processes.get_mut(&pid).unwrap();
        let _ = process.death.send(true);
        let (name, sessions) = (process.name.clone(), std::mem::take(&mut process.sessions));
        let streams = std::mem::take(&mut process.streams);
        let messages = process.messages;
        for session in sessions {
            self.zk.fall_silent(session, now);
        }
        for (framework, stream) in streams {
            self.mesos.disconnect(&framework, &stream);
        }
        self.note(format!("{name} (pid {pid}) dies with message {messages}"));
    }

    /// What ends with a message of a process does so now.
    pub fn fall(&mut self, pid: u32, what: Ends) {
        if what == Ends::Process {
            return self.kill_process(pid);
        }
        for session in self.processes[&pid].sessions.clone() {
            if self.zk.lives(session) {
                self.lose_session(session);
            }
        }
    }

    pub fn is_dead(&self, pid: u32) -> bool {
        self.processes.get(&pid).is_none_or(|process| *process.death.borrow())
    }

    /// Ends a session in the middle of something.
    pub fn lose_session(&mut self, session: i64) {
        self.note(format!("session {session} expires"));
        self.zk.end(session, SessionState::Expired);
    }

    /// An agent with room for a few containers; every second one has some that is reserved.
    pub fn add_agent(&mut self, id: &str) {
        let at = self.mesos.agents.len();
        let mut all = Resources::of("", 8.0, 16_000.0, 90_000.0, 31_000..31_600);
        if at % 2 == 1 {
            all = Resources::of("", 4.0, 8_000.0, 40_000.0, 31_000..31_600);
            all.add(&Resources::of("reserved", 4.0, 8_000.0, 40_000.0, []));
        }
        self.mesos.agents.push(Agent {
            id: id.to_owned(),
            host: format!("{}.example", id.rsplit('-').next().unwrap().to_lowercase()),
            all,
            tasks: BTreeMap::new(),
            is_up: true,
            returns_at: None,
            registration: Registration::Registered,
            registers_at: 0,
            maintenance: None,
            is_draining: false,
        });
    }

    /// A task that has run since before the world began.
    pub fn add_task(&mut self, framework: &str, record: &ContainerRecord, room: [f64; 3]) {
        let [cpus, mem, disk] = room;
        let mut taken = Resources::of("", cpus, mem, disk, []);
        for port in &record.ports {
            let port = u64::from(*port);
            taken.add(&Resources::of("", 0.0, 0.0, 0.0, [port]));
        }
        let agent = self.mesos.agents.iter_mut().find(|agent| agent.id == record.host_id.as_str());
        let task = Task {
            framework: framework.to_owned(),
            container: record.id,
            taken,
            state: "TASK_RUNNING",
            forwarded: "TASK_RUNNING",
            updates: std::collections::VecDeque::new(),
            is_known: true,
            next_at: 0,
            grace: 5_000,
            is_phantom: false,
            kill_is_remembered: false,
        };
        self.mesos.launched.insert(record.task_id.as_str().to_owned());
        agent.unwrap().tasks.insert(record.task_id.as_str().to_owned(), task);
    }
}
