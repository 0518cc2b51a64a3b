//! From facts to state and health. Pure.

use super::assessment::{AsOf, Assessment, Condition, Level, Ready, State};
use super::facts::Facts;
use super::problems::problems;
use super::registered::instances;
use crate::engine::observation::{FrameworkCondition, Observation};
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::container::{ContainerRecord, DesiredContainer};
use crate::scheduler::member::id_of;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::task::TaskState;

/// Judges what was read of a topology.
#[must_use]
pub fn assess(facts: &Facts) -> Assessment<'_> {
    let containers = conditions(facts);
    let ready = facts.desired.as_ref().map(|_| Ready {
        running: containers.iter().filter(|container| container.is_running()).count(),
        wanted: containers.len(),
    });
    let state = state(facts);
    let problems = problems(facts, state, &containers, running_supervisors(facts));
    let health = level(facts, state, &containers, ready, problems.is_empty());
    Assessment { state, health, problems, ready, as_of: as_of(facts), containers }
}

fn state(facts: &Facts) -> State {
    if let Some(desired) = &facts.desired {
        if desired.goal == Goal::Killed {
            return State::Killing;
        }
        if desired.update.is_some() {
            return State::Updating;
        }
    }
    match (&facts.topology.physical_plan, facts.topology.state()) {
        (_, None) => State::Unknown,
        (None, Some(_)) => State::Starting,
        (Some(_), Some(Wanted::Paused)) => State::Paused,
        (Some(_), Some(_)) => State::Running,
    }
}

fn as_of(facts: &Facts) -> AsOf {
    match &facts.observed {
        Observation::Seen(framework) if framework.condition != FrameworkCondition::Unknown => {
            AsOf::Engine(facts.now)
        }
        _ => AsOf::Journal(facts.records.iter().map(|record| record.since).max()),
    }
}

fn conditions(facts: &Facts) -> Vec<Condition<'_>> {
    let Some(desired) = &facts.desired else { return Vec::new() };
    let condition = |wanted| {
        let wanted: &DesiredContainer = wanted;
        let record = facts.records.iter().find(|record| record.id == wanted.id);
        let (state, is_current) = task_state(record, &facts.observed);
        let runs = state == Some(TaskState::Running);
        let instances = instances(&facts.topology, wanted.id, record.filter(|_| runs));
        Condition { id: wanted.id, state, is_current, desired: wanted, record, instances }
    };
    desired.containers.iter().map(condition).collect()
}

/// How many of the topology's own supervisors run.
#[must_use]
pub fn running_supervisors(facts: &Facts) -> usize {
    let last = id_of(facts.desired.as_ref().map_or(0, Desired::supervisor_count));
    let wanted = facts.supervisor_records.iter().filter(|record| record.id <= last);
    let states = wanted.map(|record| task_state(Some(record), &facts.observed).0);
    states.filter(|state| *state == Some(TaskState::Running)).count()
}

/// The state of a container's task, and whether the engine said so.
fn task_state(
    record: Option<&ContainerRecord>,
    observed: &Observation,
) -> (Option<TaskState>, bool) {
    let Some(record) = record else { return (None, false) };
    let last = record.state.clone();
    let Observation::Seen(framework) = observed else { return (Some(last), false) };
    if let Some(task) = framework.tasks.get(&record.task_id) {
        return (Some(task.clone()), true);
    }
    match framework.condition {
        _ if record.is_over() => (Some(last), true),
        FrameworkCondition::Unknown => (Some(last), false),
        // With the framework all of its tasks are ended.
        FrameworkCondition::Gone => (Some(TaskState::Gone), true),
        FrameworkCondition::Connected | FrameworkCondition::Waiting => {
            (Some(TaskState::Unknown), true)
        }
    }
}

fn level(
    facts: &Facts,
    state: State,
    containers: &[Condition<'_>],
    ready: Option<Ready>,
    well: bool,
) -> Level {
    let Some(ready) = ready else {
        return if well { Level::Unknown } else { Level::Degraded };
    };
    let gone = matches!(&facts.observed, Observation::Seen(framework) if framework.condition == FrameworkCondition::Gone);
    let without_tmanager =
        containers.iter().any(|container| container.id == 0 && !container.is_running());
    if gone || without_tmanager || ready.running <= 1 && ready.wanted > 1 {
        return Level::Down;
    }
    if ready.running < ready.wanted || !well || matches!(state, State::Starting | State::Killing) {
        return Level::Degraded;
    }
    match as_of(facts) {
        AsOf::Engine(_) => Level::Healthy,
        AsOf::Journal(_) => Level::Unknown,
    }
}
