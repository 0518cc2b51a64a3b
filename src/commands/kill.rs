//! `kill`: nothing of the topology is left, whatever there was of it.

mod told;

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::told::{by_another, left_alone, outcome};
use crate::context::{CommandError, Context, StateTree};
use crate::controller::asking::until_answered;
use crate::controller::journal::{JournalNodes, Journalled};
use crate::controller::lease::Lease;
use crate::controller::removal::{self, Ended, kill_containers, remove_state};
use crate::controller::request;
use crate::controller::sessions::over_sessions;
use crate::controller::take::{Requested, Wait, Waited};
use crate::controller::verdict::half_way;
use crate::controller::withdraw::{Withdrawn, withdraw};
use crate::engine::desired::labels;
use crate::engine::observation::{AbsentHosts, FrameworkCondition};
use crate::engine::{Engine, ErrorClass};
use crate::outcome::{Killed, Outcome};
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::journal::decode_desired;
use crate::scheduler::record::Desired;
use crate::state::TopologyState;

/// How long a master that fails over is waited for, and hosts that are to come back to one that has started anew; those of a
/// master in order take a few seconds.
const RETURN: Duration = Duration::from_mins(1);
/// Between looks whether they have.
const PAUSE: Duration = Duration::from_millis(500);

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

/// What there is of a topology before anything is done to it.
#[derive(Default)]
struct Looked {
    /// The frameworks at Mesos that carry its labels.
    labelled: Vec<FrameworkId>,
    /// Its record, if it can be read.
    desired: Option<Desired>,
    /// Its nodes.
    nodes: Vec<String>,
}

