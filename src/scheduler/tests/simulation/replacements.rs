//! Another revision takes the place of what runs, and is taken out of it again, whatever happens.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, json};

use super::requests::{check_killed, kill, pause};
use super::scenarios::{check_exactly, with_seeds};
use super::{World, desired, run};
use crate::scheduler::container::DesiredContainer;
use crate::scheduler::replacing;
use crate::scheduler::revision::{HeronNodes, Revision};
use crate::scheduler::update::{Replacement, Update};
use crate::scheduler::update_steps;

/// The containers of the revision that is new.
const NEW: [u32; 4] = [0, 1, 2, 5];
/// Those of the one before.
const OLD: [u32; 4] = [0, 1, 2, 3];

/// A world in which a replacement has begun, paused before with every second seed; with every third, others ask for restarts.
fn replacing(seed: u64) -> World {
    let mut world = World::new(seed);
    run(&mut world, 0);
    let paused = seed.is_multiple_of(2);
    world.heron.is_paused = paused;
    let nodes = || HeronNodes {
        definition: String::new(),
        packing_plan: String::new(),
        execution_state: String::new(),
    };
    let old = Revision::of(&world.journal.desired, 1, nodes());
    let container = |id| DesiredContainer { id, ..desired().containers[1].clone() };
    let new = Revision {
        number: 2,
        topology_id: "new".to_owned(),
        containers: NEW.map(container).to_vec(),
        ..old.clone()
    };
    let update: Update = serde_json::from_value(json!({
        "step": "BEGUN", "request": "revision 2", "old_plan": "a", "new_plan": "b",
        "state": if paused { "PAUSED" } else { "RUNNING" },
        "added": [], "removed": [], "resized": [], "resized_from": [], "relaunched": [],
    }))
    .unwrap();
    let extra = Map::new();
    let replacement =
        Replacement { from: 1, to: 2, is_new: true, keep: 2, resets_state: false, extra };
    let update = Update { replacement: Some(Box::new(replacement)), ..update };
    world.journal.desired =
        replacing::begin(&world.journal.desired, update, old.kept(), new.kept());
    world.heron.revisions = vec![old, new];
    world.others.restarts = seed.is_multiple_of(3);
    world
}

/// Whether the new revision runs; else the old one does, whole.
fn check_one(world: &World) -> bool {
    let desired = &world.journal.desired;
    assert!(desired.update.is_none());
    let is_new = desired.revisions.running == 2;
    assert_eq!(desired.topology_id, if is_new { "new" } else { "t-id" });
    let kept: Vec<u32> = desired.revisions.kept.iter().map(|one| one.number).collect();
    assert_eq!(kept, if is_new { vec![1, 2] } else { vec![1] });
    check_exactly(world, if is_new { &NEW } else { &OLD });
    is_new
}

#[test]
fn a_replacement_ends_with_its_revision_and_in_its_state_whatever_happens() {
    with_seeds(|seed| {
        let mut world = replacing(seed);
        run(&mut world, 400);
        assert!(check_one(&world));
        assert_eq!(world.heron.is_paused, seed % 2 == 0);
    });
}

#[test]
fn a_replacement_is_taken_back_whole_or_not_at_all() {
    let (stayed, undone) = (AtomicUsize::new(0), AtomicUsize::new(0));
    with_seeds(|seed| {
        let mut world = replacing(seed);
        world.change_soon(120, update_steps::ask_undo);
        run(&mut world, 400);
        let count = if check_one(&world) { &stayed } else { &undone };
        count.fetch_add(1, Ordering::Relaxed);
        assert_eq!(world.heron.is_paused, seed % 2 == 0);
    });
    let (stayed, undone) = (stayed.into_inner(), undone.into_inner());
    // One seed alone has one of the two.
    assert!(stayed + undone == 1 || (stayed > 10 && undone > 10), "{stayed}, {undone}");
}

#[test]
fn a_replacement_ends_in_the_state_that_is_asked_for_meanwhile() {
    let (paused, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
    with_seeds(|seed| {
        let mut world = replacing(seed * 2 + 1);
        world.change_soon(60, pause);
        run(&mut world, 300);
        assert!(check_one(&world));
        paused.fetch_add(usize::from(world.heron.is_paused), Ordering::Relaxed);
        all.fetch_add(1, Ordering::Relaxed);
    });
    let (paused, all) = (paused.into_inner(), all.into_inner());
    assert!(all == 1 || paused > all / 2, "{paused} of {all}");
}

#[test]
fn a_kill_during_a_replacement_leaves_nothing() {
    with_seeds(|seed| {
        let mut world = replacing(seed);
        world.change_soon(150, kill);
        run(&mut world, 300);
        check_killed(&world);
    });
}
