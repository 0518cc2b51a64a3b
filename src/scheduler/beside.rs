//! A topology's own supervisors: small tasks of its framework, beside its containers, that drive it while nobody else does. They are no
//! part of the packing plan, and Heron knows nothing of them.
//!
//! To the state machine each is one more container, with a record, attempts and pauses of its own. What is otherwise for them is that
//! they need no ports, run on different hosts, and hold nothing else up.

use std::collections::BTreeSet;

use super::container::DesiredContainer;
use super::ids::{HostId, TaskId};
use super::member::number_of;
use super::model::{Model, Slot, View};
use super::record::Goal;
use crate::clock::Millis;
use crate::constraint::{Constraint, Place};

/// Seconds that offers stay away which could serve nothing but a supervisor that finds no place.
pub(super) const UNPLACED_SECONDS: f64 = 30.0;

impl Slot {
    pub(super) fn is_supervisor(&self) -> bool {
        number_of(self.desired.id).is_some()
    }

    fn is_live(&self) -> bool {
        self.live_task().is_some() && !self.abandoned
    }
}

/// The hosts that have supervisors: no other is placed there.
#[derive(Clone, Debug)]
pub(super) struct Apart<'m> {
    constraints: &'m [Constraint],
    hosts: BTreeSet<HostId>,
}

impl<'m> Apart<'m> {
    pub fn of(model: &'m Model) -> Self {
        // A host that comes back brings the task along that was given up with it.
        let live = model.supervisors().filter(|slot| slot.live_task().is_some());
        let hosts = live.filter_map(|slot| Some(slot.record.as_ref()?.host_id.clone())).collect();
        Self { constraints: &model.constraints, hosts }
    }

    /// Whether a supervisor may run at a place. Of the topology's constraints those count that rule it out for every container.
    pub fn admits(&self, host: &HostId, place: Place<'_>) -> bool {
        !self.hosts.contains(host) && !self.constraints.iter().any(|one| one.excludes(place))
    }

    /// A supervisor runs on a host.
    pub fn placed(&mut self, host: &HostId) {
        self.hosts.insert(host.clone());
    }
}

impl Model {
    /// The containers, without the supervisors.
    pub(super) fn containers(&self) -> impl Iterator<Item = &Slot> {
        self.slots.values().filter(|slot| !slot.is_supervisor())
    }

    pub(super) fn supervisors(&self) -> impl Iterator<Item = &Slot> {
        self.slots.values().filter(|slot| slot.is_supervisor())
    }

    /// Every supervisor, in the order of numbers.
    pub fn supervisor_views(&self) -> impl Iterator<Item = View<'_>> {
        self.supervisors().map(|slot| self.view(slot))
    }

    /// The numbers of supervisors that find no place, though hosts have made offers.
    pub fn unplaced_supervisors(&self) -> impl Iterator<Item = u32> {
        let waits = self.supervisors().filter(|slot| self.finds_no_place(slot));
        waits.filter_map(|slot| number_of(slot.desired.id))
    }

    /// Whether the supervisors are seen to: at least one runs, and those that don't are not about to, so that they are left to it.
    pub(super) fn supervisors_stand(&self) -> bool {
        let mut wanted = self.supervisors().peekable();
        if wanted.peek().is_none() {
            return true;
        }
        let passes = |slot: &Slot| slot.agrees() || slot.fails() || self.finds_no_place(slot);
        self.one_supervises() && wanted.all(passes)
    }

    /// Whether a supervisor runs as it should.
    pub(super) fn one_supervises(&self) -> bool {
        self.supervisors().any(Slot::agrees)
    }

    /// Whether it is a supervisor that nothing waits for: another runs, or is about to.
    pub(super) fn is_dispensable(&self, slot: &Slot) -> bool {
        let other = |other: &Slot| other.desired.id != slot.desired.id && other.is_live();
        slot.is_supervisor() && self.supervisors().any(other)
    }

    /// Containers that wait for an offer, and supervisors where none runs.
    pub fn unplaced(&self) -> impl Iterator<Item = &DesiredContainer> {
        let running = self.desired.goal == Goal::Running;
        let matter = self.slots.values().filter(|slot| !self.is_dispensable(slot));
        matter.filter(move |slot| running && slot.wants_launch()).map(|slot| &slot.desired)
    }

    /// Whether containers wait for an offer that they fit into, and not for the end of a backoff; or supervisors, where none runs.
    #[must_use]
    pub fn waits_for_room(&self, now: Millis) -> bool {
        let matter = self.slots.values().filter(|slot| !self.is_dispensable(slot));
        self.desired.goal == Goal::Running
            && matter.into_iter().any(|slot| slot.wants_launch() && slot.not_before <= now)
    }

    /// Whether something is to be launched now. What waits for the end of its backoff needs no offers yet.
    pub(super) fn wants_offers(&self, now: Millis) -> bool {
        let waits = |slot: &Slot| slot.wants_launch() && slot.not_before <= now;
        self.desired.goal == Goal::Running && self.slots.values().any(waits)
    }

    /// Whether something waits for offers that were declined for longer while nothing but a supervisor did.
    pub(super) fn misses_offers(&self, now: Millis) -> bool {
        self.held_back && self.waits_for_room(now)
    }

    fn finds_no_place(&self, slot: &Slot) -> bool {
        slot.wants_launch() && !self.seen.is_empty()
    }

    /// Whether a task is the one that drives, of a topology that supervises itself.
    pub(super) fn is_own(&self, task: &TaskId) -> bool {
        self.policy.own.as_ref() == Some(task)
    }

    /// Whether a task may be asked to end. The driver's own goes, once it is wanted no more, to be replaced by another when all else is
    /// in order, and else with the framework of a killed topology.
    pub(super) fn may_end(&self, task: &TaskId) -> bool {
        if !self.is_own(task) {
            return true;
        }
        let is_wanted = !self.strays.contains_key(task);
        self.desired.goal == Goal::Running && (!is_wanted || self.may_end_itself())
    }

    /// What has to end before a killed topology's framework goes.
    pub(super) fn slots_to_end(&self) -> impl Iterator<Item = &Slot> {
        let is_own = |slot: &Slot| slot.live_task().is_some_and(|task| self.is_own(&task));
        self.slots.values().filter(move |slot| !is_own(slot))
    }

    /// Whether there are tasks that no record names, the driver's own aside where the topology is killed.
    pub(super) fn has_strays(&self) -> bool {
        self.strays.keys().any(|task| !self.is_own(task))
    }

    /// Whether the driver's own task may be ended by it: when there is nothing else to do, so that its successor finds all in order.
    fn may_end_itself(&self) -> bool {
        let is_own = |slot: &Slot| slot.live_task().is_some_and(|task| self.is_own(&task));
        let rest = self.slots.values().filter(|slot| !is_own(slot));
        let settled = |slot: &Slot| {
            slot.agrees() || slot.is_supervisor() && (slot.fails() || self.finds_no_place(slot))
        };
        self.unanswered.is_empty() && !self.has_strays() && rest.into_iter().all(settled)
    }
}
