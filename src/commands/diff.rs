//! `diff`: what a topology that runs and one that is to be submitted differ in.

use crate::cli::DiffArgs;
use crate::cli::positionals::SubmitPositionals;
use crate::context::{CommandError, Context, StateTree};
use crate::env::Env;
use crate::outcome::difference::{Compared, ComparedAll};
use crate::outcome::{Outcome, SCHEMA};
use crate::submission::plan::{Plan, plans};
use crate::submission::source::sources;
use crate::submission::standing::Standing;

/// Compares what a topology's main defines, one topology or several, with what runs.
pub async fn diff(
    context: &Context<'_>,
    args: &DiffArgs,
    target: &SubmitPositionals,
    env: &Env,
) -> anyhow::Result<Outcome> {
    let sources = sources(context, &args.source, target, env).await?;
    let plans = plans(context, &args.source, &sources).await?;
    let compared = context
        .with_state(async |state| {
            let mut compared = Vec::with_capacity(plans.len());
            for plan in &plans {
                compared.push(compare(context, state, plan).await?);
            }
            Ok(compared)
        })
        .await?;
    Ok(match <[_; 1]>::try_from(compared) {
        Ok([only]) => Outcome::Compared(only),
        Err(compared) => Outcome::ComparedAll(ComparedAll { schema: SCHEMA, compared }),
    })
}

async fn compare(
    context: &Context<'_>,
    state: &StateTree,
    plan: &Plan,
) -> anyhow::Result<Compared> {
    let standing = Standing::read(state, &plan.name).await?;
    let topology = plan.name.clone();
    if !standing.found.exists() {
        return Err(CommandError::NoSuchTopology { topology, place: state.place() }.into());
    }
    let Some(desired) = &standing.desired else {
        let what = "it has no journal record".to_owned();
        return Err(CommandError::NotOurs { topology, what }.into());
    };
    let differences = standing.differences(context, plan)?;
    Ok(standing.compared(desired, differences))
}
