//! Carries an update out: takes up the same one that was interrupted, or begins it; and takes it back when it can't be done.

use futures_util::future::join;

use super::change::{change, plan_of};
use super::job::{Job, different, patience};
use super::request::Request;
use super::settle::{settle, undo};
use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::load_desired;
use crate::controller::lease::{Lease, is_session_loss};
use crate::controller::obey::is_kill;
use crate::controller::sessions::in_sessions;
use crate::controller::verdict::{is_out_of_reach, with_next};
use crate::engine::Engine;
use crate::engine::observation::FrameworkCondition;
use crate::net::deadline::UNDO;
use crate::outcome::container::ContainerRef;
use crate::outcome::{SCHEMA, TopologyRef, Updated};
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::record::Desired;
use crate::scheduler::update::Update;
use crate::scheduler::update_steps;
use crate::state::TopologyState;

/// Brings a topology whose lock is held to what was requested.
pub async fn apply(
    context: &Context<'_>,
    lease: &mut Lease,
    name: &str,
    request: &Request,
) -> anyhow::Result<Updated> {
    let job = Job {
        context,
        name,
        request: Some(request),
        deadline: context.deadline(patience(context)),
    };
    let mut is_ours = false;
    let prepare = async |lease: &mut Lease| Box::pin(job.prepare(lease, &mut is_ours)).await;
    let begun = lease.keep(context, name, job.deadline, prepare).await?;
    let Some(Begun { update, resumed }) = begun else {
        return job.outcome_over_sessions(lease, None, false).await;
    };
    context.reporter.step(&format!("updating topology {name}"));
    match job.drive(lease).await {
        Ok(()) => job.outcome_over_sessions(lease, update.as_ref(), resumed).await,
        Err(error) => Err(job.give_up(lease, error).await),
    }
}

/// What is journalled when an update can be driven.
struct Begun {
    /// None, if somebody has ended it already.
    update: Option<Update>,
    /// Whether it was there before.
    resumed: bool,
}

/// Refuses a topology whose framework Mesos has removed, before anything of it is paused. Where Mesos doesn't tell, driving will.
pub async fn refuse_without_framework(
    context: &Context<'_>,
    name: &str,
    framework: &FrameworkId,
) -> anyhow::Result<()> {
    let engine = context.engine()?;
    let looking = async {
        let seat = engine.locate().await?;
        engine.observe(&seat, std::slice::from_ref(framework)).await
    };
    let seen = match looking.await {
        Ok(seen) => seen,
        Err(error) => {
            tracing::info!("failed to look for the framework: {error:#}");
            return Ok(());
        }
    };
    if seen.iter().all(|seen| seen.condition != FrameworkCondition::Gone) {
        return Ok(());
    }
    let message = format!("framework {framework} is removed, with all its tasks");
    let next = vec![removes(name)];
    Err(CommandError::FrameworkEnded { topology: name.to_owned(), message, next }.into())
}

fn removes(name: &str) -> String {
    format!("`heron-cli kill {name}` removes its state, then submit it anew")
}

