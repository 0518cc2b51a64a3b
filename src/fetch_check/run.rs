//! The framework of a check: subscribes, launches, listens, reads the sandboxes and removes itself.
//!
//! It has no failover timeout, so that Mesos removes it with all its tasks as soon as its stream ends, however that came
//! about; where there is time for it, it is removed in so many words.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;

use super::error::CheckError;
use super::judge::Output;
use super::model::{Model, Slot, Stage, Task};
use super::targets;
use crate::context::{CommandError, Context};
use crate::engine::connector::{MesosConnector, capabilities};
use crate::mesos::call::{Body, Call, FrameworkInfo};
use crate::mesos::event::{ErrorKind, Event, Label, Labels};
use crate::mesos::ids::FrameworkId;
use crate::mesos::operator::AgentSummary;
use crate::mesos::resources::Want;
use crate::mesos::sandbox::Sandbox;
use crate::mesos::scheduler_client::{CallSender, Subscription};
use crate::report;

/// The framework's name.
pub const NAME: &str = "heron-check-fetch";
/// How often it is looked whether to go on waiting.
const TICK: Duration = Duration::from_millis(200);
/// How long an agent may take to hand over the output of a task.
const SANDBOX: Duration = Duration::from_secs(5);
/// Sandboxes that are read at once.
const TOGETHER: usize = 32;
/// What is read of a task's output at most: its list of files, and the fetcher's last words.
const STDOUT: u64 = 256 * 1024;
const STDERR: u64 = 32 * 1024;
/// How long each way of removing the framework may take.
const REMOVAL: Duration = Duration::from_secs(5);

/// How long things are waited for.
pub struct Deadlines {
    /// For everything.
    pub deadline: Instant,
    /// For a fitting offer of an agent.
    pub offers: Duration,
}

/// What came of it.
pub struct Done {
    /// The framework, which is removed.
    pub framework: FrameworkId,
    /// Each agent with the output of its tasks.
    pub slots: Vec<(Slot, Vec<Output>)>,
}

/// A subscribed framework.
struct Session<'a> {
    context: &'a Context<'a>,
    connector: &'a MesosConnector,
    framework: FrameworkId,
    caller: CallSender,
    subscription: Subscription,
}

/// Runs the tasks to their end, or to that of the patience with them.
pub async fn run(
    context: &Context<'_>,
    connector: &MesosConnector,
    mut model: Model<'_>,
    agents: Option<Vec<AgentSummary>>,
    want: Want,
    deadlines: &Deadlines,
) -> anyhow::Result<Done> {
    let framework = FrameworkId(Uuid::new_v4().to_string());
    context.reporter.step("fetching on the agents");
    let subscription = connector.subscribe(framework_info(context, &framework)?).await?;
    let caller = subscription.caller();
    let mut session =
        Session { context, connector, framework: framework.clone(), caller, subscription };
    let listened = session.listen(&mut model, agents, want, deadlines).await;
    let slots = match &listened {
        Ok(()) => session.read_outputs(std::mem::take(&mut model.slots)).await,
        Err(_) => Vec::new(),
    };
    session.remove().await;
    listened?;
    Ok(Done { framework, slots })
}

fn framework_info(context: &Context<'_>, id: &FrameworkId) -> Result<FrameworkInfo, CommandError> {
    let mesos = context.mesos()?;
    let label =
        |key: &str, value: &str| Label { key: key.to_owned(), value: Some(value.to_owned()) };
    let labels = vec![
        label("heron.check", "fetch"),
        label("heron.cluster", &context.settings.cluster),
        label("heron.user", &context.machine.user),
    ];
    Ok(FrameworkInfo {
        user: mesos.task_user.clone(),
        name: NAME.to_owned(),
        id: Some(id.clone()),
        failover_timeout: 0.0,
        checkpoint: false,
        roles: mesos.roles.clone(),
        hostname: Some(context.machine.host.clone()),
        principal: mesos.principal.clone(),
        webui_url: None,
        capabilities: capabilities(),
        labels: Some(Labels { labels }),
    })
}

