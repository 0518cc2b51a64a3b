//! What an update needs beside the engine, done: its TManager is asked, and the records are written.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::lease::Lease;
use super::physical_plan::{self, Ports, Updated};
use super::stored_plan::{plan_digest, unpack_plan};
use super::tmanager_request::{TManagerRequest, ask_tmanager};
use super::verdict::interrupted;
use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::net::deadline::Stopped;
use crate::proto::api::TopologyState as Wanted;
use crate::scheduler::errand::{Errand, ErrandFailed, Errands, RecordChange};
use crate::scheduler::journal::encode;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::update::{Update, UpdateStep};
use crate::scheduler::update_steps;
use crate::state::update_lock::UpdateLock;
use crate::state::{Op, StateError, TopologyState};
use crate::topology::edit;

/// How long Heron waits after it has paused a topology, in seconds; none unless it is set.
const PAUSE_KEY: &str = "topology.update.deactivate.wait.secs";
/// How often it is tried to write while a TManager changes the physical plan under our hands.
const ATTEMPTS: usize = 5;

/// Does the errands of one run.
pub(super) struct Work<'a> {
    pub context: &'a Context<'a>,
    pub lease: &'a Lease,
    pub topology: &'a str,
    pub deadline: Instant,
    /// Where the containers are, as far as is known.
    pub ports: &'a RefCell<Ports>,
    /// Why an errand could not be done.
    failed: RefCell<Option<anyhow::Error>>,
    /// Heron's own update lock, where whoever drives has not taken it: from the first step that it hears of to the last.
    pub(super) update_lock: RefCell<Option<UpdateLock>>,
}

impl Errands for Work<'_> {
    async fn run(&self, errand: Errand) -> Result<(), ErrandFailed> {
        let done = async {
            self.lock().await?;
            match errand {
                Errand::Pause => self.pause().await,
                Errand::Change(change) => self.change(|desired| change.apply(desired)).await,
                Errand::WritePlan => self.write_plan().await,
                Errand::PutInPlace => self.put_in_place().await,
                Errand::AwaitPlan => self.await_plan().await,
                Errand::Restore => self.restore().await,
                Errand::Tidy => self.tidy().await,
            }?;
            self.unlock(errand).await
        };
        done.await.map_err(|error| {
            *self.failed.borrow_mut() = Some(error);
            ErrandFailed
        })
    }
}

impl<'a> Work<'a> {
    pub fn new(
        context: &'a Context<'a>,
        lease: &'a Lease,
        topology: &'a str,
        deadline: Instant,
        ports: &'a RefCell<Ports>,
    ) -> Self {
        let (failed, update_lock) = (RefCell::default(), RefCell::default());
        Self { context, lease, topology, deadline, ports, failed, update_lock }
    }

    /// Keeps other tools from changing the packing plan.
    async fn lock(&self) -> anyhow::Result<()> {
        if self.lease.update_lock.is_some() || self.update_lock.borrow().is_some() {
            return Ok(());
        }
        let (StateTree { zk, tree, .. }, holder) = (&self.lease.state, self.context.holder());
        let lock = UpdateLock::lock(zk, tree, self.topology, &holder, self.deadline).await?;
        *self.update_lock.borrow_mut() = Some(lock);
        Ok(())
    }

    /// Lets them again, when the update is over.
    async fn unlock(&self, errand: Errand) -> anyhow::Result<()> {
        let lock = match errand {
            Errand::Change(RecordChange::End(_)) => self.update_lock.take(),
            _ => None,
        };
        if let Some(lock) = lock {
            lock.release().await?;
        }
        Ok(())
    }

    /// Why an errand could not be done.
    pub fn why(&self) -> anyhow::Error {
        let unknown = || self.incomplete("a step of its update failed").into();
        self.failed.take().unwrap_or_else(unknown)
    }

