//! What an update has to do with beside the engine: a TManager that runs in container 0, and the records of the topology.

use std::cell::Cell;

use rand::Rng as _;

use super::World;
use crate::proto::api::TopologyState;
use crate::scheduler::errand::Errand;
use crate::scheduler::replacing;
use crate::scheduler::revision::Revision;
use crate::scheduler::step::Event;
use crate::scheduler::task::TaskState;
use crate::scheduler::update::UpdateStep;
use crate::scheduler::update_steps;

/// Heron's side of the world.
#[derive(Default)]
pub(super) struct Heron {
    /// What is being done; gone with whoever does it.
    pub errand: Option<Errand>,
    /// Whoever drove is gone, and their errand with them.
    pub forgotten: Cell<bool>,
    /// Whether the topology is paused: so it is in the physical plan, which outlives the TManager.
    pub is_paused: bool,
    /// Whether the new packing plan is written.
    pub is_written: bool,
    /// The attempt of container 0 that has made a physical plan of it.
    planned_by: Option<u32>,
    /// Revisions that have nodes of their own.
    pub revisions: Vec<Revision>,
}

impl World {
    /// Does the errand that was asked for, perhaps, and perhaps without anybody hearing of it.
    pub(super) fn run_errand(&mut self, bad: bool) -> Vec<Event> {
        let forgotten = self.heron.forgotten.take();
        let Some(errand) = self.heron.errand else { return Vec::new() };
        if forgotten {
            self.heron.errand = None;
            // The last that its driver did may have been done.
            if self.rng.random_ratio(1, 2) {
                return Vec::new();
            }
        }
        if (bad && self.rng.random_ratio(2, 3)) || !self.is_done(errand) {
            return Vec::new();
        }
        self.heron.errand = None;
        if forgotten {
            // Its successor has read the record before it was written.
            self.others.unheard.set(true);
            return Vec::new();
        }
        self.others.unheard.set(false);
        let desired = Box::new(self.journal.desired.clone());
        vec![Event::DesiredChanged(desired), Event::ErrandDone(errand)]
    }

    /// Whether an errand can be done now; if so, it is.
    fn is_done(&mut self, errand: Errand) -> bool {
        let Some(update) = self.journal.desired.update.clone() else { return true };
        let tmanager = self.runs(0);
        match errand {
            Errand::Pause if tmanager.is_some() => self.heron.is_paused = true,
            Errand::Restore if tmanager.is_some() => {
                let is_replaced = update.replacement.is_some();
                let by_new_plan =
                    (update.step != UpdateStep::Written && !is_replaced) || self.is_planned();
                assert!(by_new_plan, "restored by the old plan");
                self.heron.is_paused = update.topology_state() == TopologyState::Paused;
            }
            Errand::AwaitPlan if tmanager.is_some() => self.heron.planned_by = tmanager,
            Errand::Pause | Errand::Restore | Errand::AwaitPlan => return false,
            Errand::Change(change) => {
                self.journal.desired = change.apply(&self.journal.desired);
                let wanted = update.topology_state() == TopologyState::Paused;
                let ended = self.journal.desired.update.is_none();
                assert!(!ended || self.heron.is_paused == wanted, "ended as {update:?}");
            }
            Errand::WritePlan if update_steps::may_be_written(&self.journal.desired) => {
                self.check_write();
                self.journal.desired = update_steps::write(&self.journal.desired);
                self.heron.is_written = true;
                self.heron.planned_by = None;
            }
            Errand::WritePlan => {}
            Errand::PutInPlace => self.put_in_place(),
            Errand::Tidy => {
                let gone = replacing::to_forget(&self.journal.desired);
                self.journal.desired = replacing::forget(&self.journal.desired, &gone);
            }
        }
        true
    }

    /// The revision that is wanted takes the place of what has ended, wherever that can be reached, and comes up in the state that
    /// is wanted.
    fn put_in_place(&mut self) {
        let desired = &self.journal.desired;
        let Some(number) = replacing::next(desired) else { return };
        let lives = |task: &&super::Task| {
            !task.state.is_terminal() && !task.away && self.reachable[task.agent]
        };
        let alive: Vec<_> = self.tasks.values().filter(lives).map(|one| one.container).collect();
        assert!(alive.is_empty(), "put in place of what runs: {alive:?}");
        let revision = self.heron.revisions.iter().find(|one| one.number == number).unwrap();
        let state = desired.update.as_ref().unwrap().topology_state();
        self.heron.is_paused = state == TopologyState::Paused;
        self.heron.planned_by = None;
        self.journal.desired = replacing::put(desired, revision);
    }

    fn is_planned(&self) -> bool {
        self.heron.planned_by.is_some()
    }

    /// The attempt of a container that runs where it can be reached.
    fn runs(&self, container: u32) -> Option<u32> {
        let task = self.tasks.iter().find(|(_, task)| {
            task.container == container
                && task.state == TaskState::Running
                && self.reachable[task.agent]
        })?;
        task.0.as_str().rsplit('-').next()?.parse().ok()
    }

    /// What must be so when the packing plan is written: nothing is emitted, everything that the plan needs was launched for it,
    /// and no TManager lives that would go by the plan before, unless its host is away.
    fn check_write(&self) {
        let desired = &self.journal.desired;
        let update = desired.update.as_ref().unwrap();
        assert!(self.heron.is_paused, "the plan is written while the topology emits");
        for id in update.added.iter().chain(&update.relaunched) {
            assert!(self.journal.records.contains_key(id), "container {id} was never launched");
        }
        let resized = update.resized.is_empty() || update.step == UpdateStep::Resized;
        assert!(resized, "the plan is written before the containers have their sizes");
        let lives = |task: &&super::Task| {
            task.container == 0
                && !task.state.is_terminal()
                && !task.away
                && self.reachable[task.agent]
        };
        let tmanager = self.tasks.values().find(lives);
        assert!(
            tmanager.is_none(),
            "the TManager goes by the plan before: {:?}",
            tmanager.unwrap().state
        );
    }
}
