//! The state machine's memory, and the questions that can be asked of it.

use std::collections::{BTreeMap, BTreeSet};

use super::backoff::CRASH_LOOP;
use super::closed::{Closed, ClosedReason};
use super::container::{ContainerRecord, DesiredContainer, TaskFailure};
use super::ids::{HostId, TaskId};
use super::record::{Desired, Goal};
use super::seen::Seen;
use super::task::TaskState;
use super::updating::Updating;
use crate::clock::Millis;
use crate::constraint::Constraint;

/// What is decided outside of the state machine.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Failures in a row of one container after which the driver gives up; none: it never does.
    pub failure_limit: Option<u32>,
    /// How long a task on an unreachable host is waited for before another takes its place.
    pub unreachable_ms: Millis,
    /// The same for a task of which the engine knows nothing: hosts have so long to come back to an engine that has started
    /// anew (`docs/mesos.md#reconciliation`).
    pub unknown_ms: Millis,
    /// How soon a host must not be about to be taken down for containers to be launched there.
    pub maintenance_ms: Millis,
    /// Seconds that offers which are not needed stay away.
    pub decline_seconds: f64,
    /// Whether tasks are to end by themselves: each container is launched once, and any end of it is as it should be.
    pub run_once: bool,
    /// Whether the driver goes on whatever becomes of containers: those that are refused are tried again after the longest
    /// pause, and an update whose containers fail is taken back.
    pub stays: bool,
    /// The task that this is, of a topology that supervises itself: it is ended last, and with a killed topology's framework.
    pub own: Option<TaskId>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            failure_limit: None,
            unreachable_ms: 300_000,
            unknown_ms: 600_000,
            maintenance_ms: 3_600_000,
            decline_seconds: 3600.0,
            run_once: false,
            stays: false,
            own: None,
        }
    }
}

/// A task that has to be killed, and how often that was tried.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Killing {
    pub first_at: Millis,
    pub sent_at: Millis,
    pub tries: u32,
}

/// A task of this framework that no container record names: one of an attempt that was given up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stray {
    pub host_id: Option<HostId>,
    pub killing: Option<Killing>,
    /// Whether it was told over this connection that it lives.
    pub is_heard: bool,
}

/// One container: what is wanted, what is known, and what was tried last.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub desired: DesiredContainer,
    pub record: Option<ContainerRecord>,
    pub not_before: Millis,
    pub killing: Option<Killing>,
    /// The engine refused the task's description: launching it again would change nothing.
    pub refused: bool,
    /// Its task has been out of reach for too long; should it come back, it is killed as a stray.
    pub abandoned: bool,
    /// It is launched once, and left alone when it has ended.
    pub once: bool,
    /// An older task of it lives where it can be reached.
    pub is_doubled: bool,
    /// Whether its task was heard of over this connection.
    pub confirmed: bool,
    /// Failures in a row since this run began: what went wrong before says nothing of whether it works now.
    pub failures: u32,
}

/// How the ending of a killed topology goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Its known tasks are being killed.
    Killing,
    /// The engine was asked which tasks it knows.
    Listing,
    /// The framework was told to go, at that time; the engine has not confirmed it.
    TearingDown(Millis),
    /// The engine says that the framework is removed.
    Gone,
}

/// Everything that the state machine knows.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) desired: Desired,
    pub(super) policy: Policy,
    pub(super) slots: BTreeMap<u32, Slot>,
    pub(super) strays: BTreeMap<TaskId, Stray>,
    /// Records of containers that are wanted no more: their tasks' ends are journalled, and their attempts counted on should
    /// they be wanted again.
    pub(super) retired: BTreeMap<u32, ContainerRecord>,
    /// By host and role.
    pub(super) seen: BTreeMap<(HostId, String), Seen>,
    pub(super) connected: bool,
    /// Since when.
    pub(super) connected_at: Millis,
    pub(super) suppressed: bool,
    /// Offers were declined for longer than a container that is to be launched should wait.
    pub(super) held_back: bool,
    pub(super) unanswered: BTreeSet<TaskId>,
    pub(super) reconcile_at: Millis,
    pub(super) reconcile_tries: u32,
    /// When all tasks of the framework are asked for next, to find strays.
    pub(super) search_at: Millis,
    pub(super) ending: Ending,
    /// Those of the desired record, as they are understood.
    pub(super) constraints: Vec<Constraint>,
    pub(super) closed: Option<Closed>,
    /// What is known of the update that is under way.
    pub(super) updating: Updating,
    /// Somebody else may drive by now: whatever is heard, nothing is said or written any more.
    pub(super) lease_lost: bool,
}