/// Kills a topology.
pub async fn kill(
    context: &Context<'_>,
    topology: &str,
    options: Options,
) -> anyhow::Result<Outcome> {
    let mut state = context.open().await?;
    let deadline = context.deadline(removal::PATIENCE);
    let looking = async |state: &StateTree| look(context, state, topology, options).await;
    let looked = match over_sessions(context, &mut state, deadline, looking).await {
        Ok(Some(looked)) => looked,
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
    context.reporter.step(&format!("killing topology {topology}"));
    let killed = match &looked.desired {
        Some(desired) if !options.state_only => {
            Box::pin(request_and_see_to(context, state, topology, desired, &looked, options)).await
        }
        _ => {
            let mut lease = Lease::take(context, state, topology).await?;
            let running =
                async |lease: &mut Lease| run(context, lease, topology, &looked, options).await;
            let result = Box::pin(lease.keep(context, topology, deadline, running)).await;
            lease.close(context).await;
            result
        }
    };
    killed.map(Outcome::Killed).map_err(|error| {
        let next = vec![format!("`heron-cli kill {topology}` goes on with it")];
        half_way(context, error, &doing(topology), next)
    })
}

fn doing(topology: &str) -> String {
    format!("killing topology `{topology}`")
}

/// Asks for the topology's end, and sees to it: by driving, or by watching who does.
async fn request_and_see_to(
    context: &Context<'_>,
    mut state: StateTree,
    topology: &str,
    desired: &Desired,
    looked: &Looked,
    options: Options,
) -> anyhow::Result<Killed> {
    let record = state.journal(topology).record;
    let by = context.writer();
    let deadline = context.deadline(removal::PATIENCE);
    let same = |found: &Desired| found.topology_id == desired.topology_id;
    let end = |found: &Desired| {
        let keeps = found.keep_package || options.keep_package;
        Ok(if same(found) { removal::killed(found, keeps) } else { found.clone() })
    };
    let ask = async |state: &StateTree| request::change(&state.zk, &record, None, &by, end).await;
    if let Err(error) = over_sessions(context, &mut state, deadline, ask).await {
        state.close().await;
        return Err(error);
    }
    let requested = Requested {
        doing: doing(topology),
        unfinished: format!("topology `{topology}` is not killed yet"),
        patience: removal::PATIENCE,
        next: vec![
            "its end is asked for: whoever drives it carries that out".to_owned(),
            format!("`heron-cli kill {topology}` goes on with it"),
        ],
    };
    let wait = Wait { context, topology, deadline, requested: Some(&requested) };
    // What is left after whoever drives is ours to remove, so that only the lease ends the wait.
    let mut last = Journalled::default();
    let watch = async |state: &StateTree| {
        let nodes = JournalNodes::find(&state.zk, &state.journal(topology)).await?;
        let (journalled, _) = nodes.read(&state.zk, &state.journal(topology)).await?;
        if journalled.desired.as_ref().is_some_and(same) {
            last = journalled;
        }
        anyhow::Ok(None::<Infallible>)
    };
    let mut lease = match wait.lease_or(state, watch).await? {
        Waited::Leased(lease) => *lease,
        Waited::Done(never) => match never {},
    };
    let killing = async |lease: &mut Lease| {
        let now = lease.readable_journal().await?.desired;
        if now.as_ref().is_some_and(same) {
            return run(context, lease, topology, looked, options).await;
        }
        let labelled = labelled(context, topology).await?.unwrap_or_default();
        if now.is_none() && !labelled.is_empty() {
            // Whoever it was has removed the state alone.
            let looked = Looked { labelled, ..Looked::default() };
            return run(context, lease, topology, &looked, options).await;
        }
        lease.unreserve().await?;
        Ok(by_another(topology, desired, &last, looked.nodes.clone()))
    };
    let result = Box::pin(lease.keep(context, topology, deadline, killing)).await;
    lease.close(context).await;
    result
}

/// Looks at what there is; none if there is nothing at all.
async fn look(
    context: &Context<'_>,
    state: &StateTree,
    topology: &str,
    options: Options,
) -> anyhow::Result<Option<Looked>> {
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
        return Ok(something.then(Looked::default));
    }
    let record = others.first().and_then(Option::as_ref);
    let desired = record.and_then(|node| decode_desired(&paths.record, &node.data).ok().flatten());
    let labelled = match labelled(context, topology).await? {
        Some(none) if none.is_empty() && desired.is_none() => {
            Some(once_hosts_are_back(context, topology, something).await?)
        }
        labelled => labelled,
    };
    if let (Some(desired), Some(labelled)) = (&desired, &labelled) {
        refuse_foreign(context, &desired.framework.id, topology, labelled).await?;
    }
    let labelled = labelled.unwrap_or_default();
    let nodes = found.paths();
    Ok((something || !labelled.is_empty()).then_some(Looked { labelled, desired, nodes }))
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
    let engine = context.engine()?;
    match until_answered(context, context.deadline(RETURN), async || engine.find(&labels).await)
        .await
    {
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

/// Looks again and again for frameworks that no record names, as long as hosts are to come back to a master that has started anew:
/// it knows a framework only by those. One that it doesn't know yet is neither gone nor another's. A master that can't tell whether
/// hosts are to come back is waited for where there is `something` of the topology.
async fn once_hosts_are_back(
    context: &Context<'_>,
    topology: &str,
    something: bool,
) -> anyhow::Result<Vec<FrameworkId>> {
    let engine = context.engine()?;
    let until = context.deadline(removal::PATIENCE).min(Instant::now() + RETURN);
    let mut told = false;
    while Instant::now() < until {
        match engine.absent_hosts().await {
            Ok(AbsentHosts::Known) => {}
            Ok(AbsentHosts::Perhaps) if something => {}
            Ok(AbsentHosts::Perhaps) => {
                context.reporter.warn(
                    "the Mesos master has just started, and knows of no agent that has not come back yet: if the topology runs on one, the same command finds it in a minute",
                );
                return Ok(Vec::new());
            }
            // They may have come back since.
            Ok(AbsentHosts::None) if told => break,
            Ok(AbsentHosts::None) => return Ok(Vec::new()),
            Err(error) => {
                tracing::info!("failed to ask for hosts that are to come back: {error:#}");
                return Ok(Vec::new());
            }
        }
        if !std::mem::replace(&mut told, true) {
            context.reporter.step("waiting for agents to come back to the Mesos master");
        }
        if context.whole.run_through(sleep(PAUSE)).await.is_err() {
            break;
        }
        let found = labelled(context, topology).await?.unwrap_or_default();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    context.unless_left(&doing(topology))?;
    Ok(labelled(context, topology).await?.unwrap_or_default())
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
    let engine = context.engine()?;
    let until = context.deadline(RETURN);
    let observing = async || engine.observe(&engine.locate().await?, ids).await;
    let observed = until_answered(context, until, observing).await?;
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
    looked: &Looked,
    options: Options,
) -> anyhow::Result<Killed> {
    let context = &lease.mirrored(context);
    context.reporter.step(&format!("killing topology {topology}"));
    let deadline = context.deadline(removal::PATIENCE);
    let journalled = lease.readable_journal().await?;
    let desired = journalled.desired.as_ref();
    let id = desired.map(|desired| desired.topology_id.clone()).filter(|id| !id.is_empty());
    let ended = if options.state_only {
        left_alone(&journalled)
    } else {
        kill_containers(context, lease, topology, &looked.labelled, deadline).await?
    };
    // Before the state: once that is gone, nobody knows of the package.
    let kept = desired.is_some_and(|desired| desired.keep_package).then_some("--keep-package");
    let kept = options.kept().or(kept);
    let Withdrawn { package, other_packages } =
        withdraw(context, lease, topology, desired, kept).await?;
    context.reporter.step("removing the state");
    let removed = remove_state(lease, topology).await?;
    let state_only = options.state_only;
    let killed = outcome(topology, id, true, ended, removed);
    Ok(Killed { state_only, package, other_packages, ..killed })
}
