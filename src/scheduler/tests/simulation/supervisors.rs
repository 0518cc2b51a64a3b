//! Topologies that supervise themselves: one of their supervisors drives, until it dies or is ended, and then another.

use std::collections::BTreeSet;

use super::scenarios::{check_running, with_seeds};
use super::{AGENTS, World, run};
use crate::scheduler::call::Call;
use crate::scheduler::ids::TaskId;
use crate::scheduler::member::{id_of, number_of};
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::step::Action;
use crate::scheduler::supervisors::Supervisors;
use crate::scheduler::task::TaskState;

fn supervised(desired: &Desired, count: u32) -> Desired {
    desired.changed(|desired| {
        let (cpus, mem_mb) = (0.1, 10.0);
        desired.supervise_by(Supervisors { count, cpus, mem_mb, ..Supervisors::default() });
    })
}

impl World {
    fn with_supervisors(seed: u64, count: u32) -> Self {
        let mut world = Self::new(seed);
        world.journal.desired = supervised(&world.journal.desired, count);
        world
    }

    /// Supervisors that run, with their agents.
    fn running_supervisors(&self) -> Vec<(TaskId, usize)> {
        let runs = self.tasks.iter().filter(|(_, task)| {
            number_of(task.container).is_some() && task.state == TaskState::Running
        });
        runs.map(|(id, task)| (id.clone(), task.agent)).collect()
    }

    /// No two supervisors are on one agent, of those that can be reached and have not been away.
    pub(super) fn check_apart(&self) {
        let mut seen = BTreeSet::new();
        for (id, task) in &self.tasks {
            let counts = !task.state.is_terminal() && !task.away;
            if counts && number_of(task.container).is_some() {
                assert!(seen.insert(task.agent), "{id} is beside another on agent {}", task.agent);
            }
        }
    }

    /// A supervisor that ends a killed topology doesn't end itself before the framework.
    pub(super) fn check_own(&self, action: &Action) {
        if let Action::Call(Call::Kill(kill)) = action {
            let is_own = self.own.as_ref() == Some(&kill.task_id);
            assert!(!is_own || self.journal.desired.goal == Goal::Running, "{action:?}");
        }
    }

    /// Whether the supervisor that drives has died; if so, another one drives from now on, or a command if there is none.
    pub(super) fn driver_has_died(&mut self) -> bool {
        let Some(own) = &self.own else { return false };
        let drives = |task: &super::Task| !task.state.is_terminal() && self.reachable[task.agent];
        if self.tasks.get(own).is_some_and(drives) {
            return false;
        }
        self.own = self.running_supervisors().into_iter().map(|(id, _)| id).next();
        true
    }

    fn check_supervisors(&self, count: u32) {
        let running = self.running_supervisors();
        let agents: BTreeSet<usize> = running.iter().map(|(_, agent)| *agent).collect();
        let most = usize::try_from(count).unwrap().min(AGENTS);
        assert_eq!((running.len(), agents.len()), (most, most), "{running:?}");
    }
}

#[test]
fn supervisors_come_up_on_agents_of_their_own_whatever_happens() {
    with_seeds(|seed| {
        let count = u32::try_from(seed % 5).unwrap();
        let mut world = World::with_supervisors(seed, count);
        run(&mut world, 0);
        world.own = world.running_supervisors().into_iter().map(|(id, _)| id).next();
        run(&mut world, 150);
        check_running(&world);
        // One that finds no place waits for it; at the end all agents are back, and have room.
        run(&mut world, 0);
        world.check_supervisors(count);
    });
}

#[test]
fn a_kill_leaves_nothing_whoever_drives() {
    with_seeds(|seed| {
        let mut world = World::with_supervisors(seed, u32::try_from(seed % 3).unwrap() + 1);
        run(&mut world, 0);
        if seed % 2 == 0 {
            world.own = world.running_supervisors().into_iter().map(|(id, _)| id).next();
        }
        world.change_soon(100, |desired| desired.changed(|desired| desired.goal = Goal::Killed));
        run(&mut world, 120);
        assert!(world.torn_down);
        assert!(world.tasks.values().all(|task| task.state.is_terminal()));
    });
}

#[test]
fn more_fewer_and_other_supervisors_take_over_from_those_that_there_are() {
    with_seeds(|seed| {
        let mut world = World::with_supervisors(seed, 2);
        run(&mut world, 0);
        world.own = world.running_supervisors().into_iter().map(|(id, _)| id).next();
        let (change, count): (fn(&Desired) -> Desired, u32) = match seed % 4 {
            0 => (|desired| supervised(desired, 0), 0),
            1 => (|desired| supervised(desired, 1), 1),
            2 => (|desired| supervised(desired, 3), 3),
            _ => {
                let anew = |desired: &Desired| {
                    desired.changed(|desired| {
                        if let Some(supervisors) = &mut desired.supervisors {
                            supervisors.restarts += 1;
                        }
                    })
                };
                (anew, 2)
            }
        };
        world.change_soon(80, change);
        run(&mut world, 120);
        run(&mut world, 0);
        check_running(&world);
        world.check_supervisors(count);
        for number in 1..=count {
            let record = &world.journal.records[&id_of(number)];
            assert_eq!(record.restarts, u64::from(seed % 4 == 3), "{record:?}");
        }
    });
}
