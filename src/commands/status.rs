//! `status`: what is known of a topology and of its containers.

use std::time::Duration;

use serde_json::json;

use crate::clock::rfc3339;
use crate::context::{Context, StateTree};
use crate::engine::journal::{Journalled, StoreError, load};
use crate::outcome::container::StatusContainer;
use crate::outcome::status::{StatusFramework, StatusTManager, StatusTopology, StatusUpdate};
use crate::outcome::{Outcome, SCHEMA, Status};
use crate::scheduler::container::{ContainerRecord, TaskFailure};
use crate::state::lock::holder;
use crate::state::{StateError, TopologyState};

/// How long the master may take to answer; without its answer the rest is still worth showing.
const MASTER_LIMIT: Duration = Duration::from_secs(5);

/// Shows a topology.
pub async fn status(context: &Context<'_>, topology: &str) -> anyhow::Result<Outcome> {
    let status = context.with_state(async |state| read(context, state, topology).await).await?;
    Ok(Outcome::Status(Box::new(status)))
}

async fn read(context: &Context<'_>, state: &StateTree, name: &str) -> anyhow::Result<Status> {
    let paths = state.journal(name);
    let (topology, journalled, holder) = tokio::join!(
        TopologyState::read(&state.zk, &state.tree, name),
        load(&state.zk, &paths),
        holder(&state.zk, &paths.lock),
    );
    let topology = topology?;
    context.check_exists(state, &topology)?;
    warn_of_place(context, &topology)?;
    let (journalled, holder) = match (journalled, holder) {
        // Heron's own nodes can be read by everybody, and are worth showing.
        (Err(StoreError::State(StateError::NoAuth { path })), _)
        | (_, Err(StateError::NoAuth { path })) => {
            context.reporter.warn(&format!(
                "the znode {path} can't be read by this user: containers, framework and who works on the topology are \
                 not shown; heron.statemgr.zookeeper.auth.file says who we are for ZooKeeper"
            ));
            (Journalled::default(), None)
        }
        (journalled, holder) => (journalled?, holder?),
    };
    let location = topology.tmanager_location.as_ref().map(|found| found.message()).transpose()?;
    Ok(Status {
        schema: SCHEMA,
        topology: about(&topology)?,
        tmanager: location.map(|location| StatusTManager {
            host: location.host.clone(),
            controller_port: location.controller_port,
        }),
        framework: framework(context, &journalled).await,
        supervisor: holder.map(|holder| json!(holder.to_string())),
        update: update(&journalled),
        containers: containers(&journalled),
    })
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

fn about(topology: &TopologyState) -> anyhow::Result<StatusTopology> {
    let execution = topology.execution_state.as_ref().map(|found| found.message()).transpose()?;
    let state = match (&topology.physical_plan, topology.state()) {
        (None, Some(_)) => "STARTING",
        (_, Some(state)) => state.name(),
        (_, None) => "UNKNOWN",
    };
    let current = topology.current_topology();
    Ok(StatusTopology {
        name: topology.name.clone(),
        id: current.map(|topology| topology.id.clone()).unwrap_or_default(),
        state: state.to_owned(),
        cluster: execution.map(|execution| execution.cluster.clone()),
        role: execution.map(|execution| execution.role.clone()),
        environ: execution.map(|execution| execution.environ.clone()),
        submitted_at: execution
            .and_then(|execution| execution.submission_time)
            .map(|seconds| rfc3339(seconds.saturating_mul(1000))),
        submitted_by: execution.and_then(|execution| execution.submission_user.clone()),
    })
}

async fn framework(context: &Context<'_>, journalled: &Journalled) -> Option<StatusFramework> {
    let framework = &journalled.desired.as_ref()?.framework;
    let id = framework.id.0.clone();
    if context.settings.mesos.is_none() {
        return Some(StatusFramework { id, connected: None });
    }
    let asked = async {
        let connector = context.connector()?;
        anyhow::Ok(connector.is_connected(&framework.id).await?)
    };
    let connected = match tokio::time::timeout(MASTER_LIMIT, asked).await {
        Ok(Ok(connected)) => Some(connected),
        Ok(Err(error)) => {
            context.reporter.warn(&format!("the Mesos master could not be asked: {error:#}"));
            None
        }
        Err(_) => {
            context.reporter.warn("the Mesos master did not answer in time");
            None
        }
    };
    Some(StatusFramework { id, connected })
}

fn update(journalled: &Journalled) -> Option<StatusUpdate> {
    let update = journalled.desired.as_ref()?.update.as_ref()?;
    let can_be_undone = update.can_be_undone();
    Some(StatusUpdate { request: update.request.clone(), step: update.step, can_be_undone })
}

fn containers(journalled: &Journalled) -> Vec<StatusContainer> {
    let Some(desired) = &journalled.desired else { return Vec::new() };
    let record = |id: u32| journalled.containers.iter().find(|record| record.id == id);
    desired.containers.iter().map(|wanted| container(wanted.id, record(wanted.id))).collect()
}

fn container(id: u32, record: Option<&ContainerRecord>) -> StatusContainer {
    StatusContainer {
        id,
        state: record.map_or_else(|| "PENDING".to_owned(), |record| record.state.to_string()),
        task_id: record.map(|record| record.task_id.0.clone()),
        attempt: record.map_or(0, |record| record.attempt),
        agent_id: record.map(|record| record.agent_id.0.clone()),
        host: record.map(|record| record.host.clone()),
        ports: record.map(|record| record.ports.clone()).unwrap_or_default(),
        since: record.map(|record| rfc3339(record.since)),
        last_failure: record.and_then(|record| record.last_failure.as_ref()).map(failure),
    }
}

fn failure(failure: &TaskFailure) -> serde_json::Value {
    json!({
        "at": rfc3339(failure.at),
        "task_id": failure.task_id.as_str(),
        "host": failure.host,
        "state": failure.state.to_string(),
        "reason": failure.reason,
        "message": failure.message,
    })
}
