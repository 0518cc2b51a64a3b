//! Finishes or undoes an update that was interrupted, before anything else is done to the topology.

use tokio::time::Instant;

use super::job::{Job, patience};
use crate::context::Context;
use crate::controller::lease::Lease;
use crate::controller::tmanager_request::{Answer, TManagerRequest, ask_tmanager};
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::update::UpdateStep;
use crate::scheduler::update_steps;

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
    let (journalled, desired) = job.journal(lease).await?;
    let Some(update) = &desired.update else { return Ok(false) };
    if lease.update_lock.is_none() {
        lease.take_update_lock(context, name).await?;
    }
    if let Some(wanted) = wanted.filter(|wanted| wanted.name() != update.state) {
        let desired = desired.changed(|desired| {
            if let Some(update) = &mut desired.update {
                wanted.name().clone_into(&mut update.state);
            }
        });
        lease.store(name, &journalled).write_desired(&desired).await?;
    }
    let undoes = update.can_be_undone() || update.step == UpdateStep::Undoing;
    let then = if undoes { "its plan was not written: undoing it" } else { "finishing it" };
    context.reporter.warn(&format!(
        "an update of topology {name} ({}) was interrupted; {then}",
        update.request
    ));
    if update.can_be_undone() {
        undo(&job, lease).await?;
    } else {
        job.carry_on(lease).await?;
    }
    Ok(true)
}

/// Takes an update back whose plan is not written yet: first the state, then the containers, so that whoever takes this
/// up again finds all that is left to do.
pub async fn undo(job: &Job<'_>, lease: &mut Lease) -> anyhow::Result<()> {
    let (journalled, desired) = job.journal(lease).await?;
    let Some(update) = &desired.update else { return Ok(()) };
    let wanted = update.topology_state();
    let found = job.found(lease).await?;
    ask_tmanager(job.context, &lease.state, found, TManagerRequest::SetState(wanted), job.deadline)
        .await?;
    lease.store(job.name, &journalled).write_desired(&update_steps::undo(&desired)).await?;
    job.carry_on(lease).await.map(|_| ())
}

/// Settles an interrupted update for `activate` and `deactivate`.
pub async fn settle_for(
    context: &Context<'_>,
    topology: &str,
    wanted: Wanted,
) -> anyhow::Result<Answer> {
    let deadline = context.deadline(patience(context));
    let mut lease = Lease::open(context, topology).await?;
    let result = async {
        settle(context, &mut lease, topology, Some(wanted), deadline).await?;
        let job = Job { context, name: topology, request: None, deadline };
        let found = job.found(&lease).await?;
        ask_tmanager(context, &lease.state, found, TManagerRequest::SetState(wanted), deadline)
            .await
    }
    .await;
    lease.close(context).await;
    result.map(|answer| Answer { already: false, ..answer })
}

/// Whether a journal record, as it is stored, tells of an update that is under way.
#[must_use]
pub fn is_mentioned(record: &[u8]) -> bool {
    const MEMBER: &[u8] = br#""update":{"#;
    record.windows(MEMBER.len()).any(|window| window == MEMBER)
}
