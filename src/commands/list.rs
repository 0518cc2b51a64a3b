//! `list`: the topologies in the state tree.

use crate::clock::rfc3339;
use crate::context::Context;
use crate::outcome::listing::{TopologyList, TopologyRow};
use crate::outcome::{Outcome, SCHEMA};
use crate::state::listing::{self, Listed};

/// Lists the topologies; where a place was typed, those there.
pub async fn list(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let found =
        context.with_state(async |state| Ok(listing::list(&state.zk, &state.tree).await?)).await?;
    for problem in found.iter().flat_map(|topology| &topology.problems) {
        context.reporter.warn(&problem.to_string());
    }
    // What is told of no place could be at any.
    let meant = |found: &Listed| {
        context.place.means([&found.cluster, &found.role, &found.environ].map(Option::as_deref))
    };
    let topologies = found.into_iter().filter(meant).map(row).collect();
    Ok(Outcome::Listed(TopologyList { schema: SCHEMA, topologies }))
}

fn row(found: Listed) -> TopologyRow {
    TopologyRow {
        name: found.name,
        state: found.state.map_or_else(|| "UNKNOWN".to_owned(), |s| s.name().to_owned()),
        cluster: found.cluster,
        role: found.role,
        environ: found.environ,
        // The packing plan has no container 0.
        container_count: found.containers.map(|count| count + 1),
        submitted_at: found.submitted_at.map(|seconds| rfc3339(seconds.saturating_mul(1000))),
    }
}
