//! A deterministic simulation: the state machine against a small Mesos that has bad luck, from a seed.
//!
//! Each run crashes the scheduler between any two actions, drops the stream, loses agents and brings them back, and lets
//! tasks fail. What must hold all the time is checked after every action; what must hold in the end, when luck turns.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Map;

use crate::clock::Millis;
use crate::scheduler::call::Call;
use crate::scheduler::closed::{Closed, ClosedReason};
use crate::scheduler::container::{ContainerRecord, DesiredContainer, container_of};
use crate::scheduler::due::tests::assert_quiet;
use crate::scheduler::ids::{FrameworkId, HostId, OfferId, TaskId};
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::offer::{Offer, Resources};
use crate::scheduler::ports::PortRange;
use crate::scheduler::record::{
    Desired, Framework, Goal, Launch, Phase, Placement, RECORD_VERSION,
};
use crate::scheduler::revisions::Revisions;
use crate::scheduler::step::{Action, Event};
use crate::scheduler::task::{Acknowledgement, TaskReport, TaskState};
use heron::Heron;
use requests::Others;

mod bad_days;
mod heron;
mod replacements;
mod requests;
mod scenarios;
mod supervisors;

const CONTAINERS: u32 = 4;
const AGENTS: usize = 3;

/// What the journal holds; survives every crash.
struct Journal {
    desired: Desired,
    records: BTreeMap<u32, ContainerRecord>,
    /// Every task that was ever journalled.
    intents: BTreeSet<TaskId>,
}

struct Task {
    agent: usize,
    state: TaskState,
    container: u32,
    /// Its agent was lost once: a replacement may stand beside it for a while.
    away: bool,
    /// Updates that were not acknowledged; only the first is ever sent.
    updates: VecDeque<(TaskState, String)>,
}

/// A Mesos small enough to be sure of.
struct World {
    rng: StdRng,
    now: Millis,
    tasks: BTreeMap<TaskId, Task>,
    reachable: [bool; AGENTS],
    /// Offers that are out, by id, with their agent.
    offers: BTreeMap<OfferId, usize>,
    suppressed: bool,
    torn_down: bool,
    events: VecDeque<Event>,
    counter: u64,
    journal: Journal,
    /// What others request meanwhile.
    others: Others,
    /// The TManager, and what else an update has to do with.
    heron: Heron,
    /// The task of the supervisor that drives, if one does.
    own: Option<TaskId>,
}

