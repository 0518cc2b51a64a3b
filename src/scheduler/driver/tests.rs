use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::*;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::ids::{FrameworkId, HostId, TaskId};
use crate::scheduler::model::Policy;
use crate::scheduler::record::{Desired, Framework, Goal};
use crate::scheduler::task::{TaskReport, TaskState};

thread_local! {
    static SHOWN: Cell<Millis> = const { Cell::new(1_000_000) };
}

fn clock() -> Millis {
    SHOWN.with(Cell::get)
}

fn desired() -> Desired {
    serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
        "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
            "failover_timeout_seconds": 1.0, "labels": []},
        "launch": {"command": ["run"], "uris": [], "ports": 1, "kill_grace_ms": 1000},
        "containers": [{"id": 0, "cpus": 1.0, "mem_mb": 100.0, "disk_mb": 10.0}],
    }))
    .unwrap()
}

fn record() -> ContainerRecord {
    serde_json::from_value(json!({
        "version": 1, "id": 0, "attempt": 1, "restarts": 0, "task_id": {"value": "t-0-1"},
        "agent_id": {"value": "a"}, "host": "h", "ports": [1000], "state": "TASK_RUNNING", "since": 1_000_000,
    }))
    .unwrap()
}

/// A record that others change, too.
#[derive(Clone)]
struct Store {
    stored: Rc<RefCell<(Desired, u32)>>,
    known: u32,
    /// What somebody does to it just before it is written here.
    intruder: Rc<Cell<Option<Intruder>>>,
}

type Intruder = fn(&mut Desired);

impl Store {
    fn new() -> Self {
        let stored = Rc::new(RefCell::new((desired(), 0)));
        Self { stored, known: 0, intruder: Rc::default() }
    }

    fn change(&self, change: impl FnOnce(&mut Desired)) {
        let mut stored = self.stored.borrow_mut();
        change(&mut stored.0);
        stored.1 += 1;
    }
}

impl Journal for Store {
    async fn write_desired(&mut self, desired: &Desired) -> Result<Written, BoxError> {
        if let Some(intrude) = self.intruder.take() {
            self.change(intrude);
        }
        let mut stored = self.stored.borrow_mut();
        if stored.1 != self.known {
            return Ok(Written::Changed);
        }
        self.known += 1;
        *stored = (desired.clone(), self.known);
        Ok(Written::Done)
    }

    async fn write_containers(&mut self, _: Vec<ContainerRecord>) -> Result<(), BoxError> {
        Ok(())
    }

    async fn changed(&mut self) -> Result<Option<Desired>, BoxError> {
        let (desired, version) = self.stored.borrow().clone();
        let news = version != self.known;
        self.known = version;
        Ok(news.then_some(desired))
    }

    async fn tmanager_ended(&mut self) -> Result<(), BoxError> {
        Ok(())
    }
}

/// An engine that has confirmed the one task, and says nothing more.
struct Quiet {
    framework: &'static str,
    /// How long it takes to let somebody in.
    slow: Duration,
    /// How often it was asked to.
    asked: Cell<usize>,
    calls: Rc<RefCell<Vec<Call>>>,
}

struct QuietLink {
    events: Vec<Event>,
    calls: Rc<RefCell<Vec<Call>>>,
}

impl Connector for Quiet {
    type Link = QuietLink;

    async fn connect(&self, _: &Framework, suppressed: bool) -> Result<QuietLink, ConnectError> {
        self.asked.set(self.asked.get() + 1);
        sleep(self.slow).await;
        let report = TaskReport {
            task_id: "t-0-1".into(),
            state: TaskState::Running,
            ..TaskReport::default()
        };
        let framework_id = self.framework.into();
        let events = vec![Event::Subscribed { framework_id, suppressed }, Event::Update(report)];
        Ok(QuietLink { events, calls: self.calls.clone() })
    }

    async fn live_tasks(&self, _: &FrameworkId) -> Result<Vec<(TaskId, Option<HostId>)>, BoxError> {
        Ok(vec![])
    }
}

impl Link for QuietLink {
    async fn events(&mut self) -> Vec<Event> {
        if self.events.is_empty() {
            std::future::pending::<()>().await;
        }
        std::mem::take(&mut self.events)
    }

    async fn send(&mut self, calls: Vec<Call>) -> Result<(), CallError> {
        self.calls.borrow_mut().extend(calls);
        Ok(())
    }
}

/// Does everything at once.
#[derive(Default)]
struct Done(RefCell<Vec<Errand>>);

impl Errands for Done {
    async fn run(&self, errand: Errand) -> Result<(), ErrandFailed> {
        self.0.borrow_mut().push(errand);
        Ok(())
    }
}

fn quiet(framework: &'static str) -> Quiet {
    Quiet { framework, slow: Duration::ZERO, asked: Cell::new(0), calls: Rc::default() }
}

/// Runs a driver that never reaches what it is for, telling it something at each look.
async fn run(
    store: &mut Store,
    framework: &'static str,
    look: impl FnMut(&Model, &UnboundedSender<News>),
) -> (Result<End, DriverError>, Vec<Call>) {
    let engine = quiet(framework);
    let end = run_on(&engine, store, look).await;
    (end, engine.calls.take())
}

