//! `restart`: new tasks for one container, some, or all, on any agent; at once or one batch after the other.

mod asked;
mod batches;

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;

use self::asked::{Asked, Launched, ask};

use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::awaited::WaitCondition;
use crate::controller::drive::{Driven, drive};
use crate::controller::journal::{load, load_desired};
use crate::controller::lease::Lease;
use crate::controller::obey::obey;
use crate::controller::physical_plan::{Ports, is_up, server_port};
use crate::controller::sessions::over_sessions;
use crate::controller::take::{Requested, Wait, Waited};
use crate::controller::told::{list, missing};
use crate::controller::verdict::{
    failed, half_way, interrupted, no_room, waits_for_room, with_next,
};
use crate::health::{self, AsOf, Facts};
use crate::outcome::container::ContainerRef;
use crate::outcome::{Outcome, Restarted, SCHEMA, TopologyRef};
use crate::scheduler::model::Model;
use crate::scheduler::record::Goal;
use crate::scheduler::run::End;
use crate::state::TopologyState;
use crate::update::settle::settle;

/// How long a restart is waited for.
const PATIENCE: Duration = Duration::from_mins(5);
/// Failures in a row after which waiting is of no use.
const FAILURES: u32 = 3;

/// Which containers are restarted, and how many at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// This one; otherwise all.
    pub container: Option<u32>,
    /// So many at a time.
    pub batch: Option<NonZeroUsize>,
    /// Only those that are not well.
    pub failed: bool,
}

/// Restarts containers.
pub async fn restart(
    context: &Context<'_>,
    topology: &str,
    options: Options,
) -> anyhow::Result<Outcome> {
    let deadline = context.deadline(PATIENCE);
    let mut state = context.open().await?;
    let look = async |state: &StateTree| look(context, state, topology, options).await;
    let (found, batches) = match over_sessions(context, &mut state, deadline, look).await {
        Ok(looked) => looked,
        Err(error) => {
            state.close().await;
            return Err(error);
        }
    };
    if batches.is_empty() {
        state.close().await;
    }
    let mut done = Launched::default();
    let mut opened = Some(state);
    for (number, batch) in batches.iter().enumerate() {
        let state = match opened.take() {
            Some(state) => state,
            None => context.open().await?,
        };
        match Box::pin(restart_batch(context, state, topology, batch.as_deref())).await {
            Ok(launched) => {
                done.asked.extend(launched.asked);
                done.also.extend(launched.also);
            }
            Err(error) => {
                let mut next = vec![see(topology), follow()];
                next.extend(left(batches.get(number..).unwrap_or_default()));
                return Err(half_way(context, error, &doing(topology), next));
            }
        }
    }
    let id = found.current_topology().map(|topology| topology.id.clone());
    let name = found.state().map_or("UNKNOWN", |state| state.name());
    let topology = TopologyRef { name: topology.to_owned(), id, state: name.to_owned() };
    done.also.retain(|id| !done.asked.contains(id));
    let containers = ContainerRef::of(done.asked);
    let also_launched = ContainerRef::of(done.also);
    Ok(Outcome::Restarted(Restarted { schema: SCHEMA, topology, containers, also_launched }))
}

/// The topology, and the containers to restart, batch by batch; all of them, for a batch without a list.
async fn look(
    context: &Context<'_>,
    state: &StateTree,
    topology: &str,
    options: Options,
) -> anyhow::Result<(TopologyState, Vec<Option<Vec<u32>>>)> {
    let Options { container, batch, failed } = options;
    if failed {
        let facts = health::look::look(context, state, topology).await?;
        context.check_place(state, &facts.topology)?;
        let ill = ill(context, &facts, container);
        return Ok((facts.topology, batches::batches(ill, batch).into_iter().map(Some).collect()));
    }
    let found = TopologyState::read(&state.zk, &state.tree, topology).await?;
    context.check_place(state, &found)?;
    let batches = match (container, batch) {
        (Some(id), _) => vec![Some(vec![id])],
        (None, None) => vec![None],
        (None, Some(_)) => match load_desired(&state.zk, &state.journal(topology)).await? {
            Some(desired) => {
                let ids = desired.containers.iter().map(|wanted| wanted.id).collect();
                batches::batches(ids, batch).into_iter().map(Some).collect()
            }
            // Whoever asks for all of them is told why not.
            None => vec![None],
        },
    };
    Ok((found, batches))
}

