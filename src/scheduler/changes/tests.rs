use serde_json::{Value, json};

use crate::clock::Millis;
use crate::scheduler::call::{Call, Kill};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::ids::{HostId, OfferId, TaskId};
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::offer::{Offer, Resources};
use crate::scheduler::ports::PortRange;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::step::{Action, Event};
use crate::scheduler::task::{TaskReport, TaskState};

const NOW: Millis = 1_000_000_000;

fn desired(containers: &[u32]) -> Desired {
    let container = |id: &u32| json!({"id": id, "cpus": 1.0, "mem_mb": 100.0, "disk_mb": 10.0});
    serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
        "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
            "failover_timeout_seconds": 1.0, "labels": []},
        "launch": {"command": ["run"], "uris": [], "ports": 1, "kill_grace_ms": 1000},
        "containers": containers.iter().map(container).collect::<Vec<Value>>(),
    }))
    .unwrap()
}

fn task(container: u32, attempt: u32) -> TaskId {
    TaskId(format!("t-{container}-{attempt}"))
}

fn record(container: u32, state: &TaskState) -> ContainerRecord {
    serde_json::from_value(json!({
        "version": 1, "id": container, "attempt": 1, "restarts": 0, "task_id": {"value": task(container, 1).0},
        "agent_id": {"value": "a"}, "host": "h", "ports": [1000], "state": state, "since": NOW,
    }))
    .unwrap()
}

fn told(task_id: TaskId, state: TaskState) -> Event {
    let host_id = Some(HostId::from("a"));
    Event::Update(TaskReport { task_id, state, host_id, ..TaskReport::default() })
}

/// A model in which containers of these states run, or don't, and the engine has confirmed that.
fn model(desired: Desired, records: &[(u32, TaskState)]) -> Model {
    let journalled = records.iter().map(|(id, state)| record(*id, state)).collect();
    let mut model = Model::new(desired, journalled, Policy::default());
    model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: true });
    for (id, state) in records.iter().filter(|(_, state)| !state.is_terminal()) {
        model.step(NOW, told(task(*id, 1), state.clone()));
    }
    model
}

fn running(containers: &[u32]) -> Model {
    let records: Vec<_> = containers.iter().map(|id| (*id, TaskState::Running)).collect();
    model(desired(containers), &records)
}

fn change(model: &mut Model, now: Millis, change: impl FnOnce(&mut Desired)) -> Vec<Action> {
    let changed = model.desired().changed(change);
    model.step(now, Event::DesiredChanged(Box::new(changed)))
}

fn kills(actions: &[Action]) -> Vec<&Kill> {
    let kills = actions.iter().filter_map(|action| match action {
        Action::Call(Call::Kill(kill)) => Some(kill),
        _ => None,
    });
    kills.collect()
}

fn killed(actions: &[Action]) -> Vec<&str> {
    kills(actions).into_iter().map(|kill| kill.task_id.as_str()).collect()
}

fn offer(model: &mut Model, now: Millis) -> Vec<String> {
    let offer = Offer {
        ids: vec![OfferId(format!("o{now}"))],
        host_id: "a".into(),
        host: "h".into(),
        address: None,
        role: "*".into(),
        free: Resources { cpus: 8.0, mem_mb: 1000.0, disk_mb: 1000.0 },
        ports: vec![PortRange { first: 1000, last: 1099 }],
        ..Offer::default()
    };
    model.step(now, Event::Tick);
    let actions = model.step(now, Event::Offers(vec![offer]));
    let launches = actions.iter().filter_map(|action| match action {
        Action::Call(Call::Launch(launch)) => Some(&launch.tasks),
        _ => None,
    });
    launches.flatten().map(|task| task.task_id.0.clone()).collect()
}

