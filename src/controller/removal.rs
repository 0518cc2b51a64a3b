//! The end of a topology: its containers first, its state last. A TManager that finds its state gone does harm, and state
//! without containers can be found and removed again (docs/heron.md, "Hazards").

use std::time::Duration;

use serde_json::Map;
use tokio::time::Instant;

use super::drive::{Driven, WaitCondition, drive, missing};
use super::journal::Journalled;
use super::lease::Lease;
use super::verdict::{failed, interrupted};
use crate::clock::seconds;
use crate::config::settings::Mesos;
use crate::context::{CommandError, Context};
use crate::engine::desired::{framework, labels, no_launch};
use crate::engine::{Engine, ErrorClass};
use crate::scheduler::driver::End;
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::record::{Desired, Goal, Phase, RECORD_VERSION};
use crate::state::{Op, StateError, TopologyState, removal};

/// How long the containers' ends are waited for.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Kills everything that runs, as far as the journal or Mesos knows of it. Returns the framework, which is gone then.
pub async fn kill_containers(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    orphan: Option<FrameworkId>,
    deadline: Instant,
) -> anyhow::Result<Option<FrameworkId>> {
    let journalled = lease.journal().await?;
    let Some(desired) = to_kill(context, lease, topology, &journalled, orphan).await? else {
        return Ok(None);
    };
    let framework = desired.framework.id.clone();
    if journalled.desired.is_some()
        && journalled.containers.is_empty()
        && never_ran(context, &framework).await
    {
        return Ok(Some(framework));
    }
    if journalled.desired.as_ref() != Some(&desired) {
        write(lease, topology, &journalled, &desired).await?;
    }
    let policy = context.policy(None);
    let driven =
        drive(context, lease, topology, &policy, WaitCondition::Containers, deadline).await?;
    conclude(context, topology, driven).await?;
    context.engine()?.wait_until_gone(&framework, deadline).await?;
    Ok(Some(framework))
}

/// Removes a framework for which no launch was ever journalled: whether it registered or not, nothing of it runs.
async fn never_ran(context: &Context<'_>, framework: &FrameworkId) -> bool {
    let Ok(engine) = context.engine() else { return false };
    match engine.tear_down(framework).await {
        Ok(()) => true,
        Err(error) if error.class() == ErrorClass::NotAllowed => true,
        Err(error) => {
            tracing::info!("failed to remove the framework: {error}");
            false
        }
    }
}

/// The desired record of a topology that is to be killed; none if no framework can have been made for it.
async fn to_kill(
    context: &Context<'_>,
    lease: &Lease,
    topology: &str,
    journalled: &Journalled,
    orphan: Option<FrameworkId>,
) -> anyhow::Result<Option<Desired>> {
    if let Some(desired) = &journalled.desired {
        let kill = |desired: &mut Desired| desired.goal = Goal::Killed;
        return Ok(Some(match desired.goal {
            Goal::Killed => desired.clone(),
            Goal::Running => desired.changed(kill),
        }));
    }
    if let Some(framework) = orphan {
        return Ok(Some(adopted(context, context.mesos()?, topology, framework)));
    }
    let found = TopologyState::read(&lease.state.zk, &lease.state.tree, topology).await?;
    let alive = found.tmanager_location.as_ref().filter(|l| l.node.stat.ephemeral_owner != 0);
    let Some(location) = alive else { return Ok(None) };
    let at = location.message().map_or_else(
        |_| "somewhere".to_owned(),
        |location| format!("{}:{}", location.host, location.controller_port),
    );
    lease.unreserve().await?;
    let what = format!("it has no journal record, and its TManager is alive at {at}");
    Err(CommandError::NotOurs { topology: topology.to_owned(), what }.into())
}

/// A record for a framework that lost its journal: enough to kill its tasks.
fn adopted(context: &Context<'_>, mesos: &Mesos, topology: &str, id: FrameworkId) -> Desired {
    Desired {
        version: RECORD_VERSION,
        topology: topology.to_owned(),
        topology_id: String::new(),
        goal: Goal::Killed,
        phase: Phase::Launched,
        generation: 1,
        digest: String::new(),
        framework: framework(mesos, topology, id, labels(context.settings, topology, None)),
        launch: no_launch(mesos),
        containers: Vec::new(),
        update: None,
        extra: Map::new(),
    }
}

async fn write(
    lease: &Lease,
    topology: &str,
    journalled: &Journalled,
    desired: &Desired,
) -> anyhow::Result<()> {
    if journalled.desired.is_none() {
        lease.state.zk.ensure_directories(&[&lease.paths.containers]).await?;
    }
    Ok(lease.store(topology, journalled).write_desired(desired).await?)
}

async fn conclude(context: &Context<'_>, topology: &str, driven: Driven) -> anyhow::Result<()> {
    let again = format!("`heron-cli kill {topology}` goes on with it");
    match driven.end {
        End::Settled => Ok(()),
        // It is gone already: that is what was wanted.
        End::Verdict(verdict) if verdict.is_removal() => Ok(()),
        End::Verdict(verdict) => {
            Err(failed(context, topology, &driven.model, verdict, vec![again]).await)
        }
        End::Interrupted => {
            Err(interrupted(context, &format!("killing topology `{topology}`"), vec![again]))
        }
        End::TimedOut => {
            let mut what = vec![format!("topology `{topology}` is not killed yet")];
            what.extend(missing(&driven.model));
            what.extend(driven.problem.map(|problem| format!("Mesos: {problem}")));
            let after = seconds(context.timeout.unwrap_or(PATIENCE));
            Err(CommandError::TimedOut { what: what.join("; "), after, next: vec![again] }.into())
        }
    }
}

/// Removes the state, the journal and the lock in one transaction.
pub async fn remove_state(lease: &Lease, topology: &str) -> anyhow::Result<Vec<String>> {
    let journalled = lease.journal().await?;
    let (zk, tree) = (&lease.state.zk, &lease.state.tree);
    let paths = &lease.paths;
    let has_containers = zk.exists(&paths.containers).await?.is_some();
    let store = lease.store(topology, &journalled);
    let journal = store.removal(has_containers);
    match removal::remove(zk, tree, topology, &journal, Some(&lease.lock)).await {
        // Somebody waits for the lock: the directory stays for them, and they find an empty record.
        Err(StateError::NotEmpty { path }) if path == paths.lock => {
            let mut rest: Vec<Op> = journal
                .into_iter()
                .filter(|op| op.path() != paths.lock && op.path() != paths.record)
                .collect();
            rest.push(Op::set(&paths.record, Vec::new(), None));
            Ok(removal::remove(zk, tree, topology, &rest, Some(&lease.lock)).await?)
        }
        other => Ok(other?),
    }
}