impl Job<'_> {
    /// Journals the update, or takes it up; none if there is nothing to do. May be asked again after a lost session, when
    /// `is_ours` says that what is found journalled was so by us.
    async fn prepare(
        &self,
        lease: &mut Lease,
        is_ours: &mut bool,
    ) -> anyhow::Result<Option<Begun>> {
        if lease.update_lock.is_none() {
            lease.take_update_lock(self.context, self.name).await?;
        }
        let desired = match self.journalled(lease).await {
            Err(error) if is_kill(&error) => {
                return Err(different(self.name, "it is being killed").into());
            }
            desired => desired?,
        };
        refuse_without_framework(self.context, self.name, &desired.framework.id).await?;
        if let Some(found) = self.take_up(lease, desired).await? {
            let resumed = !*is_ours;
            if resumed {
                let text = format!("taking up the interrupted update of {}", self.name);
                self.context.reporter.step(&text);
            }
            return Ok(Some(Begun { update: found.update, resumed }));
        }
        *is_ours = true;
        let begun = self.begin(lease).await?;
        Ok(begun.map(|desired| Begun { update: desired.update, resumed: false }))
    }

    /// The record of the same update, where that was interrupted and can be gone on with; another one is finished or undone first.
    async fn take_up(
        &self,
        lease: &mut Lease,
        desired: Desired,
    ) -> anyhow::Result<Option<Desired>> {
        let Some(update) = &desired.update else { return Ok(None) };
        if self.is_same(update)
            && let Some(desired) = self.with_plan(lease, &desired, update).await?
        {
            return Ok(Some(desired));
        }
        settle(self.context, lease, self.name, None, self.deadline).await?;
        Ok(None)
    }

    /// The record of an update that can be gone on with. Records of version 0.1.0 keep the digest of the new plan only; it is decided
    /// anew then, and must be the same.
    async fn with_plan(
        &self,
        lease: &Lease,
        desired: &Desired,
        update: &Update,
    ) -> anyhow::Result<Option<Desired>> {
        let Some(request) =
            self.request.filter(|_| update.can_be_undone() && update.plan.is_none())
        else {
            return Ok(Some(desired.clone()));
        };
        let found = self.found(&lease.state).await?;
        let same_start = plan_of(&found) == update.old_plan;
        let change = same_start.then(|| change(self.context, &found, desired, request));
        let Some(Ok(change)) = change.filter(|change| {
            change.as_ref().is_ok_and(|change| change.update.new_plan == update.new_plan)
        }) else {
            return Ok(None);
        };
        let plan = change.update.plan.unwrap_or_default();
        self.change(lease, |desired| update_steps::with_plan(desired, &plan)).await.map(Some)
    }

    /// Journals what is to be done; the record then, if there is anything.
    async fn begin(&self, lease: &mut Lease) -> anyhow::Result<Option<Desired>> {
        self.wait_for_plan(&lease.state).await?;
        let Some(request) = self.request else { return Ok(None) };
        // Settling another update, or waiting for the plan, may have taken long.
        let (desired, found) = join(self.desired(&lease.state), self.found(&lease.state)).await;
        let (desired, found) = (desired?, found?);
        let change = change(self.context, &found, &desired, request)?;
        if change.is_none() {
            return Ok(None);
        }
        change.warn_of_lost_settings(self.context);
        self.change(lease, |desired| change.begin(desired)).await.map(Some)
    }

    /// Undoes an update that can't be done, or says how it is finished. What only takes longer than it may stays as far as
    /// it came.
    async fn give_up(&self, lease: &mut Lease, error: anyhow::Error) -> anyhow::Error {
        let name = self.name;
        if is_kill(&error) {
            return error;
        }
        if matches!(error.downcast_ref(), Some(CommandError::FrameworkEnded { .. })) {
            // Nothing runs that could be brought back.
            return self.with_next(error, &[&removes(name)]);
        }
        let again = format!(
            "the same `heron-cli update` goes on with it, `heron-cli status {name}` shows its containers"
        );
        if self.context.whole.signals().seen().is_some() || is_slow(&error) {
            let others = "nobody drives it on: any other command on the topology finishes or undoes it first";
            return self.with_next(error, &[&again, others]);
        }
        let Ok(desired) = load_desired(&lease.state.zk, &lease.paths).await else {
            return self.with_next(error, &[&again]);
        };
        let Some(update) = desired.and_then(|desired| desired.update) else {
            return error;
        };
        if !update.can_be_undone() {
            let finishes = "the new packing plan is written: every command on the topology finishes the update first";
            return self.with_next(error, &[finishes, &again]);
        }
        let context = self.context.undoing(&format!("taking the update of topology {name} back"));
        lease.wait_by(&context.whole);
        let deadline = context.deadline(UNDO);
        let job = Job { context: &context, name, request: self.request, deadline };
        match undo(&job, lease).await {
            Ok(()) => {
                self.with_next(error, &["what was done has been undone: the topology is as it was"])
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

    fn with_next(&self, error: anyhow::Error, next: &[&str]) -> anyhow::Error {
        let next = next.iter().map(|&next| next.to_owned()).collect();
        with_next(self.context, error, &self.doing(), next)
    }

    /// The same, over a session that is lost: for what is told, no lock is needed.
    async fn outcome_over_sessions(
        &self,
        lease: &Lease,
        update: Option<&Update>,
        resumed: bool,
    ) -> anyhow::Result<Updated> {
        match self.outcome(&lease.state, update, resumed).await {
            Err(error) if is_session_loss(&error) => {
                let look = async |state: &StateTree| self.outcome(state, update, resumed).await;
                in_sessions(self.context, self.deadline, look).await
            }
            told => told,
        }
    }

    /// What is told of an update that is done; of none, if the topology was as it was asked for already.
    pub(super) async fn outcome(
        &self,
        state: &StateTree,
        update: Option<&Update>,
        resumed: bool,
    ) -> anyhow::Result<Updated> {
        let (desired, found) = join(self.desired(state), self.found(state)).await;
        let (desired, found) = (desired?, found?);
        Ok(self.updated(desired, &found, update, resumed))
    }

    /// The same, of what was read already.
    pub(super) fn updated(
        &self,
        desired: Desired,
        found: &TopologyState,
        update: Option<&Update>,
        resumed: bool,
    ) -> Updated {
        let ids = |pick: fn(&Update) -> Vec<u32>| update.map(pick).unwrap_or_default();
        Updated {
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
            added: ids(|update| update.added.clone()),
            removed: ids(|update| update.removed.clone()),
            relaunched: ids(Update::launched_anew),
        }
    }
}

/// Whether an update only takes too long, or can't be driven from here: nothing about it has failed.
fn is_slow(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(CommandError::TimedOut { .. })) || is_out_of_reach(error)
}
