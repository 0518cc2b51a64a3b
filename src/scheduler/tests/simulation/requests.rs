//! Requests while somebody drives: the desired record is changed at any time, and whoever drives is told of it later; and clocks
//! that are set.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::Rng as _;

use super::scenarios::{begin_update, check_exactly, check_running, with_seeds};
use super::{World, run};
use crate::clock::Millis;
use crate::proto::api::TopologyState;
use crate::scheduler::container::DesiredContainer;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::step::Event;
use crate::scheduler::update_steps;

pub(super) type Change = fn(&Desired) -> Desired;

/// What others request.
#[derive(Default)]
pub(super) struct Others {
    /// Restarts of containers at random.
    pub(super) restarts: bool,
    /// Something else, in this round or soon after it.
    change_in: Option<(usize, Change)>,
    /// Whoever drives has not heard of the last change.
    pub unheard: Cell<bool>,
}

impl Others {
    pub fn are_done(&self) -> bool {
        self.change_in.is_none() && !self.unheard.get()
    }
}

impl World {
    /// Sets the clock.
    pub(super) fn jump(&mut self) -> Event {
        let by: Millis = self.rng.random_range(-100_000..100_000);
        self.now += by;
        Event::ClockJumped(by)
    }

    fn request(&mut self, change: impl FnOnce(&Desired) -> Desired) {
        self.journal.desired = change(&self.journal.desired);
        self.others.unheard.set(true);
    }

    /// What is requested in a round, and what the driver hears of it: a watch may be late, and tells the last state only.
    pub(super) fn requested(&mut self, round: usize, bad: bool) -> Option<Event> {
        if bad && self.others.restarts && self.rng.random_ratio(1, 30) {
            let container = self.rng.random_range(0..self.journal.desired.containers.len());
            self.request(|desired| {
                desired.changed(|desired| desired.containers[container].restarts += 1)
            });
        }
        if let Some((_, change)) = self.others.change_in.take_if(|(from, _)| *from <= round) {
            self.request(change);
        }
        let told = self.others.unheard.get() && (!bad || self.rng.random_ratio(1, 5));
        told.then(|| {
            self.others.unheard.set(false);
            Event::DesiredChanged(Box::new(self.journal.desired.clone()))
        })
    }

    pub(super) fn change_soon(&mut self, rounds: usize, change: Change) {
        self.others.change_in = Some((self.rng.random_range(0..rounds), change));
    }
}

pub(super) fn kill(desired: &Desired) -> Desired {
    desired.changed(|desired| desired.goal = Goal::Killed)
}

pub(super) fn pause(desired: &Desired) -> Desired {
    update_steps::aim_at(desired, TopologyState::Paused)
}

pub(super) fn check_killed(world: &World) {
    assert!(world.torn_down);
    let alive = world.tasks.values().filter(|task| !task.state.is_terminal()).count();
    assert_eq!(alive, 0);
}

#[test]
fn restarts_that_are_requested_at_any_time_are_all_done() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        world.others.restarts = true;
        run(&mut world, 400);
        check_running(&world);
        let mut restarted = 0;
        for wanted in &world.journal.desired.containers {
            assert_eq!(world.journal.records[&wanted.id].restarts, wanted.restarts);
            restarted += wanted.restarts;
        }
        assert!(restarted > 0, "no restart was requested");
    });
}

#[test]
fn a_kill_that_is_requested_at_any_time_leaves_nothing() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        world.others.restarts = seed % 2 == 0;
        world.change_soon(300, kill);
        run(&mut world, 300);
        check_killed(&world);
    });
}

/// A world in which an update has begun, paused before with every second seed; with every third, others ask for restarts.
fn updating(seed: u64) -> World {
    let mut world = World::new(seed);
    run(&mut world, 0);
    world.heron.is_paused = seed.is_multiple_of(2);
    begin_update(&mut world, seed.is_multiple_of(2));
    world.others.restarts = seed.is_multiple_of(3);
    world
}

#[test]
fn an_update_ends_with_its_plan_and_in_its_state_whatever_happens() {
    with_seeds(|seed| {
        let mut world = updating(seed);
        run(&mut world, 400);
        assert!(world.heron.is_written && world.journal.desired.update.is_none());
        check_exactly(&world, &[0, 1, 2, 4, 5]);
        assert_eq!(world.heron.is_paused, seed % 2 == 0);
        assert_eq!(world.journal.desired.containers[1].mem_mb.to_bits(), 120_f64.to_bits());
        // What went can come back.
        let again = DesiredContainer { id: 3, ..world.journal.desired.containers[1].clone() };
        world.journal.desired.containers.push(again);
        run(&mut world, 100);
        check_exactly(&world, &[0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn an_update_is_taken_back_whole_or_not_at_all() {
    let (written, undone) = (AtomicUsize::new(0), AtomicUsize::new(0));
    with_seeds(|seed| {
        let mut world = updating(seed);
        world.change_soon(120, update_steps::ask_undo);
        run(&mut world, 300);
        assert!(world.journal.desired.update.is_none());
        let (count, wanted) = if world.heron.is_written {
            (&written, &[0, 1, 2, 4, 5][..])
        } else {
            (&undone, &[0, 1, 2, 3][..])
        };
        count.fetch_add(1, Ordering::Relaxed);
        check_exactly(&world, wanted);
        assert_eq!(world.heron.is_paused, seed % 2 == 0);
        let size: f64 = if world.heron.is_written { 120.0 } else { 100.0 };
        assert_eq!(world.journal.desired.containers[1].mem_mb.to_bits(), size.to_bits());
    });
    let (written, undone) = (written.into_inner(), undone.into_inner());
    // One seed alone has one of the two.
    assert!(written + undone == 1 || (written > 10 && undone > 10), "{written}, {undone}");
}

#[test]
fn an_update_ends_in_the_state_that_is_asked_for_meanwhile() {
    let (paused, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
    with_seeds(|seed| {
        let mut world = World::new(seed);
        run(&mut world, 0);
        begin_update(&mut world, false);
        world.change_soon(60, pause);
        run(&mut world, 300);
        check_exactly(&world, &[0, 1, 2, 4, 5]);
        paused.fetch_add(usize::from(world.heron.is_paused), Ordering::Relaxed);
        all.fetch_add(1, Ordering::Relaxed);
    });
    let (paused, all) = (paused.into_inner(), all.into_inner());
    assert!(all == 1 || paused > all / 2, "{paused} of {all}");
}

#[test]
fn a_kill_during_an_update_leaves_nothing() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        run(&mut world, 0);
        begin_update(&mut world, false);
        world.change_soon(150, kill);
        run(&mut world, 300);
        check_killed(&world);
    });
}
