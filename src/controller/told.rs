//! What driving tells its user: how far it has come, what holds it up, and what is missing in the end.

use std::collections::BTreeMap;

use super::awaited::WaitCondition;
use crate::clock::Millis;
use crate::context::Context;
use crate::net::cause::chain;
use crate::report::Progress;
use crate::scheduler::connection::BoxError;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::explanation::explain;
use crate::scheduler::member::shown;
use crate::scheduler::model::{Model, View};
use crate::scheduler::record::Goal;
use crate::scheduler::update::UpdateStep;
use crate::scheduler::update_steps::has_ended_tmanager;

/// Tells how far driving has come.
pub(super) fn report(
    context: &Context<'_>,
    model: &Model,
    awaited: WaitCondition,
    problem: Option<&BoxError>,
) {
    let goal = model.desired().goal;
    match update_step(model) {
        Some(step) => context.reporter.step(&step),
        // Whoever stays has no step of its own that would follow.
        None if awaited == WaitCondition::Never => context.reporter.step(""),
        None => {}
    }
    for ContainerRecord { id, host, .. } in model.given_up().filter(|_| goal == Goal::Running) {
        context.reporter.warn_once(&format!(
            "Mesos can't reach {host}, where {} was: another takes its place, and should the old one come back, it is killed",
            shown(*id)
        ));
    }
    let total = model.views().count();
    let agreeing = model.views().filter(|view| is_as_wanted(goal, view)).count();
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let progress = Progress {
        done: count(agreeing),
        total: count(total),
        unit: "containers",
        detail: problem.map_or_else(
            || {
                let all = agreeing == total && model.unplaced().next().is_none();
                detail(model, (context.machine.clock)(), awaited, all)
            },
            |problem| format!("Mesos: {}", chain(problem.as_ref())),
        ),
        more: if agreeing == total {
            Vec::new()
        } else {
            figures(model, (context.machine.clock)())
        },
    };
    context.reporter.progress(&progress);
}

/// Whether a container is as it should be.
fn is_as_wanted(goal: Goal, view: &View<'_>) -> bool {
    match goal {
        Goal::Running => view.agrees,
        Goal::Killed => view.record.is_none_or(ContainerRecord::is_over),
    }
}

/// What an update is at, as far as it is the containers that it waits for, and the plan that follows from them.
fn update_step(model: &Model) -> Option<String> {
    let update = model.desired().update.as_ref().filter(|_| model.update_waits())?;
    let is_replacement = update.replacement.is_some();
    match update.step {
        _ if is_replacement && has_ended_tmanager(model.desired()) => {
            Some("ending its containers".to_owned())
        }
        UpdateStep::Undoing if is_replacement => Some(format!(
            "waiting for revision {} to run again",
            model.desired().revisions.current()
        )),
        UpdateStep::Begun | UpdateStep::Resized if has_ended_tmanager(model.desired()) => {
            Some("ending the TManager's container".to_owned())
        }
        UpdateStep::Begun => {
            Some(format!("launching {}", list(&update.added))).filter(|_| !update.added.is_empty())
        }
        UpdateStep::Resized => {
            Some(format!("launching {} anew with other room", list(&update.relaunched)))
                .filter(|_| !update.relaunched.is_empty())
        }
        UpdateStep::Written => Some("waiting for the new physical plan".to_owned()),
        UpdateStep::Removing => {
            Some(format!("ending {}", list(&update.removed))).filter(|_| !update.removed.is_empty())
        }
        UpdateStep::Undoing => None,
    }
}

/// `container 3`, `containers 3, 4`.
#[must_use]
pub fn list(ids: &[u32]) -> String {
    let noun = if ids.len() == 1 { "container" } else { "containers" };
    let shown: Vec<String> = ids.iter().take(8).map(u32::to_string).collect();
    let more = ids.len().saturating_sub(8);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{noun} {}{more}", shown.join(", "))
}

/// What holds things up, in short.
fn detail(model: &Model, now: Millis, awaited: WaitCondition, all: bool) -> String {
    if all {
        let desired = model.desired();
        let waits = match &desired.update {
            Some(update) => {
                let is_replaced = update.replacement.is_some();
                let undoes = is_replaced && update.step == UpdateStep::Undoing;
                update.step == UpdateStep::Written || undoes
            }
            None => desired.goal == Goal::Running && awaited.wants_plan(),
        };
        return if waits { "waiting for the physical plan".to_owned() } else { String::new() };
    }
    let failing = members(model).find_map(|view| {
        let record = view.record?;
        let failure = record.last_failure.as_ref().filter(|_| record.is_over())?;
        let message = failure.message.as_deref().unwrap_or("no reason given");
        Some(format!("{} failed: {message}", shown(view.id)))
    });
    // Until it is to be launched again, nothing is offered.
    let waiting = match model.unplaced().count() {
        0 => None,
        _ if failing.is_some() && !model.waits_for_room(now) => None,
        _ if model.seen().next().is_none() => Some("waiting for offers".to_owned()),
        count => Some(format!("{count} without a fitting offer")),
    };
    let away = model.awaited_hosts().next().map(|record| {
        let ContainerRecord { id, host, .. } = record;
        format!("{} is {}: waiting for {host} to come back", shown(*id), record.state)
    });
    failing.into_iter().chain(away).chain(waiting).collect::<Vec<_>>().join("; ")
}

/// The containers, and the supervisors behind them.
fn members(model: &Model) -> impl Iterator<Item = View<'_>> {
    model.views().chain(model.supervisor_views())
}

/// How many containers are in which state, and why some wait.
fn figures(model: &Model, now: Millis) -> Vec<String> {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for view in members(model) {
        let name = view.record.map_or("not launched", |record| record.state.name());
        *states.entry(name).or_default() += 1;
    }
    let counted: Vec<String> =
        states.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let why = explain(model).into_iter().filter(|_| model.waits_for_room(now));
    let why = why.filter(|_| model.seen().next().is_some()).map(|why| why.to_string());
    std::iter::once(counted.join(", ")).chain(why).collect()
}

/// Names and states of the containers and supervisors that are not as they should be.
#[must_use]
pub fn missing(model: &Model) -> Vec<String> {
    let state = |view: &View<'_>| match view.record {
        None => "not launched".to_owned(),
        Some(record) => {
            let failure = record.last_failure.as_ref().filter(|_| record.is_over());
            let why = failure.and_then(|failure| failure.message.as_deref());
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            format!("{} on {}{why}", record.state, record.host)
        }
    };
    let goal = model.desired().goal;
    let lagging: Vec<_> = members(model).filter(|view| !is_as_wanted(goal, view)).collect();
    let mut lines: Vec<String> = lagging
        .iter()
        .take(8)
        .map(|view| format!("{} is {}", shown(view.id), state(view)))
        .collect();
    if lagging.len() > 8 {
        lines.push(format!("and {} more", lagging.len() - 8));
    }
    lines
}
