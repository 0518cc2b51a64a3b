//! `submit`: from a topology's file to containers that run.

use crate::cli::SubmitArgs;
use crate::cli::positionals::SubmitPositionals;
use crate::config::settings::with_topology;
use crate::context::Context;
use crate::env::Env;
use crate::outcome::{Outcome, SCHEMA, Submitted, SubmittedAll};
use crate::submission::apply::apply;
use crate::submission::document::planned;
use crate::submission::plan::plan;
use crate::submission::preflight::preflight;
use crate::submission::source::sources;
use crate::topology::definition::Definition;

/// Submits what a topology's main defines, one topology or several.
pub async fn submit(
    context: &Context<'_>,
    args: &SubmitArgs,
    target: &SubmitPositionals,
    env: &Env,
) -> anyhow::Result<Outcome> {
    let sources = sources(context, args, target, env).await?;
    let first = sources.definitions.first().map(Definition::name).unwrap_or_default();
    let core_uri = with_topology(&context.settings.core_uri, first);
    let release = context.choose_release(&core_uri).await?;
    let mut plans = Vec::with_capacity(sources.definitions.len());
    for definition in &sources.definitions {
        plans.push(plan(context, args, definition, &sources, &release)?);
    }
    if args.dry_run {
        if args.offline {
            let text =
                "--offline: not asked whether the name is free and the agents are large enough";
            context.reporter.step(text);
        } else {
            preflight(context, args, &plans).await?;
        }
        return Ok(planned(args, context, &plans));
    }
    let mut submitted = Vec::with_capacity(plans.len());
    for plan in &plans {
        match Box::pin(apply(context, args, plan, &sources)).await {
            Ok(done) => submitted.push(done),
            Err(error) => return Err(with_those_before(error, &submitted)),
        }
    }
    Ok(match <[_; 1]>::try_from(submitted) {
        Ok([only]) => Outcome::Submitted(only),
        Err(submitted) => Outcome::SubmittedAll(SubmittedAll { schema: SCHEMA, submitted }),
    })
}

/// Of several topologies those before the one that failed stand.
fn with_those_before(error: anyhow::Error, submitted: &[Submitted]) -> anyhow::Error {
    if submitted.is_empty() {
        return error;
    }
    let names: Vec<&str> = submitted.iter().map(|done| done.topology.name.as_str()).collect();
    error.context(format!(
        "{} was submitted, the next topology of this main was not",
        names.join(", ")
    ))
}