/// Why the driver should stop before the goal is reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The engine refuses the description of a container's task.
    Refused(u32, Box<TaskFailure>),
    /// A container has failed too often.
    Failing(u32, Box<TaskFailure>),
    /// The engine closed the connection for good.
    Closed(Closed),
}

impl Ending {
    /// Moves the time that is remembered.
    pub(super) fn shift(&mut self, by: Millis) {
        if let Self::TearingDown(told_at) = self {
            *told_at = told_at.saturating_add(by);
        }
    }
}

impl Verdict {
    /// Whether the framework is gone with all its tasks.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        matches!(self, Self::Closed(closed) if closed.reason == ClosedReason::Removed)
    }
}

/// What a user is shown of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct View<'a> {
    /// Its id.
    pub id: u32,
    /// What is known of its task.
    pub record: Option<&'a ContainerRecord>,
    /// Whether it is as it should be.
    pub agrees: bool,
    /// Whether the engine was asked about its task, and has yet to answer.
    pub is_open: bool,
    /// Whether its task ends as somebody has asked for: another is to take its place, now or later.
    pub restart_is_asked: bool,
}

impl Model {
    /// A model from the journal's content. Nothing is believed to run until the engine has confirmed it.
    #[must_use]
    pub fn new(desired: Desired, records: Vec<ContainerRecord>, policy: Policy) -> Self {
        let mut records: BTreeMap<u32, ContainerRecord> =
            records.into_iter().map(|record| (record.id, record)).collect();
        let constraints = desired.placement.constraints();
        let slots = desired
            .members()
            .map(|container| {
                let record = records.remove(&container.id);
                (container.id, Slot::new(container, record, policy.run_once))
            })
            .collect::<BTreeMap<u32, Slot>>();
        let unanswered = slots.values().filter_map(Slot::live_task).collect();
        // Containers that are wanted no more: their tasks are strays, to be killed.
        let stray = |record: &ContainerRecord| {
            let stray =
                Stray { host_id: Some(record.host_id.clone()), killing: None, is_heard: false };
            (record.task_id.clone(), stray)
        };
        let strays = records.values().filter(|record| !record.is_over()).map(stray).collect();
        Self {
            desired,
            policy,
            slots,
            strays,
            constraints,
            retired: records,
            seen: BTreeMap::new(),
            connected: false,
            connected_at: 0,
            suppressed: false,
            held_back: false,
            unanswered,
            reconcile_at: 0,
            reconcile_tries: 0,
            search_at: 0,
            ending: Ending::Killing,
            closed: None,
            updating: Updating::default(),
            lease_lost: false,
        }
    }

    /// The desired record as it stands.
    #[must_use]
    pub fn desired(&self) -> &Desired {
        &self.desired
    }

    /// Whether a connection that is opened now should ask for no offers.
    #[must_use]
    pub fn wants_no_offers(&self, now: Millis) -> bool {
        !self.wants_offers(now)
    }

