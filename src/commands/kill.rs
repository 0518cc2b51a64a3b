//! `kill`: nothing of the topology is left, whatever there was of it.
//!
//! Containers first, state last: a TManager that finds its state gone does harm, and state without containers can be
//! found and removed again (hazard 5).

use std::time::Duration;

use serde_json::Map;
use tokio::time::Instant;

use super::drive::{Aim, Driven, drive, missing};
use super::ending::{failed, interrupted};
use super::framework::{framework, labels};
use super::held::Held;
use super::tell::seconds;
use crate::config::settings::Mesos;
use crate::context::CommandError;
use crate::context::{Context, StateTree};
use crate::engine::connector::MesosError;
use crate::engine::journal::Journalled;
use crate::mesos::http::HttpError;
use crate::mesos::ids::FrameworkId;
use crate::outcome::{Killed, Outcome, SCHEMA, TopologyRef};
use crate::scheduler::driver::End;
use crate::scheduler::model::{Policy, Verdict};
use crate::scheduler::record::{Desired, Goal, Launch, Phase, RECORD_VERSION};
use crate::state::{Op, StateError, TopologyState, removal};

/// How long the containers' ends are waited for.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

/// Kills a topology.
pub async fn kill(
    context: &Context<'_>,
    topology: &str,
    ignore_not_found: bool,
) -> anyhow::Result<Outcome> {
    let state = context.open().await?;
    let orphan = match look(context, &state, topology).await {
        Ok(Look::Something) => None,
        Ok(Look::OnlyFramework(framework)) => Some(framework),
        Ok(Look::Nothing) => {
            let place = state.place();
            state.close().await;
            if ignore_not_found {
                return Ok(outcome(topology, None, false, None, Vec::new()));
            }
            let topology = topology.to_owned();
            return Err(CommandError::NoSuchTopology { topology, place }.into());
        }
        Err(error) => {
            state.close().await;
            return Err(error);
        }
    };
    let mut held = Held::take(context, state, topology).await?;
    let result = run(context, &mut held, topology, orphan).await;
    held.close().await;
    result
}

/// What is there to be killed.
enum Look {
    Something,
    /// No state at all, but a framework whose labels name the topology.
    OnlyFramework(FrameworkId),
    Nothing,
}

async fn look(context: &Context<'_>, state: &StateTree, topology: &str) -> anyhow::Result<Look> {
    let others = [state.journal(topology).record, state.tree.update_lock(topology)];
    let (found, others) =
        TopologyState::read_with(&state.zk, &state.tree, topology, &others).await?;
    let more = others.iter().any(Option::is_some);
    if found.exists() {
        context.check_place(state, &found)?;
    } else if !found.is_absent() || more {
        context
            .reporter
            .warn(&format!("topology {topology} is not there; removing what is left of it"));
    }
    if !found.is_absent() || more {
        return Ok(Look::Something);
    }
    let connector = context.connector()?;
    let labels = labels(context.settings, topology, None);
    match connector.find_by_labels(&labels).await {
        Ok(frameworks) => {
            Ok(frameworks.into_iter().next().map_or(Look::Nothing, Look::OnlyFramework))
        }
        Err(error) => {
            tracing::info!("failed to look for a framework of the topology: {error:#}");
            Ok(Look::Nothing)
        }
    }
}

async fn run(
    context: &Context<'_>,
    held: &mut Held,
    topology: &str,
    orphan: Option<FrameworkId>,
) -> anyhow::Result<Outcome> {
    context.reporter.step(&format!("killing topology {topology}"));
    let deadline = context.deadline(PATIENCE);
    let journalled = held.journal().await?.desired;
    let id = journalled.map(|desired| desired.topology_id).filter(|id| !id.is_empty());
    let framework = kill_containers(context, held, topology, orphan, deadline).await?;
    context.reporter.step("removing the state");
    let removed = remove_state(held, topology).await?;
    Ok(outcome(topology, id, true, framework, removed))
}

fn outcome(
    topology: &str,
    id: Option<String>,
    found: bool,
    framework: Option<FrameworkId>,
    removed: Vec<String>,
) -> Outcome {
    Outcome::Killed(Killed {
        schema: SCHEMA,
        topology: TopologyRef { name: topology.to_owned(), id, state: "KILLED".to_owned() },
        found,
        framework_id: framework.map(|framework| framework.0),
        removed,
    })
}

