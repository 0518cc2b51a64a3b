//! What a submission asks the cluster before it touches anything; a dry run asks the same.

use std::time::Duration;

use tokio::time::Instant;

use super::plan::Plan;
use crate::clock::rfc3339;
use crate::constraint::Constraint;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal;
use crate::engine::{ConfiguredEngine, Engine, WebPages, capacity};
use crate::scheduler::record::{Desired, Goal, Phase};
use crate::state::TopologyState;

/// How long all of it may take in a dry run.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a leading master is waited for where nobody says how long: one that fails over is away for half a minute.
const LEADER: Duration = Duration::from_mins(1);

/// Asks all that a submission of these plans would ask first; fails as that would.
pub async fn preflight(context: &Context<'_>, plans: &[Plan]) -> anyhow::Result<()> {
    let (engine, _) = reach_engine(context, context.deadline(PATIENCE)).await?;
    context.reporter.step("asking whether the name is free");
    context
        .with_state(async |state| {
            for plan in plans {
                name_is_free(state, plan).await?;
                let journalled = journal::load(&state.zk, &state.journal(&plan.name)).await?;
                match &journalled.desired {
                    Some(desired) => resumable(state, plan, desired).await?,
                    None => agents_are_large_enough(context, &engine, plan).await?,
                }
            }
            Ok(())
        })
        .await
}

/// The engine, which is waited for, and where it shows frameworks.
pub(super) async fn reach_engine(
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
pub(super) async fn agents_are_large_enough(
    context: &Context<'_>,
    engine: &impl Engine,
    plan: &Plan,
) -> Result<(), CommandError> {
    let constraints: Vec<Constraint> =
        context.mesos()?.constraints.iter().map(|text| Constraint::of_record(text)).collect();
    let why = capacity::never_fitting(engine, &plan.deployment, &constraints).await;
    if why.is_empty() {
        return Ok(());
    }
    let next = vec!["nothing was changed; ask for less, or add an agent that fits".to_owned()];
    Err(CommandError::NoPlacement { topology: plan.name.clone(), why, next })
}

/// Refuses a name that is taken before anything else is done; whether that still holds is checked under the lock.
pub(super) async fn name_is_free(state: &StateTree, plan: &Plan) -> anyhow::Result<()> {
    let record = state.journal(&plan.name).record;
    let (found, others) =
        TopologyState::read_with(&state.zk, &state.tree, &plan.name, &[record]).await?;
    let journalled = others.iter().flatten().any(|node| !node.data.is_empty());
    if found.exists() && !journalled {
        return Err(exists(plan, &found));
    }
    Ok(())
}

fn exists(plan: &Plan, found: &TopologyState) -> anyhow::Error {
    let execution = found.execution_state.as_ref().and_then(|found| found.message.as_ref().ok());
    let state = found.state().map_or("in an unknown state", |state| state.name());
    let what = execution.map_or_else(
        || state.to_owned(),
        |execution| {
            let when = execution.submission_time.unwrap_or_default().saturating_mul(1000);
            let who = execution.submission_user.as_deref().unwrap_or("somebody");
            format!("{state}, submitted by {who} at {}", rfc3339(when))
        },
    );
    CommandError::Exists { topology: plan.name.clone(), what }.into()
}

/// Whether an earlier submission can be gone on with: it was interrupted, and its content is the same.
pub(super) async fn resumable(
    state: &StateTree,
    plan: &Plan,
    desired: &Desired,
) -> anyhow::Result<()> {
    if desired.goal == Goal::Running
        && desired.phase == Phase::Launching
        && desired.digest == plan.digest
    {
        return Ok(());
    }
    if desired.goal == Goal::Running && desired.phase == Phase::Launched {
        let found = TopologyState::read(&state.zk, &state.tree, &plan.name).await?;
        return Err(exists(plan, &found));
    }
    let what = if desired.goal == Goal::Killed {
        "it is being killed, and that was interrupted"
    } else {
        "an earlier submission of another content was interrupted"
    };
    Err(CommandError::Exists { topology: plan.name.clone(), what: what.to_owned() }.into())
}
