//! Finishes or undoes an update that was interrupted, before anything else is done to the topology.

use tokio::time::Instant;

use super::job::{Job, patience};
use crate::context::{Context, StateTree};
use crate::controller::journal::load_desired;
use crate::controller::lease::Lease;
use crate::controller::obey::{is_kill, obey};
use crate::controller::request;
use crate::controller::sessions::{in_sessions, over_sessions};
use crate::controller::take::{Requested, Wait, Waited};
use crate::controller::tmanager_request::{Answer, TManagerRequest, ask_tmanager};
use crate::controller::verdict::is_out_of_reach;
use crate::net::deadline::UNDO;
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
    let what = if update.replacement.is_some() {
        "it was not in place"
    } else {
        "its plan was not written"
    };
    let is_being_undone = update.undo || update.step == UpdateStep::Undoing;
    let then = match update.is_early() || is_being_undone {
        true if is_being_undone => "undoing it".to_owned(),
        true => format!("{what}: undoing it"),
        false => "finishing it".to_owned(),
    };
    context.reporter.warn(&format!(
        "{} of topology {name} ({}) was interrupted; {then}",
        an(update.noun()),
        update.request
    ));
    if update.is_early() {
        undo(&job, lease).await?;
    } else {
        finish(&job, lease).await?;
    }
    Ok(true)
}

fn an(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// Finishes an update; what can't be finished is taken back where that can be done still.
async fn finish(job: &Job<'_>, lease: &mut Lease) -> anyhow::Result<()> {
    let Err(error) = job.drive(lease).await else { return Ok(()) };
    let left = job.context.whole.signals().seen().is_some() || is_kill(&error);
    if left || lease.is_lost() || is_out_of_reach(&error) {
        return Err(error);
    }
    let update = job.journalled(lease).await?.update;
    if !update.is_some_and(|update| update.can_be_undone()) {
        return Err(error);
    }
    let context = job.context;
    context.reporter.warn(&format!("it can't be finished: {error:#}"));
    let context = context.undoing(&format!("taking it back of topology {}", job.name));
    lease.wait_by(&context.whole);
    let undoing = Job { context: &context, deadline: context.deadline(UNDO), ..*job };
    let undone = undo(&undoing, lease).await;
    lease.wait_by(&job.context.whole);
    undone
}

/// Takes an update back that can be taken back still, and finishes any other.
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
