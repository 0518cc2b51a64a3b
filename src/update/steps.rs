//! The steps of an update, one after the other, as the journal has them, so that any of them can be the first.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::job::{Job, different, list};
use crate::controller::drive::WaitCondition;
use crate::controller::lease::{Lease, is_session_loss};
use crate::controller::tmanager_request::{TManagerRequest, ask_tmanager};
use crate::net::deadline::Stopped;
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::update::{Update, UpdateStep};
use crate::scheduler::update_steps;
use crate::state::TopologyState;

/// How long Heron waits after it has paused a topology, in seconds; none unless it is set.
const PAUSE_KEY: &str = "topology.update.deactivate.wait.secs";

impl Job<'_> {
    /// Does what is left to do, over lost sessions.
    pub async fn carry_on(&self, lease: &mut Lease) -> anyhow::Result<Update> {
        let mut last = None;
        loop {
            let lost = match Box::pin(self.next(lease, &mut last)).await {
                Ok(None) => continue,
                Ok(Some(update)) => return Ok(update),
                Err(error) if is_session_loss(&error) && Instant::now() < self.deadline => error,
                Err(error) => return Err(error),
            };
            self.context.reporter.warn(&format!("{lost:#}; taking up again with a new session"));
            lease.reopen(self.context, self.name, self.deadline).await?;
        }
    }

    /// Does one step; returns the update when that was the last.
    async fn next(
        &self,
        lease: &mut Lease,
        last: &mut Option<Update>,
    ) -> anyhow::Result<Option<Update>> {
        let (_, desired) = self.journal(lease).await?;
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
                self.launch(lease, &update).await?;
                self.pause(lease).await?;
                if update.resized.is_empty() {
                    self.end_tmanager(lease, &update).await?;
                    self.write_plan(lease, &desired, &update).await?;
                } else {
                    self.change(lease, update_steps::resize).await?;
                }
                Ok(None)
            }
            UpdateStep::Resized => {
                if !update.relaunched.is_empty() {
                    let ids = list(&update.relaunched);
                    self.context.reporter.step(&format!("launching {ids} anew with other room"));
                    self.drive(lease, WaitCondition::Containers).await?;
                }
                self.end_tmanager(lease, &update).await?;
                self.write_plan(lease, &desired, &update).await?;
                Ok(None)
            }
            UpdateStep::Written => {
                self.context.reporter.step("waiting for the new physical plan");
                self.drive(lease, WaitCondition::UpdatedPlan).await?;
                self.restore(lease).await?;
                self.change(lease, update_steps::remove).await?;
                Ok(None)
            }
            UpdateStep::Removing | UpdateStep::Undoing => {
                if update.step == UpdateStep::Undoing || !update.removed.is_empty() {
                    self.drive(lease, WaitCondition::Containers).await?;
                }
                if update.step == UpdateStep::Undoing {
                    // By a TManager that may have been launched anew just now.
                    self.restore_state(lease).await?;
                }
                self.change(lease, update_steps::end).await?;
                Ok(Some(update))
            }
        }
    }

    /// The new containers come up while the topology still works by the old plan.
    async fn launch(&self, lease: &mut Lease, update: &Update) -> anyhow::Result<()> {
        if update.added.is_empty() {
            return Ok(());
        }
        self.context.reporter.step(&format!("launching {}", list(&update.added)));
        self.drive(lease, WaitCondition::Containers).await
    }

    /// Nothing is emitted while the plan changes.
    async fn pause(&self, lease: &Lease) -> anyhow::Result<()> {
        self.context.reporter.step(&format!("pausing topology {}", self.name));
        let found = self.found(lease).await?;
        let wait = self.pause_seconds(&found);
        let answer = ask_tmanager(
            self.context,
            &lease.state,
            found,
            TManagerRequest::SetState(Wanted::Paused),
            self.deadline,
        )
        .await?;
        if wait > 0 && !answer.already {
            self.context.reporter.step(&format!("waiting {wait} s ({PAUSE_KEY})"));
            let waited = sleep(Duration::from_secs(wait));
            match self.context.whole.run_through(waited).await {
                Ok(()) => {}
                Err(Stopped::TimedOut) => return Err(self.timed_out("it is paused").into()),
                Err(Stopped::Signal(_)) => return Err(self.interrupted()),
            }
        }
        Ok(())
    }

    /// The TManager's container is ended while its executor heeds signals: once its TManager is dead of the new plan, it would
    /// not. The topology is paused, its stream managers wait.
    async fn end_tmanager(&self, lease: &mut Lease, update: &Update) -> anyhow::Result<()> {
        if update.tmanager_grace_ms.is_none() {
            return Ok(());
        }
        self.context.reporter.step("ending the TManager's container");
        self.change(lease, update_steps::end_tmanager).await?;
        self.drive(lease, WaitCondition::Containers).await
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

    /// The state that the topology had before, or is wanted in since.
    pub(super) async fn restore_state(&self, lease: &Lease) -> anyhow::Result<()> {
        let (_, desired) = self.journal(lease).await?;
        let Some(update) = &desired.update else { return Ok(()) };
        let order = TManagerRequest::SetState(update.topology_state());
        let found = self.found(lease).await?;
        ask_tmanager(self.context, &lease.state, found, order, self.deadline).await.map(|_| ())
    }

    /// The same, and the settings that it had.
    async fn restore(&self, lease: &Lease) -> anyhow::Result<()> {
        self.restore_state(lease).await?;
        let (_, desired) = self.journal(lease).await?;
        let Some(update) = &desired.update else { return Ok(()) };
        if update.runtime_config.is_empty() {
            return Ok(());
        }
        self.context.reporter.step("making the settings again that were made while it ran");
        let (found, order) =
            (self.found(lease).await?, TManagerRequest::SetConfig(&update.runtime_config));
        ask_tmanager(self.context, &lease.state, found, order, self.deadline).await.map(|_| ())
    }
}
