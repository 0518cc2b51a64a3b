//! Carries an update out: one step after the other, as the journal has them, so that any of them can be the first.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::change::{Change, change};
use super::request::Request;
use super::settle::{self, undo};
use crate::commands::drive::{Aim, Driven, drive, missing};
use crate::commands::ending::{failed, interrupted};
use crate::commands::held::{Held, is_session_loss};
use crate::commands::tell::{Order, seconds, tell};
use crate::context::CommandError;
use crate::context::Context;
use crate::engine::journal::Journalled;
use crate::outcome::container::ContainerRef;
use crate::outcome::{SCHEMA, TopologyRef, Updated};
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::driver::End;
use crate::scheduler::model::Policy;
use crate::scheduler::placement::explain;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::update::{self as steps, Update, UpdateStep};
use crate::state::{StateError, TopologyState};

/// How long an update is waited for, unless [`PATIENCE_KEY`] or `--timeout` says otherwise.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long taking an update back that can't be done may take.
const ROLLBACK: Duration = Duration::from_mins(2);
/// Failures in a row of one container after which the update has failed.
const FAILURES: u32 = 3;
/// How long Heron waits after it has paused a topology, in seconds; none unless it is set.
const PAUSE_KEY: &str = "topology.update.deactivate.wait.secs";
/// How long Heron waits for a topology to come back, in seconds.
const PATIENCE_KEY: &str = "topology.update.reactivate.wait.secs";

/// How long an update may take.
pub(super) fn patience(context: &Context<'_>) -> Duration {
    let given = context.settings.topology_config.get(PATIENCE_KEY);
    let given = given.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    context.timeout.or(given).unwrap_or(PATIENCE)
}

/// Brings a topology whose lock is held to what was requested.
pub(super) async fn apply(
    context: &Context<'_>,
    held: &mut Held,
    name: &str,
    request: &Request,
) -> anyhow::Result<Updated> {
    let job = Job {
        context,
        name,
        request: Some(request),
        deadline: context.deadline(patience(context)),
    };
    held.take_update_lock(context, name).await?;
    let resumed = job.take_up(held).await?;
    if !resumed && !job.begin(held).await? {
        return job.outcome(held, None, false).await;
    }
    match job.carry_on(held).await {
        Ok(update) => job.outcome(held, Some(&update), resumed).await,
        Err(error) => Err(job.give_up(held, error).await),
    }
}

/// An update that is being carried out.
pub(super) struct Job<'a> {
    pub context: &'a Context<'a>,
    pub name: &'a str,
    /// What was asked for; none where an update is only finished.
    pub request: Option<&'a Request>,
    pub deadline: Instant,
}