async fn run_on(
    engine: &Quiet,
    store: &mut Store,
    mut look: impl FnMut(&Model, &UnboundedSender<News>),
) -> Result<End, DriverError> {
    let model = Model::new(desired(), vec![record()], Policy::default());
    let mut driver = Driver::new(model, store, engine, clock);
    let (sender, mut news) = unbounded_channel();
    let never = |_: &Model| false;
    let deadline = Instant::now() + Duration::from_secs(30);
    let limits = RunLimits { deadline, reached: &never, has_condition: false, look_in: &|| None };
    let observe = |model: &Model, _: Option<&BoxError>| look(model, &sender);
    if !engine.slow.is_zero() {
        let sender = sender.clone();
        tokio::spawn(async move {
            // While it is asked to let us in.
            sleep(Duration::from_millis(300)).await;
            sender.send(News::DesiredChanged).unwrap();
        });
    }
    driver.run(&mut news, &Done::default(), limits, observe).await
}

fn kills(calls: &[Call]) -> usize {
    calls.iter().filter(|call| matches!(call, Call::Kill(_))).count()
}

#[tokio::test]
async fn what_somebody_requests_is_carried_out() {
    let mut store = Store::new();
    let others = store.clone();
    let mut looks = 0;
    let (end, calls) = run(&mut store, "f", |model, sender| {
        looks += 1;
        if looks == 1 {
            others.change(|desired| desired.containers[0].restarts += 1);
            sender.send(News::DesiredChanged).unwrap();
        } else if model.is_connected() && model.desired().containers[0].restarts == 1 {
            sender.send(News::Interrupted).unwrap();
        }
    })
    .await;
    assert_eq!(end.unwrap(), End::Interrupted);
    assert_eq!(kills(&calls), 1, "{calls:?}");
}

#[tokio::test]
async fn a_record_that_was_changed_is_not_overwritten() {
    let mut store = Store::new();
    store.intruder.set(Some(|desired| desired.containers[0].restarts += 1));
    // The connection is opened once more, by the id that the engine has chosen.
    let mut looks = 0;
    let (end, calls) = run(&mut store, "other", |_, sender| {
        looks += 1;
        if looks == 5 {
            sender.send(News::Interrupted).unwrap();
        }
    })
    .await;
    assert_eq!(end.unwrap(), End::Interrupted);
    let stored = store.stored.borrow().0.clone();
    assert_eq!(stored.framework.id.as_str(), "other");
    assert_eq!(stored.containers[0].restarts, 1);
    assert_eq!(kills(&calls), 1, "{calls:?}");
}

#[tokio::test]
async fn a_kill_ends_what_was_to_run() {
    let mut store = Store::new();
    store.change(|desired| desired.goal = Goal::Killed);
    let (end, _) = run(&mut store, "f", |_, sender| {
        sender.send(News::DesiredChanged).unwrap();
    })
    .await;
    assert!(matches!(end, Err(DriverError::KillRequested)), "{end:?}");
}

#[tokio::test]
async fn a_lost_lease_ends_a_run_without_a_word() {
    let mut store = Store::new();
    store.change(|desired| desired.containers[0].restarts += 1);
    let (end, calls) = run(&mut store, "f", |_, sender| {
        sender.send(News::LeaseLost).unwrap();
        sender.send(News::DesiredChanged).unwrap();
    })
    .await;
    assert!(matches!(end, Err(DriverError::LeaseLost)), "{end:?}");
    assert_eq!(kills(&calls), 0, "{calls:?}");
}

#[tokio::test]
async fn a_clock_that_was_set_is_noticed() {
    let (mut looks, mut since) = (0, Vec::new());
    let mut store = Store::new();
    let (end, _) = run(&mut store, "f", |model, sender| {
        looks += 1;
        since.push(model.views().next().unwrap().record.unwrap().since);
        match looks {
            // Within what clocks are adjusted by, and more than that.
            2 => SHOWN.with(|shown| shown.set(shown.get() + 3_000)),
            4 => SHOWN.with(|shown| shown.set(shown.get() - 3_600_000)),
            6 => sender.send(News::Interrupted).unwrap(),
            _ => {}
        }
        // Something has to be heard for another look.
        sender.send(News::DesiredChanged).unwrap();
    })
    .await;
    assert_eq!(end.unwrap(), End::Interrupted);
    let by = since[4] - since[3];
    assert_eq!(since[..4], [1_000_000; 4]);
    assert!((-3_600_500..-3_599_500).contains(&by), "{by}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_being_opened_outlives_other_news() {
    let engine = Quiet { slow: Duration::from_secs(1), ..quiet("f") };
    let end = run_on(&engine, &mut Store::new(), |model, sender| {
        if model.is_connected() {
            sender.send(News::Interrupted).unwrap();
        }
    })
    .await;
    assert_eq!(end.unwrap(), End::Interrupted);
    assert_eq!(engine.asked.get(), 1, "its answer was lost");
}
