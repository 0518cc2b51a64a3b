//! `rollback`: what ran before a replacement runs again.

use crate::cli::RollbackArgs;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::replacement::rollback::roll_back;

/// Rolls a topology back.
pub async fn rollback(
    context: &Context<'_>,
    args: &RollbackArgs,
    topology: &str,
) -> anyhow::Result<Outcome> {
    let rolled = Box::pin(roll_back(context, topology, args.to, args.reset_state)).await?;
    Ok(Outcome::RolledBack(rolled))
}