fn desired() -> Desired {
    Desired {
        version: RECORD_VERSION,
        topology: "t".into(),
        topology_id: "t-id".into(),
        goal: Goal::Running,
        phase: Phase::Launching,
        generation: 1,
        digest: String::new(),
        framework: Framework {
            id: FrameworkId::from("f"),
            name: "f".into(),
            user: "u".into(),
            roles: vec!["*".into()],
            principal: None,
            failover_timeout_seconds: 1e8,
            labels: vec![],
            extra: Map::new(),
        },
        launch: Launch {
            command: serde_json::from_str(r#"["run"]"#).unwrap(),
            user: None,
            uris: vec![],
            ports: 2,
            kill_grace_ms: 1000,
            release: None,
            package: None,
            content: None,
            extra: Map::new(),
        },
        placement: Placement::default(),
        containers: (0..CONTAINERS)
            .map(|id| DesiredContainer {
                id,
                cpus: 1.0,
                mem_mb: 100.0,
                disk_mb: 10.0,
                ..DesiredContainer::default()
            })
            .collect(),
        supervisors: None,
        update: None,
        keep_package: false,
        revisions: Revisions::default(),
        history: Vec::new(),
        extra: Map::new(),
    }
}

fn policy() -> Policy {
    Policy { unreachable_ms: 20_000, ..Policy::default() }
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            now: 1_000_000,
            tasks: BTreeMap::new(),
            reachable: [true; AGENTS],
            offers: BTreeMap::new(),
            suppressed: false,
            torn_down: false,
            events: VecDeque::new(),
            counter: 0,
            journal: Journal {
                desired: desired(),
                records: BTreeMap::new(),
                intents: BTreeSet::new(),
            },
            others: Others::default(),
            heron: Heron::default(),
            own: None,
        }
    }

    fn model(&self) -> Model {
        let records = self.journal.records.values().cloned().collect();
        self.others.unheard.set(false);
        self.heron.forgotten.set(true);
        let policy = Policy { own: self.own.clone(), ..policy() };
        Model::new(self.journal.desired.clone(), records, policy)
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn subscribe(&mut self, model: &Model) {
        self.offers.clear();
        self.events.clear();
        if self.torn_down {
            let message = "Framework has been removed".into();
            self.events.push_back(Event::Closed(Closed { reason: ClosedReason::Removed, message }));
            return;
        }
        self.suppressed = model.wants_no_offers(self.now);
        let framework_id = FrameworkId::from("f");
        self.events.push_back(Event::Subscribed { framework_id, suppressed: self.suppressed });
        self.retry();
    }

    fn retry(&mut self) {
        let all: Vec<TaskId> = self.tasks.keys().cloned().collect();
        for id in all {
            self.send_update(&id);
        }
    }

    fn status(id: &TaskId, state: TaskState, agent: usize, token: Option<String>) -> Event {
        let (task_id, host_id) = (id.clone(), host_id(agent));
        let acknowledgement = token.map(|token| {
            Box::new(Acknowledgement { task_id: id.clone(), host_id: host_id.clone(), token })
        });
        let host_id = Some(host_id);
        Event::Update(TaskReport {
            task_id,
            state,
            host_id,
            acknowledgement,
            ..TaskReport::default()
        })
    }

    /// Sends the first update of a task that was not acknowledged.
    fn send_update(&mut self, id: &TaskId) {
        let Some(task) = self.tasks.get(id) else { return };
        if !self.reachable[task.agent] {
            return;
        }
        if let Some((state, uuid)) = task.updates.front().cloned() {
            let event = Self::status(id, state, task.agent, Some(uuid));
            self.events.push_back(event);
        }
    }

    fn change(&mut self, id: &TaskId, state: TaskState) {
        let uuid = format!("u{}", self.next());
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.state.is_terminal() {
            return;
        }
        task.state = state.clone();
        task.updates.push_back((state, uuid));
        if task.updates.len() == 1 {
            self.send_update(id);
        }
    }

    fn make_offers(&mut self) {
        if self.suppressed || self.torn_down {
            return;
        }
        let mut offers = Vec::new();
        for agent in 0..AGENTS {
            if !self.reachable[agent] || self.offers.values().any(|taken| *taken == agent) {
                continue;
            }
            let id = OfferId(format!("o{}", self.next()));
            self.offers.insert(id.clone(), agent);
            offers.push(offer(id, agent, "*"));
        }
        if !offers.is_empty() {
            self.events.push_back(Event::Offers(offers));
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::JournalDesired | Action::TManagerEnded => {}
            Action::JournalContainer(record) => {
                self.journal.intents.insert(record.task_id.clone());
                self.journal.records.insert(record.id, *record);
            }
            Action::Call(call) => self.call(call),
            Action::Errand(errand) => {
                self.heron.forgotten.set(false);
                self.heron.errand = Some(errand);
            }
            Action::ListTasks => {
                let live = self.tasks.iter().filter(|(_, task)| !task.state.is_terminal());
                let live = live.map(|(id, task)| (id.clone(), Some(host_id(task.agent)))).collect();
                self.events.push_back(Event::TasksListed(live));
            }
        }
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Launch(launch) => {
                let agents: Vec<Option<usize>> =
                    launch.offers.iter().map(|id| self.offers.remove(id)).collect();
                for task in launch.tasks {
                    self.launch(&task.task_id, agents.first().copied().flatten());
                }
            }
            Call::Decline { offers, .. } => {
                for id in offers {
                    self.offers.remove(&id);
                }
            }
            Call::Revive => self.suppressed = false,
            Call::Suppress => self.suppressed = true,
            Call::Kill(kill) => self.kill(&kill.task_id, kill.host_id.as_ref()),
            Call::Acknowledge(handle) => self.acknowledge(&handle.task_id, &handle.token),
            Call::Reconcile(tasks) => {
                if tasks.is_empty() {
                    self.answer_all();
                }
                for (task, host) in tasks {
                    self.answer(&task, host.as_ref());
                }
            }
            Call::TearDown => self.tear_down(),
        }
    }

    /// Ends what can be reached, and the connection; the rest ends when its host comes back.
    fn tear_down(&mut self) {
        self.torn_down = true;
        for task in self.tasks.values_mut() {
            if self.reachable[task.agent] && !task.state.is_terminal() {
                task.state = TaskState::Killed;
            }
        }
        self.events.push_back(Event::Disconnected);
    }

    fn launch(&mut self, id: &TaskId, agent: Option<usize>) {
        assert!(self.journal.intents.contains(id), "{id} was launched without an intent");
        assert!(!self.tasks.contains_key(id), "{id} was used twice");
        let Some(agent) = agent.filter(|agent| self.reachable[*agent]) else {
            let event = Self::status(id, TaskState::Dropped, 0, None);
            self.events.push_back(event);
            return;
        };
        let container = container_of(id).unwrap();
        let task = Task {
            agent,
            state: TaskState::Staging,
            container,
            away: false,
            updates: VecDeque::new(),
        };
        self.tasks.insert(id.clone(), task);
        self.check_doubles();
    }

    /// At most one task of a container is alive on agents that can be reached and have not been away.
    fn check_doubles(&self) {
        let mut alive: BTreeMap<u32, Vec<&TaskId>> = BTreeMap::new();
        for (id, task) in &self.tasks {
            if !task.state.is_terminal() && !task.away {
                alive.entry(task.container).or_default().push(id);
            }
        }
        for (container, tasks) in alive {
            assert!(tasks.len() < 2, "container {container} is doubled: {tasks:?}");
        }
        self.check_apart();
    }

    fn kill(&mut self, id: &TaskId, agent: Option<&HostId>) {
        match self.tasks.get(id) {
            Some(task) if self.reachable[task.agent] && !task.state.is_terminal() => {
                self.change(id, TaskState::Killing);
                self.change(id, TaskState::Killed);
            }
            _ => self.answer(id, agent),
        }
    }

    fn acknowledge(&mut self, id: &TaskId, uuid: &str) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.updates.front().is_some_and(|(_, first)| first == uuid) {
            let (state, _) = task.updates.pop_front().unwrap();
            let record = self.journal.records.get(&task.container);
            if let Some(record) = record.filter(|record| record.task_id == *id) {
                // What is acknowledged is never told again: the journal must know it, or something newer.
                let known =
                    record.state == state || record.state.is_terminal() || !state.is_terminal();
                assert!(
                    known,
                    "{id} {state:?} was acknowledged but the journal says {:?}",
                    record.state
                );
            }
            self.send_update(id);
        }
    }

    fn answer(&mut self, id: &TaskId, agent: Option<&HostId>) {
        let told = match self.tasks.get(id) {
            Some(task) if !self.reachable[task.agent] => (TaskState::Unreachable, task.agent),
            Some(task) if task.state.is_terminal() && task.updates.is_empty() => {
                (TaskState::Gone, task.agent)
            }
            Some(task) => {
                let first = task.updates.front().map(|(state, _)| state.clone());
                (first.unwrap_or_else(|| task.state.clone()), task.agent)
            }
            None => {
                let agent = agent.and_then(|a| a.as_str().trim_start_matches('a').parse().ok());
                let agent = agent.unwrap_or(0);
                let state =
                    if self.reachable[agent] { TaskState::Gone } else { TaskState::Unreachable };
                (state, agent)
            }
        };
        let event = Self::status(id, told.0, told.1, None);
        self.events.push_back(event);
    }

    fn answer_all(&mut self) {
        let known = |task: &Task| {
            self.reachable[task.agent] && !(task.state.is_terminal() && task.updates.is_empty())
        };
        let ids: Vec<TaskId> =
            self.tasks.iter().filter(|(_, task)| known(task)).map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.answer(&id, None);
        }
    }

    fn lose_agent(&mut self, agent: usize) {
        self.reachable[agent] = false;
        self.offers.retain(|_, taken| *taken != agent);
        let lost: Vec<TaskId> = self.tasks_on(agent);
        for id in lost {
            let event = Self::status(&id, TaskState::Unreachable, agent, None);
            self.events.push_back(event);
            if let Some(task) = self.tasks.get_mut(&id) {
                task.state = TaskState::Unreachable;
                task.away = true;
            }
        }
    }

    fn return_agent(&mut self, agent: usize) {
        self.reachable[agent] = true;
        for id in self.tasks_on(agent) {
            if self.torn_down {
                self.tasks.entry(id).and_modify(|task| task.state = TaskState::Killed);
                continue;
            }
            if let Some(task) = self.tasks.get_mut(&id) {
                task.state = TaskState::Running;
            }
            let event = Self::status(&id, TaskState::Running, agent, None);
            self.events.push_back(event);
            self.send_update(&id);
        }
    }

    fn tasks_on(&self, agent: usize) -> Vec<TaskId> {
        let on = |(_, task): &(&TaskId, &Task)| task.agent == agent && !task.state.is_terminal();
        self.tasks.iter().filter(on).map(|(id, _)| id.clone()).collect()
    }

    /// Tasks come up; with bad luck they fail.
    fn live(&mut self, bad_luck: bool) {
        let all: Vec<TaskId> = self.tasks.keys().cloned().collect();
        for id in all {
            let task = &self.tasks[&id];
            if !self.reachable[task.agent] {
                continue;
            }
            match task.state {
                TaskState::Staging => self.change(&id, TaskState::Starting),
                TaskState::Starting => self.change(&id, TaskState::Running),
                TaskState::Running if bad_luck && self.rng.random_ratio(1, 200) => {
                    self.change(&id, TaskState::Failed);
                }
                _ => {}
            }
        }
    }

    fn bad_luck(&mut self) {
        let agent = self.rng.random_range(0..AGENTS);
        match self.rng.random_range(0..100) {
            0..3 if self.reachable[agent] => self.lose_agent(agent),
            3..10 if !self.reachable[agent] => self.return_agent(agent),
            _ => {}
        }
    }
}

