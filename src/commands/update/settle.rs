//! Finishes or undoes an update that was interrupted, before anything else is done to the topology.

use tokio::time::Instant;

use super::apply::{Job, patience};
use crate::commands::held::Held;
use crate::commands::tell::{Order, Told, tell};
use crate::context::Context;
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::update::{self as steps, UpdateStep};

/// Settles what was interrupted, if anything was; with `wanted`, in that state instead of the one that the topology had.
///
/// Returns whether there was anything.
pub(in crate::commands) async fn settle(
    context: &Context<'_>,
    held: &mut Held,
    name: &str,
    wanted: Option<Wanted>,
    deadline: Instant,
) -> anyhow::Result<bool> {
    let job = Job { context, name, request: None, deadline };
    let (journalled, desired) = job.journal(held).await?;
    let Some(update) = &desired.update else { return Ok(false) };
    if held.update_lock.is_none() {
        held.take_update_lock(context, name).await?;
    }
    if let Some(wanted) = wanted.filter(|wanted| wanted.name() != update.state) {
        let desired = desired.changed(|desired| {
            if let Some(update) = &mut desired.update {
                wanted.name().clone_into(&mut update.state);
            }
        });
        held.store(name, &journalled).write_desired(&desired).await?;
    }
    let undoes = update.can_be_undone() || update.step == UpdateStep::Undoing;
    let then = if undoes { "its plan was not written: undoing it" } else { "finishing it" };
    context.reporter.warn(&format!(
        "an update of topology {name} ({}) was interrupted; {then}",
        update.request
    ));
    if update.can_be_undone() {
        undo(&job, held).await?;
    } else {
        job.carry_on(held).await?;
    }
    Ok(true)
}

/// Takes an update back whose plan is not written yet: first the state, then the containers, so that whoever takes this
/// up again finds all that is left to do.
pub(super) async fn undo(job: &Job<'_>, held: &mut Held) -> anyhow::Result<()> {
    let (journalled, desired) = job.journal(held).await?;
    let Some(update) = &desired.update else { return Ok(()) };
    let wanted = update.topology_state();
    let found = job.found(held).await?;
    tell(job.context, &held.state, found, Order::Switch(wanted), job.deadline).await?;
    held.store(job.name, &journalled).write_desired(&steps::undo(&desired)).await?;
    job.carry_on(held).await.map(|_| ())
}

/// Settles an interrupted update for `activate` and `deactivate`.
pub(in crate::commands) async fn settle_for(
    context: &Context<'_>,
    topology: &str,
    wanted: Wanted,
) -> anyhow::Result<Told> {
    let deadline = context.deadline(patience(context));
    let mut held = Held::open(context, topology).await?;
    let result = async {
        settle(context, &mut held, topology, Some(wanted), deadline).await?;
        let job = Job { context, name: topology, request: None, deadline };
        let found = job.found(&held).await?;
        tell(context, &held.state, found, Order::Switch(wanted), deadline).await
    }
    .await;
    held.close().await;
    result.map(|told| Told { already: false, ..told })
}
