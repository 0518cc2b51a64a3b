//! `restart`: new tasks for one container or all, on any agent.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::awaited::WaitCondition;
use crate::controller::drive::{Driven, drive};
use crate::controller::journal::{JournalNodes, load};
use crate::controller::lease::Lease;
use crate::controller::obey::obey;
use crate::controller::physical_plan::{Ports, is_up, server_port};
use crate::controller::request;
use crate::controller::take::{Requested, Wait, Waited};
use crate::controller::told::missing;
use crate::controller::verdict::{failed, half_way, interrupted};
use crate::outcome::container::ContainerRef;
use crate::outcome::{Outcome, Restarted, SCHEMA, TopologyRef};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::model::Model;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::run::End;
use crate::state::TopologyState;
use crate::update::settle::settle;

/// How long a restart is waited for.
const PATIENCE: Duration = Duration::from_mins(5);
/// Failures in a row after which waiting is of no use.
const FAILURES: u32 = 3;

/// Restarts one container, or all.
pub async fn restart(
    context: &Context<'_>,
    topology: &str,
    container: Option<u32>,
) -> anyhow::Result<Outcome> {
    let state = context.open().await?;
    let found = match TopologyState::read(&state.zk, &state.tree, topology).await {
        Ok(found) => found,
        Err(error) => {
            state.close().await;
            return Err(error.into());
        }
    };
    if let Err(error) = context.check_place(&state, &found) {
        state.close().await;
        return Err(error);
    }
    let restarted = match ask(&state, topology, container).await {
        Ok(Some(asked)) => Box::pin(see_to(context, state, topology, &asked)).await,
        Ok(None) => Box::pin(once_free(context, state, topology, container)).await,
        Err(error) => {
            state.close().await;
            Err(error)
        }
    };
    let restarted = restarted.map_err(|error| {
        let next = vec![see(topology), follow()];
        half_way(context, error, &doing(topology), next)
    })?;
    let id = found.current_topology().map(|topology| topology.id.clone());
    let name = found.state().map_or("UNKNOWN", |state| state.name());
    let topology = TopologyRef { name: topology.to_owned(), id, state: name.to_owned() };
    let containers = ContainerRef::of(restarted.asked);
    let also_launched = ContainerRef::of(restarted.also);
    Ok(Outcome::Restarted(Restarted { schema: SCHEMA, topology, containers, also_launched }))
}

fn doing(topology: &str) -> String {
    format!("restarting topology `{topology}`")
}

fn follow() -> String {
    "the restart is journalled: the same `heron-cli restart`, or another command on the topology, goes on with it"
        .to_owned()
}

fn see(topology: &str) -> String {
    format!("`heron-cli status {topology}` shows its containers")
}

/// A restart that stands in the desired record.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    topology_id: String,
    /// How many restarts each container has with it.
    restarts: BTreeMap<u32, u64>,
    /// The attempt of each container before it, as far as it has a record.
    attempts: BTreeMap<u32, u32>,
}

/// What was launched anew.
struct Launched {
    /// What was asked for.
    asked: Vec<u32>,
    /// What did not run besides.
    also: Vec<u32>,
}

impl Asked {
    /// What was launched anew, by the records after it.
    fn launched<'a>(&self, records: impl IntoIterator<Item = &'a ContainerRecord>) -> Launched {
        let is_new = |record: &&ContainerRecord| {
            self.attempts.get(&record.id).is_some_and(|attempt| *attempt < record.attempt)
        };
        let new = records.into_iter().filter(is_new).map(|record| record.id);
        let also = new.filter(|id| !self.restarts.contains_key(id)).collect();
        Launched { asked: self.containers(), also }
    }

    fn containers(&self) -> Vec<u32> {
        self.restarts.keys().copied().collect()
    }

    fn step(&self, topology: &str) -> String {
        match self.containers().as_slice() {
            [one] => format!("restarting container {one} of topology {topology}"),
            all => format!("restarting the {} containers of topology {topology}", all.len()),
        }
    }
}

