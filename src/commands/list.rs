//! `list`: the topologies in the state tree, and how they are.

use crate::clock::rfc3339;
use crate::context::Context;
use crate::health::look::look_at_all;
use crate::health::{Facts, assess};
use crate::outcome::listing::{TopologyList, TopologyRow};
use crate::outcome::status::AsOf;
use crate::outcome::{Outcome, SCHEMA};
use crate::state::listing::names;

/// Lists the topologies; where a place was typed, those there.
pub async fn list(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let found = context
        .with_state(async |state| {
            let names = names(&state.zk, &state.tree).await?;
            Ok(look_at_all(context, state, &names).await?)
        })
        .await?;
    context.unless_left("asking Mesos")?;
    // A topology may have gone away meanwhile.
    let found: Vec<Facts> = found.into_iter().filter(|facts| facts.topology.exists()).collect();
    for problem in found.iter().flat_map(|facts| facts.topology.unreadable()) {
        context.reporter.warn(&problem.to_string());
    }
    let rows: Vec<(Option<_>, TopologyRow)> =
        found.iter().filter(|facts| is_meant(context, facts)).map(row).collect();
    let as_of = rows.iter().find_map(|(as_of, _)| as_of.clone());
    let topologies = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Outcome::Listed(TopologyList { schema: SCHEMA, as_of, topologies }))
}

/// What is told of no place could be at any.
fn is_meant(context: &Context<'_>, facts: &Facts) -> bool {
    let execution = facts.topology.execution_state.as_ref();
    let execution = execution.and_then(|found| found.message.as_ref().ok());
    let place = execution.map(|at| [&at.cluster, &at.role, &at.environ].map(String::as_str));
    context.place.means(place.map_or([None; 3], |place| place.map(Some)))
}

fn row(facts: &Facts) -> (Option<AsOf>, TopologyRow) {
    let assessed = assess(facts);
    let execution = facts.topology.execution_state.as_ref();
    let execution = execution.and_then(|found| found.message.as_ref().ok());
    let row = TopologyRow {
        name: facts.topology.name.clone(),
        state: assessed.state.name(),
        health: assessed.health.name(),
        ready: assessed.ready.map(Into::into),
        cluster: execution.map(|at| at.cluster.clone()),
        role: execution.map(|at| at.role.clone()),
        environ: execution.map(|at| at.environ.clone()),
        // The packing plan has no container 0.
        container_count: facts.topology.containers().map(|count| count + 1),
        submitted_at: execution
            .and_then(|at| at.submission_time)
            .map(|seconds| rfc3339(seconds.saturating_mul(1000))),
        supervised: facts.supervisors > 0,
    };
    (facts.desired.as_ref().map(|_| assessed.as_of.into()), row)
}