    pub(super) fn incomplete(&self, what: &str) -> CommandError {
        CommandError::Incomplete { topology: self.topology.to_owned(), what: what.to_owned() }
    }

    pub(super) async fn found(&self) -> Result<TopologyState, StateError> {
        TopologyState::read(&self.lease.state.zk, &self.lease.state.tree, self.topology).await
    }

    /// Changes the desired record, unless the topology is to be killed.
    pub(super) async fn change(&self, change: impl Fn(&Desired) -> Desired) -> anyhow::Result<()> {
        let changed = |desired: &Desired| {
            Ok(if desired.goal == Goal::Killed { desired.clone() } else { change(desired) })
        };
        self.lease.change(self.topology, changed).await.map(|_| ())
    }

    /// Nothing is emitted while the plan changes.
    async fn pause(&self) -> anyhow::Result<()> {
        let Self { context, topology, .. } = self;
        context.reporter.step(&format!("pausing topology {topology}"));
        let found = self.found().await?;
        let wait = self.pause_seconds(&found);
        let answer = self.ask(found, TManagerRequest::SetState(Wanted::Paused)).await?;
        if wait == 0 || answer {
            return Ok(());
        }
        context.reporter.step(&format!("waiting {wait} s ({PAUSE_KEY})"));
        match context.whole.run_through(sleep(Duration::from_secs(wait))).await {
            Ok(()) => Ok(()),
            Err(Stopped::TimedOut) => {
                let what = format!("topology `{topology}` is not updated yet: it is paused");
                let after = seconds(context.timeout.unwrap_or_default());
                Err(CommandError::TimedOut { what, after, next: Vec::new() }.into())
            }
            Err(Stopped::Signal(_)) => {
                Err(interrupted(context, &format!("updating topology `{topology}`"), Vec::new()))
            }
        }
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

    /// Asks the TManager; whether there was nothing to do.
    async fn ask(
        &self,
        found: TopologyState,
        request: TManagerRequest<'_>,
    ) -> anyhow::Result<bool> {
        let Self { context, lease, deadline, .. } = self;
        let answer = ask_tmanager(context, &lease.state, found, request, *deadline).await?;
        Ok(answer.already)
    }

    /// Writes the packing plan, and with it in one transaction: the state that the topology is to have when it comes up
    /// by it, and the end of the physical plan. The TManager deletes that too, but one that is dead at this moment would
    /// come back by the old one.
    async fn write_plan(&self) -> anyhow::Result<()> {
        self.context.reporter.step("writing the packing plan");
        let ops = async |desired: &Desired, version| {
            if !update_steps::may_be_written(desired) {
                return Ok(None);
            }
            let found = self.found().await?;
            self.plan_ops(&found, version, desired).map(Some)
        };
        self.write(ops).await
    }

    /// Writes what follows from a record that is of a version, the next record included, in one transaction; by what the record says then
    /// where somebody changes it meanwhile. `ops` tells none where there is nothing to write, which holds for a topology that is being killed.
    pub(super) async fn write(
        &self,
        mut ops: impl AsyncFnMut(&Desired, i32) -> anyhow::Result<Option<Vec<Op>>>,
    ) -> anyhow::Result<()> {
        let record = &self.lease.paths.record;
        let physical_plan = self.lease.state.tree.physical_plan(self.topology);
        let mut attempt = 1;
        loop {
            let journalled = self.lease.journal().await?;
            let Some(desired) = &journalled.desired else {
                return Err(self.incomplete("its record is gone").into());
            };
            if desired.goal == Goal::Killed {
                return Ok(());
            }
            let Some(ops) = ops(desired, journalled.version).await? else { return Ok(()) };
            match self.lease.lock.transaction(&ops).await {
                Ok(_) => return Ok(()),
                Err(StateError::NoNode { path }) if path == physical_plan && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                // Somebody has asked for something else meanwhile.
                Err(StateError::BadVersion { path }) if path == *record => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn plan_ops(
        &self,
        found: &TopologyState,
        version: i32,
        desired: &Desired,
    ) -> anyhow::Result<Vec<Op>> {
        let paths = &self.lease.paths;
        let gone = |what: &str| self.incomplete(&format!("its {what} is gone"));
        let topology = found.topology.as_ref().ok_or_else(|| gone("definition"))?;
        let packing = found.packing_plan.as_ref().ok_or_else(|| gone("packing plan"))?;
        let update = desired.update.as_ref().ok_or_else(|| gone("update"))?;
        if plan_digest(&packing.node.data) != update.old_plan {
            return Err(self.incomplete("somebody else has changed its packing plan").into());
        }
        let plan = update.plan.as_ref().and_then(|plan| unpack_plan(plan, &update.new_plan));
        let plan = plan.ok_or_else(|| self.incomplete("its update can only be undone"))?;
        let mut written = update_steps::write(desired);
        let location = found.tmanager_location.as_ref();
        if let Some(update) = &mut written.update {
            update.tmanager_session =
                location.map(|found| found.node.stat.ephemeral_owner).filter(|id| *id != 0);
        }
        self.lease.writer.remember(Some(desired), &mut written);
        let definition = edit::with_state(&topology.node.data, update.topology_state())?;
        let own = self.update_lock.borrow();
        let update_lock = self.lease.update_lock.as_ref().or(own.as_ref());
        let mut ops: Vec<Op> = update_lock.map(UpdateLock::fence).into_iter().collect();
        ops.push(Op::set(&packing.path, plan, Some(packing.node.stat.version)));
        if definition != topology.node.data {
            ops.push(Op::set(&topology.path, definition, Some(topology.node.stat.version)));
        }
        ops.extend(found.physical_plan.as_ref().map(|plan| Op::delete(&plan.path)));
        ops.push(Op::set(&paths.record, encode(&paths.record, &written)?, Some(version)));
        Ok(ops)
    }

    /// Waits for the physical plan of the new packing plan, and makes room for the TManager that makes it.
    async fn await_plan(&self) -> anyhow::Result<()> {
        let Some(update) = self.update().await? else { return Ok(()) };
        if update.replacement.is_some() {
            // Everything has ended, or was never touched: any plan that has what runs is a new one.
            physical_plan::wait(&self.lease.state, self.topology, self.ports, None).await;
            return Ok(());
        }
        let found = self.found().await?;
        let packing = found.packing_plan.as_ref().map(|found| found.message()).transpose()?;
        let packing =
            packing.cloned().ok_or_else(|| self.incomplete("its packing plan is gone"))?;
        let updated = Updated { packing, session: update.tmanager_session };
        let retired = async {
            let Some(session) = updated.session else { return };
            let retired = physical_plan::retire_location(self.lease, self.topology, session);
            if let Err(error) = retired.await {
                tracing::info!("the stale location is left to its time-out: {error}");
            }
        };
        let state = &self.lease.state;
        let waited = physical_plan::wait(state, self.topology, self.ports, Some(&updated));
        tokio::join!(retired, waited);
        Ok(())
    }

    /// The state that the topology had before, or is wanted in since; by a new plan, with the settings that it had.
    async fn restore(&self) -> anyhow::Result<()> {
        let Some(update) = self.update().await? else { return Ok(()) };
        let state = TManagerRequest::SetState(update.topology_state());
        self.ask(self.found().await?, state).await?;
        if update.step != UpdateStep::Written || update.runtime_config.is_empty() {
            return Ok(());
        }
        self.context.reporter.step("making the settings again that were made while it ran");
        let settings = TManagerRequest::SetConfig(&update.runtime_config);
        self.ask(self.found().await?, settings).await.map(|_| ())
    }

    async fn update(&self) -> anyhow::Result<Option<Update>> {
        Ok(self.lease.journal().await?.desired.and_then(|desired| desired.update))
    }
}
