//! What a submission asks the cluster before it touches anything; a dry run asks the same.

use std::time::Duration;

use tokio::time::Instant;

use super::plan::Plan;
use super::record::desired;
use super::room::without_room;
use super::standing::{Standing, Taken};
use crate::cli::SubmitArgs;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::load;
use crate::engine::{ConfiguredEngine, Engine, WebPages, capacity};
use crate::outcome::difference::Compared;
use crate::scheduler::record::Desired;

/// How long all of it may take in a dry run.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a leading master is waited for where nobody says how long: one that fails over is away for half a minute.
const LEADER: Duration = Duration::from_mins(1);

/// What was found under the names of plans.
#[derive(Debug, Default)]
pub struct Asked {
    /// Comparisons with what runs under those names already.
    pub compared: Vec<Compared>,
    /// Why a submission would be refused.
    pub refusal: Option<CommandError>,
}

/// Asks all that a submission of these plans would ask first; fails as that would, but tells what differs where it would
/// be refused for that.
pub async fn preflight(
    context: &Context<'_>,
    args: &SubmitArgs,
    plans: &[Plan],
) -> anyhow::Result<Asked> {
    let asked = async |state: &StateTree| {
        let (engine, _) = reach_engine(context, context.deadline(PATIENCE)).await?;
        context.reporter.step("asking whether the name is free");
        let mut asked = Asked::default();
        for plan in plans {
            let standing = Standing::read(state, &plan.name).await?;
            let taken = standing.judge(context, plan)?;
            // What is to be replaced may be otherwise.
            let replaces = args.replace && matches!(taken, Taken::Other(_));
            let refusal = standing.refusal(&taken, args).filter(|_| !replaces);
            asked.refusal = asked.refusal.or(refusal);
            match (taken, &standing.desired) {
                (Taken::Free, _) => agents_are_large_enough(context, &engine, plan).await?,
                (Taken::Same, Some(desired)) => {
                    asked.compared.push(standing.compared(desired, Vec::new()));
                }
                (Taken::Other(differences), Some(desired)) => {
                    if replaces {
                        agents_are_large_enough(context, &engine, plan).await?;
                        has_room(context, &engine, state, plan, desired).await?;
                    }
                    asked.compared.push(standing.compared(desired, differences));
                }
                _ => {}
            }
        }
        Ok(asked)
    };
    context.with_state(asked).await
}

/// The engine, which is waited for, and where it shows frameworks.
pub async fn reach_engine(
    context: &Context<'_>,
    deadline: Instant,
) -> anyhow::Result<(ConfiguredEngine, WebPages)> {
    let engine = context.engine()?;
    context.reporter.step("looking for the leading Mesos master");
    let until =
        if context.timeout.is_some() { deadline } else { deadline.min(Instant::now() + LEADER) };
    let pages = engine.reach(until).await?;
    Ok((engine, pages))
}

/// Refuses a plan with a container that no agent could ever hold.
pub async fn agents_are_large_enough(
    context: &Context<'_>,
    engine: &impl Engine,
    plan: &Plan,
) -> Result<(), CommandError> {
    let constraints = &context.mesos()?.constraints;
    let why = capacity::never_fitting(engine, &plan.deployment, constraints).await;
    if why.is_empty() {
        return Ok(());
    }
    let next = vec!["nothing was changed; ask for less, or add an agent that fits".to_owned()];
    Err(CommandError::NoPlacement { topology: plan.name.clone(), why, next })
}

/// Refuses a plan for which agents have no room, even when what runs under its name has ended.
pub async fn has_room(
    context: &Context<'_>,
    engine: &impl Engine,
    state: &StateTree,
    plan: &Plan,
    running: &Desired,
) -> anyhow::Result<()> {
    let wanted = desired(context, context.mesos()?, plan, &plan.deployment);
    let records = load(&state.zk, &state.journal(&plan.name)).await?.containers;
    let why = without_room(context, engine, (running, &records), &wanted).await;
    if why.is_empty() {
        return Ok(());
    }
    let next = vec!["nothing was changed".to_owned()];
    Err(CommandError::NoPlacement { topology: plan.name.clone(), why, next }.into())
}

/// Whether a plan may be carried out, and what is there of it.
pub(super) async fn taken(
    context: &Context<'_>,
    args: &SubmitArgs,
    state: &StateTree,
    plan: &Plan,
) -> anyhow::Result<Taken> {
    let standing = Standing::read(state, &plan.name).await?;
    let taken = standing.judge(context, plan)?;
    standing.refusal(&taken, args).map_or(Ok(taken), |refusal| Err(refusal.into()))
}
