//! `update`: other numbers of instances or containers, or other settings, for a topology that runs.
//!
//! [`change`] decides everything and touches nothing; `--dry-run` prints it. [`apply`] carries it out step by step, each
//! journalled before it is done ([`crate::scheduler::update`]); [`mod@settle`] finishes or undoes what was interrupted.
//!
//! Heron deactivates a topology first and then adds containers. Here the new containers are launched while the topology
//! still works: it pauses only when everything that the new plan needs is there.

mod apply;
mod change;
mod document;
mod request;
mod runtime;
mod settle;
mod write;

use super::held::Held;
use crate::cli::UpdateArgs;
use crate::context::CommandError;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::state::TopologyState;

pub(super) use settle::{settle, settle_for};

pub use request::RequestError;
use request::{Request, Wanted};

/// Updates a topology.
pub async fn update(
    context: &Context<'_>,
    args: &UpdateArgs,
    topology: &str,
) -> anyhow::Result<Outcome> {
    let request = match request::wanted(args)? {
        Wanted::Settings(items) => {
            return runtime::configure(context, topology, &items, args.dry_run).await;
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
    let mut held = Held::take(context, state, topology).await?;
    let result = apply::apply(context, &mut held, topology, &request).await;
    held.close().await;
    result.map(Outcome::Updated)
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
            let journalled =
                crate::engine::journal::load(&state.zk, &state.journal(topology)).await?;
            let desired = journalled.desired.ok_or_else(|| not_ours(topology))?;
            let change = change::change(context, &found, &desired, request)?;
            Ok(document::planned(context, args, state, &change))
        })
        .await
}

fn not_ours(topology: &str) -> CommandError {
    let what = "it has no journal record".to_owned();
    CommandError::NotOurs { topology: topology.to_owned(), what }
}

/// Whether a journal record, as it is stored, tells of an update that is under way.
#[must_use]
pub(super) fn is_mentioned(record: &[u8]) -> bool {
    const MEMBER: &[u8] = br#""update":{"#;
    record.windows(MEMBER.len()).any(|window| window == MEMBER)
}
