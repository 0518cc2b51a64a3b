//! Driving a topology until what runs is what is desired, over lost sessions and lost streams.

use std::cell::RefCell;
use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

use super::errands::Work;
use super::journal::StoreError;
use super::lease::{Lease, is_session_loss};
use super::physical_plan::{self, server_ports};
use super::sandboxes::{self, Deaths, running};
use crate::clock::Millis;
use crate::context::{CommandError, Context, StateTree};
use crate::net::cause::chain;
use crate::report::Progress;
use crate::scheduler::connection::BoxError;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::driver::Driver;
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::record::Goal;
use crate::scheduler::run::{DriverError, End, News, RunLimits};
use crate::scheduler::update::UpdateStep;
use crate::scheduler::update_steps::has_ended_tmanager;

/// Between looks at a desired record that can't be watched.
const WATCH_PAUSE: Duration = Duration::from_millis(500);

/// What is waited for besides the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitCondition {
    /// Nothing, and of the containers only that their tasks are launched.
    Launches,
    /// Nothing.
    Containers,
    /// Nothing, and of the containers that they end: the topology is to be killed.
    End,
    /// A physical plan in which every container's stream manager stands with the port that it was launched with.
    PhysicalPlan,
}

/// How driving ended.
pub struct Driven {
    /// Why it ended.
    pub end: End,
    /// What is known then.
    pub model: Model,
    /// Why Mesos could not be reached last.
    pub problem: Option<String>,
    /// What died in the containers while the physical plan took longer than usual.
    pub deaths: Vec<String>,
}

/// Drives a topology whose lock is held, as its journal desires, whoever changes that meanwhile. A session that is lost is
/// replaced by another.
///
/// # Errors
/// [`CommandError::Killed`] if somebody asks for the topology's end while it is to run.
pub async fn drive(
    context: &Context<'_>,
    lease: &mut Lease,
    topology: &str,
    policy: &Policy,
    awaited: WaitCondition,
    deadline: Instant,
) -> anyhow::Result<Driven> {
    loop {
        let lost = match Box::pin(once(context, lease, topology, policy, awaited, deadline)).await {
            Err(error) if matches!(error.downcast_ref(), Some(DriverError::KillRequested)) => {
                return Err(CommandError::Killed { topology: topology.to_owned() }.into());
            }
            Err(error) if is_session_loss(&error) && Instant::now() < deadline => error,
            Err(error) if is_removal(&error) => return Err(removed(lease, topology).await),
            other => return other,
        };
        context.reporter.warn(&format!("{lost:#}; taking up again with a new session"));
        lease.reopen(context, topology, deadline).await?;
    }
}

/// Whether somebody has removed the topology, or its record, under whoever drives it.
fn is_removal(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        matches!(cause.downcast_ref(), Some(DriverError::Removed))
            || matches!(cause.downcast_ref(), Some(StoreError::Gone { .. }))
    })
}

/// The error for a topology that was removed like that. Nothing is tidied up: its TManager may live, and does harm where it finds
/// its state gone.
async fn removed(lease: &Lease, topology: &str) -> anyhow::Error {
    let StateTree { zk, tree, .. } = &lease.state;
    let topology = topology.to_owned();
    match zk.exists(&tree.topology(&topology)).await {
        Ok(None) => CommandError::NoSuchTopology { topology, place: lease.state.place() }.into(),
        Ok(Some(_)) => {
            let what = format!("the journal record {} is gone", lease.paths.record);
            CommandError::Incomplete { topology, what }.into()
        }
        Err(error) => error.into(),
    }
}

