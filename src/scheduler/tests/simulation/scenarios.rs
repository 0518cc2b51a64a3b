//! What must hold in the end, whatever happened before: a topology that comes up, restarts, is updated and killed.

use serde_json::Map;

use super::{CONTAINERS, World, desired, run};
use crate::scheduler::container::DesiredContainer;
use crate::scheduler::record::Goal;
use crate::scheduler::step::Event;
use crate::scheduler::update::{Update, UpdateStep};
use crate::scheduler::update_steps;
use rand::Rng as _;

pub(super) fn check_running(world: &World) {
    for container in 0..CONTAINERS {
        let running = world
            .tasks
            .values()
            .filter(|task| task.container == container && !task.state.is_terminal())
            .count();
        assert_eq!(running, 1, "container {container}");
    }
}

pub(super) fn with_seeds(check: impl Fn(u64) + std::panic::RefUnwindSafe) {
    let chosen = std::env::var("HERON_SIMULATION_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = chosen.map_or(0..300, |seed: u64| seed..seed + 1);
    for seed in seeds {
        let result = std::panic::catch_unwind(|| check(seed));
        assert!(result.is_ok(), "failed with HERON_SIMULATION_SEED={seed}");
    }
}

#[test]
fn a_topology_comes_up_whatever_happens() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        run(&mut world, 600);
        check_running(&world);
    });
}

#[test]
fn a_restart_replaces_the_tasks_it_names_and_no_others() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        run(&mut world, 0);
        let before = world.journal.records.clone();
        world.journal.desired.containers[2].restarts += 1;
        run(&mut world, 0);
        check_running(&world);
        for (id, record) in &world.journal.records {
            assert_eq!(record.task_id != before[id].task_id, *id == 2, "container {id}");
        }
        world.journal.desired.containers[1].restarts += 1;
        run(&mut world, 300);
        check_running(&world);
        assert!(world.journal.records[&1].restarts == 1);
    });
}

/// Containers 4 and 5 come, 3 goes, 1 grows, and the TManager's gets a new task.
fn an_update(paused: bool) -> Update {
    let sized = |mem_mb| DesiredContainer { mem_mb, ..desired().containers[1].clone() };
    Update {
        step: UpdateStep::Begun,
        request: "containers:5".into(),
        old_plan: "old".into(),
        new_plan: "new".into(),
        plan: Some("p".into()),
        undo: false,
        state: if paused { "PAUSED" } else { "RUNNING" }.into(),
        runtime_config: vec![],
        added: vec![4, 5],
        removed: vec![3],
        resized: vec![sized(120.0)],
        resized_from: vec![sized(100.0)],
        relaunched: vec![1],
        old_command: None,
        tmanager_session: None,
        tmanager_grace_ms: Some(500),
        replacement: None,
        extra: Map::new(),
    }
}

pub(super) fn begin_update(world: &mut World, paused: bool) {
    let added =
        [4, 5].map(|id| DesiredContainer { id, ..desired().containers[1].clone() }).to_vec();
    let command = world.journal.desired.launch.command.clone();
    world.journal.desired =
        update_steps::begin(&world.journal.desired, an_update(paused), added, command);
}

/// Exactly these containers run, each once, and the journal holds no task for living that is not.
pub(super) fn check_exactly(world: &World, wanted: &[u32]) {
    let alive = world.tasks.values().filter(|task| !task.state.is_terminal());
    let mut alive: Vec<u32> = alive.map(|task| task.container).collect();
    alive.sort_unstable();
    assert_eq!(alive, wanted);
    for (id, record) in &world.journal.records {
        assert_eq!(!record.is_over(), wanted.contains(id), "the record of container {id}");
    }
}

#[test]
fn a_kill_leaves_nothing_whatever_happens() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        let rounds = world.rng.random_range(0..200);
        run_some(&mut world, rounds);
        world.journal.desired.goal = Goal::Killed;
        run(&mut world, 300);
        assert!(world.torn_down);
        let alive = world.tasks.values().filter(|task| !task.state.is_terminal()).count();
        assert_eq!(alive, 0);
    });
}

/// A submission that is cut short.
fn run_some(world: &mut World, rounds: usize) {
    let mut model = world.model();
    world.subscribe(&model);
    for _ in 0..rounds {
        world.now += 300;
        world.live(true);
        world.make_offers();
        let event = world.events.pop_front().unwrap_or(Event::Tick);
        for action in model.step(world.now, event) {
            world.perform(action);
        }
    }
}