    /// Whether what the engine confirmed is what is desired.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self.desired.goal {
            Goal::Killed => self.ending == Ending::Gone,
            Goal::Running => {
                self.desired.update.is_none() && self.containers_agree() && self.supervisors_stand()
            }
        }
    }

    /// Whether every container is as the record wants it, and nothing else runs.
    pub(super) fn containers_agree(&self) -> bool {
        self.unanswered.is_empty() && self.strays.is_empty() && self.containers().all(Slot::agrees)
    }

    /// Whether the lease is lost, so that nothing more comes of it.
    #[must_use]
    pub fn has_lost_lease(&self) -> bool {
        self.lease_lost
    }

    /// Whether a connection stands.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// Whether every container has a task that was launched and has not come to its end, and one supervisor if there are to be
    /// some.
    #[must_use]
    pub fn is_placed(&self) -> bool {
        let mut supervisors = self.supervisors().peekable();
        self.connected
            && self.containers().all(|slot| self.is_launched(slot))
            && (supervisors.peek().is_none() || supervisors.any(|slot| self.is_launched(slot)))
    }

    /// Whether it has a task that was launched and has not come to its end. One that is only journalled may never have been
    /// launched.
    fn is_launched(&self, slot: &Slot) -> bool {
        slot.live_task().is_some_and(|task| !slot.abandoned && !self.unanswered.contains(&task))
    }

    /// Why going on is of no use, if so.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let matters = self.policy.stays || !self.is_settled();
        if let Some(closed) = self.closed.as_ref().filter(|_| matters) {
            return Some(Verdict::Closed(closed.clone()));
        }
        if self.desired.goal == Goal::Killed || self.policy.stays {
            return None;
        }
        let matter = self.slots.values().filter(|slot| !self.is_dispensable(slot));
        matter.into_iter().find_map(|slot| {
            let record = slot.record.as_ref()?;
            let failure = record.last_failure.clone()?;
            if slot.refused && !slot.once {
                return Some(Verdict::Refused(slot.desired.id, failure));
            }
            let limit = self.policy.failure_limit?;
            (record.is_over() && slot.failures >= limit)
                .then_some(Verdict::Failing(slot.desired.id, failure))
        })
    }

    /// Every container, in the order of ids.
    pub fn views(&self) -> impl Iterator<Item = View<'_>> {
        self.containers().map(|slot| self.view(slot))
    }

    pub(super) fn view<'a>(&'a self, slot: &'a Slot) -> View<'a> {
        let record = slot.record.as_ref();
        let is_open = record.is_some_and(|record| self.unanswered.contains(&record.task_id));
        View {
            id: slot.desired.id,
            record,
            agrees: slot.agrees() && record.is_some() && !is_open,
            is_open: is_open && record.is_some_and(|one| one.state != TaskState::Unknown),
            restart_is_asked: slot.desired.held || slot.wants_restart(),
        }
    }

    /// What each host offered last, for each role.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.values()
    }
}

impl Slot {
    pub(super) fn new(
        desired: DesiredContainer,
        record: Option<ContainerRecord>,
        once: bool,
    ) -> Self {
        Self {
            desired,
            record,
            not_before: 0,
            killing: None,
            refused: false,
            abandoned: false,
            once,
            is_doubled: false,
            confirmed: false,
            failures: 0,
        }
    }

    /// Whether a task is to be launched, now or after its backoff.
    pub(super) fn wants_launch(&self) -> bool {
        if self.once {
            return self.record.is_none();
        }
        !self.desired.held
            && !self.refused
            && !self.is_doubled
            && (self.abandoned || self.record.as_ref().is_none_or(ContainerRecord::is_over))
    }

    /// Whether its task is to be killed, so that another takes its place now or later.
    pub(super) fn wants_restart(&self) -> bool {
        self.record.as_ref().is_some_and(|record| {
            !record.is_over() && (self.desired.held || record.restarts < self.desired.restarts)
        })
    }

    /// Its task, unless that has come to its end.
    pub(super) fn live_task(&self) -> Option<TaskId> {
        self.record.as_ref().filter(|record| !record.is_over()).map(|record| record.task_id.clone())
    }

    /// Whether launching it again is not likely to help.
    pub(super) fn fails(&self) -> bool {
        let is_refused = |record: &ContainerRecord| record.state == TaskState::Error;
        self.failures >= CRASH_LOOP || self.record.as_ref().is_some_and(is_refused)
    }

    pub(super) fn agrees(&self) -> bool {
        if self.desired.held {
            return self.abandoned || self.live_task().is_none();
        }
        self.record.as_ref().is_some_and(|record| {
            if self.once {
                return self.abandoned || record.is_over();
            }
            record.state == TaskState::Running && record.restarts >= self.desired.restarts
        })
    }
}
