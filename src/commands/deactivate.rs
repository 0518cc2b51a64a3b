//! `deactivate`.

use super::state_change;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::proto::api::TopologyState;

/// Pauses a topology; one that does so already is a success.
pub async fn deactivate(context: &Context<'_>, topology: &str) -> anyhow::Result<Outcome> {
    state_change::bring(context, topology, TopologyState::Paused).await
}
