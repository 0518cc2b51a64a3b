//! What the records of the journal remember of a change: the difference to what was written before. It is written with the change
//! itself, so that it costs no write of its own, and it is bounded. Pure.

use serde_json::Map;

use super::container::ContainerRecord;
use super::history::{Author, Change, Turn};
use super::ids::TaskId;
use super::record::{Desired, Goal, Phase};
use super::task::TaskState;
use super::update::{Update, UpdateStep};
use crate::clock::Millis;

/// Changes that a desired record remembers.
const CHANGES: usize = 100;
/// What a container's record remembers of its tasks.
const TURNS: usize = 10;
/// What is older is forgotten when something new is remembered: 30 days.
const OLDEST: Millis = 30 * 24 * 60 * 60 * 1000;

/// What is known of a container's task, as far as its history needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    task_id: TaskId,
    state: TaskState,
    history: Vec<Turn>,
}

impl From<&ContainerRecord> for Known {
    fn from(record: &ContainerRecord) -> Self {
        Self {
            task_id: record.task_id.clone(),
            state: record.state.clone(),
            history: record.history.clone(),
        }
    }
}

/// Remembers in a desired record what it changes of the one before; a topology that is new has none.
pub fn remember_change(before: Option<&Desired>, after: &mut Desired, by: &Author, now: Millis) {
    let mut history = before.map(|before| before.history.clone()).unwrap_or_default();
    let submitted = || vec!["submitted it".to_owned()];
    let what = before.map_or_else(submitted, |before| changes(before, after));
    if !what.is_empty() {
        let (by, extra) = (by.clone(), Map::new());
        history.push(Change { at: now, by, what: what.join(", "), extra });
        keep_newest(&mut history, CHANGES, now, |change| change.at);
    }
    after.history = history;
}

/// Remembers in a container's record what has become of its task since it was written last.
pub fn remember_turn(before: Option<&Known>, after: &mut ContainerRecord, by: &Author) {
    let mut history = before.map(|before| before.history.clone()).unwrap_or_default();
    let is_launch = before.is_none_or(|before| before.task_id != after.task_id);
    if is_launch || before.is_some_and(|before| before.state != after.state) {
        let failure = after.last_failure.as_ref();
        let failure = failure.filter(|failure| failure.task_id == after.task_id && after.is_over());
        history.push(Turn {
            at: after.since,
            attempt: after.attempt,
            state: after.state.clone(),
            host: after.host.clone(),
            by: is_launch.then(|| by.clone()),
            reason: failure.and_then(|failure| failure.reason.clone()),
            message: failure.and_then(|failure| failure.message.clone()),
            extra: Map::new(),
        });
        keep_newest(&mut history, TURNS, after.since, |turn| turn.at);
    }
    after.history = history;
}

fn keep_newest<T>(history: &mut Vec<T>, most: usize, now: Millis, at: impl Fn(&T) -> Millis) {
    history.retain(|one| now.saturating_sub(at(one)) <= OLDEST);
    history.drain(..history.len().saturating_sub(most));
}

/// What one record changes of another, in words.
fn changes(before: &Desired, after: &Desired) -> Vec<String> {
    let mut what = Vec::new();
    if before.goal != after.goal && after.goal == Goal::Killed {
        what.push("asked for its end".to_owned());
    }
    if before.phase != after.phase && after.phase == Phase::Launched {
        what.push("saw it run".to_owned());
    }
    what.extend(supervisors(before, after));
    // Tasks that an update wants anew are its own affair.
    what.extend(update(before, after).or_else(|| restarts(before, after)));
    what
}

fn supervisors(before: &Desired, after: &Desired) -> Option<String> {
    if before.supervisors == after.supervisors {
        return None;
    }
    Some(match after.supervisor_count() {
        0 => "asked for no supervisors".to_owned(),
        1 => "asked for 1 supervisor".to_owned(),
        count => format!("asked for {count} supervisors"),
    })
}

fn restarts(before: &Desired, after: &Desired) -> Option<String> {
    let is_asked = |id: u32, restarts: u64| {
        before.containers.iter().any(|one| one.id == id && one.restarts < restarts)
    };
    let asked = after.containers.iter().filter(|one| is_asked(one.id, one.restarts));
    let asked: Vec<String> = asked.map(|one| one.id.to_string()).collect();
    match asked.as_slice() {
        [] => None,
        all if all.len() == after.containers.len() => Some("asked for a restart of all".to_owned()),
        [one] => Some(format!("asked for a restart of container {one}")),
        some => Some(format!("asked for a restart of containers {}", some.join(", "))),
    }
}

fn update(before: &Desired, after: &Desired) -> Option<String> {
    match (&before.update, &after.update) {
        (None, Some(update)) => Some(format!("began the {}", named(update))),
        (Some(update), None) if update.step == UpdateStep::Undoing => {
            Some(format!("took the {} back", named(update)))
        }
        (Some(update), None) => Some(format!("finished the {}", named(update))),
        (Some(old), Some(new)) if !old.undo && new.undo => {
            Some(format!("asked for the {} to be taken back", named(new)))
        }
        (Some(old), Some(new)) if new.replacement.is_some() => replacement(old, new, after),
        (Some(old), Some(new)) if old.step != new.step => match new.step {
            UpdateStep::Begun => None,
            UpdateStep::Resized => Some("gave containers other sizes".to_owned()),
            UpdateStep::Written => Some("wrote the new packing plan".to_owned()),
            UpdateStep::Removing => Some("saw the new physical plan".to_owned()),
            UpdateStep::Undoing => Some("began to take the update back".to_owned()),
        },
        _ => None,
    }
}

