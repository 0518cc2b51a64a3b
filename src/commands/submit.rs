//! `submit`: from a topology's file to containers that run.

use crate::cli::SubmitArgs;
use crate::cli::positionals::SubmitPositionals;
use crate::context::Context;
use crate::env::Env;
use crate::outcome::{Outcome, SCHEMA, Submitted, SubmittedAll};
use crate::replacement::submit::replace;
use crate::submission::apply::apply;
use crate::submission::document::planned;
use crate::submission::plan::plans;
use crate::submission::preflight::{Asked, preflight};
use crate::submission::source::sources;

/// Submits what a topology's main defines, one topology or several.
pub async fn submit(
    context: &Context<'_>,
    args: &SubmitArgs,
    target: &SubmitPositionals,
    env: &Env,
) -> anyhow::Result<Outcome> {
    let sources = sources(context, &args.source, target, env).await?;
    let sources = sources.kept_in(args.tmp_dir.as_ref().map(|keep| env.directory.join(keep)));
    let plans = plans(context, &args.source, &sources).await?;
    if args.dry_run {
        if args.offline {
            let text =
                "--offline: not asked whether the name is free and the agents are large enough";
            context.reporter.step(text);
            return Ok(planned(args, context, &plans, Asked::default()));
        }
        let asked = preflight(context, args, &plans).await?;
        return Ok(planned(args, context, &plans, asked));
    }
    let mut submitted = Vec::with_capacity(plans.len());
    for plan in &plans {
        let done = if args.replace {
            Box::pin(replace(context, args, plan, &sources)).await
        } else {
            Box::pin(apply(context, args, plan, &sources)).await
        };
        match done {
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