async fn once(
    context: &Context<'_>,
    lease: &Lease,
    topology: &str,
    policy: &Policy,
    awaited: WaitCondition,
    deadline: Instant,
) -> anyhow::Result<Driven> {
    let journalled = lease.journal().await?;
    let Some(desired) = journalled.desired.clone() else {
        let what = format!("the journal record {} is gone", lease.paths.record);
        return Err(CommandError::Incomplete { topology: topology.to_owned(), what }.into());
    };
    if desired.goal == Goal::Killed && awaited != WaitCondition::End {
        return Err(CommandError::Killed { topology: topology.to_owned() }.into());
    }
    let mut journal = lease.store(topology, &journalled);
    let engine = context.engine()?;
    let model = Model::new(desired, journalled.containers, policy.clone());
    let ports = RefCell::new(server_ports(&model));
    let failed = RefCell::default();
    let work = Work { context, lease, topology, deadline, ports: &ports, failed };
    let has_condition = awaited == WaitCondition::PhysicalPlan;
    let updates = model.desired().update.is_some() && awaited != WaitCondition::End;
    let (containers, deaths) = (RefCell::new(running(&model)), RefCell::new(Deaths::default()));
    let condition = async {
        let watching = sandboxes::watch(context, lease, topology, &containers, &deaths);
        if has_condition {
            // Whatever is looked for is of no interest any more when the plan has come.
            tokio::select! {
                () = physical_plan::wait(&lease.state, topology, &ports, None) => {}
                () = watching => {}
            }
        } else if updates {
            watching.await;
        }
    };
    let reached: &dyn Fn(&Model) -> bool =
        if awaited == WaitCondition::Launches { &Model::is_placed } else { &Model::is_settled };
    let limits = RunLimits { deadline, reached, has_condition };
    let mut driver = Driver::new(model, &mut journal, &engine, context.machine.clock);
    let observe = |model: &Model, problem: Option<&BoxError>| {
        *ports.borrow_mut() = server_ports(model);
        *containers.borrow_mut() = running(model);
        report(context, model, awaited, problem);
    };
    // What is to end may be gone already.
    let node = (awaited != WaitCondition::End).then(|| lease.state.tree.topology(topology));
    let (sender, mut news) = unbounded_channel();
    let ended = Box::pin(driver.run(&mut news, &work, limits, observe));
    let end = tokio::select! {
        biased;
        end = ended => end,
        never = listen(context, lease, node.as_deref(), condition, &sender) => match never {},
    };
    let end = match end {
        Err(DriverError::Errand) => return Err(work.why()),
        end => end?,
    };
    let problem = driver.last_problem().map(|problem| chain(problem.as_ref()));
    let model = driver.into_model();
    let silent = || (!model.is_connected()).then(|| "the master does not answer".to_owned());
    let problem = problem.or_else(silent);
    let deaths = deaths.into_inner().lines();
    Ok(Driven { end, model, problem, deaths })
}

/// Tells a driver what happens outside of the engine. `node` is there for as long as the topology is.
async fn listen(
    context: &Context<'_>,
    lease: &Lease,
    node: Option<&str>,
    condition: impl Future<Output = ()>,
    sender: &UnboundedSender<News>,
) -> Infallible {
    let tell = |news: News| {
        // Whoever listens does so for as long as this is asked.
        let _ = sender.send(news);
    };
    let interrupted = async {
        context.whole.signals().wait().await;
        tell(News::Interrupted);
    };
    let holds = async {
        condition.await;
        tell(News::ConditionHolds);
    };
    let lost = async {
        lease.lock.lost().await;
        tell(News::LeaseLost);
    };
    let changed = watch_node(lease, &lease.paths.record, |_| tell(News::DesiredChanged));
    let removed = async {
        let Some(node) = node else { return };
        let unless_there = |there: bool| {
            if !there {
                tell(News::Removed);
            }
        };
        match watch_node(lease, node, unless_there).await {}
    };
    tokio::join!(interrupted, holds, lost, changed, removed).3
}

/// Tells of each change of a node, and whether it is there; the first is not to be missed by whoever has read it before this
/// began.
async fn watch_node(lease: &Lease, path: &str, tell: impl Fn(bool)) -> Infallible {
    loop {
        match lease.state.zk.watch_exists(path).await {
            Ok((stat, watch)) => {
                tell(stat.is_some());
                if watch.changed().await.is_err() {
                    // The lock went with the session, which is told by itself.
                    return std::future::pending().await;
                }
            }
            Err(error) => {
                tracing::info!("failed to watch {path}: {error}");
                sleep(WATCH_PAUSE).await;
            }
        }
    }
}

