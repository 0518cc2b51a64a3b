//! Finishes or undoes an update that was interrupted, before anything else is done to the topology.

use tokio::time::Instant;

use super::job::{Job, patience};
use crate::context::{Context, StateTree};
use crate::controller::journal::load_desired;
use crate::controller::lease::Lease;
use crate::controller::obey::obey;
use crate::controller::request;
use crate::controller::sessions::{in_sessions, over_sessions};
use crate::controller::take::{Requested, Wait, Waited};
use crate::controller::tmanager_request::{Answer, TManagerRequest, ask_tmanager};
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::record::Desired;
use crate::scheduler::update::UpdateStep;
use crate::scheduler::update_steps;
use crate::state::TopologyState;

/// Settles what was interrupted, if anything was; with `wanted`, in that state instead of the one that the topology had.
///
/// Returns whether there was anything.
pub async fn settle(
    context: &Context<'_>,
    lease: &mut Lease,
    name: &str,
    wanted: Option<Wanted>,
    deadline: Instant,
) -> anyhow::Result<bool> {
    let job = Job { context, name, request: None, deadline };
    let desired = job.journalled(lease).await?;
    let Some(update) = &desired.update else { return Ok(false) };
    if lease.update_lock.is_none() {
        lease.take_update_lock(context, name).await?;
    }
    if let Some(wanted) = wanted {
        job.change(lease, |desired| update_steps::aim_at(desired, wanted)).await?;
    }
    let undoes = update.can_be_undone() || update.step == UpdateStep::Undoing;
    let then = if undoes { "its plan was not written: undoing it" } else { "finishing it" };
    context.reporter.warn(&format!(
        "an update of topology {name} ({}) was interrupted; {then}",
        update.request
    ));
    undo(&job, lease).await?;
    Ok(true)
}

/// Takes an update back whose plan is not written yet, and finishes any other.
pub async fn undo(job: &Job<'_>, lease: &mut Lease) -> anyhow::Result<()> {
    job.change(lease, update_steps::ask_undo).await?;
    job.drive(lease).await
}

/// Brings a topology whose update is under way, or was interrupted, into a state, for `activate` and `deactivate`: whoever
/// drives the update ends it in that state.
pub async fn settle_for(
    context: &Context<'_>,
    topology: &str,
    wanted: Wanted,
) -> anyhow::Result<Answer> {
    let patience = patience(context);
    let deadline = context.deadline(patience);
    let mut state = context.open().await?;
    let record = state.journal(topology).record;
    let (by, aim) =
        (context.writer(), |desired: &Desired| Ok(update_steps::aim_at(desired, wanted)));
    let ask = async |state: &StateTree| request::change(&state.zk, &record, None, &by, aim).await;
    if let Err(error) = over_sessions(context, &mut state, deadline, ask).await {
        state.close().await;
        return Err(error);
    }
    let doing = format!("waiting to {} topology `{topology}`", context.verb);
    let requested = Requested {
        doing,
        unfinished: format!("topology `{topology}` is still being updated"),
        patience,
        next: vec![
            format!("the update is to end with it {}", wanted.name().to_lowercase()),
            format!("`heron-cli status {topology}` shows its state"),
        ],
    };
    let wait = Wait { context, topology, deadline, requested: Some(&requested) };
    let ended = async |state: &StateTree| {
        let desired = load_desired(&state.zk, &state.journal(topology)).await?;
        Ok(desired.is_none_or(|desired| desired.update.is_none()).then_some(()))
    };
    let asked = async |state: &StateTree| {
        let found = TopologyState::read(&state.zk, &state.tree, topology).await?;
        ask_tmanager(context, state, found, TManagerRequest::SetState(wanted), deadline).await
    };
    let answer = match wait.lease_or(state, ended).await? {
        Waited::Done(()) => in_sessions(context, deadline, asked).await?,
        Waited::Leased(lease) => {
            let mut lease = *lease;
            let mirrored = lease.mirrored(context);
            let settling = async |lease: &mut Lease| {
                settle(&mirrored, lease, topology, Some(wanted), deadline).await.map(|_| ())
            };
            let settled = lease.keep(&mirrored, topology, deadline, settling).await;
            let settled = obey(&mirrored, &mut lease, topology, settled).await;
            let answer = match settled {
                Ok(()) => over_sessions(context, &mut lease.state, deadline, asked).await,
                Err(error) => Err(error),
            };
            lease.close(context).await;
            answer?
        }
    };
    Ok(Answer { already: false, ..answer })
}

/// Whether a journal record, as it is stored, tells of an update that is under way.
#[must_use]
pub fn is_mentioned(record: &[u8]) -> bool {
    const MEMBER: &[u8] = br#""update":{"#;
    record.windows(MEMBER.len()).any(|window| window == MEMBER)
}
