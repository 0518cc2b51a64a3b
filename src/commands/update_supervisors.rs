//! `update --supervisors`: another number of a topology's own supervisors, or the same of another program.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::awaited::WaitCondition;
use crate::controller::drive::{Driven, drive};
use crate::controller::journal::{Journalled, load, load_desired};
use crate::controller::lease::Lease;
use crate::controller::obey::obey;
use crate::controller::program::{choose, deliver};
use crate::controller::request;
use crate::controller::take::{Requested, Wait, Waited};
use crate::controller::told::missing;
use crate::controller::verdict::{
    failed, half_way, interrupted, no_room, waits_for_room, with_next,
};
use crate::engine::desired::supervisors;
use crate::outcome::supervision::SupervisorsChanged;
use crate::outcome::{Outcome, SCHEMA, TopologyRef};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::member::id_of;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::run::End;
use crate::scheduler::supervisors::Supervisors;
use crate::scheduler::task::TaskState;
use crate::state::TopologyState;
use crate::update::job::not_ours;

/// How long it is waited for that they run.
const PATIENCE: Duration = Duration::from_mins(2);
/// The same for those beside the first, which may find no place.
const OTHERS: Duration = Duration::from_secs(20);
/// Failures in a row of one after which that is of no use.
const FAILURES: u32 = 3;

/// Has a topology supervised by as many as the configuration says.
pub async fn update_supervisors(context: &Context<'_>, topology: &str) -> anyhow::Result<Outcome> {
    let state = context.open().await?;
    let asked = match Box::pin(ask(context, &state, topology)).await {
        Ok(asked) => asked,
        Err(error) => {
            state.close().await;
            return Err(half_way(
                context,
                error,
                &doing(topology),
                vec!["nothing was changed".to_owned()],
            ));
        }
    };
    let Asked { before, desired, reference } = asked;
    let already = before == desired;
    let wanted = desired.supervisor_count();
    let running = Box::pin(see_to(context, state, topology, &desired)).await?;
    if running < wanted {
        let left = wanted - running;
        context.reporter.warn(&format!(
            "{left} of its {wanted} supervisors do not run yet: each waits for an agent that has no other and has room, and whoever leads launches it then"
        ));
    }
    let changed =
        SupervisorsChanged { schema: SCHEMA, topology: reference, wanted, running, already };
    Ok(Outcome::SupervisorsChanged(changed))
}

fn doing(topology: &str) -> String {
    format!("changing the supervisors of topology `{topology}`")
}

/// What was asked for.
struct Asked {
    before: Desired,
    desired: Desired,
    reference: TopologyRef,
}

/// Writes into the record what is asked for.
async fn ask(context: &Context<'_>, state: &StateTree, topology: &str) -> anyhow::Result<Asked> {
    let found = TopologyState::read(&state.zk, &state.tree, topology).await?;
    context.check_place(state, &found)?;
    let paths = state.journal(topology);
    let before = load_desired(&state.zk, &paths).await?;
    let before = before.ok_or_else(|| not_ours(topology))?;
    refuse_killed(&before)?;
    let wanted = match choose(context, (topology, &before.topology_id))? {
        None => Supervisors::default(),
        Some(chosen) => supervisors(&deliver(context, &chosen).await?),
    };
    let id = before.topology_id.clone();
    let change = |desired: &Desired| {
        refuse_killed(desired)?;
        if desired.topology_id != id {
            return Err(not_ours(topology).into());
        }
        Ok(supervised(desired, &wanted))
    };
    let by = context.writer();
    let desired = request::change(&state.zk, &paths.record, None, &by, change).await?;
    let desired = desired.ok_or_else(|| not_ours(topology))?;
    let name = found.state().map_or("UNKNOWN", |state| state.name());
    let reference = TopologyRef {
        name: topology.to_owned(),
        id: Some(id.clone()).filter(|id| !id.is_empty()),
        state: name.to_owned(),
    };
    Ok(Asked { before, desired, reference })
}

fn refuse_killed(desired: &Desired) -> Result<(), CommandError> {
    if desired.goal != Goal::Killed {
        return Ok(());
    }
    let what = "it is being killed".to_owned();
    Err(CommandError::Incomplete { topology: desired.topology.clone(), what })
}

/// The record with other supervisors. Those that there are get new tasks where what they run is another.
fn supervised(desired: &Desired, wanted: &Supervisors) -> Desired {
    let now = desired.supervisors.as_deref().cloned().unwrap_or_default();
    if wanted.count == 0 {
        if now.count == 0 {
            return desired.clone();
        }
        return desired.changed(|desired| desired.supervise_by(Supervisors { count: 0, ..now }));
    }
    let restarts = now.restarts;
    let same = Supervisors { count: wanted.count, ..now.clone() };
    let next = Supervisors { restarts, extra: now.extra.clone(), ..wanted.clone() };
    if next == same {
        if now.count == wanted.count {
            return desired.clone();
        }
        return desired.changed(|desired| desired.supervise_by(same));
    }
    let restarts = if now.count > 0 { restarts.saturating_add(1) } else { restarts };
    desired.changed(|desired| desired.supervise_by(Supervisors { restarts, ..next }))
}

