//! `submit`: from a topology's file to containers that run.
//!
//! [`source`] runs the topology's main, [`plan`] decides everything and touches nothing, [`document`] prints the plan
//! for `--dry-run`, [`apply`] carries it out. [`store`] and [`deliver`] are the package's part of both.

mod apply;
mod credentials;
mod deliver;
mod document;
mod plan;
mod room;
mod source;
mod store;

pub use credentials::CredentialsError;

use super::release;
use crate::cli::SubmitArgs;
use crate::cli::positionals::SubmitPositionals;
use crate::config::settings::with_topology;
use crate::context::Context;
use crate::env::Env;
use crate::outcome::{Outcome, SCHEMA, SubmittedAll};
use crate::topology::definition::Definition;

/// Submits what a topology's main defines, one topology or several.
pub async fn submit(
    context: &Context<'_>,
    args: &SubmitArgs,
    target: &SubmitPositionals,
    env: &Env,
) -> anyhow::Result<Outcome> {
    let sources = source::sources(context, args, target, env).await?;
    let first = sources.definitions.first().map(Definition::name).unwrap_or_default();
    let core_uri = with_topology(&context.settings.core_uri, first);
    let release = release::choose(context, &core_uri).await?;
    let mut plans = Vec::with_capacity(sources.definitions.len());
    for definition in &sources.definitions {
        plans.push(plan::plan(context, args, definition, &sources, &release)?);
    }
    if args.dry_run {
        return Ok(document::planned(args, context, &plans));
    }
    let mut submitted = Vec::with_capacity(plans.len());
    for plan in &plans {
        match Box::pin(apply::apply(context, args, plan, &sources)).await {
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
fn with_those_before(
    error: anyhow::Error,
    submitted: &[crate::outcome::Submitted],
) -> anyhow::Error {
    if submitted.is_empty() {
        return error;
    }
    let names: Vec<&str> = submitted.iter().map(|done| done.topology.name.as_str()).collect();
    error.context(format!(
        "{} was submitted, the next topology of this main was not",
        names.join(", ")
    ))
}