#[test]
fn a_restart_that_is_asked_for_while_another_is_driven_is_done() {
    let mut model = running(&[0, 1]);
    assert!(model.is_settled());
    let actions = change(&mut model, NOW, |desired| desired.containers[1].restarts += 1);
    assert_eq!(killed(&actions), ["t-1-1"]);
    assert!(!model.is_settled());
    let ended = model.step(NOW, told(task(1, 1), TaskState::Killed));
    assert!(ended.contains(&Action::Call(Call::Revive)), "{ended:?}");
    assert_eq!(offer(&mut model, NOW), ["t-1-2"]);
    model.step(NOW, told(task(1, 2), TaskState::Running));
    assert!(model.is_settled());
    let record = model.views().find(|view| view.id == 1).unwrap().record.unwrap();
    assert_eq!((record.restarts, record.last_failure.is_none()), (1, true));
}

#[test]
fn a_restart_that_is_asked_for_tries_anew_what_has_failed() {
    let policy = Policy { failure_limit: Some(1), ..Policy::default() };
    let mut model = Model::new(desired(&[0]), vec![record(0, &TaskState::Running)], policy);
    model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: true });
    model.step(NOW, told(task(0, 1), TaskState::Error));
    assert!(model.verdict().is_some() && offer(&mut model, NOW).is_empty());
    change(&mut model, NOW, |desired| desired.containers[0].restarts += 1);
    assert_eq!(model.verdict(), None);
    assert_eq!(offer(&mut model, NOW), ["t-0-2"]);
}

#[test]
fn a_kill_that_is_asked_for_meanwhile_ends_everything() {
    let mut model = running(&[0, 1]);
    let actions = change(&mut model, NOW, |desired| desired.goal = Goal::Killed);
    assert_eq!(killed(&actions), ["t-0-1", "t-1-1"]);
    for id in [0, 1] {
        model.step(NOW, told(task(id, 1), TaskState::Killed));
    }
    let actions = model.step(NOW, Event::TasksListed(vec![]));
    assert!(actions.contains(&Action::Call(Call::TearDown)), "{actions:?}");
}

#[test]
fn containers_that_go_are_ended_and_come_back_with_ids_of_their_own() {
    let mut model = running(&[0, 1]);
    let one = model.desired().containers[1].clone();
    let actions = change(&mut model, NOW, |desired| desired.containers.truncate(1));
    assert_eq!(killed(&actions), ["t-1-1"]);
    assert!(!model.is_settled(), "the task of container 1 lives");
    let actions = model.step(NOW, told(task(1, 1), TaskState::Killed));
    let journalled = |action: &Action| matches!(action, Action::JournalContainer(record) if record.id == 1 && record.is_over());
    assert!(actions.iter().any(journalled), "{actions:?}");
    assert!(model.is_settled());
    change(&mut model, NOW, |desired| desired.containers.push(one));
    assert_eq!(offer(&mut model, NOW), ["t-1-2"]);
}

#[test]
fn a_container_that_is_wanted_again_keeps_its_task() {
    let mut model = running(&[0, 1]);
    let one = model.desired().containers[1].clone();
    change(&mut model, NOW, |desired| desired.containers.truncate(1));
    let back = change(&mut model, NOW, |desired| desired.containers.push(one));
    assert!(kills(&back).is_empty(), "{back:?}");
    let asked = |action: &Action| matches!(action, Action::Call(Call::Reconcile(tasks)) if !tasks.is_empty());
    assert!(back.iter().any(asked), "its task may have ended: {back:?}");
    assert!(!model.is_settled() && offer(&mut model, NOW).is_empty());
    // It heeds that it was told to go; that is no failure of its own.
    model.step(NOW, told(task(1, 1), TaskState::Killed));
    assert_eq!(offer(&mut model, NOW), ["t-1-2"]);
    model.step(NOW, told(task(1, 2), TaskState::Running));
    let view = model.views().find(|view| view.id == 1).unwrap();
    assert_eq!((view.agrees, view.record.unwrap().failures), (true, 0));
}

