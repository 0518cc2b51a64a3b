use serde_json::{Value, json};

use super::*;
use crate::scheduler::member::{id_of, short_name};
use crate::scheduler::model::Policy;
use crate::scheduler::offer::Resources;
use crate::scheduler::ports::PortRange;
use crate::scheduler::supervisors::Supervisors;
use crate::scheduler::task::Acknowledgement;

const NOW: Millis = 1_000_000_000;

/// A model of containers with these states, that was told of a connection.
fn connected(states: &[TaskState], suppressed: bool) -> (Model, Vec<Action>) {
    let container = |id: usize| json!({"id": id, "cpus": 1.0, "mem_mb": 100.0, "disk_mb": 10.0});
    let desired = serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
        "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
            "failover_timeout_seconds": 1.0, "labels": []},
        "launch": {"command": ["run"], "uris": [], "ports": 1, "kill_grace_ms": 1000},
        "containers": (0..states.len()).map(container).collect::<Vec<Value>>(),
    }));
    let record = |(id, state): (usize, &TaskState)| {
        serde_json::from_value(json!({
            "version": 1, "id": id, "attempt": 1, "restarts": 0, "task_id": {"value": format!("t-{id}-1")},
            "agent_id": {"value": "a"}, "host": "h", "ports": [1000 + id], "state": state, "since": NOW,
        }))
        .unwrap()
    };
    let records = states.iter().enumerate().map(record).collect();
    let mut model = Model::new(desired.unwrap(), records, Policy::default());
    let actions = model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed });
    (model, actions)
}

fn report(container: u32, attempt: u32, state: TaskState) -> TaskReport {
    let task_id = TaskId(format!("t-{container}-{attempt}"));
    TaskReport { task_id, state, host_id: Some("a".into()), ..TaskReport::default() }
}

fn told(container: u32, attempt: u32, state: TaskState) -> Event {
    Event::Update(report(container, attempt, state))
}

fn state_of(model: &Model, container: u32) -> TaskState {
    model.views().find(|view| view.id == container).unwrap().record.unwrap().state.clone()
}

/// What comes of an offer.
fn offered(model: &mut Model, now: Millis) -> Vec<Action> {
    let offer = Offer {
        ids: vec![OfferId(format!("o{now}"))],
        host_id: "a".into(),
        host: "h".into(),
        role: "*".into(),
        free: Resources { cpus: 8.0, mem_mb: 1000.0, disk_mb: 1000.0 },
        ports: vec![PortRange { first: 1000, last: 1099 }],
        ..Offer::default()
    };
    model.step(now, Event::Offers(vec![offer]))
}

/// Tasks that are launched from an offer.
fn launched(model: &mut Model, now: Millis) -> Vec<String> {
    let launches = offered(model, now).into_iter().filter_map(|action| match action {
        Action::Call(Call::Launch(launch)) => Some(launch.tasks),
        _ => None,
    });
    launches.flatten().map(|task| task.task_id.0).collect()
}

fn reconciled(actions: &[Action]) -> Vec<Vec<&str>> {
    let asked = actions.iter().filter_map(|action| match action {
        Action::Call(Call::Reconcile(tasks)) => Some(tasks),
        _ => None,
    });
    asked.map(|tasks| tasks.iter().map(|(task, _)| task.as_str()).collect()).collect()
}

#[test]
fn every_new_state_is_journalled_before_it_is_acknowledged() {
    let (mut model, _) = connected(&[TaskState::Staging], true);
    for state in [TaskState::Starting, TaskState::Running, TaskState::Failed] {
        let handle = Acknowledgement {
            task_id: "t-0-1".into(),
            host_id: "a".into(),
            token: state.to_string(),
        };
        let acknowledgement = Some(Box::new(handle.clone()));
        let report = TaskReport { acknowledgement, ..report(0, 1, state.clone()) };
        let actions = model.step(NOW, Event::Update(report));
        let at = |wanted: &dyn Fn(&Action) -> bool| actions.iter().position(wanted);
        let journalled = at(
            &|action| matches!(action, Action::JournalContainer(record) if record.state == state),
        );
        let acknowledged = at(&|action| *action == Action::Call(Call::Acknowledge(handle.clone())));
        assert!(journalled.is_some() && journalled < acknowledged, "{state}: {actions:?}");
    }
}

