//! Driving a topology until what runs is what is desired, over lost sessions and lost streams.

use std::cell::RefCell;
use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

use super::lease::{Lease, is_session_loss};
use super::physical_plan::{self, Ports, Updated, server_ports};
use crate::context::{CommandError, Context};
use crate::net::cause::chain;
use crate::report::Progress;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::driver::{BoxError, Driver, DriverError};
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::run::{End, News, RunLimits};
use crate::state::TopologyState;

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
    /// The same, made from the packing plan that an update has written; the TManager of the plan before makes room.
    UpdatedPlan,
}

/// How driving ended.
pub struct Driven {
    /// Why it ended.
    pub end: End,
    /// What is known then.
    pub model: Model,
    /// Why Mesos could not be reached last.
    pub problem: Option<String>,
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
            other => return other,
        };
        context.reporter.warn(&format!("{lost:#}; taking up again with a new session"));
        lease.reopen(context, topology, deadline).await?;
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
    let updated = match awaited {
        WaitCondition::UpdatedPlan => Some(updated(lease, topology, &desired).await?),
        _ => None,
    };
    let mut journal = lease.store(topology, &journalled);
    let engine = context.engine()?;
    let model = Model::new(desired, journalled.containers, policy.clone());
    let ports = RefCell::new(server_ports(&model));
    let condition = condition(lease, topology, awaited, &ports, updated.as_ref());
    let reached: &dyn Fn(&Model) -> bool =
        if awaited == WaitCondition::Launches { &Model::is_placed } else { &Model::is_settled };
    let has_condition = matches!(awaited, WaitCondition::PhysicalPlan | WaitCondition::UpdatedPlan);
    let limits = RunLimits { deadline, reached, has_condition };
    let mut driver = Driver::new(model, &mut journal, &engine, context.machine.clock);
    let observe = |model: &Model, problem: Option<&BoxError>| {
        *ports.borrow_mut() = server_ports(model);
        report(context, model, awaited, problem);
    };
    let (sender, mut news) = unbounded_channel();
    let ended = Box::pin(driver.run(&mut news, limits, observe));
    let end = tokio::select! {
        biased;
        end = ended => end?,
        never = listen(context, lease, condition, &sender) => match never {},
    };
    let problem = driver.last_problem().map(|problem| chain(problem.as_ref()));
    let model = driver.into_model();
    let silent = || (!model.is_connected()).then(|| "the master does not answer".to_owned());
    let problem = problem.or_else(silent);
    Ok(Driven { end, model, problem })
}

/// Tells a driver what happens outside of the engine.
async fn listen(
    context: &Context<'_>,
    lease: &Lease,
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
    let changed = watch_record(lease, || tell(News::DesiredChanged));
    tokio::join!(interrupted, holds, lost, changed).3
}

/// Tells of each change of the desired record; the first is not to be missed by whoever has read it before this began.
async fn watch_record(lease: &Lease, tell: impl Fn()) -> Infallible {
    loop {
        match lease.state.zk.watch_exists(&lease.paths.record).await {
            Ok((_, watch)) => {
                tell();
                if watch.changed().await.is_err() {
                    // The lock went with the session, which is told by itself.
                    return std::future::pending().await;
                }
            }
            Err(error) => {
                tracing::info!("failed to watch the desired record: {error}");
                sleep(WATCH_PAUSE).await;
            }
        }
    }
}

/// What is waited for besides the containers.
async fn condition(
    lease: &Lease,
    topology: &str,
    awaited: WaitCondition,
    ports: &RefCell<Ports>,
    updated: Option<&Updated>,
) {
    match (awaited, updated) {
        (WaitCondition::PhysicalPlan, _) => {
            physical_plan::wait(&lease.state, topology, ports, None).await;
        }
        (WaitCondition::UpdatedPlan, Some(updated)) => {
            let retired = async {
                let Some(session) = updated.session else { return };
                if let Err(error) = physical_plan::retire_location(lease, topology, session).await {
                    tracing::info!("the stale location is left to its time-out: {error}");
                }
            };
            let waited = physical_plan::wait(&lease.state, topology, ports, Some(updated));
            tokio::join!(retired, waited);
        }
        _ => {}
    }
}

async fn updated(lease: &Lease, topology: &str, desired: &Desired) -> anyhow::Result<Updated> {
    let found = TopologyState::read(&lease.state.zk, &lease.state.tree, topology).await?;
    let packing = found.packing_plan.as_ref().map(|found| found.message()).transpose()?;
    let Some(packing) = packing.cloned() else {
        let what = "its packing plan is gone".to_owned();
        return Err(CommandError::Incomplete { topology: topology.to_owned(), what }.into());
    };
    let session = desired.update.as_ref().and_then(|update| update.tmanager_session);
    Ok(Updated { packing, session })
}

fn report(
    context: &Context<'_>,
    model: &Model,
    awaited: WaitCondition,
    problem: Option<&BoxError>,
) {
    let goal = model.desired().goal;
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
            || detail(model, goal, awaited, agreeing == total),
            |problem| format!("Mesos: {}", chain(problem.as_ref())),
        ),
    };
    context.reporter.progress(&progress);
}

/// What holds things up, in short.
fn detail(model: &Model, goal: Goal, awaited: WaitCondition, all: bool) -> String {
    if all {
        let waits = goal == Goal::Running
            && matches!(awaited, WaitCondition::PhysicalPlan | WaitCondition::UpdatedPlan);
        return if waits { "waiting for the physical plan".to_owned() } else { String::new() };
    }
    let failing = model.views().find_map(|view| {
        let record = view.record?;
        let failure = record.last_failure.as_ref().filter(|_| record.is_over())?;
        let message = failure.message.as_deref().unwrap_or("no reason given");
        Some(format!("container {} failed: {message}", view.id))
    });
    if let Some(failing) = failing {
        return failing;
    }
    match model.unplaced().count() {
        0 => String::new(),
        _ if model.seen().next().is_none() => "waiting for offers".to_owned(),
        count => format!("{count} without a fitting offer"),
    }
}

/// Containers and states of those that are not as they should be.
#[must_use]
pub fn missing(model: &Model) -> Vec<String> {
    let state = |view: &crate::scheduler::model::View<'_>| match view.record {
        None => "not launched".to_owned(),
        Some(record) => format!("{} on {}", record.state, record.host),
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