#[test]
fn the_frameworks_id_is_the_drivers_to_write() {
    let mut model = model(desired(&[0]), &[]);
    let before = model.desired().clone();
    model.step(NOW, Event::Subscribed { framework_id: "other".into(), suppressed: true });
    let requested = before.changed(|desired| desired.containers[0].restarts += 1);
    let actions = model.step(NOW, Event::DesiredChanged(Box::new(requested)));
    assert!(actions.contains(&Action::JournalDesired), "{actions:?}");
    assert_eq!(model.desired().framework.id.as_str(), "other");
    assert_eq!(model.desired().containers[0].restarts, 1);
}

#[test]
fn nothing_is_said_or_written_without_the_lease() {
    let mut model = running(&[0, 1]);
    assert!(model.step(NOW, Event::LeaseLost).is_empty());
    assert!(model.has_lost_lease());
    assert!(change(&mut model, NOW, |desired| desired.goal = Goal::Killed).is_empty());
    assert!(model.step(NOW, told(task(1, 1), TaskState::Failed)).is_empty());
    assert!(offer(&mut model, NOW + 100_000).is_empty());
}

const DAY: Millis = 86_400_000;

#[test]
fn a_clock_that_jumps_ahead_gives_nobody_up() {
    let mut model = running(&[0]);
    model.step(NOW, told(task(0, 1), TaskState::Unreachable));
    let later = NOW + DAY;
    model.handle_all(later, [Event::ClockJumped(DAY - 1_000), Event::Tick]);
    assert!(offer(&mut model, later).is_empty(), "its host has 300 s to come back");
    assert_eq!(offer(&mut model, later + 300_000), ["t-0-2"]);
}

#[test]
fn a_clock_that_jumps_back_holds_nothing_up() {
    let mut model = running(&[0, 1]);
    model.step(NOW, told(task(0, 1), TaskState::Failed));
    model.step(NOW, told(task(1, 1), TaskState::Unreachable));
    let actions = change(&mut model, NOW, |desired| desired.containers[1].restarts = 0);
    assert!(kills(&actions).is_empty());
    let earlier = NOW - DAY;
    model.handle_all(earlier, [Event::ClockJumped(-DAY), Event::Tick]);
    assert_eq!(offer(&mut model, earlier + 1_000), ["t-0-2"], "its backoff is over");
    assert_eq!(offer(&mut model, earlier + 300_000), ["t-1-2"], "its host is lost");
}

#[test]
fn kills_are_sent_again_when_it_is_time_by_the_new_clock() {
    let mut model = running(&[0]);
    change(&mut model, NOW, |desired| desired.containers[0].restarts += 1);
    let earlier = NOW - DAY;
    assert!(kills(&model.handle_all(earlier, [Event::ClockJumped(-DAY)])).is_empty());
    assert_eq!(killed(&model.step(earlier + 2_000, Event::Tick)), ["t-0-1"]);
    // And a teardown.
    change(&mut model, earlier, |desired| desired.goal = Goal::Killed);
    model.step(earlier, told(task(0, 1), TaskState::Killed));
    let torn = |actions: &[Action]| actions.contains(&Action::Call(Call::TearDown));
    assert!(torn(&model.step(earlier, Event::TasksListed(vec![]))));
    let before = earlier - DAY;
    assert!(!torn(&model.handle_all(before, [Event::ClockJumped(-DAY)])));
    assert!(torn(&model.step(before + 2_000, Event::Tick)));
}

#[test]
fn a_record_of_a_clock_that_was_ahead_is_of_now() {
    let mut lost = record(0, &TaskState::Unreachable);
    lost.since = NOW + DAY;
    let mut model = Model::new(desired(&[0]), vec![lost], Policy::default());
    model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: true });
    model.step(NOW, told(task(0, 1), TaskState::Unreachable));
    assert_eq!(offer(&mut model, NOW + 300_000), ["t-0-2"]);
}
