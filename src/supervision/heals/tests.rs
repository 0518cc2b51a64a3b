use serde_json::{Value, json};

use super::*;
use crate::scheduler::ids::HostId;
use crate::scheduler::model::Policy;
use crate::scheduler::offer::{Offer, Resources};
use crate::scheduler::ports::PortRange;
use crate::scheduler::record::Desired;
use crate::scheduler::step::Event;
use crate::scheduler::task::TaskReport;

const NOW: Millis = 1_000_000;

fn desired(containers: u32) -> Desired {
    let container = |id| json!({"id": id, "cpus": 1.0, "mem_mb": 100.0, "disk_mb": 10.0});
    serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
        "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
            "failover_timeout_seconds": 1.0, "labels": []},
        "launch": {"command": ["run"], "uris": [], "ports": 1, "kill_grace_ms": 1000},
        "containers": (0..containers).map(container).collect::<Vec<Value>>(),
    }))
    .unwrap()
}

/// A topology whose containers were launched, and which was looked at.
struct Watched {
    model: Model,
    heals: Heals,
    now: Millis,
}

impl Watched {
    fn new(containers: u32) -> Self {
        let policy = Policy { stays: true, unreachable_ms: 30_000, ..Policy::default() };
        let mut model = Model::new(desired(containers), vec![], policy);
        model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: true });
        Self { model, heals: Heals::default(), now: NOW }
    }

    /// Handles an event some time later, and looks.
    fn after(&mut self, ms: Millis, event: Event) -> Vec<Change> {
        self.now += ms;
        self.model.step(self.now, event);
        self.heals.look(self.now, &self.model)
    }

    fn offered(&mut self, ms: Millis, host: &str) -> Vec<Change> {
        self.after(ms, Event::Tick);
        let offer = Offer {
            ids: vec![format!("o{}", self.now).into()],
            host_id: host.into(),
            host: host.to_owned(),
            role: "*".to_owned(),
            free: Resources { cpus: 8.0, mem_mb: 1000.0, disk_mb: 1000.0 },
            ports: vec![PortRange { first: 1000, last: 1099 }],
            ..Offer::default()
        };
        self.after(0, Event::Offers(vec![offer]))
    }

    fn told(&mut self, ms: Millis, task: &str, state: TaskState) -> Vec<Change> {
        let host_id = Some(HostId::from("a"));
        let message = state.is_terminal().then(|| "its words".to_owned());
        let report =
            TaskReport { task_id: task.into(), state, host_id, message, ..TaskReport::default() };
        self.after(ms, Event::Update(report))
    }
}

fn told(text: &str) -> Change {
    Change::Told(text.to_owned())
}

/// One whose containers run.
fn running(containers: u32) -> Watched {
    let mut watched = Watched::new(containers);
    watched.offered(0, "a");
    for id in 0..containers {
        watched.told(0, &format!("t-{id}-1"), TaskState::Running);
    }
    watched
}

#[test]
fn what_comes_up_is_told_and_no_heal() {
    let mut watched = Watched::new(1);
    assert_eq!(watched.offered(0, "a"), []);
    let changes = watched.told(2_000, "t-0-1", TaskState::Running);
    assert_eq!(
        changes,
        [told("container 0 runs on host a, after 2.0 s (attempt 1)"), told("all 1 containers run")]
    );
    assert_eq!(watched.told(9, "t-0-1", TaskState::Running), []);
}

#[test]
fn a_task_that_dies_is_told_with_its_words_and_its_heal_is_counted() {
    let mut watched = running(2);
    assert_eq!(
        watched.told(500, "t-1-1", TaskState::Failed),
        [told("container 1 is TASK_FAILED on host a: its words")]
    );
    assert_eq!(watched.offered(200, "b"), []);
    let count = count(&watched.model);
    assert_eq!((count.wanted, count.running, count.looping), (2, 1, 0));
    assert_eq!(
        watched.told(1_300, "t-1-2", TaskState::Running),
        [
            told("container 1 runs on host b, after 1.5 s (attempt 2)"),
            Change::Healed(1.5),
            told("all 2 containers run"),
        ]
    );
}

#[test]
fn a_restart_that_was_asked_for_is_no_heal() {
    let mut watched = running(1);
    let asked = watched.model.desired().changed(|desired| desired.containers[0].restarts += 1);
    assert_eq!(watched.after(10, Event::DesiredChanged(Box::new(asked))), []);
    watched.told(500, "t-0-1", TaskState::Killed);
    watched.offered(0, "a");
    let changes = watched.told(500, "t-0-2", TaskState::Running);
    assert!(!changes.iter().any(|change| matches!(change, Change::Healed(_))), "{changes:?}");
}

#[test]
fn a_connection_that_is_lost_is_nobodys_death() {
    let mut watched = running(1);
    assert_eq!(watched.after(5, Event::Disconnected), []);
    let again = Event::Subscribed { framework_id: "f".into(), suppressed: true };
    assert_eq!(watched.after(5, again), []);
    assert_eq!(watched.told(5, "t-0-1", TaskState::Running), []);
}

#[test]
fn a_crash_loop_is_told_once() {
    let mut watched = running(1);
    let mut loops = Vec::new();
    for attempt in 1..=5 {
        let changes = watched.told(100, &format!("t-0-{attempt}"), TaskState::Failed);
        let is_loop = |change: &&Change| matches!(change, Change::Told(text) if text.contains("again and again"));
        loops.extend(changes.iter().filter(is_loop).map(|_| attempt));
        watched.offered(70_000, "a");
    }
    assert_eq!(loops, [3]);
    assert_eq!(count(&watched.model).looping, 1);
}

#[test]
fn an_agent_that_is_lost_is_told() {
    let mut watched = running(1);
    assert_eq!(
        watched.told(0, "t-0-1", TaskState::Unreachable),
        [told("container 0 is on host a, which can't be reached")]
    );
    watched.offered(29_000, "b");
    assert_eq!(count(&watched.model).running, 0);
    watched.offered(1_000, "b");
    let changes = watched.told(1_000, "t-0-2", TaskState::Running);
    assert!(changes.contains(&Change::Healed(31.0)), "{changes:?}");
}
