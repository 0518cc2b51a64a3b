//! The framework of a check: a scheduler as of a topology, whose tasks are to end by themselves and of which nothing is
//! journalled. It reads the sandboxes and removes itself.
//!
//! It has no failover timeout, so that Mesos removes it with all its tasks as soon as its stream ends, however that came
//! about; where there is time for it, it is removed in so many words.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Map;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::error::CheckError;
use super::fetch::Fetch;
use super::judge::Output;
use super::targets;
use super::tasks::{Slot, Stage, Target, Task, Tasks};
use crate::context::{CommandError, Context};
use crate::engine::desired::no_launch;
use crate::engine::{Engine, EngineError, Sandbox, TaskPlace};
use crate::net::deadline::Signal;
use crate::report::Progress;
use crate::scheduler::closed::{Closed, ClosedReason};
use crate::scheduler::connection::BoxError;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::driver::Driver;
use crate::scheduler::errand::{Errand, ErrandFailed, Errands};
use crate::scheduler::ids::{FrameworkId, HostId};
use crate::scheduler::journal::{Journal, Written};
use crate::scheduler::model::{Model, Policy, Verdict};
use crate::scheduler::offer::Resources;
use crate::scheduler::ports::PortRange;
use crate::scheduler::record::{Desired, Framework, Goal, Phase, Placement, RECORD_VERSION};
use crate::scheduler::revisions::Revisions;
use crate::scheduler::run::{End, News, RunLimits};

/// The framework's name.
pub const NAME: &str = "heron-check-fetch";
/// How long an agent may take to hand over the output of a task.
const SANDBOX: Duration = Duration::from_secs(5);
/// Sandboxes that are read at once.
const TOGETHER: usize = 32;
/// What is read of a task's output at most: its list of files, and the fetcher's last words.
const STDOUT: u64 = 256 * 1024;
const STDERR: u64 = 32 * 1024;
/// How long the removal of the framework may take.
const REMOVAL: Duration = Duration::from_secs(5);

/// What is to be checked.
pub struct Check<'a> {
    /// What is fetched.
    pub fetches: &'a [Fetch],
    /// Where, with the hosts' names.
    pub targets: Vec<(Target, String)>,
    /// What a task gets.
    pub size: Resources,
    /// When to stop waiting for everything.
    pub deadline: Instant,
    /// How long an agent is waited for that makes no fitting offer.
    pub offers: Duration,
}

/// What came of it.
pub struct Done {
    /// The framework, which is removed.
    pub framework: FrameworkId,
    /// Each agent with the output of its tasks.
    pub slots: Vec<(Slot, Vec<Output>)>,
    /// The ports of each host's last offers.
    pub offered: BTreeMap<HostId, Vec<PortRange>>,
}

/// Nothing of a check is to be taken up again.
struct NoJournal;

impl Journal for NoJournal {
    async fn write_desired(&mut self, _desired: &Desired) -> Result<Written, BoxError> {
        Ok(Written::Done)
    }

    async fn write_containers(
        &mut self,
        _containers: Vec<ContainerRecord>,
    ) -> Result<(), BoxError> {
        Ok(())
    }

    async fn changed(&mut self) -> Result<Option<Desired>, BoxError> {
        Ok(None)
    }