impl Session<'_> {
    /// Takes events in until every task is over or given up.
    async fn listen(
        &mut self,
        model: &mut Model<'_>,
        mut agents: Option<Vec<AgentSummary>>,
        want: Want,
        deadlines: &Deadlines,
    ) -> anyhow::Result<()> {
        let roles = self.context.mesos()?.roles.clone();
        let started = Instant::now();
        let mut looked_again = false;
        while !model.is_over() {
            self.report(model);
            let event = tokio::select! {
                biased;
                signal = self.context.signals.wait() => {
                    let doing = "checking what Mesos can fetch".to_owned();
                    let next = vec!["nothing of the check is left in the cluster".to_owned()];
                    return Err(CommandError::Interrupted { signal, doing, next }.into());
                }
                () = sleep_until(deadlines.deadline) => return Ok(()),
                event = self.subscription.next_event() => Some(event.map_err(|lost| CheckError::Lost(Box::new(lost)))?),
                () = sleep(TICK) => None,
            };
            let now = started.elapsed();
            let calls = match event {
                Some(Event::Offers(offers)) => model.offers(now, &offers),
                Some(Event::Update(status)) => model.update(now, status).into_iter().collect(),
                Some(Event::Error(message)) => {
                    let forbidden = ErrorKind::of(&message) == ErrorKind::Unauthorized;
                    return Err(CheckError::Ended { message, forbidden }.into());
                }
                _ => Vec::new(),
            };
            for body in calls {
                self.send(body).await?;
            }
            if now >= deadlines.offers {
                if !looked_again {
                    // What is free may have changed since.
                    looked_again = true;
                    agents = targets::list(self.connector).await.or(agents);
                }
                model.give_up(now, deadlines.offers, |agent| {
                    targets::why_no_offer(agents.as_deref(), agent, &want, &roles)
                });
            }
        }
        Ok(())
    }

    fn report(&self, model: &Model<'_>) {
        let (done, total) = model.count();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let detail = String::new();
        let (done, total) = (count(done), count(total));
        self.context.reporter.progress(&report::Progress { done, total, unit: "packages", detail });
    }

    async fn send(&self, body: Body) -> anyhow::Result<()> {
        let call = Call { framework_id: Some(self.framework.clone()), body };
        Ok(self.caller.send(&call).await?)
    }

    /// Reads what the tasks printed; of those that never ran there is nothing.
    async fn read_outputs(&self, slots: Vec<Slot>) -> Vec<(Slot, Vec<Output>)> {
        let tasks: Vec<(&Slot, &Task)> =
            slots.iter().flat_map(|slot| slot.tasks.iter().map(move |task| (slot, task))).collect();
        let mut outputs = Vec::with_capacity(tasks.len());
        for some in tasks.chunks(TOGETHER) {
            outputs.extend(join_all(some.iter().map(|(slot, task)| self.output(slot, task))).await);
        }
        let mut outputs = outputs.into_iter();
        slots
            .into_iter()
            .map(|slot| {
                let own = outputs.by_ref().take(slot.tasks.len()).collect();
                (slot, own)
            })
            .collect()
    }

    async fn output(&self, slot: &Slot, task: &Task) -> Output {
        if !matches!(task.stage, Stage::Ended { .. }) {
            return Output::default();
        }
        let unread = |why: String| Output { unread: Some(why), ..Output::default() };
        let sandbox = slot
            .address
            .as_deref()
            .and_then(|address| self.connector.sandbox(address, &self.framework, &task.id));
        let Some(sandbox) = sandbox else {
            return unread("its agent tells no address".to_owned());
        };
        match timeout(SANDBOX, texts(&sandbox)).await {
            Ok(Ok((stdout, stderr))) => Output { stdout, stderr, unread: None },
            Ok(Err(error)) => unread(format!("the sandbox can't be read from here: {error}")),
            Err(_) => unread("its agent does not answer".to_owned()),
        }
    }

    /// Removes the framework, and with it all that is left of its tasks. Fails silently where the end of the stream will
    /// do the same.
    async fn remove(self) {
        let Self { context, connector, framework, caller, subscription } = self;
        let call = Call { framework_id: Some(framework.clone()), body: Body::Teardown };
        let removed = matches!(timeout(REMOVAL, caller.send(&call)).await, Ok(Ok(())));
        drop(subscription);
        if !removed && let Err(error) = connector.teardown(&framework).await {
            tracing::info!("failed to remove the framework: {error}");
        }
        let gone = connector.wait_until_gone(&framework, Instant::now() + REMOVAL).await;
        if let Err(error) = gone {
            context.reporter.warn(&format!(
                "Mesos could not be asked whether the framework of the check is removed: {error}"
            ));
        }
    }
}

async fn texts(sandbox: &Sandbox) -> Result<(String, String), crate::mesos::sandbox::SandboxError> {
    let stdout = sandbox.tail("stdout", STDOUT).await?.text();
    let stderr = sandbox.tail("stderr", STDERR).await?.text();
    Ok((stdout, stderr))
}