#[test]
fn what_is_told_late_is_no_news() {
    for (known, late) in [
        (TaskState::Running, TaskState::Starting),
        (TaskState::Killing, TaskState::Running),
        (TaskState::Failed, TaskState::Running),
        (TaskState::Killed, TaskState::Failed),
    ] {
        let (mut model, _) = connected(std::slice::from_ref(&known), true);
        let actions = model.step(NOW, told(0, 1, late.clone()));
        assert_eq!(state_of(&model, 0), known, "{late} after {known}");
        let journals = |action: &Action| matches!(action, Action::JournalContainer(_));
        assert!(!actions.iter().any(journals), "{late} after {known}: {actions:?}");
    }
    // A host that comes back brings its tasks back.
    let (mut model, _) = connected(&[TaskState::Unreachable], true);
    model.step(NOW, told(0, 1, TaskState::Running));
    assert_eq!(state_of(&model, 0), TaskState::Running);
}

#[test]
fn the_tmanagers_location_is_stale_when_its_container_has_ended() {
    let (mut model, _) = connected(&[TaskState::Running, TaskState::Running], true);
    let ended = |actions: Vec<Action>| actions.contains(&Action::TManagerEnded);
    assert!(!ended(model.step(NOW, told(1, 1, TaskState::Failed))));
    assert!(!ended(model.step(NOW, told(0, 1, TaskState::Killing))));
    assert!(ended(model.step(NOW, told(0, 1, TaskState::Killed))));
}

#[test]
fn a_container_that_fails_is_left_alone_for_longer_each_time() {
    let (mut model, _) = connected(&[TaskState::Running], true);
    let mut now = NOW;
    for (attempt, pause) in [(1, 0), (2, 1_000), (3, 2_000), (4, 4_000)] {
        model.step(now, told(0, attempt, TaskState::Failed));
        if pause > 0 {
            assert_eq!(launched(&mut model, now + pause - 1), [""; 0], "attempt {attempt}");
        }
        now += pause;
        assert_eq!(launched(&mut model, now), [format!("t-0-{}", attempt + 1)]);
    }
}

#[test]
fn failures_are_forgotten_of_a_task_that_has_run_for_long() {
    for (ran, failures) in [(59_999, 2), (60_000, 1)] {
        let (mut model, _) = connected(&[TaskState::Running], true);
        model.step(NOW, told(0, 1, TaskState::Failed));
        launched(&mut model, NOW);
        model.step(NOW + 10, told(0, 2, TaskState::Running));
        model.step(NOW + 10 + ran, told(0, 2, TaskState::Failed));
        let record = model.views().next().unwrap().record.unwrap();
        assert_eq!(record.failures, failures, "after {ran} ms");
    }
}

#[test]
fn nothing_is_offered_while_nothing_is_to_be_launched() {
    let counts = |actions: &[Action], call: &Call| {
        actions.iter().filter(|action| **action == Action::Call(call.clone())).count()
    };
    let (mut model, actions) = connected(&[TaskState::Running], false);
    assert_eq!(counts(&actions, &Call::Suppress), 1, "{actions:?}");
    assert_eq!(counts(&model.step(NOW, Event::Tick), &Call::Suppress), 0, "it is told once");
    let actions = model.step(NOW, told(0, 1, TaskState::Failed));
    assert_eq!(counts(&actions, &Call::Revive), 1, "{actions:?}");
    let actions = offered(&mut model, NOW);
    assert_eq!(counts(&actions, &Call::Suppress), 1, "{actions:?}");
    // Nor to what is to end.
    let (mut model, _) = connected(&[TaskState::Failed], false);
    let killed = model.desired().changed(|desired| desired.goal = Goal::Killed);
    let actions = model.step(NOW, Event::DesiredChanged(Box::new(killed)));
    assert_eq!(counts(&actions, &Call::Suppress), 1, "{actions:?}");
}

#[test]
fn tasks_are_asked_about_by_name_until_each_has_an_answer_and_then_all() {
    let states = [TaskState::Running, TaskState::Running, TaskState::Failed];
    let (mut model, actions) = connected(&states, false);
    assert_eq!(reconciled(&actions), [["t-0-1", "t-1-1"]]);
    let actions = model.step(NOW + 1, told(0, 1, TaskState::Running));
    assert_eq!(reconciled(&actions), [[""; 0]; 0]);
    let actions = model.step(NOW + 2_000, Event::Tick);
    assert_eq!(reconciled(&actions), [["t-1-1"]]);
    let actions = model.step(NOW + 2_001, told(1, 1, TaskState::Running));
    assert_eq!(reconciled(&actions), [[""; 0]]);
    // Over another connection, from the beginning.
    model.step(NOW + 3_000, Event::Disconnected);
    let again = Event::Subscribed { framework_id: "f".into(), suppressed: false };
    assert_eq!(reconciled(&model.step(NOW + 4_000, again)), [["t-0-1", "t-1-1"]]);
}