/// Kills everything that runs, as far as the journal or Mesos knows of it. Returns the framework, which is gone then.
pub(super) async fn kill_containers(
    context: &Context<'_>,
    held: &mut Held,
    topology: &str,
    orphan: Option<FrameworkId>,
    deadline: Instant,
) -> anyhow::Result<Option<FrameworkId>> {
    let journalled = held.journal().await?;
    let Some(desired) = to_kill(context, held, topology, &journalled, orphan).await? else {
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
        write(held, topology, &journalled, &desired).await?;
    }
    let policy = Policy::default();
    let driven = drive(context, held, topology, &policy, Aim::Containers, deadline).await?;
    conclude(context, topology, driven).await?;
    let connector = context.connector()?;
    connector.wait_until_gone(&framework, deadline).await?;
    Ok(Some(framework))
}

/// Removes a framework for which no launch was ever journalled: whether it registered or not, nothing of it runs.
async fn never_ran(context: &Context<'_>, framework: &FrameworkId) -> bool {
    let Ok(connector) = context.connector() else { return false };
    match connector.teardown(framework).await {
        Ok(_)
        | Err(MesosError::Http(HttpError::Unauthorized { .. } | HttpError::Forbidden { .. })) => {
            true
        }
        Err(error) => {
            tracing::info!("failed to remove the framework: {error}");
            false
        }
    }
}

/// The desired record of a topology that is to be killed; none if no framework can have been made for it.
async fn to_kill(
    context: &Context<'_>,
    held: &Held,
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
    let found = TopologyState::read(&held.state.zk, &held.state.tree, topology).await?;
    let alive = found.tmanager_location.as_ref().filter(|l| l.node.stat.ephemeral_owner != 0);
    let Some(location) = alive else { return Ok(None) };
    let at = location.message().map_or_else(
        |_| "somewhere".to_owned(),
        |location| format!("{}:{}", location.host, location.controller_port),
    );
    held.unreserve().await?;
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
        launch: Launch {
            command: Vec::new(),
            user: None,
            uris: Vec::new(),
            ports: 0,
            kill_grace_ms: i64::try_from(mesos.kill_grace.as_millis()).unwrap_or(i64::MAX),
            release: None,
            extra: Map::new(),
        },
        containers: Vec::new(),
        update: None,
        extra: Map::new(),
    }
}

async fn write(
    held: &Held,
    topology: &str,
    journalled: &Journalled,
    desired: &Desired,
) -> anyhow::Result<()> {
    if journalled.desired.is_none() {
        held.state.zk.ensure_directories(&[&held.paths.containers]).await?;
    }
    Ok(held.store(topology, journalled).write_desired(desired).await?)
}

async fn conclude(context: &Context<'_>, topology: &str, driven: Driven) -> anyhow::Result<()> {
    let again = format!("`heron-cli kill {topology}` goes on with it");
    match driven.end {
        End::Settled => Ok(()),
        // It is gone already: that is what was wanted.
        End::Verdict(Verdict::Fatal(message)) if is_removed(&message) => Ok(()),
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

/// Mesos's words for a framework that was torn down (`facts/mesos.md` §2.5).
pub(super) fn is_removed(message: &str) -> bool {
    message.contains("Framework has been removed")
}

/// Removes the state, the journal and the lock in one transaction.
pub(super) async fn remove_state(held: &Held, topology: &str) -> anyhow::Result<Vec<String>> {
    let journalled = held.journal().await?;
    let (zk, tree) = (&held.state.zk, &held.state.tree);
    let paths = &held.paths;
    let has_containers = zk.exists(&paths.containers).await?.is_some();
    let store = held.store(topology, &journalled);
    let journal = store.removal(has_containers);
    match removal::remove(zk, tree, topology, &journal, Some(&held.lock)).await {
        // Somebody waits for the lock: the directory stays for them, and they find an empty record.
        Err(StateError::NotEmpty { path }) if path == paths.lock => {
            let mut rest: Vec<Op> = journal
                .into_iter()
                .filter(|op| op.path() != paths.lock && op.path() != paths.record)
                .collect();
            rest.push(Op::set(&paths.record, Vec::new(), None));
            Ok(removal::remove(zk, tree, topology, &rest, Some(&held.lock)).await?)
        }
        other => Ok(other?),
    }
}