/// Containers that are not well, among those that are meant.
fn ill(context: &Context<'_>, facts: &Facts, container: Option<u32>) -> Vec<u32> {
    let assessed = health::assess(facts);
    if let AsOf::Journal(_) = assessed.as_of {
        let text = "Mesos could not be asked: containers are judged by what was last known of them";
        context.reporter.warn(text);
    }
    let mut known = assessed.containers.iter().map(|one| one.id);
    let ill = assessed.ill(&facts.topology);
    match container {
        None => known.filter(|id| ill.contains(id)).collect(),
        // Whoever asks for one that is not there is told so.
        Some(id) if ill.contains(&id) || !known.any(|one| one == id) => vec![id],
        Some(_) => Vec::new(),
    }
}

/// What is not begun of a restart in batches.
fn left(batches: &[Option<Vec<u32>>]) -> Option<String> {
    let ids: Vec<u32> = batches.iter().skip(1).flatten().flatten().copied().collect();
    (!ids.is_empty()).then(|| format!("{} were left as they are", list(&ids)))
}

/// Restarts some containers, or all, and waits until they are back in the physical plan.
async fn restart_batch(
    context: &Context<'_>,
    mut state: StateTree,
    topology: &str,
    meant: Option<&[u32]>,
) -> anyhow::Result<Launched> {
    let deadline = context.deadline(PATIENCE);
    let asking = async |state: &StateTree| ask(context, state, topology, meant).await;
    match over_sessions(context, &mut state, deadline, asking).await {
        Ok(Some(asked)) => Box::pin(see_to(context, state, topology, &asked)).await,
        Ok(None) => Box::pin(once_free(context, state, topology, meant)).await,
        Err(error) => {
            state.close().await;
            Err(error)
        }
    }
}

fn doing(topology: &str) -> String {
    format!("restarting topology `{topology}`")
}

fn follow() -> String {
    "the restart is journalled: the same `heron-cli restart`, or another command on the topology, goes on with it"
        .to_owned()
}

/// For a container whose host has time yet to come back.
fn replace(topology: &str, container: u32) -> String {
    format!(
        "`heron-cli restart {topology} {container}` replaces container {container} without waiting for its host"
    )
}

fn see(topology: &str) -> String {
    format!("`heron-cli status {topology}` shows its containers")
}

/// Restarts a topology of which nothing could be asked, because somebody just submits or kills it; once they are through.
async fn once_free(
    context: &Context<'_>,
    state: StateTree,
    topology: &str,
    meant: Option<&[u32]>,
) -> anyhow::Result<Launched> {
    let lease = Lease::take(context, state, topology).await?;
    let asked = async {
        if let Some(asked) = ask(context, &lease.state, topology, meant).await? {
            return Ok(asked);
        }
        if lease.journal().await?.desired.is_none() {
            return Err(lease.without_record(topology).await);
        }
        let what = "it is being killed".to_owned();
        Err(CommandError::Incomplete { topology: topology.to_owned(), what }.into())
    };
    let asked = match asked.await {
        Ok(asked) => asked,
        Err(error) => {
            lease.close(context).await;
            return Err(error);
        }
    };
    context.reporter.step(&asked.step(topology));
    Box::pin(drive_to_it(context, lease, topology, &asked)).await
}

/// Sees to it that a restart is done: by driving, or by watching who does.
async fn see_to(
    context: &Context<'_>,
    state: StateTree,
    topology: &str,
    asked: &Asked,
) -> anyhow::Result<Launched> {
    let deadline = context.deadline(PATIENCE);
    context.reporter.step(&asked.step(topology));
    let requested = Requested {
        doing: doing(topology),
        unfinished: format!("topology `{topology}` is not running again"),
        patience: PATIENCE,
        next: vec![follow(), see(topology)],
    };
    let wait = Wait { context, topology, deadline, requested: Some(&requested) };
    let done = async |state: &StateTree| is_done(state, topology, asked).await;
    match wait.lease_or(state, done).await? {
        Waited::Done(launched) => Ok(launched),
        Waited::Leased(lease) => Box::pin(drive_to_it(context, *lease, topology, asked)).await,
    }
}