#[test]
fn a_container_waits_for_the_end_of_an_older_task_that_has_come_back() {
    let stray = |state| told(0, 7, state);
    for (ends, launches) in
        [(TaskState::Killed, true), (TaskState::Unreachable, true), (TaskState::Killing, false)]
    {
        let (mut model, _) = connected(&[TaskState::Failed], true);
        let actions = model.step(NOW, stray(TaskState::Running));
        let kills = |action: &Action| matches!(action, Action::Call(Call::Kill(kill)) if kill.task_id.as_str() == "t-0-7");
        assert!(actions.iter().any(kills), "{actions:?}");
        assert_eq!(launched(&mut model, NOW), [""; 0]);
        model.step(NOW, stray(ends.clone()));
        assert_eq!(!launched(&mut model, NOW).is_empty(), launches, "{ends}");
    }
    // Of another container it holds nothing up, nor does one that was told over an earlier connection.
    let (mut model, _) = connected(&[TaskState::Failed], true);
    model.step(NOW, told(1, 7, TaskState::Running));
    assert_eq!(launched(&mut model, NOW), ["t-0-2"]);
    let (mut model, _) = connected(&[TaskState::Failed], true);
    model.step(NOW, stray(TaskState::Running));
    model.step(NOW, Event::Disconnected);
    model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: true });
    assert_eq!(launched(&mut model, NOW), ["t-0-2"]);
}

#[test]
fn a_task_that_was_given_up_is_no_more_asked_about() {
    for state in [TaskState::Unknown, TaskState::Unreachable] {
        let (mut model, _) = connected(&[TaskState::Running, TaskState::Running], true);
        for (container, told_now) in [(0, state.clone()), (1, TaskState::Running)] {
            model.step(NOW, told(container, 1, told_now));
        }
        let late = NOW + Policy::default().unknown_ms;
        model.step(late, Event::Tick);
        assert_eq!(model.given_up().count(), 1, "{state}");
        // Another answer to what was asked before comes after it was given up.
        model.step(late, told(0, 1, TaskState::Unknown));
        assert!(model.next_due(late).is_none_or(|due| due > late), "{state}: it spins");
        assert_eq!(launched(&mut model, late), ["t-0-2"]);
        model.step(late, told(0, 2, TaskState::Running));
        assert!(model.is_settled(), "{state}");
    }
}

#[test]
fn a_supervisor_without_a_place_holds_up_no_container() {
    let (mut model, _) = connected(&[TaskState::Running], true);
    let supervised = model.desired().changed(|desired| {
        desired.supervise_by(Supervisors { count: 2, cpus: 0.1, ..Supervisors::default() });
    });
    model.step(NOW, told(0, 1, TaskState::Running));
    let actions = model.step(NOW, Event::DesiredChanged(Box::new(supervised)));
    let revives = |actions: &[Action]| actions.contains(&Action::Call(Call::Revive));
    assert!(revives(&actions), "{actions:?}");
    // One host: one supervisor.
    assert_eq!(launched(&mut model, NOW), ["t-s1-1"]);
    assert!(!model.is_settled());
    let runs = TaskReport { task_id: "t-s1-1".into(), ..report(0, 1, TaskState::Running) };
    model.step(NOW, Event::Update(runs));
    assert!(model.is_settled() && !model.waits_for_room(NOW));
    assert_eq!(model.unplaced_supervisors().collect::<Vec<_>>(), [2]);
    let declines = |actions: &[Action]| {
        let seconds = actions.iter().find_map(|action| match action {
            Action::Call(Call::Decline { seconds, .. }) => Some(*seconds),
            _ => None,
        });
        seconds.unwrap()
    };
    let actions = offered(&mut model, NOW);
    assert!(declines(&actions) > 10.0, "{actions:?}");
    // A container that is to be launched gets what was declined.
    let actions = model.step(NOW, told(0, 1, TaskState::Failed));
    assert!(revives(&actions), "{actions:?}");
    assert_eq!(launched(&mut model, NOW), ["t-0-2"]);
}

