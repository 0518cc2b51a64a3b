//! A kill that is requested while a command drives: whoever holds the lease carries it out.

use super::lease::Lease;
use super::removal::{PATIENCE, kill_containers, remove_state};
use super::withdraw::withdraw;
use crate::context::{CommandError, Context};

/// What comes of a command whose topology may have been asked to end meanwhile: if so, it is ended. Where somebody waits for the
/// lease, as whoever has asked does, the state is left to them: they tell what has been removed.
pub async fn obey<T>(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    result: anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Err(error) = result else { return result };
    if !is_kill(&error) || context.whole.signals().seen().is_some() {
        return Err(error);
    }
    let finishing = async |lease: &mut Lease| finish(context, lease, topology).await;
    lease.keep(context, topology, context.deadline(PATIENCE), finishing).await?;
    Err(error)
}

/// Ends a topology that is to be killed; whether its state is removed, too, and not left to whoever waits for the lease.
pub async fn finish(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
) -> anyhow::Result<bool> {
    context.reporter.step(&format!("killing topology {topology}, as somebody has asked for"));
    kill_containers(context, lease, topology, &[], context.deadline(PATIENCE)).await?;
    if lease.is_awaited().await? {
        return Ok(false);
    }
    if let Some(desired) = &lease.readable_journal().await?.desired {
        let kept = desired.keep_package.then_some("--keep-package");
        withdraw(context, lease, topology, Some(desired), kept).await?;
    }
    remove_state(lease, topology).await?;
    Ok(true)
}

/// Whether a command has ended because somebody asked for the topology's end.
#[must_use]
pub fn is_kill(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(CommandError::Killed { .. }))
}
