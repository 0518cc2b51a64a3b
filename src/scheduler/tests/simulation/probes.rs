//! Faults that are known and stand until the reconciler is mended: each of these fails today.
//!
//! `cargo test -- --ignored known_fault` runs them. One that passes loses its `ignore`, and joins the scenarios.

use serde_json::Map;

use super::{World, policy, run};
use crate::scheduler::call::Call;
use crate::scheduler::container::TaskFailure;
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::record::Goal;
use crate::scheduler::step::{Action, Event};
use crate::scheduler::task::TaskState;

/// A second of the world: at most one event, and what the model makes of it. Actions that `pass` refuses are lost.
fn second(world: &mut World, model: &mut Model, mut pass: impl FnMut(&Action) -> bool) {
    world.now += 1_000;
    world.live(false);
    let event = world.events.pop_front().unwrap_or(Event::Tick);
    for action in model.step(world.now, event) {
        if pass(&action) {
            world.perform(action);
        }
    }
}

#[test]
#[ignore = "truth and repair: an agent that never comes back keeps `kill` waiting"]
fn known_fault_kill_ends_though_an_agent_is_lost_for_good() {
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
#[ignore = "truth and repair: a TEARDOWN that is lost with its connection is never sent again"]
fn known_fault_a_lost_teardown_is_sent_again() {
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
        }
        if model.is_settled() {
            break;
        }
    }
    assert!(lost && world.torn_down, "settled: {}", model.is_settled());
}

#[test]
#[ignore = "truth and repair: failures of earlier runs count against a restart"]
fn known_fault_a_restart_after_three_failures_tries_at_all() {
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
#[ignore = "truth and repair: an intent in the journal is taken for a launch"]
fn known_fault_what_was_never_accepted_is_not_placed() {
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
