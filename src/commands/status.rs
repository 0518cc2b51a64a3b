//! `status`: what is true of a topology and of its containers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::clock::rfc3339;
use crate::context::Context;
use crate::engine::observation::{FrameworkCondition, Observation};
use crate::health::look::look;
use crate::health::{Assessment, Condition, Facts, assess};
use crate::outcome::container::{StatusContainer, StatusInstance};
use crate::outcome::status::{
    Driver, Leader, StatusComponent, StatusFramework, StatusSupervisor, StatusTManager,
    StatusTopology, StatusUpdate,
};
use crate::outcome::{Outcome, SCHEMA, Status};
use crate::scheduler::container::TaskFailure;
use crate::scheduler::record::Desired;
use crate::state::TopologyState;
use crate::state::holder::Doing;
use crate::topology::executor::PORT_NAMES;

/// Shows a topology. `check`: whether the exit code tells of its health.
pub async fn status(context: &Context<'_>, topology: &str, check: bool) -> anyhow::Result<Outcome> {
    let facts = context
        .with_state(async |state| {
            let facts = look(context, state, topology).await?;
            context.check_exists(state, &facts.topology)?;
            Ok(facts)
        })
        .await?;
    context.unless_left("asking Mesos")?;
    warn_of_place(context, &facts.topology)?;
    if let Observation::Failed(why) = &facts.observed {
        context.reporter.warn(&format!(
            "Mesos could not be asked, and containers are shown as they were last known: {why}"
        ));
    }
    let assessed = assess(&facts);
    Ok(Outcome::Status(Box::new(Status { check, ..shown(&facts, &assessed)? })))
}

/// A topology is found by its name, which is unique in its state tree; another place than the typed one is worth a word.
fn warn_of_place(context: &Context<'_>, topology: &TopologyState) -> anyhow::Result<()> {
    let Some(found) = &topology.execution_state else { return Ok(()) };
    let at = found.message()?;
    let place = [&at.cluster, &at.role, &at.environ].map(String::as_str);
    if !context.place.means(place.map(Some)) {
        context.reporter.warn(&format!("topology {} is at {}", topology.name, place.join("/")));
    }
    Ok(())
}

fn shown(facts: &Facts, assessed: &Assessment<'_>) -> anyhow::Result<Status> {
    let location = facts.topology.tmanager_location.as_ref();
    let location = location.map(|found| found.message()).transpose()?;
    Ok(Status {
        schema: SCHEMA,
        topology: about(facts, assessed)?,
        ready: assessed.ready.map(Into::into),
        as_of: assessed.as_of.into(),
        tmanager: location.map(|location| StatusTManager {
            host: location.host.clone(),
            controller_port: location.controller_port,
        }),
        framework: framework(facts),
        supervisor: supervisor(facts),
        driver: facts.driver.as_ref().map(|holder| Driver {
            command: holder.command.clone(),
            host: holder.host.clone(),
            pid: holder.pid,
            since: holder.since.clone(),
            waits_for: holder.doing.as_deref().and_then(Doing::waits_for).map(str::to_owned),
        }),
        update: update(facts),
        components: components(assessed),
        containers: assessed
            .containers
            .iter()
            .map(|container| shown_container(facts, container))
            .collect(),
        check: false,
    })
}

fn about(facts: &Facts, assessed: &Assessment<'_>) -> anyhow::Result<StatusTopology> {
    let topology = &facts.topology;
    let execution = topology.execution_state.as_ref().map(|found| found.message()).transpose()?;
    let settings = topology.runtime_settings().into_iter();
    let revisions = facts.desired.as_ref().map(|desired| desired.revisions.clone());
    let revisions = revisions.unwrap_or_default();
    let others = revisions.kept.iter().rev().filter(|one| one.number != revisions.current());
    Ok(StatusTopology {
        name: topology.name.clone(),
        id: topology.current_topology().map(|current| current.id.clone()).unwrap_or_default(),
        state: assessed.state.name(),
        health: assessed.health.name(),
        problems: assessed.problems.clone(),
        cluster: execution.map(|execution| execution.cluster.clone()),
        role: execution.map(|execution| execution.role.clone()),
        environ: execution.map(|execution| execution.environ.clone()),
        submitted_at: execution
            .and_then(|execution| execution.submission_time)
            .map(|seconds| rfc3339(seconds.saturating_mul(1000))),
        submitted_by: execution.and_then(|execution| execution.submission_user.clone()),
        revision: revisions.current(),
        kept_revisions: others.map(|one| one.number).collect(),
        release: facts.desired.as_ref().and_then(|desired| desired.launch.release.clone()),
        settings: settings.map(|one| (one.name(), Value::String(one.value))).collect(),
    })
}

