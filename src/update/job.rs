//! An update that is being carried out, and what all of its steps need.

use std::time::Duration;

use tokio::time::Instant;

use super::request::Request;
use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::awaited::WaitCondition;
use crate::controller::drive::{Driven, drive};
use crate::controller::journal::load_desired;
use crate::controller::lease::Lease;
use crate::controller::told::missing;
use crate::controller::verdict::{failed, interrupted, no_room, waits_for_room};
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::run::End;
use crate::scheduler::update::{Update, UpdateStep};
use crate::state::lock::holder;
use crate::state::{StateError, TopologyState};

/// How long an update is waited for, unless [`PATIENCE_KEY`] or `--timeout` says otherwise.
const PATIENCE: Duration = Duration::from_mins(10);
/// Failures in a row of one container after which the update has failed.
const FAILURES: u32 = 3;
/// How long Heron waits for a topology to come back, in seconds.
const PATIENCE_KEY: &str = "topology.update.reactivate.wait.secs";

/// How long an update may take.
pub fn patience(context: &Context<'_>) -> Duration {
    let given = context.settings.topology_config.get(PATIENCE_KEY);
    let given = given.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    context.timeout.or(given).unwrap_or(PATIENCE)
}

/// An update that is being carried out.
pub struct Job<'a> {
    /// What the command has at hand.
    pub context: &'a Context<'a>,
    /// The topology.
    pub name: &'a str,
    /// What was asked for; none where an update is only finished.
    pub request: Option<&'a Request>,
    /// When to give up.
    pub deadline: Instant,
}

impl Job<'_> {
    /// The desired record of a topology that is meant to run.
    pub async fn desired(&self, state: &StateTree) -> anyhow::Result<Desired> {
        let desired = load_desired(&state.zk, &state.journal(self.name)).await?;
        let desired = desired.ok_or_else(|| not_ours(self.name))?;
        self.unless_killed(&desired)?;
        Ok(desired)
    }

    /// The same where its lock is held, if all of its journal can be read; of a topology without a record nothing is left that waiting
    /// for the lock has made.
    pub async fn journalled(&self, lease: &Lease) -> anyhow::Result<Desired> {
        match lease.journal().await?.desired {
            Some(desired) => {
                self.unless_killed(&desired)?;
                Ok(desired)
            }
            None => Err(lease.without_record(self.name).await),
        }
    }

    /// Whether an update is what is asked for.
    pub(super) fn is_asked_for(&self, update: &Update) -> bool {
        self.request.is_some_and(|request| request.to_string() == update.request)
    }

    /// The same, and to be finished.
    pub(super) fn is_same(&self, update: &Update) -> bool {
        self.is_asked_for(update) && !update.undo && update.step != UpdateStep::Undoing
    }

    /// Changes the desired record of a topology that is meant to run.
    pub async fn change(
        &self,
        lease: &Lease,
        change: impl Fn(&Desired) -> Desired,
    ) -> anyhow::Result<Desired> {
        let changed = |desired: &Desired| {
            self.unless_killed(desired)?;
            Ok(change(desired))
        };
        lease.change(self.name, changed).await
    }

    pub(super) fn unless_killed(&self, desired: &Desired) -> Result<(), CommandError> {
        match desired.goal {
            Goal::Running => Ok(()),
            Goal::Killed => Err(CommandError::Killed { topology: self.name.to_owned() }),
        }
    }

    /// The topology as it stands in the state tree.
    pub async fn found(&self, state: &StateTree) -> Result<TopologyState, StateError> {
        TopologyState::read(&state.zk, &state.tree, self.name).await
    }

    /// A topology that is just coming up is waited for: its state is known only then.
    pub async fn wait_for_plan(&self, state: &StateTree) -> anyhow::Result<()> {
        let path = state.tree.physical_plan(self.name);
        if state.zk.wait_for(&path, self.deadline).await?.is_some() {
            return Ok(());
        }
        let name = self.name;
        Err(CommandError::TimedOut {
            what: format!("topology `{name}` has no physical plan: it is not up"),
            after: seconds(patience(self.context)),
            next: vec![format!(
                "`heron-cli status {name}` shows its containers; nothing was changed"
            )],
        }
        .into())
    }

    /// Drives the topology to what is desired: until its update is over.
    pub async fn drive(&self, lease: &mut Lease) -> anyhow::Result<()> {
        let policy = self.context.policy(Some(FAILURES));
        let awaited = WaitCondition::Containers;
        let driven = drive(self.context, lease, self.name, &policy, awaited, self.deadline).await?;
        self.conclude(driven).await
    }

    async fn conclude(&self, driven: Driven) -> anyhow::Result<()> {
        let Driven { end, model, problem, deaths } = driven;
        match end {
            End::Settled => Ok(()),
            End::Interrupted => Err(self.interrupted()),
            End::Verdict(verdict) => {
                Err(failed(self.context, self.name, &model, verdict, Vec::new()).await)
            }
            End::TimedOut if waits_for_room(self.context, &model, problem.as_ref()) => {
                Err(no_room(self.context, self.name, &model).await)
            }
            End::TimedOut => {
                let mut what = missing(&model);
                if what.is_empty() {
                    what.push(
                        "its containers run, but the physical plan is not complete".to_owned(),
                    );
                }
                what.extend(problem.map(|problem| format!("Mesos: {problem}")));
                what.extend(deaths);
                let update = model.desired().update.as_ref();
                let is_replaced = update.is_some_and(|update| update.replacement.is_some());
                let done = if is_replaced { "replaced" } else { "updated" };
                Err(self.timed_out(done, &what.join("; ")).into())
            }
        }
    }

    /// The error for an update that takes too long. `done`: what the topology is not yet.
    #[must_use]
    pub(super) fn timed_out(&self, done: &str, why: &str) -> CommandError {
        let what = format!("topology `{}` is not {done} yet: {why}", self.name);
        let after = seconds(patience(self.context));
        CommandError::TimedOut { what, after, next: Vec::new() }
    }

    /// The error for an interrupt.
    #[must_use]
    fn interrupted(&self) -> anyhow::Error {
        interrupted(self.context, &self.doing(), Vec::new())
    }

    /// What is being done, for messages.
    #[must_use]
    pub fn doing(&self) -> String {
        format!("updating topology `{}`", self.name)
    }
}

/// The error for a topology that heron-cli has no journal of.
#[must_use]
pub fn not_ours(topology: &str) -> CommandError {
    let what = "it has no journal record".to_owned();
    CommandError::NotOurs { topology: topology.to_owned(), what }
}

/// The error for another update or replacement that is under way, with who drives it.
pub async fn in_the_way(state: &StateTree, topology: &str, update: &Update) -> anyhow::Error {
    let path = state.journal(topology).lock;
    let holder = match holder(&state.zk, &path).await {
        Ok(holder) => holder.unwrap_or_default(),
        Err(error) => return error.into(),
    };
    let under_way = format!("another {} ({}) is under way", update.noun(), update.request);
    anyhow::Error::from(StateError::LockHeld { path, holder }).context(under_way)
}

/// The error for a record that is not as the update needs it.
#[must_use]
pub fn different(topology: &str, what: &str) -> CommandError {
    CommandError::Incomplete { topology: topology.to_owned(), what: what.to_owned() }
}
