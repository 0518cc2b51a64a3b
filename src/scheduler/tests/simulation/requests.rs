//! Requests while somebody drives: the desired record is changed at any time, and whoever drives is told of it later; and clocks
//! that are set.

use std::cell::Cell;
use std::collections::VecDeque;

use rand::Rng as _;

use super::scenarios::{begin_update, check_exactly, check_running, with_seeds};
use super::{CONTAINERS, World, run};
use crate::clock::Millis;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::step::Event;
use crate::scheduler::update_steps;

/// What others request.
#[derive(Default)]
pub(super) struct Others {
    /// Restarts of containers at random.
    restarts: bool,
    /// The topology's end, in this round.
    kill_in: Option<usize>,
    /// Steps that follow one another, each as soon as the one before is done.
    steps: VecDeque<fn(&Desired) -> Desired>,
    /// Whoever drives has not heard of the last change.
    pub unheard: Cell<bool>,
}

impl Others {
    pub fn are_done(&self) -> bool {
        self.steps.is_empty() && !self.unheard.get()
    }
}

impl World {
    /// Sets the clock.
    pub(super) fn jump(&mut self) -> Event {
        let by: Millis = self.rng.random_range(-100_000..100_000);
        self.now += by;
        Event::ClockJumped(by)
    }

    fn request(&mut self, change: impl FnOnce(&mut Desired)) {
        self.journal.desired = self.journal.desired.changed(change);
        self.others.unheard.set(true);
    }

    /// What is requested in a round, and what the driver hears of it: a watch may be late, and tells the last state only.
    pub(super) fn requested(&mut self, round: usize, bad: bool, settled: bool) -> Option<Event> {
        if bad && self.others.restarts && self.rng.random_ratio(1, 30) {
            let container = self.rng.random_range(0..self.journal.desired.containers.len());
            self.request(|desired| desired.containers[container].restarts += 1);
        }
        if self.others.kill_in.take_if(|kill_in| *kill_in <= round).is_some() {
            self.request(|desired| desired.goal = Goal::Killed);
        }
        if settled
            && !self.others.unheard.get()
            && let Some(step) = self.others.steps.pop_front()
        {
            self.request(|desired| *desired = step(desired));
        }
        let told = self.others.unheard.get() && (!bad || self.rng.random_ratio(1, 5));
        told.then(|| {
            self.others.unheard.set(false);
            Event::DesiredChanged(Box::new(self.journal.desired.clone()))
        })
    }
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
        assert!(restarted > u64::from(CONTAINERS), "only {restarted} restarts were requested");
    });
}

#[test]
fn a_kill_that_is_requested_at_any_time_leaves_nothing() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        world.others.restarts = seed % 2 == 0;
        world.others.kill_in = Some(world.rng.random_range(0..300));
        run(&mut world, 300);
        assert!(world.torn_down);
        let alive = world.tasks.values().filter(|task| !task.state.is_terminal()).count();
        assert_eq!(alive, 0);
    });
}

#[test]
fn an_update_that_is_requested_while_others_restart_ends_with_its_plan() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        run(&mut world, 0);
        begin_update(&mut world);
        world.others.restarts = true;
        let steps: [fn(&Desired) -> Desired; 4] =
            [update_steps::resize, update_steps::write, update_steps::remove, update_steps::end];
        world.others.steps = steps.into();
        run(&mut world, 400);
        check_exactly(&world, &[0, 1, 2, 4, 5]);
        assert!(world.journal.desired.update.is_none());
    });
}

#[test]
fn an_update_that_is_undone_while_it_is_driven_leaves_the_containers_as_they_were() {
    with_seeds(|seed| {
        let mut world = World::new(seed);
        run(&mut world, 0);
        begin_update(&mut world);
        world.others.restarts = seed % 3 == 0;
        let resized = seed % 2 == 0;
        world
            .others
            .steps
            .extend(resized.then_some(update_steps::resize as fn(&Desired) -> Desired));
        world.others.steps.push_back(update_steps::undo);
        world.others.steps.push_back(update_steps::end);
        run(&mut world, 300);
        check_exactly(&world, &[0, 1, 2, 3]);
    });
}
