//! What becomes of a topology's containers while it is driven without an end, told as it changes. Pure.

use std::collections::BTreeMap;

use crate::clock::Millis;
use crate::scheduler::backoff::CRASH_LOOP;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::member::{number_of, shown};
use crate::scheduler::model::{Model, View};
use crate::scheduler::task::TaskState;

/// How the containers of a topology were when they were looked at last.
#[derive(Debug, Default)]
pub struct Heals {
    containers: BTreeMap<u32, Known>,
    /// Whether it was told that all run.
    is_well: bool,
}

/// What is known of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Well,
    /// It doesn't run since then, and whether that is as somebody has asked for.
    Ill {
        since: Millis,
        asked: bool,
        looping: bool,
    },
}

/// What has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A line for the user.
    Told(String),
    /// A container runs again without anybody's asking, after so many seconds.
    Healed(f64),
}

/// How many containers there are, and how they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// That are to run.
    pub wanted: usize,
    /// That do.
    pub running: usize,
    /// That fail again and again.
    pub looping: usize,
}

impl Heals {
    /// Looks at what is known now. Without a connection nothing is: the containers are as they were.
    pub fn look(&mut self, now: Millis, model: &Model) -> Vec<Change> {
        let mut changes = Vec::new();
        if !model.is_connected() {
            return changes;
        }
        let members: Vec<View<'_>> = model.views().chain(model.supervisor_views()).collect();
        self.containers.retain(|id, _| members.iter().any(|view| view.id == *id));
        for view in members.iter().filter(|view| !view.is_open) {
            self.look_at(now, view, &mut changes);
        }
        let is_well = model.is_settled();
        if is_well && !self.is_well {
            changes.push(Change::Told(format!("all {} containers run", model.views().count())));
        }
        // What is only asked about again is as it was.
        self.is_well = is_well || (self.is_well && self.containers.values().all(Known::is_well));
        changes
    }

    fn look_at(&mut self, now: Millis, view: &View<'_>, changes: &mut Vec<Change>) {
        let known = self.containers.get(&view.id).copied();
        let id = view.id;
        let runs = view.record.is_some_and(|record| record.state == TaskState::Running);
        if view.agrees && runs {
            if let (Some(Known::Ill { since, asked, .. }), Some(record)) = (known, view.record) {
                let seconds = now.saturating_sub(since).max(0) as f64 / 1000.0;
                let host = &record.host;
                changes.push(Change::Told(format!(
                    "{} runs on host {host}, after {seconds:.1} s (attempt {})",
                    shown(id),
                    record.attempt
                )));
                if !asked && number_of(id).is_none() {
                    changes.push(Change::Healed(seconds));
                }
            }
            self.containers.insert(id, Known::Well);
            return;
        }
        let looping = is_looping(view);
        let (since, asked) = match known {
            Some(Known::Ill { since, asked, looping: true }) => (since, asked),
            Some(Known::Ill { since, asked, looping: false }) if !looping => (since, asked),
            Some(Known::Ill { since, asked, .. }) => {
                changes.extend(view.record.map(|record| Change::Told(crash_loop(record))));
                (since, asked)
            }
            known => {
                let asked = view.restart_is_asked || view.record.is_none();
                if !asked {
                    changes.extend(view.record.map(|record| Change::Told(trouble(record))));
                }
                let ended = view.record.filter(|record| known.is_none() && record.is_over());
                (ended.map_or(now, |record| record.since.min(now)), asked)
            }
        };
        self.containers.insert(id, Known::Ill { since, asked, looping });
    }
}

impl Known {
    fn is_well(&self) -> bool {
        *self == Self::Well
    }
}

/// How the containers are now.
#[must_use]
pub fn count(model: &Model) -> Count {
    Count {
        wanted: model.views().count(),
        running: model.views().filter(|view| view.agrees).count(),
        looping: model.views().filter(is_looping).count(),
    }
}

fn is_looping(view: &View<'_>) -> bool {
    !view.agrees && view.record.is_some_and(|record| record.failures >= CRASH_LOOP)
}

/// Why a container doesn't run.
fn trouble(record: &ContainerRecord) -> String {
    let ContainerRecord { id, host, state, .. } = record;
    let id = shown(*id);
    match state {
        TaskState::Unreachable => {
            format!("{id} is on host {host}, which can't be reached")
        }
        TaskState::Unknown => {
            format!("{id} was on host {host}, of which Mesos knows nothing")
        }
        state => format!("{id} is {state} on host {host}{}", words(record)),
    }
}

fn crash_loop(record: &ContainerRecord) -> String {
    let ContainerRecord { id, host, failures, .. } = record;
    format!(
        "{} fails again and again, {failures} times in a row, last on host {host}{}; it is launched again after longer and longer pauses",
        shown(*id),
        words(record)
    )
}

fn words(record: &ContainerRecord) -> String {
    let failure = record.last_failure.as_ref().filter(|failure| failure.task_id == record.task_id);
    let message = failure.and_then(|failure| failure.message.as_deref());
    message.map(|message| format!(": {message}")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
