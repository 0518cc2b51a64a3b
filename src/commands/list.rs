//! `list`: the topologies in the state tree.

use super::context::{Context, rfc3339};
use super::outcome::{Listed, ListedTopology, Outcome, SCHEMA};
use crate::state::listing::{self, Listed as Found};

/// Lists the topologies.
pub async fn list(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let found =
        context.with_state(async |state| Ok(listing::list(&state.zk, &state.tree).await?)).await?;
    for problem in found.iter().flat_map(|topology| &topology.problems) {
        context.reporter.warn(&problem.to_string());
    }
    let topologies = found.into_iter().map(listed).collect();
    Ok(Outcome::Listed(Listed { schema: SCHEMA, topologies }))
}

fn listed(found: Found) -> ListedTopology {
    ListedTopology {
        name: found.name,
        state: found.state.map_or_else(|| "UNKNOWN".to_owned(), |s| s.name().to_owned()),
        cluster: found.cluster,
        role: found.role,
        environ: found.environ,
        // The packing plan has no container 0.
        containers: found.containers.map(|count| count + 1),
        submitted_at: found.submitted_at.map(|seconds| rfc3339(seconds.saturating_mul(1000))),
    }
}
