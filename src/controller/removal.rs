//! The end of a topology: its containers first, its state last. A TManager that finds its state gone does harm, and state
//! without containers can be found and removed again (docs/heron.md, "Hazards").

use std::time::Duration;

use serde_json::Map;
use tokio::time::Instant;

use super::awaited::WaitCondition;
use super::drive::{Driven, drive};
use super::lease::Lease;
use super::told::missing;
use super::verdict::{failed, interrupted};
use crate::clock::seconds;
use crate::config::settings::Mesos;
use crate::context::{CommandError, Context};
use crate::engine::desired::{framework, labels, no_launch};
use crate::engine::{Engine, EngineError, ErrorClass};
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::journal::encode;
use crate::scheduler::record::{Desired, Goal, Phase, Placement, RECORD_VERSION};
use crate::scheduler::revisions::Revisions;
use crate::scheduler::run::DriverError;
use crate::scheduler::run::End;
use crate::state::holder::Holder;
use crate::state::lock::nodes_of;
use crate::state::{Op, StateError, TopologyState, removal};

/// How long the containers' ends are waited for.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// How often the state is tried to be removed while its supervisors come and go.
const ATTEMPTS: usize = 5;

/// What was ended of a topology.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    /// Its frameworks, which are removed.
    pub frameworks: Vec<FrameworkId>,
    /// Containers whose hosts were out of reach, with these: Mesos ends them there when it hears of the host again.
    pub out_of_reach: Vec<(u32, String)>,
}

/// Kills everything that runs, as far as the journal or Mesos knows of it. `orphans` are frameworks of the topology that no
/// journal names.
pub async fn kill_containers(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    orphans: &[FrameworkId],
    deadline: Instant,
) -> anyhow::Result<Ended> {
    let mut ended = Ended::default();
    let journalled = lease.readable_journal().await?;
    if let Some(desired) = &journalled.desired {
        let framework = &desired.framework.id;
        let never_launched = journalled.records().next().is_none();
        if !(never_launched && never_ran(context, framework).await) {
            lease.change(topology, |desired| Ok(killed(desired, desired.keep_package))).await?;
            match end(context, lease, topology, deadline, &mut ended).await {
                // Whom Mesos doesn't let in has registered nothing, and launched nothing.
                Err(error) if never_launched && is_refused(&error) => {
                    tracing::info!("nothing to end: {error:#}");
                }
                result => result?,
            }
        }
        ended.frameworks.push(framework.clone());
    } else if orphans.is_empty() {
        refuse_anothers(lease, topology).await?;
    }
    let own = ended.frameworks.clone();
    for orphan in orphans.iter().filter(|orphan| !own.contains(orphan)) {
        adopt(context, lease, topology, orphan).await?;
        end(context, lease, topology, deadline, &mut ended).await?;
        ended.frameworks.push(orphan.clone());
    }
    Ok(ended)
}

/// The record of a topology that is to be killed. `keep_package`: its package stays in its store.
#[must_use]
pub fn killed(desired: &Desired, keep_package: bool) -> Desired {
    if desired.goal == Goal::Killed && desired.keep_package == keep_package {
        return desired.clone();
    }
    desired.changed(|desired| {
        desired.goal = Goal::Killed;
        desired.keep_package = keep_package;
    })
}

/// Drives a topology whose record says that it is to be killed.
async fn end(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    deadline: Instant,
    ended: &mut Ended,
) -> anyhow::Result<()> {
    let policy = context.policy(None);
    let awaited = WaitCondition::End;
    let driven = drive(context, lease, topology, &policy, awaited, deadline).await?;
    let lost = driven.model.views().filter_map(|view| {
        let record = view.record.filter(|record| !record.is_over())?;
        Some((view.id, record.host.clone()))
    });
    ended.out_of_reach.extend(lost);
    conclude(context, topology, driven).await
}