fn report(
    context: &Context<'_>,
    model: &Model,
    awaited: WaitCondition,
    problem: Option<&BoxError>,
) {
    let goal = model.desired().goal;
    if let Some(step) = update_step(model) {
        context.reporter.step(&step);
    }
    let total = model.views().count();
    let agreeing = match goal {
        Goal::Running => model.views().filter(|view| view.agrees).count(),
        Goal::Killed => {
            model.views().filter(|view| view.record.is_none_or(ContainerRecord::is_over)).count()
        }
    };
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let progress = Progress {
        done: count(agreeing),
        total: count(total),
        unit: "containers",
        detail: problem.map_or_else(
            || detail(model, (context.machine.clock)(), awaited, agreeing == total),
            |problem| format!("Mesos: {}", chain(problem.as_ref())),
        ),
    };
    context.reporter.progress(&progress);
}

/// What an update is at, as far as it is the containers that it waits for, and the plan that follows from them.
fn update_step(model: &Model) -> Option<String> {
    let update = model.desired().update.as_ref().filter(|_| model.update_waits())?;
    match update.step {
        UpdateStep::Begun | UpdateStep::Resized if has_ended_tmanager(model.desired()) => {
            Some("ending the TManager's container".to_owned())
        }
        UpdateStep::Begun => {
            Some(format!("launching {}", list(&update.added))).filter(|_| !update.added.is_empty())
        }
        UpdateStep::Resized => {
            Some(format!("launching {} anew with other room", list(&update.relaunched)))
                .filter(|_| !update.relaunched.is_empty())
        }
        UpdateStep::Written => Some("waiting for the new physical plan".to_owned()),
        UpdateStep::Removing => {
            Some(format!("ending {}", list(&update.removed))).filter(|_| !update.removed.is_empty())
        }
        UpdateStep::Undoing => None,
    }
}

/// `container 3`, `containers 3, 4`.
#[must_use]
pub fn list(ids: &[u32]) -> String {
    let noun = if ids.len() == 1 { "container" } else { "containers" };
    let shown: Vec<String> = ids.iter().take(8).map(u32::to_string).collect();
    let more = ids.len().saturating_sub(8);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{noun} {}{more}", shown.join(", "))
}

/// What holds things up, in short.
fn detail(model: &Model, now: Millis, awaited: WaitCondition, all: bool) -> String {
    if all {
        let desired = model.desired();
        let waits = match &desired.update {
            Some(update) => update.step == UpdateStep::Written,
            None => desired.goal == Goal::Running && awaited == WaitCondition::PhysicalPlan,
        };
        return if waits { "waiting for the physical plan".to_owned() } else { String::new() };
    }
    let failing = model.views().find_map(|view| {
        let record = view.record?;
        let failure = record.last_failure.as_ref().filter(|_| record.is_over())?;
        let message = failure.message.as_deref().unwrap_or("no reason given");
        Some(format!("container {} failed: {message}", view.id))
    });
    // Until it is to be launched again, nothing is offered.
    let waiting = match model.unplaced().count() {
        0 => None,
        _ if failing.is_some() && !model.waits_for_room(now) => None,
        _ if model.seen().next().is_none() => Some("waiting for offers".to_owned()),
        count => Some(format!("{count} without a fitting offer")),
    };
    failing.into_iter().chain(waiting).collect::<Vec<_>>().join("; ")
}

/// Containers and states of those that are not as they should be.
#[must_use]
pub fn missing(model: &Model) -> Vec<String> {
    let state = |view: &crate::scheduler::model::View<'_>| match view.record {
        None => "not launched".to_owned(),
        Some(record) => {
            let failure = record.last_failure.as_ref().filter(|_| record.is_over());
            let why = failure.and_then(|failure| failure.message.as_deref());
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            format!("{} on {}{why}", record.state, record.host)
        }
    };
    let lagging: Vec<_> = model.views().filter(|view| !view.agrees).collect();
    let mut lines: Vec<String> = lagging
        .iter()
        .take(8)
        .map(|view| format!("container {} is {}", view.id, state(view)))
        .collect();
    if lagging.len() > 8 {
        lines.push(format!("and {} more", lagging.len() - 8));
    }
    lines
}
