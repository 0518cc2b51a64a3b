//! `submit --replace`.

use tokio::sync::OnceCell;

use super::replacing::{Replaced, Replacing};
use super::wish::Brought;
use crate::cli::SubmitArgs;
use crate::context::{Context, StateTree};
use crate::controller::verdict::half_way;
use crate::engine::WebPages;
use crate::outcome::Submitted;
use crate::submission::apply::{already, apply, submitted};
use crate::submission::plan::Plan;
use crate::submission::preflight::reach_engine;
use crate::submission::source::Sources;
use crate::submission::standing::{Standing, Taken};

/// Has a plan take the place of what runs under its name; where nothing does, it is submitted.
pub async fn replace(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    sources: &Sources,
) -> anyhow::Result<Submitted> {
    let name = &plan.name;
    let deadline = context.deadline(crate::update::job::patience(context));
    let (engine, pages) = reach_engine(context, deadline).await?;
    let state = context.open().await?;
    match has_run(context, &state, plan).await {
        Ok(true) => {}
        Ok(false) => {
            state.close().await;
            return Box::pin(apply(context, args, plan, sources)).await;
        }
        Err(error) => {
            state.close().await;
            return Err(error);
        }
    }
    let delivered = OnceCell::new();
    let wish = Brought { context, plan, sources, args, engine: &engine, delivered };
    let replaced = Box::pin(Replacing::new(context, name, &wish).carry_out(state)).await;
    let replaced = replaced.map_err(|error| {
        let next = vec![
            format!("`heron-cli status {name}` shows how far it came"),
            "the same `heron-cli submit` goes on with it".to_owned(),
        ];
        half_way(context, error, &format!("replacing topology `{name}`"), next)
    })?;
    match replaced {
        Some(replaced) => Ok(told(args, plan, &replaced, &pages)),
        None => {
            context
                .with_state(async |state| already(context, args, plan, state, &pages).await)
                .await
        }
    }
}

/// Whether there is something that can be replaced: a topology that has run.
async fn has_run(context: &Context<'_>, state: &StateTree, plan: &Plan) -> anyhow::Result<bool> {
    let standing = Standing::read(state, &plan.name).await?;
    if standing.found.exists() {
        context.check_place(state, &standing.found)?;
    }
    let updates = standing.desired.as_ref().is_some_and(|desired| desired.update.is_some());
    if updates {
        return Ok(true);
    }
    Ok(!matches!(standing.judge(context, plan)?, Taken::Free | Taken::Interrupted))
}

fn told(args: &SubmitArgs, plan: &Plan, replaced: &Replaced, pages: &WebPages) -> Submitted {
    let Replaced { desired, update, resumed } = replaced;
    let mut submitted = submitted(args, plan, desired, pages, *resumed);
    update.topology_state().name().clone_into(&mut submitted.topology.state);
    Submitted { replaced: true, waited_for: "running", ..submitted }
}