/// Whether Mesos didn't let its scheduler in.
fn is_refused(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let Some(DriverError::Subscribe(source)) = cause.downcast_ref() else { return false };
        let error: Option<&EngineError> = source.downcast_ref();
        error.is_some_and(|error| error.class() == ErrorClass::NotAllowed)
    })
}

/// Removes a framework for which no launch was ever journalled: whether it registered or not, nothing of it runs. Who may not
/// remove it as an operator does so as its scheduler.
async fn never_ran(context: &Context<'_>, framework: &FrameworkId) -> bool {
    let Ok(engine) = context.engine() else { return false };
    match engine.tear_down(framework).await {
        Ok(()) => true,
        Err(error) => {
            tracing::info!("failed to remove the framework: {error}");
            false
        }
    }
}

/// Refuses a topology that no journal and no framework of ours is of, and whose TManager is alive: another tool's.
async fn refuse_anothers(lease: &Lease, topology: &str) -> anyhow::Result<()> {
    let found = TopologyState::read(&lease.state.zk, &lease.state.tree, topology).await?;
    let alive = found.tmanager_location.as_ref().filter(|l| l.node.stat.ephemeral_owner != 0);
    let Some(location) = alive else { return Ok(()) };
    let at = location.message().map_or_else(
        |_| "somewhere".to_owned(),
        |location| format!("{}:{}", location.host, location.controller_port),
    );
    lease.unreserve().await?;
    let what = format!("it has no journal record, and its TManager is alive at {at}");
    Err(CommandError::NotOurs { topology: topology.to_owned(), what }.into())
}

/// Writes a record by which a framework can be ended that has none, or none that can be read.
async fn adopt(
    context: &Context<'_>,
    lease: &Lease,
    topology: &str,
    orphan: &FrameworkId,
) -> anyhow::Result<()> {
    context.reporter.step(&format!("ending framework {orphan}, which no record names"));
    lease.state.zk.ensure_directories(&[&lease.paths.containers]).await?;
    let desired = adopted(context, context.mesos()?, topology, orphan.clone());
    let op = Op::set(&lease.paths.record, encode(&lease.paths.record, &desired)?, None);
    lease.lock.transaction(&[op]).await?;
    Ok(())
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
        placement: Placement::default(),
        containers: Vec::new(),
        supervisors: None,
        update: None,
        keep_package: false,
        revisions: Revisions::default(),
        history: Vec::new(),
        extra: Map::new(),
    }
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
    let journalled = lease.readable_journal().await?;
    let (zk, tree) = (&lease.state.zk, &lease.state.tree);
    let paths = &lease.paths;
    let below = zk.children(&paths.record).await?.unwrap_or_default();
    let has_containers = zk.exists(&paths.containers).await?.is_some();
    let store = lease.store(topology, &journalled);
    let mut journal: Vec<Op> = paths.revisions_of(&below).into_iter().map(Op::delete).collect();
    journal.extend(store.removal(has_containers));
    let mut removed = removal::remove(zk, tree, topology, &journal, Some(&lease.lock)).await;
    for _ in 0..ATTEMPTS {
        if !is_about_the_queue(&removed, &paths.lock) {
            break;
        }
        // Those of its own supervisors are dead, or about to find that it is gone.
        let members = nodes_of(zk, &paths.lock, Holder::is_member).await?;
        if members.is_empty() && matches!(removed, Err(StateError::NotEmpty { .. })) {
            break;
        }
        let members = members.into_iter().map(Op::delete);
        let all: Vec<Op> = members.chain(journal.iter().cloned()).collect();
        removed = removal::remove(zk, tree, topology, &all, Some(&lease.lock)).await;
    }
    match removed {
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

/// Whether a removal was in vain because of those who queue for the lock.
fn is_about_the_queue(removed: &Result<Vec<String>, StateError>, lock: &str) -> bool {
    match removed {
        Err(StateError::NotEmpty { path }) => path == lock,
        Err(StateError::NoNode { path }) => {
            path.strip_prefix(lock).is_some_and(|rest| !rest.is_empty())
        }
        _ => false,
    }
}
