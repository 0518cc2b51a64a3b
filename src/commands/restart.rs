//! `restart`: new tasks for one container or all, on any agent.

use std::time::Duration;

use crate::clock::seconds;
use crate::context::{CommandError, Context};
use crate::controller::drive::{Driven, WaitCondition, drive, missing};
use crate::controller::lease::Lease;
use crate::controller::verdict::{failed, half_way, interrupted};
use crate::outcome::container::ContainerRef;
use crate::outcome::{Outcome, Restarted, SCHEMA, TopologyRef};
use crate::scheduler::driver::End;
use crate::scheduler::record::{Desired, Goal};
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
    let mut lease = Lease::take(context, state, topology).await?;
    let result = Box::pin(run(context, &mut lease, topology, container)).await;
    lease.close(context).await;
    let restarted = result.map_err(|error| {
        let doing = format!("restarting topology `{topology}`");
        let next = vec![
            format!("`heron-cli status {topology}` shows its containers"),
            "the same `heron-cli restart`, or another command on the topology, goes on with what was journalled"
                .to_owned(),
        ];
        half_way(context, error, &doing, next)
    })?;
    let id = found.current_topology().map(|topology| topology.id.clone());
    let name = found.state().map_or("UNKNOWN", |state| state.name());
    let topology = TopologyRef { name: topology.to_owned(), id, state: name.to_owned() };
    let containers = ContainerRef::of(restarted);
    Ok(Outcome::Restarted(Restarted { schema: SCHEMA, topology, containers }))
}

async fn run(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    container: Option<u32>,
) -> anyhow::Result<Vec<u32>> {
    let deadline = context.deadline(PATIENCE);
    let mut journalled = lease.journal().await?;
    if journalled.desired.as_ref().is_some_and(|desired| desired.update.is_some()) {
        settle(context, lease, topology, None, deadline).await?;
        journalled = lease.journal().await?;
    }
    let Some(desired) = &journalled.desired else {
        return Err(lease.without_record(topology).await);
    };
    let (desired, restarted) = ask_for(desired, topology, container)?;
    lease.store(topology, &journalled).write_desired(&desired).await?;
    context.reporter.step(&match restarted.as_slice() {
        [one] => format!("restarting container {one} of topology {topology}"),
        all => format!("restarting the {} containers of topology {topology}", all.len()),
    });
    let policy = context.policy(Some(FAILURES));
    let driven =
        drive(context, lease, topology, &policy, WaitCondition::PhysicalPlan, deadline).await?;
    conclude(context, topology, driven).await?;
    Ok(restarted)
}

fn ask_for(
    desired: &Desired,
    topology: &str,
    container: Option<u32>,
) -> Result<(Desired, Vec<u32>), CommandError> {
    if desired.goal == Goal::Killed {
        let what = "it is being killed".to_owned();
        return Err(CommandError::Incomplete { topology: topology.to_owned(), what });
    }
    let meant = |id: u32| container.is_none_or(|container| container == id);
    let restarted: Vec<u32> =
        desired.containers.iter().map(|wanted| wanted.id).filter(|id| meant(*id)).collect();
    if let Some(container) = container.filter(|_| restarted.is_empty()) {
        let last = desired.containers.iter().map(|wanted| wanted.id).max().unwrap_or_default();
        return Err(CommandError::NoSuchContainer {
            topology: topology.to_owned(),
            container,
            last,
        });
    }
    let desired = desired.changed(|desired| {
        for wanted in desired.containers.iter_mut().filter(|wanted| meant(wanted.id)) {
            wanted.restarts = wanted.restarts.saturating_add(1);
        }
    });
    Ok((desired, restarted))
}

async fn conclude(context: &Context<'_>, topology: &str, driven: Driven) -> anyhow::Result<()> {
    let follow =
        "the restart is journalled: the same `heron-cli restart`, or another command on the topology, goes on with it"
            .to_owned();
    let see = format!("`heron-cli status {topology}` shows its containers");
    match driven.end {
        End::Settled => Ok(()),
        End::Interrupted => Err(interrupted(
            context,
            &format!("restarting topology `{topology}`"),
            vec![follow, see],
        )),
        End::Verdict(verdict) => {
            Err(failed(context, topology, &driven.model, verdict, vec![see]).await)
        }
        End::TimedOut => {
            let mut what = vec![format!("topology `{topology}` is not running again")];
            what.extend(missing(&driven.model));
            what.extend(driven.problem.map(|problem| format!("Mesos: {problem}")));
            what.extend(
                crate::scheduler::explanation::explain(&driven.model)
                    .iter()
                    .map(ToString::to_string),
            );
            let after = seconds(context.timeout.unwrap_or(PATIENCE));
            Err(CommandError::TimedOut { what: what.join("; "), after, next: vec![follow, see] }
                .into())
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
        let (one, ids) = ask_for(&desired(), "t", Some(1)).unwrap();
        assert_eq!((ids, one.generation), (vec![1], 5));
        assert_eq!(one.containers.iter().map(|c| c.restarts).collect::<Vec<_>>(), [0, 3]);
        let (_, all) = ask_for(&desired(), "t", None).unwrap();
        assert_eq!(all, [0, 1]);
    }

    #[test]
    fn a_container_that_is_not_there_is_named() {
        let error = ask_for(&desired(), "t", Some(7)).unwrap_err();
        assert!(matches!(error, CommandError::NoSuchContainer { container: 7, last: 1, .. }));
    }
}
