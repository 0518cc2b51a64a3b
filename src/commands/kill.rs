//! `kill`: nothing of the topology is left, whatever there was of it.

use crate::context::{CommandError, Context, StateTree};
use crate::controller::lease::Lease;
use crate::controller::removal::{self, kill_containers, remove_state};
use crate::engine::Engine;
use crate::engine::desired::labels;
use crate::outcome::{Killed, Outcome, SCHEMA, TopologyRef};
use crate::scheduler::ids::FrameworkId;
use crate::state::TopologyState;

/// Kills a topology.
pub async fn kill(
    context: &Context<'_>,
    topology: &str,
    ignore_not_found: bool,
) -> anyhow::Result<Outcome> {
    let state = context.open().await?;
    let orphan = match look(context, &state, topology).await {
        Ok(Look::Something) => None,
        Ok(Look::OnlyFramework(framework)) => Some(framework),
        Ok(Look::Nothing) => {
            let place = state.place();
            state.close().await;
            if ignore_not_found {
                return Ok(outcome(topology, None, false, None, Vec::new()));
            }
            let topology = topology.to_owned();
            return Err(CommandError::NoSuchTopology { topology, place }.into());
        }
        Err(error) => {
            state.close().await;
            return Err(error);
        }
    };
    let mut lease = Lease::take(context, state, topology).await?;
    let result = run(context, &mut lease, topology, orphan).await;
    lease.close().await;
    result
}

/// What is there to be killed.
enum Look {
    Something,
    /// No state at all, but a framework whose labels name the topology.
    OnlyFramework(FrameworkId),
    Nothing,
}

async fn look(context: &Context<'_>, state: &StateTree, topology: &str) -> anyhow::Result<Look> {
    let others = [state.journal(topology).record, state.tree.update_lock(topology)];
    let (found, others) =
        TopologyState::read_with(&state.zk, &state.tree, topology, &others).await?;
    let more = others.iter().any(Option::is_some);
    if found.exists() {
        context.check_place(state, &found)?;
    } else if !found.is_absent() || more {
        context
            .reporter
            .warn(&format!("topology {topology} is not there; removing what is left of it"));
    }
    if !found.is_absent() || more {
        return Ok(Look::Something);
    }
    let engine = context.engine()?;
    let labels = labels(context.settings, topology, None);
    match engine.find(&labels).await {
        Ok(frameworks) => {
            Ok(frameworks.into_iter().next().map_or(Look::Nothing, Look::OnlyFramework))
        }
        Err(error) => {
            tracing::info!("failed to look for a framework of the topology: {error:#}");
            Ok(Look::Nothing)
        }
    }
}

async fn run(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    orphan: Option<FrameworkId>,
) -> anyhow::Result<Outcome> {
    context.reporter.step(&format!("killing topology {topology}"));
    let deadline = context.deadline(removal::PATIENCE);
    let journalled = lease.journal().await?.desired;
    let id = journalled.map(|desired| desired.topology_id).filter(|id| !id.is_empty());
    let framework = kill_containers(context, lease, topology, orphan, deadline).await?;
    context.reporter.step("removing the state");
    let removed = remove_state(lease, topology).await?;
    Ok(outcome(topology, id, true, framework, removed))
}

fn outcome(
    topology: &str,
    id: Option<String>,
    found: bool,
    framework: Option<FrameworkId>,
    removed: Vec<String>,
) -> Outcome {
    Outcome::Killed(Killed {
        schema: SCHEMA,
        topology: TopologyRef { name: topology.to_owned(), id, state: "KILLED".to_owned() },
        found,
        framework_id: framework.map(|framework| framework.0),
        removed,
    })
}