async fn drive_to_it(
    context: &Context<'_>,
    mut lease: Lease,
    topology: &str,
    asked: &Asked,
) -> anyhow::Result<Launched> {
    let mirrored = lease.mirrored(context);
    let step = asked.step(topology);
    mirrored.reporter.step(&step);
    let deadline = context.deadline(PATIENCE);
    let running = async |lease: &mut Lease| run(&mirrored, lease, topology, &step, deadline).await;
    let result = Box::pin(lease.keep(&mirrored, topology, deadline, running)).await;
    let result = Box::pin(obey(&mirrored, &mut lease, topology, result)).await;
    lease.close(context).await;
    Ok(asked.launched(result?.views().filter_map(|view| view.record)))
}

/// Whether somebody else has done what was asked, and what they launched; an error if nobody ever will.
async fn is_done(
    state: &StateTree,
    topology: &str,
    asked: &Asked,
) -> anyhow::Result<Option<Launched>> {
    let journalled = load(&state.zk, &state.journal(topology)).await?;
    let desired = journalled.desired.filter(|desired| desired.topology_id == asked.topology_id);
    let Some(desired) = desired else {
        let (topology, place) = (topology.to_owned(), state.place());
        return Err(CommandError::NoSuchTopology { topology, place }.into());
    };
    let wanted = |id: u32| desired.containers.iter().any(|container| container.id == id);
    // Whoever kills may need somebody to take that over.
    if desired.goal == Goal::Killed || !asked.restarts.keys().all(|id| wanted(*id)) {
        return Ok(None);
    }
    let of = |id: u32| journalled.containers.iter().find(|record| record.id == id);
    let ports: Ports = asked
        .restarts
        .iter()
        .map(|(id, restarts)| {
            let record = of(*id).filter(|record| record.restarts >= *restarts);
            (*id, record.and_then(server_port))
        })
        .collect();
    if ports.values().any(Option::is_none) {
        return Ok(None);
    }
    let is_up = is_up(state, topology, &ports).await?;
    Ok(is_up.then(|| asked.launched(&journalled.containers)))
}

async fn run(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    step: &str,
    deadline: Instant,
) -> anyhow::Result<Model> {
    let journalled = lease.journal().await?;
    let Some(desired) = &journalled.desired else {
        return Err(lease.without_record(topology).await);
    };
    if desired.goal == Goal::Killed {
        return Err(CommandError::Killed { topology: topology.to_owned() }.into());
    }
    if desired.update.is_some() {
        settle(context, lease, topology, None, deadline).await?;
        context.reporter.step(step);
    }
    let policy = context.policy(Some(FAILURES));
    let driven =
        drive(context, lease, topology, &policy, WaitCondition::PhysicalPlan, deadline).await?;
    conclude(context, topology, driven).await
}

async fn conclude(context: &Context<'_>, topology: &str, driven: Driven) -> anyhow::Result<Model> {
    match driven.end {
        End::Settled => Ok(driven.model),
        End::Interrupted => {
            Err(interrupted(context, &doing(topology), vec![follow(), see(topology)]))
        }
        End::Verdict(verdict) => {
            Err(failed(context, topology, &driven.model, verdict, vec![see(topology)]).await)
        }
        End::TimedOut if waits_for_room(context, &driven.model, driven.problem.as_ref()) => {
            let error = no_room(context, topology, &driven.model).await;
            Err(with_next(context, error, &doing(topology), vec![follow(), see(topology)]))
        }
        End::TimedOut => {
            let mut what = vec![format!("topology `{topology}` is not running again")];
            what.extend(missing(&driven.model));
            what.extend(driven.problem.map(|problem| format!("Mesos: {problem}")));
            what.extend(driven.deaths);
            what.extend(
                crate::scheduler::explanation::explain(&driven.model)
                    .iter()
                    .map(ToString::to_string),
            );
            let after = seconds(context.timeout.unwrap_or(PATIENCE));
            let away: Vec<u32> = driven.model.awaited_hosts().map(|record| record.id).collect();
            let mut next: Vec<String> = away.iter().map(|id| replace(topology, *id)).collect();
            if next.is_empty() {
                next.push(follow());
            }
            next.push(see(topology));
            Err(CommandError::TimedOut { what: what.join("; "), after, next }.into())
        }
    }
}