fn framework(facts: &Facts) -> Option<StatusFramework> {
    let id = facts.desired.as_ref()?.framework.id.0.clone();
    let seen = match &facts.observed {
        Observation::Seen(seen) => Some(seen),
        _ => None,
    };
    let condition = seen.map(|seen| seen.condition);
    let known = seen.filter(|seen| seen.condition != FrameworkCondition::Unknown);
    let page = known.map(|seen| seen.page.clone());
    let state = condition.unwrap_or(FrameworkCondition::Unknown).name();
    let connected = condition.map(|condition| condition == FrameworkCondition::Connected);
    Some(StatusFramework { id, state, page, connected })
}

fn supervisor(facts: &Facts) -> Option<StatusSupervisor> {
    let leader = facts.driver.as_ref().filter(|holder| holder.is_resident());
    let leader =
        leader.map(|holder| Leader { host: holder.host.clone(), since: holder.since.clone() });
    let running = facts.supervisors;
    let wanted = facts.desired.as_ref().map_or(0, Desired::supervisor_count);
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    (running > 0 || wanted > 0).then_some(StatusSupervisor { wanted, running, leader })
}

fn update(facts: &Facts) -> Option<StatusUpdate> {
    let update = facts.desired.as_ref()?.update.as_ref()?;
    let can_be_undone = update.can_be_undone();
    Some(StatusUpdate { request: update.request.clone(), step: update.step, can_be_undone })
}

fn components(assessed: &Assessment<'_>) -> Vec<StatusComponent> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for instance in assessed.containers.iter().flat_map(|container| &container.instances) {
        let (parallelism, registered) = counts.entry(&instance.component).or_default();
        *parallelism += 1;
        *registered += usize::from(instance.is_registered);
    }
    let shown = |(name, (parallelism, registered)): (&str, _)| StatusComponent {
        name: name.to_owned(),
        parallelism,
        registered,
    };
    counts.into_iter().map(shown).collect()
}

fn shown_container(facts: &Facts, container: &Condition<'_>) -> StatusContainer {
    let record = container.record;
    let ports: Map<String, Value> = record
        .map(|record| PORT_NAMES.iter().zip(&record.ports))
        .into_iter()
        .flatten()
        .map(|(name, port)| ((*name).to_owned(), json!(port)))
        .collect();
    let last_heard = record.map(|record| record.since);
    StatusContainer {
        id: container.id,
        state: container.state.as_ref().map_or_else(|| "PENDING".to_owned(), ToString::to_string),
        as_of: if container.is_current { Some(facts.now) } else { last_heard }.map(rfc3339),
        task_id: record.map(|record| record.task_id.0.clone()),
        attempt: record.map_or(0, |record| record.attempt),
        restarts: container.desired.restarts,
        agent_id: record.map(|record| record.host_id.0.clone()),
        host: record.map(|record| record.host.clone()),
        ports,
        since: last_heard.map(rfc3339),
        last_failure: record.and_then(|record| record.last_failure.as_deref()).map(failure),
        instances: container
            .instances
            .iter()
            .map(|instance| StatusInstance {
                component: instance.component.clone(),
                task_id: instance.task_id,
                registered: instance.is_registered,
            })
            .collect(),
    }
}

fn failure(failure: &TaskFailure) -> Value {
    json!({
        "at": rfc3339(failure.at),
        "task_id": failure.task_id.as_str(),
        "host": failure.host,
        "state": failure.state.to_string(),
        "reason": failure.reason,
        "message": failure.message,
    })
}