impl Job<'_> {
    /// Whether the same update was interrupted and can be gone on with; another one is finished or undone first.
    async fn take_up(&self, held: &mut Held) -> anyhow::Result<bool> {
        let (_, desired) = self.journal(held).await?;
        let Some(update) = &desired.update else { return Ok(false) };
        let same = self.request.is_some_and(|request| request.to_string() == update.request);
        let undone = update.step == UpdateStep::Undoing;
        let same = same && !undone;
        if same && (!update.can_be_undone() || self.stored(held, &desired, update).await.is_ok()) {
            self.context
                .reporter
                .step(&format!("taking up the interrupted update of {}", self.name));
            return Ok(true);
        }
        settle::settle(self.context, held, self.name, None, self.deadline).await?;
        Ok(false)
    }

    /// Journals what is to be done; whether there is anything.
    async fn begin(&self, held: &mut Held) -> anyhow::Result<bool> {
        self.wait_for_plan(held).await?;
        let (journalled, desired) = self.journal(held).await?;
        let Some(request) = self.request else { return Ok(false) };
        let found = self.found(held).await?;
        let change = change(self.context, &found, &desired, request)?;
        if change.is_none() {
            return Ok(false);
        }
        for item in &change.lost_settings {
            self.context.reporter.warn(&format!(
                "the setting `{item}` was made while the topology ran; no TManager takes it a second time, and it is lost"
            ));
        }
        let Change { update, added, command, .. } = change;
        let desired = steps::begin(&desired, update, added, command);
        held.store(self.name, &journalled).write_desired(&desired).await?;
        Ok(true)
    }

    /// Does what is left to do, over lost sessions.
    pub async fn carry_on(&self, held: &mut Held) -> anyhow::Result<Update> {
        let mut last = None;
        loop {
            let lost = match Box::pin(self.next(held, &mut last)).await {
                Ok(None) => continue,
                Ok(Some(update)) => return Ok(update),
                Err(error) if is_session_loss(&error) && Instant::now() < self.deadline => error,
                Err(error) => return Err(error),
            };
            self.context.reporter.warn(&format!("{lost:#}; taking up again with a new session"));
            held.reopen(self.context, self.name).await?;
        }
    }

    /// Does one step; returns the update when that was the last.
    async fn next(
        &self,
        held: &mut Held,
        last: &mut Option<Update>,
    ) -> anyhow::Result<Option<Update>> {
        let (journalled, desired) = self.journal(held).await?;
        let Some(update) = desired.update.clone() else {
            // The last write had happened, only its answer was lost.
            return match last.take() {
                Some(update) => Ok(Some(update)),
                None => Err(different(self.name, "its update is gone from the journal").into()),
            };
        };
        *last = Some(update.clone());
        match update.step {
            UpdateStep::Begun => {
                self.launch(held, &update).await?;
                self.pause(held, &update).await?;
                if update.resized.is_empty() {
                    self.write_plan(held, &desired, &update).await?;
                } else {
                    let resized = steps::resize(&desired);
                    held.store(self.name, &journalled).write_desired(&resized).await?;
                }
                Ok(None)
            }
            UpdateStep::Resized => {
                if !update.relaunched.is_empty() {
                    let ids = list(&update.relaunched);
                    self.context.reporter.step(&format!("launching {ids} anew with other room"));
                    self.drive(held, Aim::Containers).await?;
                }
                self.write_plan(held, &desired, &update).await?;
                Ok(None)
            }
            UpdateStep::Written => {
                self.context.reporter.step("waiting for the new physical plan");
                self.drive(held, Aim::UpdatedPlan).await?;
                self.restore(held, &update).await?;
                // The driver has written the record since, if the master chose another framework id.
                let (journalled, desired) = self.journal(held).await?;
                let removing = steps::remove(&desired);
                held.store(self.name, &journalled).write_desired(&removing).await?;
                Ok(None)
            }
            UpdateStep::Removing | UpdateStep::Undoing => {
                if update.step == UpdateStep::Undoing || !update.removed.is_empty() {
                    self.drive(held, Aim::Containers).await?;
                }
                let (journalled, desired) = self.journal(held).await?;
                let ended = steps::end(&desired);
                held.store(self.name, &journalled).write_desired(&ended).await?;
                Ok(Some(update))
            }
        }
    }

    /// The new containers come up while the topology still works by the old plan.
    async fn launch(&self, held: &mut Held, update: &Update) -> anyhow::Result<()> {
        if update.added.is_empty() {
            return Ok(());
        }
        self.context.reporter.step(&format!("launching {}", list(&update.added)));
        self.drive(held, Aim::Containers).await
    }

    /// Nothing is emitted while the plan changes.
    async fn pause(&self, held: &Held, update: &Update) -> anyhow::Result<()> {
        if update.state != Wanted::Running.name() {
            return Ok(());
        }
        self.context.reporter.step(&format!("pausing topology {}", self.name));
        let found = self.found(held).await?;
        let wait = self.pause_seconds(&found);
        let told =
            tell(self.context, &held.state, found, Order::Switch(Wanted::Paused), self.deadline)
                .await?;
        if wait > 0 && !told.already {
            self.context.reporter.step(&format!("waiting {wait} s ({PAUSE_KEY})"));
            tokio::select! {
                _ = self.context.signals.wait() => return Err(self.interrupted()),
                () = sleep(Duration::from_secs(wait)) => {}
            }
        }
        Ok(())
    }

    fn pause_seconds(&self, found: &TopologyState) -> u64 {
        let own = || {
            let topology = found.topology.as_ref()?.message.as_ref().ok()?;
            let mut settings = topology.topology_config.iter().flat_map(|config| &config.kvs);
            settings.find(|pair| pair.key == PAUSE_KEY)?.value.clone()
        };
        let given = self.context.settings.topology_config.get(PAUSE_KEY).cloned().or_else(own);
        given.and_then(|seconds| seconds.trim().parse().ok()).unwrap_or(0)
    }

    /// The state and the settings that the topology had before.
    async fn restore(&self, held: &Held, update: &Update) -> anyhow::Result<()> {
        let wanted = update.topology_state();
        let found = self.found(held).await?;
        tell(self.context, &held.state, found, Order::Switch(wanted), self.deadline).await?;
        if update.runtime_config.is_empty() {
            return Ok(());
        }
        self.context.reporter.step("making the settings again that were made while it ran");
        let (found, order) = (self.found(held).await?, Order::Configure(&update.runtime_config));
        tell(self.context, &held.state, found, order, self.deadline).await.map(|_| ())
    }

    /// Drives the containers to what is desired.
    pub async fn drive(&self, held: &mut Held, aim: Aim) -> anyhow::Result<()> {
        let policy = Policy { failure_limit: Some(FAILURES), ..Policy::default() };
        let driven = drive(self.context, held, self.name, &policy, aim, self.deadline).await?;
        self.conclude(driven).await
    }

    async fn conclude(&self, driven: Driven) -> anyhow::Result<()> {
        let Driven { end, model, problem } = driven;
        let topology = self.name.to_owned();
        match end {
            End::Settled => Ok(()),
            End::Interrupted => Err(self.interrupted()),
            End::Verdict(verdict) => {
                Err(failed(self.context, self.name, &model, verdict, Vec::new()).await)
            }
            End::TimedOut if model.waits_for_room() && problem.is_none() => {
                let why = explain(&model).iter().map(ToString::to_string).collect();
                Err(CommandError::NoPlacement { topology, why, next: Vec::new() }.into())
            }
            End::TimedOut => {
                let mut what = vec![format!("topology `{topology}` is not updated yet")];
                what.extend(missing(&model));
                what.extend(problem.map(|problem| format!("Mesos: {problem}")));
                let after = seconds(patience(self.context));
                Err(CommandError::TimedOut { what: what.join("; "), after, next: Vec::new() }
                    .into())
            }
        }
    }

    fn interrupted(&self) -> anyhow::Error {
        interrupted(self.context, &format!("updating topology `{}`", self.name), Vec::new())
    }

    /// Undoes an update that can't be done, or says how it is finished.
    async fn give_up(&self, held: &mut Held, error: anyhow::Error) -> anyhow::Error {
        let name = self.name;
        let Ok(journalled) = held.journal().await else { return error };
        let Some(update) = journalled.desired.and_then(|desired| desired.update) else {
            return error;
        };
        let again = format!(
            "the same `heron-cli update` goes on with it, `heron-cli status {name}` shows its containers"
        );
        if !update.can_be_undone() {
            let finishes = "the new packing plan is written: every command on the topology finishes the update first";
            return with_hints(error, &[finishes, &again]);
        }
        if self.context.signals.seen().is_some() {
            let undoes =
                "the packing plan is as it was: another command on the topology undoes the update";
            return with_hints(error, &[&again, undoes]);
        }
        self.context.reporter.step(&format!("taking the update of topology {name} back"));
        let job = Job { deadline: Instant::now() + ROLLBACK, ..*self };
        match undo(&job, held).await {
            Ok(()) => {
                with_hints(error, &["what was done has been undone: the topology is as it was"])
            }
            Err(why) => CommandError::PartlyDone {
                what: format!("{error:#}"),
                why: format!("{why:#}"),
                next: vec![format!(
                    "`heron-cli restart {name} 0`, or another command on it, undoes the rest"
                )],
            }
            .into(),
        }
    }

    /// The journal of a topology that is meant to run.
    pub async fn journal(&self, held: &Held) -> anyhow::Result<(Journalled, Desired)> {
        let journalled = held.journal().await?;
        let Some(desired) = journalled.desired.clone() else {
            held.unreserve().await?;
            return Err(super::not_ours(self.name).into());
        };
        if desired.goal == Goal::Killed {
            let what = "it is being killed".to_owned();
            return Err(CommandError::Incomplete { topology: self.name.to_owned(), what }.into());
        }
        Ok((journalled, desired))
    }

    pub async fn found(&self, held: &Held) -> Result<TopologyState, StateError> {
        TopologyState::read(&held.state.zk, &held.state.tree, self.name).await
    }

    /// A topology that is just coming up is waited for: its state is known only then.
    async fn wait_for_plan(&self, held: &Held) -> anyhow::Result<()> {
        let path = held.state.tree.physical_plan(self.name);
        tokio::select! {
            _ = self.context.signals.wait() => Err(self.interrupted()),
            found = held.state.zk.wait_for(&path, self.deadline) => match found? {
                Some(_) => Ok(()),
                None => Err(CommandError::TimedOut {
                    what: format!("topology `{}` has no physical plan: it is not up", self.name),
                    after: seconds(patience(self.context)),
                    next: vec![format!("`heron-cli status {}` shows its containers; nothing was changed", self.name)],
                }
                .into()),
            },
        }
    }

    async fn outcome(
        &self,
        held: &Held,
        update: Option<&Update>,
        resumed: bool,
    ) -> anyhow::Result<Updated> {
        let (_, desired) = self.journal(held).await?;
        let found = self.found(held).await?;
        let ids = |pick: fn(&Update) -> &Vec<u32>| update.map(pick).cloned().unwrap_or_default();
        Ok(Updated {
            schema: SCHEMA,
            topology: TopologyRef {
                name: self.name.to_owned(),
                id: Some(desired.topology_id),
                state: found.state().map_or("UNKNOWN", |state| state.name()).to_owned(),
            },
            already: update.is_none(),
            resumed,
            container_count: desired.containers.len(),
            containers: ContainerRef::of(desired.containers.iter().map(|container| container.id)),
            added: ids(|update| &update.added),
            removed: ids(|update| &update.removed),
            relaunched: ids(|update| &update.relaunched),
        })
    }
}

pub(super) fn different(topology: &str, what: &str) -> CommandError {
    CommandError::Incomplete { topology: topology.to_owned(), what: what.to_owned() }
}

fn with_hints(error: anyhow::Error, hints: &[&str]) -> anyhow::Error {
    match error.downcast::<CommandError>() {
        Ok(mut error) => {
            for hint in hints {
                error.add_hint(hint);
            }
            error.into()
        }
        Err(error) => error.context(hints.join("; ")),
    }
}

/// `container 3`, `containers 3, 4`.
pub(super) fn list(ids: &[u32]) -> String {
    let noun = if ids.len() == 1 { "container" } else { "containers" };
    let shown: Vec<String> = ids.iter().take(8).map(u32::to_string).collect();
    let more = ids.len().saturating_sub(8);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{noun} {}{more}", shown.join(", "))
}