fn host_id(agent: usize) -> HostId {
    HostId(format!("a{agent}"))
}

/// What an agent offers: room for two containers.
fn offer(id: OfferId, agent: usize, role: &str) -> Offer {
    let first = 1000 * (u16::try_from(agent).unwrap() + 1);
    Offer {
        ids: vec![id],
        host_id: host_id(agent),
        host: "h".into(),
        address: None,
        role: role.into(),
        free: Resources { cpus: 2.0, mem_mb: 250.0, disk_mb: 100.0 },
        ports: vec![PortRange { first, last: first + 9 }],
        ..Offer::default()
    }
}

/// Runs until everything is settled; bad luck lasts for `rounds`.
fn run(world: &mut World, rounds: usize) -> Model {
    let mut model = world.model();
    world.subscribe(&model);
    for round in 0..rounds + 2_000 {
        let bad = round < rounds;
        world.now += world.rng.random_range(1..2_000);
        if bad {
            world.bad_luck();
        } else {
            for agent in 0..AGENTS {
                if !world.reachable[agent] {
                    world.return_agent(agent);
                }
            }
        }
        world.live(bad);
        world.make_offers();
        if round % 10 == 0 {
            // Agents send again what was not acknowledged.
            world.retry();
        }
        if bad && world.rng.random_ratio(1, 20) {
            model.step(world.now, Event::Disconnected);
            world.subscribe(&model);
        }
        let together = world.rng.random_range(1..5).min(world.events.len());
        let mut events: Vec<Event> = world.events.drain(..together).collect();
        if bad && world.rng.random_ratio(1, 60) {
            events.insert(0, world.jump());
        }
        if bad && world.rng.random_ratio(1, 60) {
            // Somebody else drives from here on, as far as they know.
            events.push(Event::LeaseLost);
            assert_eq!(model.handle_all(world.now, events), [], "without the lease");
            assert_eq!(model.step(world.now + 100_000, Event::Tick), [], "without the lease");
            model = world.model();
            world.subscribe(&model);
            continue;
        }
        events.extend(world.requested(round, bad));
        events.extend(world.run_errand(bad));
        if events.is_empty() {
            events.push(Event::Tick);
        }
        let cut = events.contains(&Event::Disconnected);
        assert_quiet(&model, world.now);
        let actions = model.handle_all(world.now, events);
        if cut {
            world.subscribe(&model);
        }
        for action in actions {
            world.check_own(&action);
            if bad && world.rng.random_ratio(1, 100) {
                // A crash: whatever was not carried out is lost, and so is all that is not in the journal.
                model = world.model();
                world.subscribe(&model);
                break;
            }
            world.perform(action);
        }
        if world.driver_has_died() {
            model = world.model();
            world.subscribe(&model);
        }
        if !bad && model.is_settled() && world.events.is_empty() && world.others.are_done() {
            return model;
        }
    }
    panic!("not settled: {model:#?}");
}