#[test]
fn a_supervisor_ends_itself_last_and_a_killed_topology_with_itself() {
    let (model, _) = connected(&[TaskState::Running], true);
    let supervised = model.desired().changed(|desired| {
        desired.supervise_by(Supervisors { count: 2, ..Supervisors::default() });
    });
    let record = |id: u32| -> ContainerRecord {
        let name = short_name(id);
        serde_json::from_value(json!({
            "version": 1, "id": id, "attempt": 1, "restarts": 0, "task_id": {"value": format!("t-{name}-1")},
            "agent_id": {"value": name}, "host": name, "ports": [], "state": "TASK_RUNNING", "since": NOW,
        }))
        .unwrap()
    };
    let drives = |change: fn(&mut Desired)| {
        let policy = Policy { stays: true, own: Some("t-s1-1".into()), ..Policy::default() };
        let records = [0, id_of(1), id_of(2)].map(record).to_vec();
        let mut model = Model::new(supervised.changed(change), records, policy);
        let mut actions =
            model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: true });
        for task in ["t-0-1", "t-s1-1", "t-s2-1"] {
            let report = TaskReport { task_id: task.into(), ..report(0, 1, TaskState::Running) };
            actions.extend(model.step(NOW, Event::Update(report)));
        }
        (model, actions)
    };
    let killed = |actions: &[Action]| -> Vec<String> {
        let kills = actions.iter().filter_map(|action| match action {
            Action::Call(Call::Kill(kill)) => Some(kill.task_id.0.clone()),
            _ => None,
        });
        kills.collect()
    };
    let told = |model: &mut Model, task: &str, state: TaskState| {
        let report = TaskReport { task_id: task.into(), ..report(0, 1, state) };
        model.step(NOW, Event::Update(report))
    };
    // All anew: the other first.
    let anew = |desired: &mut Desired| {
        desired.supervisors.iter_mut().for_each(|supervisors| supervisors.restarts += 1);
    };
    let (mut model, actions) = drives(anew);
    assert_eq!(killed(&actions), ["t-s2-1"]);
    told(&mut model, "t-s2-1", TaskState::Killed);
    assert_eq!(launched(&mut model, NOW), ["t-s2-2"]);
    assert_eq!(killed(&told(&mut model, "t-s2-2", TaskState::Running)), ["t-s1-1"]);
    // The end: all but itself, then the framework.
    let (mut model, actions) = drives(|desired| desired.goal = Goal::Killed);
    assert_eq!(killed(&actions), ["t-0-1", "t-s2-1"]);
    told(&mut model, "t-0-1", TaskState::Killed);
    let actions = told(&mut model, "t-s2-1", TaskState::Killed);
    assert!(actions.contains(&Action::ListTasks), "{actions:?}");
    let own = vec![("t-s1-1".into(), None)];
    let actions = model.step(NOW, Event::TasksListed(own));
    assert!(actions.contains(&Action::Call(Call::TearDown)), "{actions:?}");
    assert_eq!(killed(&actions), [""; 0]);
    // None any more: itself as well, at once.
    let (_, actions) = drives(|desired| desired.supervise_by(Supervisors::default()));
    assert_eq!(killed(&actions), ["t-s1-1", "t-s2-1"]);
}

#[test]
fn a_stray_that_does_not_end_holds_up_no_kill_for_ever() {
    let (mut model, _) = connected(&[TaskState::Killed], true);
    let killed = model.desired().changed(|desired| desired.goal = Goal::Killed);
    model.step(NOW, Event::DesiredChanged(Box::new(killed)));
    let listed = || Event::TasksListed(vec![("t-0-7".into(), Some("a".into()))]);
    let lists = |actions: &[Action]| actions.contains(&Action::ListTasks);
    assert!(!lists(&model.step(NOW, listed())), "it is to end first");
    let (mut now, mut asked) = (NOW, 0);
    while asked == 0 && now < NOW + 120_000 {
        now = model.next_due(now).unwrap().max(now + 1);
        asked += usize::from(lists(&model.step(now, Event::Tick)));
    }
    assert!(asked == 1 && now >= NOW + 45_000, "after {} ms", now - NOW);
    // It ends with the framework.
    let actions = model.step(now, listed());
    assert!(actions.contains(&Action::Call(Call::TearDown)), "{actions:?}");
}
