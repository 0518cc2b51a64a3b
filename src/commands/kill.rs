//! `kill`: nothing of the topology is left, whatever there was of it.

use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::Journalled;
use crate::controller::lease::Lease;
use crate::controller::removal::{self, Ended, kill_containers, remove_state};
use crate::controller::verdict::half_way;
use crate::engine::desired::labels;
use crate::engine::observation::FrameworkCondition;
use crate::engine::{Engine, ErrorClass};
use crate::outcome::change::MayRun;
use crate::outcome::{Killed, Outcome, SCHEMA, TopologyRef};
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::journal::decode_desired;
use crate::state::TopologyState;
use crate::submission::withdraw::withdraw;

/// What the command line says beside the name.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// No such topology is a success.
    pub ignore_not_found: bool,
    /// Only the state is removed, and Mesos isn't asked.
    pub state_only: bool,
    /// The package stays in its store.
    pub keep_package: bool,
}

impl Options {
    /// Why the package is to stay, if it is.
    fn kept(self) -> Option<&'static str> {
        match self {
            Self { keep_package: true, .. } => Some("--keep-package"),
            Self { state_only: true, .. } => Some("only the state was to be removed"),
            _ => None,
        }
    }
}

/// Kills a topology.
pub async fn kill(
    context: &Context<'_>,
    topology: &str,
    options: Options,
) -> anyhow::Result<Outcome> {
    let state = context.open().await?;
    let orphans = match look(context, &state, topology, options).await {
        Ok(Some(orphans)) => orphans,
        Ok(None) => {
            let place = state.place();
            state.close().await;
            if options.ignore_not_found {
                let nothing = outcome(topology, None, false, Ended::default(), Vec::new());
                return Ok(Outcome::Killed(nothing));
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
    let result = Box::pin(run(context, &mut lease, topology, &orphans, options)).await;
    lease.close(context).await;
    result.map_err(|error| {
        let next = vec![format!("`heron-cli kill {topology}` goes on with it")];
        half_way(context, error, &format!("killing topology `{topology}`"), next)
    })
}

/// The frameworks at Mesos that carry the topology's labels; none if there is nothing at all of it.
async fn look(
    context: &Context<'_>,
    state: &StateTree,
    topology: &str,
    options: Options,
) -> anyhow::Result<Option<Vec<FrameworkId>>> {
    let paths = state.journal(topology);
    let others = [paths.record.clone(), state.tree.update_lock(topology)];
    let (found, others) =
        TopologyState::read_with(&state.zk, &state.tree, topology, &others).await?;
    let something = !found.is_absent() || others.iter().any(Option::is_some);
    if found.exists() {
        check_place(context, state, &found)?;
    } else if something {
        context
            .reporter
            .warn(&format!("topology {topology} is not there; removing what is left of it"));
    }
    if options.state_only {
        return Ok(something.then(Vec::new));
    }
    let record = others.first().and_then(Option::as_ref);
    let desired = record.and_then(|node| decode_desired(&paths.record, &node.data).ok().flatten());
    let labelled = labelled(context, topology).await?;
    if let (Some(desired), Some(labelled)) = (&desired, &labelled) {
        refuse_foreign(context, &desired.framework.id, topology, labelled).await?;
    }
    let labelled = labelled.unwrap_or_default();
    Ok((something || !labelled.is_empty()).then_some(labelled))
}

/// What can't be read is no reason to leave the topology; where it says another place than the one typed, that is.
fn check_place(
    context: &Context<'_>,
    state: &StateTree,
    found: &TopologyState,
) -> anyhow::Result<()> {
    match found.execution_state.as_ref().map(|found| found.message()) {
        Some(Err(unreadable)) => {
            context.reporter.warn(&format!("{unreadable}; it is removed all the same"));
            Ok(())
        }
        _ => context.check_place(state, found),
    }
}

/// Living frameworks that carry the topology's labels; none if we may not look.
async fn labelled(
    context: &Context<'_>,
    topology: &str,
) -> anyhow::Result<Option<Vec<FrameworkId>>> {
    let labels = labels(context.settings, topology, None);
    match context.engine()?.find(&labels).await {
        Ok(frameworks) => Ok(Some(frameworks)),
        // Every framework of ours is in the journal; only one that lost its journal can't be found.
        Err(error) if error.class() == ErrorClass::NotAllowed => {
            tracing::info!("failed to look for frameworks of the topology: {error:#}");
            Ok(None)
        }
        // Whoever left did not want to know any more.
        Err(error) if context.whole.signals().seen().is_some() => Err(error.into()),
        Err(error) => {
            Err(CommandError::EngineAway { topology: topology.to_owned(), source: Box::new(error) }
                .into())
        }
    }
}

/// A record may name a framework that isn't the topology's: somebody has changed it. That framework is left alone.
async fn refuse_foreign(
    context: &Context<'_>,
    framework: &FrameworkId,
    topology: &str,
    labelled: &[FrameworkId],
) -> anyhow::Result<()> {
    if labelled.contains(framework) {
        return Ok(());
    }
    let ids = std::slice::from_ref(framework);
    let observed = context.engine()?.observe(ids).await?;
    let lives = observed.iter().any(|seen| {
        matches!(seen.condition, FrameworkCondition::Connected | FrameworkCondition::Waiting)
    });
    if !lives {
        return Ok(());
    }
    let what =
        format!("its record names framework {framework}, which carries another's labels at Mesos");
    Err(CommandError::ForeignFramework { topology: topology.to_owned(), what }.into())
}

async fn run(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    orphans: &[FrameworkId],
    options: Options,
) -> anyhow::Result<Outcome> {
    context.reporter.step(&format!("killing topology {topology}"));
    let deadline = context.deadline(removal::PATIENCE);
    let journalled = lease.readable_journal().await?;
    let desired = journalled.desired.as_ref();
    let id = desired.map(|desired| desired.topology_id.clone()).filter(|id| !id.is_empty());
    let ended = if options.state_only {
        left_alone(&journalled)
    } else {
        kill_containers(context, lease, topology, orphans, deadline).await?
    };
    // Before the state: once that is gone, nobody knows of the package.
    let package = match desired {
        Some(desired) => {
            withdraw(context, lease, topology, &desired.launch, options.kept()).await?
        }
        None => None,
    };
    context.reporter.step("removing the state");
    let removed = remove_state(lease, topology).await?;
    Ok(Outcome::Killed(Killed {
        state_only: options.state_only,
        package,
        ..outcome(topology, id, true, ended, removed)
    }))
}

/// What may run on where only the state is removed.
fn left_alone(journalled: &Journalled) -> Ended {
    let framework = journalled.desired.iter().map(|desired| desired.framework.id.clone());
    let running = journalled.containers.iter().filter(|record| !record.is_over());
    Ended {
        frameworks: framework.collect(),
        out_of_reach: running.map(|record| (record.id, record.host.clone())).collect(),
    }
}

fn outcome(
    topology: &str,
    id: Option<String>,
    found: bool,
    ended: Ended,
    removed: Vec<String>,
) -> Killed {
    let may_run = |(id, host)| MayRun { id, host };
    Killed {
        schema: SCHEMA,
        topology: TopologyRef { name: topology.to_owned(), id, state: "KILLED".to_owned() },
        found,
        framework_id: ended.frameworks.first().map(|framework| framework.0.clone()),
        framework_ids: ended.frameworks.into_iter().map(|framework| framework.0).collect(),
        state_only: false,
        package: None,
        may_run: ended.out_of_reach.into_iter().map(may_run).collect(),
        removed,
    }
}