/// Sees to it that they run: by driving, or by watching who does. How many do.
async fn see_to(
    context: &Context<'_>,
    state: StateTree,
    topology: &str,
    desired: &Desired,
) -> anyhow::Result<u32> {
    let count = desired.supervisor_count();
    context.reporter.step(&format!("seeing to the supervisors of topology {topology}: {count}"));
    let deadline = context.deadline(PATIENCE);
    let requested = Requested {
        doing: doing(topology),
        unfinished: format!("the supervisors of topology `{topology}` are not as asked for"),
        patience: PATIENCE,
        next: vec![follow(), see(topology)],
    };
    let wait = Wait { context, topology, deadline, requested: Some(&requested) };
    let others_until = Instant::now() + OTHERS;
    let done = async |state: &StateTree| {
        let journalled = load(&state.zk, &state.journal(topology)).await?;
        let same = |found: &&Desired| found.topology_id == desired.topology_id;
        let Some(now) = journalled.desired.as_ref().filter(same) else {
            let (topology, place) = (topology.to_owned(), state.place());
            return Err(CommandError::NoSuchTopology { topology, place }.into());
        };
        // Whoever kills may need somebody to take that over.
        if now.goal == Goal::Killed {
            return Ok(None);
        }
        let running = running(&journalled, now);
        let is_enough = running > 0 && Instant::now() >= others_until;
        let is_done = running >= count || is_enough;
        Ok((is_done && !has_others(&journalled, now)).then_some(running))
    };
    match wait.lease_or(state, done).await? {
        Waited::Done(running) => Ok(running),
        Waited::Leased(lease) => Box::pin(drive_to_it(context, *lease, topology, deadline)).await,
    }
}

/// How many run as they are wanted, by the journal.
fn running(journalled: &Journalled, desired: &Desired) -> u32 {
    let wanted = desired.supervisors.as_deref().cloned().unwrap_or_default();
    let runs = |number: &u32| {
        let record = journalled.supervisors.iter().find(|record| record.id == id_of(*number));
        record.is_some_and(|record| {
            record.state == TaskState::Running && record.restarts >= wanted.restarts
        })
    };
    let count = (1..=wanted.count).filter(runs).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether others run than are wanted.
fn has_others(journalled: &Journalled, desired: &Desired) -> bool {
    let last = id_of(desired.supervisor_count());
    let is_other = |record: &&ContainerRecord| record.id > last && !record.is_over();
    journalled.supervisors.iter().any(|record| is_other(&record))
}

async fn drive_to_it(
    context: &Context<'_>,
    mut lease: Lease,
    topology: &str,
    deadline: Instant,
) -> anyhow::Result<u32> {
    let mirrored = lease.mirrored(context);
    let result = Box::pin(run(&mirrored, &mut lease, topology, deadline)).await;
    let result = Box::pin(obey(&mirrored, &mut lease, topology, result)).await;
    lease.close(context).await;
    result
}

async fn run(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    deadline: Instant,
) -> anyhow::Result<u32> {
    let policy = context.policy(Some(FAILURES));
    let desired = lease.journal().await?.desired.ok_or_else(|| not_ours(topology))?;
    let awaited = match desired.supervisor_count() {
        0 => WaitCondition::Containers,
        _ => WaitCondition::Supervision,
    };
    let driven = drive(context, lease, topology, &policy, awaited, deadline).await?;
    let running = driven.model.supervisor_views().filter(|view| view.agrees).count();
    conclude(context, topology, driven).await?;
    Ok(u32::try_from(running).unwrap_or(u32::MAX))
}

async fn conclude(context: &Context<'_>, topology: &str, driven: Driven) -> anyhow::Result<()> {
    let next = vec![follow(), see(topology)];
    match driven.end {
        End::Settled => Ok(()),
        End::Interrupted => Err(interrupted(context, &doing(topology), next)),
        End::Verdict(verdict) => Err(failed(context, topology, &driven.model, verdict, next).await),
        End::TimedOut if waits_for_room(context, &driven.model, driven.problem.as_ref()) => {
            let error = no_room(context, topology, &driven.model).await;
            Err(with_next(context, error, &doing(topology), next))
        }
        End::TimedOut => {
            let mut what = vec![format!("the supervisors of topology `{topology}` do not run")];
            what.extend(missing(&driven.model));
            if what.len() == 1 {
                what = vec![format!(
                    "none of the supervisors of topology `{topology}` has come to ZooKeeper"
                )];
            }
            what.extend(driven.problem.map(|problem| format!("Mesos: {problem}")));
            let after = seconds(context.timeout.unwrap_or(PATIENCE));
            Err(CommandError::TimedOut { what: what.join("; "), after, next }.into())
        }
    }
}

fn follow() -> String {
    "what was asked for is journalled: the same `heron-cli update`, or another command on the topology, goes on with it"
        .to_owned()
}

fn see(topology: &str) -> String {
    format!("`heron-cli status {topology}` shows its supervisors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_otherwise_is_started_anew() {
        let desired: Desired = serde_json::from_value(serde_json::json!({
            "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
            "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
                "failover_timeout_seconds": 1.0, "labels": []},
            "launch": {"command": [], "uris": [], "ports": 9, "kill_grace_ms": 1}, "containers": [],
        }))
        .unwrap();
        let wanted = |count, program: &str| Supervisors {
            count,
            program: program.to_owned(),
            ..Supervisors::default()
        };
        let is = |desired: &Desired| {
            let supervisors = desired.supervisors.as_deref().unwrap();
            (supervisors.count, supervisors.restarts, desired.version)
        };
        let two = supervised(&desired, &wanted(2, "1"));
        assert_eq!(is(&two), (2, 0, 2));
        assert_eq!(supervised(&two, &wanted(2, "1")), two);
        assert_eq!(is(&supervised(&two, &wanted(3, "1"))), (3, 0, 2));
        let other = supervised(&two, &wanted(1, "2"));
        assert_eq!(is(&other), (1, 1, 2));
        let none = supervised(&other, &Supervisors::default());
        assert_eq!(is(&none), (0, 1, 1));
        assert_eq!(supervised(&none, &Supervisors::default()), none);
        assert_eq!(supervised(&desired, &Supervisors::default()), desired);
        assert_eq!(is(&supervised(&none, &wanted(2, "3"))), (2, 1, 2));
    }
}