/// What it is, and what was asked for.
fn named(update: &Update) -> String {
    format!("{} `{}`", update.noun(), update.request)
}

fn replacement(old: &Update, new: &Update, after: &Desired) -> Option<String> {
    let running = after.revisions.current();
    match (old.step, new.step) {
        (old, new) if old == new => {
            let held = after.containers.iter().any(|container| container.id == 0 && container.held);
            held.then(|| "began to end its containers".to_owned())
        }
        (UpdateStep::Written, UpdateStep::Undoing) => {
            Some(format!("put revision {running} back in place"))
        }
        (_, UpdateStep::Undoing) => Some("began to take the replacement back".to_owned()),
        (_, UpdateStep::Written) => Some(format!("put revision {running} in place")),
        (_, UpdateStep::Removing) => Some("saw the new physical plan".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn desired() -> Desired {
        serde_json::from_value(json!({
            "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHING", "generation": 1,
            "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
            "failover_timeout_seconds": 1.0, "labels": []},
            "launch": {"command": [], "uris": [], "ports": 9, "kill_grace_ms": 1},
            "containers": [{"id": 0, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0},
                           {"id": 1, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0}]
        }))
        .unwrap()
    }

    fn by() -> Author {
        let text = str::to_owned;
        Author { command: text("restart"), user: text("joe"), host: text("h"), pid: 1 }
    }

    fn told(before: &Desired, change: impl FnOnce(&mut Desired)) -> Vec<String> {
        let mut after = before.changed(change);
        remember_change(Some(before), &mut after, &by(), 5);
        after.history.into_iter().map(|one| one.what).collect()
    }

    #[test]
    fn changes_are_told_in_words() {
        let before = desired();
        assert_eq!(told(&before, |d| d.goal = Goal::Killed), ["asked for its end"]);
        assert_eq!(told(&before, |d| d.phase = Phase::Launched), ["saw it run"]);
        let restart = told(&before, |d| d.containers[1].restarts += 1);
        assert_eq!(restart, ["asked for a restart of container 1"]);
        let all = told(&before, |d| {
            for one in &mut d.containers {
                one.restarts += 1;
            }
        });
        assert_eq!(all, ["asked for a restart of all"]);
        assert_eq!(told(&before, |d| d.framework.id = "g".into()), Vec::<String>::new());
        let mut new = before;
        remember_change(None, &mut new, &by(), 5);
        assert_eq!(new.history[0].what, "submitted it");
        let document = serde_json::to_value(&new).unwrap();
        assert_eq!(serde_json::from_value::<Desired>(document).unwrap(), new);
    }

    #[test]
    fn a_record_remembers_so_much_and_for_so_long() {
        let mut desired = desired();
        for at in 0..300 {
            let mut after = desired.changed(|desired| desired.containers[1].restarts += 1);
            remember_change(Some(&desired), &mut after, &by(), at);
            desired = after;
        }
        assert_eq!((desired.history.len(), desired.history[0].at), (CHANGES, 200));
        let mut after = desired.changed(|desired| desired.goal = Goal::Killed);
        remember_change(Some(&desired), &mut after, &by(), 299 + OLDEST);
        assert_eq!(after.history.len(), 2);
    }

    fn record(attempt: u32, state: &str) -> ContainerRecord {
        serde_json::from_value(json!({
            "version": 1, "id": 1, "attempt": attempt, "restarts": 0,
            "task_id": {"value": format!("t-1-{attempt}")}, "agent_id": {"value": "a"}, "host": "h",
            "ports": [1], "state": state, "since": 5,
            "last_failure": {"task_id": {"value": "t-1-1"}, "agent_id": {"value": "a"}, "host": "h",
                             "at": 1, "state": "TASK_FAILED", "message": "exited with 1"},
        }))
        .unwrap()
    }

    #[test]
    fn turns_of_tasks_are_remembered_once() {
        let mut known: Option<Known> = None;
        for (attempt, state) in [
            (1, "TASK_STAGING"),
            (1, "TASK_RUNNING"),
            (1, "TASK_RUNNING"),
            (1, "TASK_FAILED"),
            (2, "TASK_STAGING"),
        ] {
            let mut record = record(attempt, state);
            remember_turn(known.as_ref(), &mut record, &by());
            known = Some(Known::from(&record));
        }
        let told = |turn: &Turn| {
            let Turn { attempt, state, by, message, .. } = turn;
            format!("{attempt} {state} {} {}", by.is_some(), message.is_some())
        };
        let told: Vec<String> = known.unwrap().history.iter().map(told).collect();
        assert_eq!(
            told,
            [
                "1 TASK_STAGING true false",
                "1 TASK_RUNNING false false",
                "1 TASK_FAILED false true",
                "2 TASK_STAGING true false"
            ]
        );
    }
}
