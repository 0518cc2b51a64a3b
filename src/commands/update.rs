//! `update`: other numbers of instances or containers, or other settings, for a topology that runs.

use super::update_supervisors::update_supervisors;
use crate::cli::UpdateArgs;
use crate::context::{Context, StateTree};
use crate::controller::journal::load_desired;
use crate::controller::lease::Lease;
use crate::controller::obey::obey;
use crate::controller::sessions::over_sessions;
use crate::controller::take::Waited;
use crate::controller::verdict::half_way;
use crate::outcome::{Outcome, Updated};
use crate::state::TopologyState;
use crate::update::apply::apply;
use crate::update::ask::{Asked, ask};
use crate::update::change::change;
use crate::update::document::planned;
use crate::update::job::{not_ours, patience};
use crate::update::request::{Request, Wanted, wanted};
use crate::update::runtime::configure;

/// Updates a topology.
pub async fn update(
    context: &Context<'_>,
    args: &UpdateArgs,
    topology: &str,
) -> anyhow::Result<Outcome> {
    if args.supervisors.is_some() {
        return update_supervisors(context, topology).await;
    }
    let request = match wanted(args)? {
        Wanted::Settings(items) => {
            return configure(context, topology, &items, args.dry_run).await;
        }
        Wanted::Plan(request) => request,
    };
    if args.dry_run {
        return preview(context, args, topology, &request).await;
    }
    let mut state = context.open().await?;
    let deadline = context.deadline(patience(context));
    let look = async |state: &StateTree| {
        let found = TopologyState::read(&state.zk, &state.tree, topology).await?;
        context.check_place(state, &found)
    };
    if let Err(error) = over_sessions(context, &mut state, deadline, look).await {
        state.close().await;
        return Err(error);
    }
    let updated = Box::pin(see_to(context, state, topology, &request)).await;
    let updated = updated.map_err(|error| {
        let next = vec![
            format!("`heron-cli status {topology}` shows how far it came"),
            "the same `heron-cli update` goes on with it".to_owned(),
        ];
        half_way(context, error, &format!("updating topology `{topology}`"), next)
    })?;
    Ok(Outcome::Updated(updated))
}

/// Carries it out; where somebody drives without an end, they do.
async fn see_to(
    context: &Context<'_>,
    state: StateTree,
    topology: &str,
    request: &Request,
) -> anyhow::Result<Updated> {
    let mut lease = match Lease::take_unless_resident(context, state, topology).await? {
        Waited::Leased(lease) => *lease,
        Waited::Done(()) => match ask(context, context.open().await?, topology, request).await? {
            Asked::Done(updated) => return Ok(updated),
            Asked::Ours(lease) => *lease,
        },
    };
    let mirrored = lease.mirrored(context);
    let result = Box::pin(apply(&mirrored, &mut lease, topology, request)).await;
    let result = obey(&mirrored, &mut lease, topology, result).await;
    lease.close(context).await;
    result
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
            let desired = load_desired(&state.zk, &state.journal(topology)).await?;
            let desired = desired.ok_or_else(|| not_ours(topology))?;
            let change = change(context, &found, &desired, request)?;
            Ok(planned(context, args, state, &change))
        })
        .await
}
