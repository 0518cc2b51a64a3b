//! What is wrong with a topology, in words, and what to type about it.

use std::collections::BTreeMap;

use super::assessment::{Condition, State};
use super::facts::Facts;
use super::registered::stream_manager_is_registered;
use crate::clock::rfc3339;
use crate::engine::observation::{FrameworkCondition, Observation};
use crate::scheduler::backoff::CRASH_LOOP;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::task::TaskState;

/// How many containers are named in a line.
const NAMED: usize = 8;

/// A line for each kind of trouble. A framework that is gone explains everything else.
pub(super) fn problems(
    facts: &Facts,
    state: State,
    containers: &[Condition<'_>],
    supervisors: usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    if facts.desired.is_some() {
        if let Some(gone) = framework(facts) {
            lines.push(gone);
            return lines;
        }
        lines.extend(interrupted(facts, state));
        lines.extend(tasks(facts, containers));
        lines.extend(registrations(facts, state, containers));
        lines.extend(of_supervisors(facts, state, supervisors));
    }
    let name = &facts.topology.name;
    lines.extend(
        facts.unreadable.iter().map(|why| format!("{why}; `heron-cli kill {name}` removes it")),
    );
    lines
}

/// Supervisors of its own that don't run.
fn of_supervisors(facts: &Facts, state: State, running: usize) -> Option<String> {
    let wanted = facts.desired.as_ref()?.supervisor_count();
    if state == State::Killing || usize::try_from(wanted).is_ok_and(|wanted| running >= wanted) {
        return None;
    }
    let ended = facts.supervisor_records.iter().filter(|record| record.is_over());
    let failure = ended.filter_map(|record| record.last_failure.as_ref()).max_by_key(|one| one.at);
    let words = failure.and_then(|failure| Some((&failure.host, failure.message.as_deref()?)));
    let words = words.map(|(host, message)| format!(", the last ended on host {host}: {message}"));
    let then = if facts.driver.is_some() {
        "whoever drives it launches them anew where there is an agent for each".to_owned()
    } else {
        format!("`heron-cli restart {}` launches them anew", facts.topology.name)
    };
    let words = words.unwrap_or_default();
    Some(format!("{running} of its {wanted} supervisors run{words}; {then}"))
}

fn framework(facts: &Facts) -> Option<String> {
    let (desired, Observation::Seen(seen)) = (facts.desired.as_ref()?, &facts.observed) else {
        return None;
    };
    let (id, name) = (&desired.framework.id, &facts.topology.name);
    let then = format!("`heron-cli kill {name}` removes what is left of it, then submit it anew");
    (seen.condition == FrameworkCondition::Gone).then(|| {
        format!(
            "its framework {id} was removed from Mesos, and all of its tasks were ended; {then}"
        )
    })
}

/// What somebody began and nobody is at.
fn interrupted(facts: &Facts, state: State) -> Option<String> {
    let desired = facts.desired.as_ref()?;
    if facts.driver.is_some() {
        return None;
    }
    let name = &facts.topology.name;
    match (state, &desired.update) {
        (State::Killing, _) => {
            Some(format!("nobody goes on with killing it; `heron-cli kill {name}` does"))
        }
        (State::Updating, Some(update)) => {
            let noun = update.noun();
            let end = if update.is_early() || update.undo {
                format!("the next command undoes it, the same {noun} goes on with it")
            } else {
                "the next command finishes it".to_owned()
            };
            Some(format!("its {noun} ({}) was interrupted; {end}", update.request))
        }
        _ => None,
    }
}

/// Containers that are in the same trouble share a line.
fn tasks(facts: &Facts, containers: &[Condition<'_>]) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for container in containers.iter().filter(|container| !container.is_running()) {
        groups.entry(trouble(facts, container)).or_default().push(container.id);
    }
    let mut groups: Vec<(String, Vec<u32>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, ids)| ids.first().copied());
    let line = |(what, ids): (String, Vec<u32>)| {
        let restart = restart(&facts.topology.name, &ids);
        let then = if facts.driver.is_some() { String::new() } else { format!("; {restart}") };
        format!("{} {what}{then}", named(&ids))
    };
    groups.into_iter().map(line).collect()
}

fn trouble(facts: &Facts, container: &Condition<'_>) -> String {
    let (Some(state), Some(record)) = (&container.state, container.record) else {
        return "has no task".to_owned();
    };
    match state {
        TaskState::Unreachable => {
            format!("is on host {}, whose agent can't be reached; it may run there", record.host)
        }
        TaskState::Unknown => format!(
            "is unknown to Mesos; it was launched on host {}, whose agent is gone or hasn't come back",
            record.host
        ),
        state if state.is_terminal() => ended(facts, state, record),
        state => format!("is {state} on host {}", record.host),
    }
}

fn ended(facts: &Facts, state: &TaskState, record: &ContainerRecord) -> String {
    let failure = record.last_failure.as_ref().filter(|failure| failure.task_id == record.task_id);
    let words = failure.and_then(|failure| failure.message.as_deref());
    let words = words.map(|message| format!(": {message}")).unwrap_or_default();
    if record.failures >= CRASH_LOOP {
        let count = record.failures;
        return format!(
            "fails again and again, {count} times in a row, last on host {} at {}{words}",
            record.host,
            rfc3339(record.since)
        );
    }
    let alone = if facts.driver.is_some() { "" } else { ", and nobody launches it anew" };
    format!("is {state} on host {}{words}{alone}", record.host)
}

fn restart(name: &str, ids: &[u32]) -> String {
    match ids {
        [id] => format!("`heron-cli restart {name} {id}` launches it anew"),
        _ => format!("`heron-cli restart {name}` launches all anew"),
    }
}

/// Containers that run, and whose processes the TManager doesn't know.
fn registrations(facts: &Facts, state: State, containers: &[Condition<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    let runs = |id: u32| containers.iter().any(|one| one.id == id && one.is_running());
    if !runs(0) {
        return lines;
    }
    if facts.topology.tmanager_location.is_none() {
        lines.push("its TManager has not registered".to_owned());
    }
    if state == State::Starting {
        lines.push(
            "it has no physical plan yet: not all of its stream managers have come".to_owned(),
        );
        return lines;
    }
    let running = containers.iter().filter(|one| one.id != 0 && one.is_running());
    let missing: Vec<u32> = running
        .filter(|one| !stream_manager_is_registered(&facts.topology, one.id, one.record))
        .map(|one| one.id)
        .collect();
    if !missing.is_empty() {
        lines.push(format!(
            "{} runs, but its stream manager has not registered with the TManager",
            named(&missing)
        ));
    }
    lines
}

/// `container 3`, `containers 3, 4` …; what follows reads well behind either.
fn named(ids: &[u32]) -> String {
    let shown: Vec<String> = ids.iter().take(NAMED).map(u32::to_string).collect();
    match ids.len() {
        1 => format!("container {}", shown.join("")),
        count if count > NAMED => {
            format!("each of containers {} and {} more", shown.join(", "), count - NAMED)
        }
        _ => format!("each of containers {}", shown.join(", ")),
    }
}
