//! What `activate` and `deactivate` do.

use std::time::Duration;

use crate::context::Context;
use crate::controller::tmanager_request::{TManagerRequest, ask_tmanager};
use crate::outcome::{Outcome, SCHEMA, StateChanged};
use crate::proto::api::TopologyState as Wanted;
use crate::state::TopologyState;
use crate::update::settle::{is_mentioned, settle_for};

/// How long a topology that is just coming up is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Brings a topology into the state that is wanted; being in it already is a success. An update that was interrupted is
/// finished or undone first: its end would bring the state back that the topology had before.
pub(super) async fn bring(
    context: &Context<'_>,
    topology: &str,
    wanted: Wanted,
) -> anyhow::Result<Outcome> {
    let deadline = context.deadline(PATIENCE);
    let answer = context
        .with_state(async |state| {
            let record = state.journal(topology).record;
            let (found, others) =
                TopologyState::read_with(&state.zk, &state.tree, topology, &[record]).await?;
            if others.iter().flatten().any(|node| is_mentioned(&node.data)) {
                return Ok(None);
            }
            ask_tmanager(context, state, found, TManagerRequest::SetState(wanted), deadline)
                .await
                .map(Some)
        })
        .await?;
    let answer = match answer {
        Some(answer) => answer,
        None => settle_for(context, topology, wanted).await?,
    };
    Ok(Outcome::StateChanged(StateChanged {
        schema: SCHEMA,
        topology: answer.topology,
        already: answer.already,
    }))
}
