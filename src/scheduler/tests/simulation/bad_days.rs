//! Bad days, each of which once was a fault.

use serde_json::Map;

use super::{World, policy, run};
use crate::scheduler::call::Call;
use crate::scheduler::container::TaskFailure;
use crate::scheduler::model::{Model, Policy, Verdict};
use crate::scheduler::record::Goal;
use crate::scheduler::step::{Action, Event};
use crate::scheduler::task::{TaskReport, TaskState};

/// A second of the world: at most one event, and what the model makes of it. Actions that `pass` refuses are lost.
fn second(world: &mut World, model: &mut Model, mut pass: impl FnMut(&Action) -> bool) {
    world.now += 1_000;
    world.live(false);
    let event = world.events.pop_front().unwrap_or(Event::Tick);
    let cut = event == Event::Disconnected;
    for action in model.step(world.now, event) {
        if pass(&action) {
            world.perform(action);
        }
    }
    if cut {
        world.subscribe(model);
    }
}

#[test]
fn kill_ends_though_an_agent_is_lost_for_good() {
    let mut world = World::new(1);
    run(&mut world, 0);
    let agent = world.tasks.values().find(|task| !task.state.is_terminal()).unwrap().agent;
    world.lose_agent(agent);
    world.journal.desired.goal = Goal::Killed;
    let mut model = world.model();
    world.subscribe(&model);
    for _ in 0..20_000 {
        second(&mut world, &mut model, |_| true);
        if model.is_settled() {
            return;
        }
    }
    panic!("not settled after 20,000 s");
}

#[test]
fn a_lost_teardown_is_sent_again() {
    let mut world = World::new(1);
    run(&mut world, 0);
    world.journal.desired.goal = Goal::Killed;
    let mut model = world.model();
    world.subscribe(&model);
    let mut lost = false;
    for _ in 0..2_000 {
        let mut hung_up = false;
        second(&mut world, &mut model, |action| {
            let teardown = matches!(action, Action::Call(Call::TearDown));
            hung_up |= teardown && !lost;
            lost |= teardown;
            !hung_up
        });
        if hung_up {
            model.step(world.now, Event::Disconnected);
            world.subscribe(&model);
        }
        if model.is_settled() {
            break;
        }
    }
    assert!(lost && world.torn_down, "settled: {}", model.is_settled());
}

#[test]
fn a_restart_after_three_failures_tries_at_all() {
    let mut world = World::new(1);
    run(&mut world, 0);
    let record = world.journal.records.get_mut(&1).unwrap();
    record.state = TaskState::Failed;
    record.failures = 3;
    record.last_failure = Some(Box::new(TaskFailure {
        task_id: record.task_id.clone(),
        host_id: record.host_id.clone(),
        host: "h".into(),
        address: None,
        at: 0,
        state: record.state.clone(),
        reason: None,
        message: None,
        extra: Map::new(),
    }));
    // What `restart t 1` does: one more restart, and a limit of three failures.
    world.journal.desired.containers[1].restarts += 1;
    let records = world.journal.records.values().cloned().collect();
    let policy = Policy { failure_limit: Some(3), ..policy() };
    let model = Model::new(world.journal.desired.clone(), records, policy);
    assert_eq!(model.verdict(), None, "it gives up before it has subscribed");
}

#[test]
fn what_was_never_accepted_is_not_placed() {
    let mut world = World::new(1);
    let mut model = world.model();
    world.subscribe(&model);
    world.make_offers();
    while let Some(event) = world.events.pop_front() {
        for action in model.step(world.now, event) {
            // Only the journal survives.
            if matches!(action, Action::JournalContainer(_)) {
                world.perform(action);
            }
        }
    }
    assert!(world.tasks.is_empty());
    let mut model = world.model();
    model.step(world.now + 1, Event::Subscribed { framework_id: "f".into(), suppressed: true });
    assert!(!model.is_placed(), "nothing runs: {} records", world.journal.records.len());
}

/// A second of a world in which only time passes and what was asked is answered.
fn seconds(world: &mut World, model: &mut Model, count: usize) {
    for _ in 0..count {
        second(world, model, |_| true);
    }
}

#[test]
fn a_restart_does_not_wait_for_a_lost_agent() {
    let mut world = World::new(1);
    run(&mut world, 0);
    let record = world.journal.records[&1].clone();
    let agent = world.tasks[&record.task_id].agent;
    world.lose_agent(agent);
    world.journal.desired.containers[1].restarts += 1;
    let records = world.journal.records.values().cloned().collect();
    let policy = Policy { unreachable_ms: 3_600_000, ..policy() };
    let mut model = Model::new(world.journal.desired.clone(), records, policy);
    world.subscribe(&model);
    for _ in 0..30 {
        world.make_offers();
        second(&mut world, &mut model, |_| true);
    }
    let now = &world.journal.records[&1];
    assert_ne!(now.task_id, record.task_id, "{now:?}");
    assert_eq!(now.state, TaskState::Running);
    // Only the container that was named: the others on that host may come back.
    for (id, other) in world.journal.records.iter().filter(|(id, _)| **id != 1) {
        assert_eq!(other.attempt, 1, "container {id}");
    }
    // The old task comes back, and goes.
    world.return_agent(agent);
    seconds(&mut world, &mut model, 30);
    assert!(world.tasks[&record.task_id].state.is_terminal());
    assert!(model.is_settled(), "{model:#?}");
}

#[test]
fn a_task_that_nobody_knows_is_no_reason_to_run_two() {
    let mut world = World::new(1);
    run(&mut world, 0);
    let mut model = world.model();
    world.subscribe(&model);
    let id = world.journal.records[&0].task_id.clone();
    let unknown = World::status(&id, TaskState::Unknown, 0, None);
    seconds(&mut world, &mut model, 5);
    for _ in 0..120 {
        world.events.push_back(unknown.clone());
        world.make_offers();
        second(&mut world, &mut model, |_| true);
    }
    assert_eq!(world.journal.records[&0].task_id, id, "its host has ten minutes to come back");
}

#[test]
fn a_host_that_can_not_start_a_task_is_a_failure_of_the_container() {
    let mut world = World::new(1);
    let mut model = world.model();
    world.subscribe(&model);
    let records = Vec::new();
    let policy = Policy { failure_limit: Some(3), ..policy() };
    model = Model::new(model.desired().clone(), records, policy);
    for _ in 0..60 {
        world.offers.clear();
        world.make_offers();
        let mut dropped = Vec::new();
        second(&mut world, &mut model, |action| {
            if let Action::Call(Call::Launch(launch)) = action {
                dropped.extend(launch.tasks.iter().map(|task| task.task_id.clone()));
            }
            !matches!(action, Action::Call(Call::Launch(_)))
        });
        for task_id in dropped {
            let report = TaskReport {
                task_id,
                state: TaskState::Dropped,
                message: Some("Failed to get user information for 'nobody-here'".into()),
                is_of_host: true,
                ..TaskReport::default()
            };
            world.events.push_back(Event::Update(report));
        }
        if let Some(verdict) = model.verdict() {
            let Verdict::Failing(_, failure) = verdict else { panic!("{verdict:?}") };
            assert!(failure.message.unwrap().contains("nobody-here"));
            return;
        }
    }
    panic!("it is tried for ever");
}
