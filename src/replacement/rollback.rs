//! `rollback`.

use super::replacing::{Replaced, Replacing};
use super::wish::Kept;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::load_desired;
use crate::controller::verdict::half_way;
use crate::outcome::container::ContainerRef;
use crate::outcome::{RolledBack, SCHEMA, TopologyRef};
use crate::scheduler::record::Desired;
use crate::state::TopologyState;
use crate::update::job::not_ours;

/// Has a revision run again that is kept: `number`, or the one that ran before what runs now.
pub async fn roll_back(
    context: &Context<'_>,
    name: &str,
    number: Option<u32>,
    reset_state: bool,
) -> anyhow::Result<RolledBack> {
    let engine = context.engine()?;
    let state = context.open().await?;
    let before = match look(context, &state, name).await {
        Ok(desired) => desired,
        Err(error) => {
            state.close().await;
            return Err(error);
        }
    };
    let wish = Kept { context, name, engine: &engine, number, reset_state };
    let replaced = Box::pin(Replacing::new(context, name, &wish).carry_out(state)).await;
    let replaced = replaced.map_err(|error| {
        let next = vec![
            format!("`heron-cli status {name}` shows how far it came"),
            "the same `heron-cli rollback` goes on with it".to_owned(),
        ];
        half_way(context, error, &format!("rolling back topology `{name}`"), next)
    })?;
    if let Some(Replaced { desired, update, resumed }) = replaced {
        let from = update.replacement.as_ref().map(|replacement| replacement.from);
        let from = from.unwrap_or_else(|| before.revisions.current());
        let state = update.topology_state().name().to_owned();
        return Ok(told(name, &desired, from, state, resumed));
    }
    // It runs already.
    let (desired, state) = context.with_state(async |state| now(state, name).await).await?;
    Ok(told(name, &desired, desired.revisions.current(), state, false))
}

async fn look(context: &Context<'_>, state: &StateTree, name: &str) -> anyhow::Result<Desired> {
    let found = TopologyState::read(&state.zk, &state.tree, name).await?;
    if !found.exists() {
        let (topology, place) = (name.to_owned(), state.place());
        return Err(CommandError::NoSuchTopology { topology, place }.into());
    }
    context.check_place(state, &found)?;
    let desired = load_desired(&state.zk, &state.journal(name)).await?;
    Ok(desired.ok_or_else(|| not_ours(name))?)
}

async fn now(state: &StateTree, name: &str) -> anyhow::Result<(Desired, String)> {
    let found = TopologyState::read(&state.zk, &state.tree, name).await?;
    let desired = load_desired(&state.zk, &state.journal(name)).await?;
    let state = found.state().map_or("UNKNOWN", |state| state.name()).to_owned();
    Ok((desired.ok_or_else(|| not_ours(name))?, state))
}

fn told(name: &str, desired: &Desired, from: u32, state: String, resumed: bool) -> RolledBack {
    RolledBack {
        schema: SCHEMA,
        topology: TopologyRef {
            name: name.to_owned(),
            id: Some(desired.topology_id.clone()),
            state,
        },
        revision: desired.revisions.current(),
        from,
        containers: ContainerRef::of(desired.containers.iter().map(|container| container.id)),
        container_count: desired.containers.len(),
        resumed,
    }
}