    async fn tmanager_ended(&mut self) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Nothing of a check is ever updated.
struct NoErrands;

impl Errands for NoErrands {
    async fn run(&self, _: Errand) -> Result<(), ErrandFailed> {
        Ok(())
    }
}

/// Runs the tasks to their end, or to that of the patience with them.
pub async fn run(
    context: &Context<'_>,
    engine: &impl Engine,
    check: Check<'_>,
) -> anyhow::Result<Done> {
    context.reporter.step("fetching on the agents");
    let clock = context.machine.clock;
    let Check { fetches, targets, size, deadline, offers } = check;
    let tasks = Tasks::new(fetches.len(), targets, clock());
    let desired = desired(context, &tasks, fetches, size)?;
    let framework = desired.framework.id.clone();
    // A task whose agent can't be reached tells nothing more.
    let policy = Policy { run_once: true, unreachable_ms: 0, ..context.policy(None) };
    let tasks = RefCell::new(tasks);
    let reached = |_: &Model| tasks.borrow().is_over(clock(), offers);
    let look_in = || tasks.borrow().patience_left(clock(), offers);
    let limits = RunLimits { deadline, reached: &reached, has_condition: false, look_in: &look_in };
    let observe = |model: &Model, _: Option<&BoxError>| {
        tasks.borrow_mut().observe(clock(), model);
        report(context, &tasks.borrow());
    };
    let (sender, mut news) = unbounded_channel();
    let interrupted = async {
        context.whole.signals().wait().await;
        // The run listens for as long as this is asked.
        let _ = sender.send(News::Interrupted);
        std::future::pending::<Infallible>().await
    };
    let mut journal = NoJournal;
    let model = Model::new(desired, Vec::new(), policy);
    let mut driver = Driver::new(model, &mut journal, engine, clock);
    let ended = tokio::select! {
        biased;
        ended = driver.run(&mut news, &NoErrands, limits, observe) => ended,
        never = interrupted => match never {},
    };
    let ended = ended.map_err(Into::into).and_then(|end| judge(context, end, driver.model()));
    let mut tasks = tasks.into_inner();
    let outputs = match &ended {
        Ok(()) => {
            give_up(context, engine, &mut tasks, driver.model(), size).await?;
            read_outputs(engine, &framework, &tasks.slots).await
        }
        Err(_) => Vec::new(),
    };
    let offered = offered_ports(driver.model());
    drop(driver);
    remove(context, engine, &framework).await;
    ended?;
    Ok(Done { framework, slots: tasks.slots.into_iter().zip(outputs).collect(), offered })
}

/// The ports of each host's last offers, of all roles.
fn offered_ports(model: &Model) -> BTreeMap<HostId, Vec<PortRange>> {
    let mut offered: BTreeMap<HostId, Vec<PortRange>> = BTreeMap::new();
    for seen in model.seen() {
        offered.entry(seen.host_id.clone()).or_default().extend(&seen.ports);
    }
    for ports in offered.values_mut() {
        ports.sort_by_key(|range| range.first);
    }
    offered
}

/// What the scheduler is to see to.
fn desired(
    context: &Context<'_>,
    tasks: &Tasks,
    fetches: &[Fetch],
    size: Resources,
) -> Result<Desired, CommandError> {
    let mesos = context.mesos()?;
    let labels = [
        ("heron.check", "fetch"),
        ("heron.cluster", &context.settings.cluster),
        ("heron.user", &context.machine.user),
    ];
    let framework = Framework {
        id: FrameworkId(Uuid::new_v4().to_string()),
        name: NAME.to_owned(),
        user: mesos.task_user.clone(),
        roles: mesos.roles.clone(),
        principal: mesos.principal.clone(),
        failover_timeout_seconds: 0.0,
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
        extra: Map::new(),
    };
    Ok(Desired {
        version: RECORD_VERSION,
        topology: NAME.to_owned(),
        topology_id: String::new(),
        goal: Goal::Running,
        phase: Phase::Launching,
        generation: 1,
        digest: String::new(),
        framework,
        launch: no_launch(mesos),
        placement: Placement::default(),
        containers: tasks.containers(fetches, size),
        supervisors: None,
        update: None,
        keep_package: false,
        revisions: Revisions::default(),
        history: Vec::new(),
        extra: Map::new(),
    })
}

/// What the end of driving means; that not all tasks have come to theirs in time is for each of them to tell.
fn judge(context: &Context<'_>, end: End, model: &Model) -> anyhow::Result<()> {
    match end {
        End::Verdict(Verdict::Closed(Closed { reason: ClosedReason::Removed, .. })) => {
            Err(CheckError::Lost.into())
        }
        End::Verdict(Verdict::Closed(Closed { reason, message })) => {
            let forbidden = reason == ClosedReason::NotAllowed;
            Err(CheckError::Ended { message, forbidden }.into())
        }
        End::TimedOut if !model.is_connected() => Err(CheckError::Lost.into()),
        End::Settled | End::TimedOut | End::Verdict(_) => Ok(()),
        End::Interrupted => {
            let signal = context.whole.signals().seen().unwrap_or(Signal::Interrupted);
            let doing = "checking what Mesos can fetch".to_owned();
            let next = vec!["nothing of the check is left in the cluster".to_owned()];
            Err(CommandError::Interrupted { signal, doing, next }.into())
        }
    }
}

fn report(context: &Context<'_>, tasks: &Tasks) {
    let (done, total) = tasks.count();
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (done, total) = (count(done), count(total));
    context.reporter.progress(&Progress { done, total, unit: "packages", ..Progress::default() });
}

/// Says why tasks were never launched. What is free may have changed since the beginning.
async fn give_up(
    context: &Context<'_>,
    engine: &impl Engine,
    tasks: &mut Tasks,
    model: &Model,
    size: Resources,
) -> Result<(), CommandError> {
    if tasks.is_waiting() {
        let roles = &context.mesos()?.roles;
        let agents = targets::list(engine).await;
        tasks.give_up(model, size, |agent| {
            targets::why_no_offer(agents.as_deref(), agent, &size, roles)
        });
    }
    Ok(())
}

/// Reads what the tasks printed; of those that never ran there is nothing.
async fn read_outputs(
    engine: &impl Engine,
    framework: &FrameworkId,
    slots: &[Slot],
) -> Vec<Vec<Output>> {
    let tasks: Vec<(&Slot, &Task)> =
        slots.iter().flat_map(|slot| slot.tasks.iter().map(move |task| (slot, task))).collect();
    let mut outputs = Vec::with_capacity(tasks.len());
    for some in tasks.chunks(TOGETHER) {
        let read = some.iter().map(|(slot, task)| output(engine, framework, slot, task));
        outputs.extend(join_all(read).await);
    }
    let mut outputs = outputs.into_iter();
    slots.iter().map(|slot| outputs.by_ref().take(slot.tasks.len()).collect()).collect()
}

async fn output(engine: &impl Engine, framework: &FrameworkId, slot: &Slot, task: &Task) -> Output {
    let (Stage::Ended { .. }, Some(task_id), Some(host_id)) = (&task.stage, &task.id, &slot.agent)
    else {
        return Output::default();
    };
    let unread = |why: String| Output { unread: Some(why), ..Output::default() };
    let place = TaskPlace {
        framework: framework.clone(),
        task_id: task_id.clone(),
        host_id: host_id.clone(),
        address: slot.address.clone(),
    };
    let Some(sandbox) = engine.sandbox(&place) else {
        return unread("its agent tells no address".to_owned());
    };
    match timeout(SANDBOX, texts(&sandbox)).await {
        Ok(Ok((stdout, stderr))) => Output { stdout, stderr, unread: None },
        Ok(Err(error)) => unread(format!("the sandbox can't be read from here: {error}")),
        Err(_) => unread("its agent does not answer".to_owned()),
    }
}

async fn texts(sandbox: &impl Sandbox) -> Result<(String, String), EngineError> {
    Ok((sandbox.tail("stdout", STDOUT).await?, sandbox.tail("stderr", STDERR).await?))
}

/// Removes the framework, and with it all that is left of its tasks. Fails silently where the end of the stream has done
/// the same.
async fn remove(context: &Context<'_>, engine: &impl Engine, framework: &FrameworkId) {
    if context.whole.signals().seen().is_some() {
        // The end of the stream removes it just as well.
        return;
    }
    match timeout(REMOVAL, engine.tear_down(framework)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!("failed to remove the framework: {error}"),
        Err(_) => tracing::info!("failed to remove the framework in time"),
    }
    let gone = engine.wait_until_gone(framework, Instant::now() + REMOVAL).await;
    if let Err(error) = gone {
        context.reporter.warn(&format!(
            "Mesos could not be asked whether the framework of the check is removed: {error}"
        ));
    }
}
