//! `update`: other numbers of instances or containers, or other settings, for a topology that runs.

use crate::cli::UpdateArgs;
use crate::context::Context;
use crate::controller::journal;
use crate::controller::lease::Lease;
use crate::controller::obey::obey;
use crate::controller::verdict::half_way;
use crate::outcome::Outcome;
use crate::state::TopologyState;
use crate::update::apply::apply;
use crate::update::change::change;
use crate::update::document::planned;
use crate::update::job::not_ours;
use crate::update::request::{Request, Wanted, wanted};
use crate::update::runtime::configure;

/// Updates a topology.
pub async fn update(
    context: &Context<'_>,
    args: &UpdateArgs,
    topology: &str,
) -> anyhow::Result<Outcome> {
    let request = match wanted(args)? {
        Wanted::Settings(items) => {
            return configure(context, topology, &items, args.dry_run).await;
        }
        Wanted::Plan(request) => request,
    };
    if args.dry_run {
        return preview(context, args, topology, &request).await;
    }
    let state = context.open().await?;
    let looked = async {
        let found = TopologyState::read(&state.zk, &state.tree, topology).await?;
        context.check_place(&state, &found)
    };
    if let Err(error) = looked.await {
        state.close().await;
        return Err(error);
    }
    let mut lease = Lease::take(context, state, topology).await?;
    let mirrored = lease.mirrored(context);
    let result = apply(&mirrored, &mut lease, topology, &request).await;
    let result = obey(&mirrored, &mut lease, topology, result).await;
    lease.close(context).await;
    let updated = result.map_err(|error| {
        let next = vec![
            format!("`heron-cli status {topology}` shows how far it came"),
            "the same `heron-cli update` goes on with it".to_owned(),
        ];
        half_way(context, error, &format!("updating topology `{topology}`"), next)
    })?;
    Ok(Outcome::Updated(updated))
}

/// What the update would do, by the same decisions.
async fn preview(
    context: &Context<'_>,
    args: &UpdateArgs,
    topology: &str,
    request: &Request,
) -> anyhow::Result<Outcome> {
    context
        .with_state(async |state| {
            let found = TopologyState::read(&state.zk, &state.tree, topology).await?;
            context.check_place(state, &found)?;
            let journalled = journal::load(&state.zk, &state.journal(topology)).await?;
            let desired = journalled.desired.ok_or_else(|| not_ours(topology))?;
            let change = change(context, &found, &desired, request)?;
            Ok(planned(context, args, state, &change))
        })
        .await
}
