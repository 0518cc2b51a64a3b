//! `activate`.

use super::state_change;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::proto::api::TopologyState;

/// Has a topology emit tuples; one that does so already is a success.
pub async fn activate(context: &Context<'_>, topology: &str) -> anyhow::Result<Outcome> {
    state_change::bring(context, topology, TopologyState::Running).await
}