/// Asks for a restart; nothing is asked of a topology that is being killed, or has no record.
async fn ask(
    state: &StateTree,
    topology: &str,
    container: Option<u32>,
) -> anyhow::Result<Option<Asked>> {
    let mut asked = None;
    let record = state.journal(topology).record;
    request::change(&state.zk, &record, None, |desired| {
        asked = None;
        if desired.goal == Goal::Killed {
            return Ok(desired.clone());
        }
        let (desired, restart) = ask_for(desired, topology, container)?;
        asked = Some(restart);
        Ok(desired)
    })
    .await?;
    if let Some(asked) = &mut asked {
        // Whoever drives needs longer than this to launch anything.
        let paths = state.journal(topology);
        let nodes = JournalNodes::find(&state.zk, &paths).await?;
        let (journalled, _) = nodes.read(&state.zk, &paths).await?;
        asked.attempts =
            journalled.containers.iter().map(|record| (record.id, record.attempt)).collect();
    }
    Ok(asked)
}

fn ask_for(
    desired: &Desired,
    topology: &str,
    container: Option<u32>,
) -> Result<(Desired, Asked), CommandError> {
    let mut asked = Asked { topology_id: desired.topology_id.clone(), ..Asked::default() };
    let desired = desired.changed(|desired| {
        let meant = |id: u32| container.is_none_or(|container| container == id);
        for wanted in desired.containers.iter_mut().filter(|wanted| meant(wanted.id)) {
            wanted.restarts = wanted.restarts.saturating_add(1);
            asked.restarts.insert(wanted.id, wanted.restarts);
        }
    });
    if let Some(container) = container.filter(|_| asked.restarts.is_empty()) {
        let last = desired.containers.iter().map(|wanted| wanted.id).max().unwrap_or_default();
        let topology = topology.to_owned();
        return Err(CommandError::NoSuchContainer { topology, container, last });
    }
    Ok((desired, asked))
}

/// Restarts a topology of which nothing could be asked, because somebody just submits or kills it; once they are through.
async fn once_free(
    context: &Context<'_>,
    state: StateTree,
    topology: &str,
    container: Option<u32>,
) -> anyhow::Result<Launched> {
    let lease = Lease::take(context, state, topology).await?;
    let asked = async {
        if let Some(asked) = ask(&lease.state, topology, container).await? {
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
    let result = Box::pin(run(&mirrored, &mut lease, topology, &step)).await;
    let result = obey(&mirrored, &mut lease, topology, result).await;
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
) -> anyhow::Result<Model> {
    let deadline = context.deadline(PATIENCE);
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
            let next = vec![follow(), see(topology)];
            Err(CommandError::TimedOut { what: what.join("; "), after, next }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desired() -> Desired {
        serde_json::from_str(
            r#"{"version":1,"topology":"t","topology_id":"i","goal":"RUNNING","phase":"LAUNCHED","generation":4,
                "digest":"","framework":{"id":{"value":"f"},"name":"n","user":"u","roles":["*"],
                "failover_timeout_seconds":1.0,"labels":[]},
                "launch":{"command":[],"uris":[],"ports":9,"kill_grace_ms":1},
                "containers":[{"id":0,"cpus":1.0,"mem_mb":1.0,"disk_mb":1.0},
                              {"id":1,"cpus":1.0,"mem_mb":1.0,"disk_mb":1.0,"restarts":2}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_restart_counts_up_what_it_names() {
        let (one, asked) = ask_for(&desired(), "t", Some(1)).unwrap();
        assert_eq!((asked.restarts, one.generation), (BTreeMap::from([(1, 3)]), 5));
        assert_eq!(one.containers.iter().map(|c| c.restarts).collect::<Vec<_>>(), [0, 3]);
        let (_, all) = ask_for(&desired(), "t", None).unwrap();
        assert_eq!(all.restarts, BTreeMap::from([(0, 1), (1, 3)]));
    }

    #[test]
    fn a_container_that_is_not_there_is_named() {
        let error = ask_for(&desired(), "t", Some(7)).unwrap_err();
        assert!(matches!(error, CommandError::NoSuchContainer { container: 7, last: 1, .. }));
    }
}
