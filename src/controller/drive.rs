//! Driving a topology until what runs is what is desired, over lost sessions and lost streams.

use std::cell::RefCell;
use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

use super::awaited::WaitCondition;
use super::errands::Work;
use super::journal::StoreError;
use super::lease::Lease;
use super::physical_plan::{self, Ports, server_ports};
use super::sandboxes::{self, Deaths, Running, running};
use super::told::report;
use crate::context::{CommandError, Context, StateTree};
use crate::engine::ConfiguredEngine;
use crate::net::cause::chain;
use crate::scheduler::connection::BoxError;
use crate::scheduler::driver::Driver;
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::record::{Desired, Goal, Phase};
use crate::scheduler::run::{DriverError, End, News, RunLimits};

/// Between looks at a desired record that can't be watched.
const WATCH_PAUSE: Duration = Duration::from_millis(500);

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
    let engine = &context.engine()?;
    let observe: &dyn Fn(&Model) = &|_| {};
    let drive = Drive { context, engine, topology, policy, awaited, deadline, observe };
    let driving = async |lease: &mut Lease| match Box::pin(drive.once(lease)).await {
        Err(error) if matches!(error.downcast_ref(), Some(DriverError::KillRequested)) => {
            Err(CommandError::Killed { topology: topology.to_owned() }.into())
        }
        Err(error) if is_removal(&error) => Err(removed(lease, topology).await),
        other => other,
    };
    lease.keep(context, topology, deadline, driving).await
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

/// A run of a driver, over one session.
pub(super) struct Drive<'a> {
    pub context: &'a Context<'a>,
    pub engine: &'a ConfiguredEngine,
    pub topology: &'a str,
    pub policy: &'a Policy,
    pub awaited: WaitCondition,
    pub deadline: Instant,
    /// Is shown what is known, whenever that may have changed.
    pub observe: &'a dyn Fn(&Model),
}

impl Drive<'_> {
    /// Drives a topology whose lock is held.
    pub async fn once(&self, lease: &Lease) -> anyhow::Result<Driven> {
        let Self { context, engine, topology, policy, awaited, deadline, .. } = *self;
        let journalled = lease.journal().await?;
        let Some(desired) = journalled.desired.clone() else {
            let what = format!("the journal record {} is gone", lease.paths.record);
            return Err(CommandError::Incomplete { topology: topology.to_owned(), what }.into());
        };
        if desired.goal == Goal::Killed && awaited != WaitCondition::End {
            return Err(CommandError::Killed { topology: topology.to_owned() }.into());
        }
        let mut journal = lease.store(topology, &journalled);
        let records = journalled.records().cloned().collect();
        let model = Model::new(desired, records, policy.clone());
        let ports = RefCell::new(server_ports(&model));
        let work = Work::new(context, lease, topology, deadline, &ports);
        let containers = RefCell::new(running(&model));
        let deaths = RefCell::new(Deaths::default());
        let outside = Outside { lease, ports: &ports, containers: &containers, deaths: &deaths };
        let reached: &dyn Fn(&Model) -> bool = match awaited {
            WaitCondition::Launches => &Model::is_placed,
            WaitCondition::Never => &|_| false,
            _ => &Model::is_settled,
        };
        let has_condition = awaited.wants_plan();
        let limits = RunLimits { deadline, reached, has_condition, look_in: &|| None };
        let condition = self.condition(&model, outside);
        let mut driver = Driver::new(model, &mut journal, engine, context.machine.clock);
        let observe = |model: &Model, problem: Option<&BoxError>| {
            *ports.borrow_mut() = server_ports(model);
            *containers.borrow_mut() = running(model);
            report(context, model, awaited, problem);
            (self.observe)(model);
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

    /// What is waited for besides the containers, and looked at meanwhile.
    fn condition<'a>(
        &'a self,
        model: &Model,
        outside: Outside<'a>,
    ) -> impl Future<Output = ()> + 'a {
        let Self { context, topology, awaited, .. } = *self;
        let Outside { lease, ports, containers, deaths } = outside;
        let desired = model.desired();
        let updates = desired.update.is_some() && awaited != WaitCondition::End;
        let is_new = desired.phase == Phase::Launching;
        let wants_successor =
            awaited == WaitCondition::Supervision && desired.supervisor_count() > 0;
        async move {
            let plan = physical_plan::wait(&lease.state, topology, ports, None);
            let watching = sandboxes::watch(context, lease, topology, containers, deaths);
            match awaited {
                WaitCondition::Never if is_new => {
                    plan.await;
                    if let Err(error) = lease.change(topology, has_run).await {
                        tracing::info!("failed to note that {topology} runs: {error:#}");
                    }
                }
                WaitCondition::Never => {}
                // Whatever is looked for is of no interest any more when the plan has come.
                _ if awaited.wants_plan() => {
                    let whole = async {
                        plan.await;
                        if wants_successor {
                            lease.successor().await;
                        }
                    };
                    tokio::select! {
                        biased;
                        () = whole => {}
                        () = watching => {}
                    }
                }
                _ if updates => watching.await,
                _ => {}
            }
        }
    }
}

/// What is looked at beside the engine.
#[derive(Clone, Copy)]
struct Outside<'a> {
    lease: &'a Lease,
    ports: &'a RefCell<Ports>,
    containers: &'a RefCell<Vec<Running>>,
    deaths: &'a RefCell<Deaths>,
}

/// The record of a topology that has run, so that another submission of the name is a conflict.
pub fn has_run(desired: &Desired) -> anyhow::Result<Desired> {
    if desired.goal == Goal::Killed || desired.phase == Phase::Launched {
        return Ok(desired.clone());
    }
    Ok(desired.changed(|desired| desired.phase = Phase::Launched))
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
