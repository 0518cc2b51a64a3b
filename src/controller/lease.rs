//! A topology whose leader lock is held: whoever holds it drives.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::journal::{JournalNodes, JournalStore, Journalled, StoreError, load};
use super::mirror::{Mirror, Telling};
use super::request;
use crate::context::{CommandError, Context, StateTree, Writer};
use crate::net::cause::chain;
use crate::net::deadline::Deadline;
use crate::scheduler::journal::JournalPaths;
use crate::scheduler::record::Desired;
use crate::scheduler::run::DriverError;
use crate::state::holder::Holder;
use crate::state::lock::{Lock, queued};
use crate::state::update_lock::UpdateLock;
use crate::state::{Op, StateError, TopologyState, Zk, removal};

/// Longer than anybody waits.
const FOREVER: Duration = Duration::from_hours(24 * 365);
/// Between looks who waits for the lock.
const LOOK: Duration = Duration::from_millis(200);
/// How long giving something back may take.
const CLOSE: Duration = Duration::from_secs(2);

/// A session, and the lock of one topology in it.
pub struct Lease {
    /// The session.
    pub state: StateTree,
    /// The leader lock.
    pub lock: Lock,
    /// Heron's own update lock, for those who change the packing plan.
    pub update_lock: Option<UpdateLock>,
    /// Where the journal is.
    pub paths: JournalPaths,
    /// See [`Lease::is_lost`].
    pub(super) lost: bool,
    /// What its holder tells.
    pub(super) mirror: Mirror,
    /// Writes that where those see it who wait.
    telling: Telling,
    /// Who its holder is.
    pub(super) writer: Writer,
}

impl Lease {
    /// Queues for the lock of a topology, for as long as it takes. Nobody is asked for anything meanwhile, and nothing is shown.
    pub async fn queued(
        context: &Context<'_>,
        state: StateTree,
        topology: &str,
    ) -> Result<Self, StateError> {
        let paths = state.journal(topology);
        let far = Instant::now() + FOREVER;
        let lock = Lock::lock(&state.zk, &paths.lock, &context.holder(), far).await?;
        Ok(Self::new(context, state, lock, paths))
    }

    /// Of a lock that was just taken.
    pub(super) fn new(
        context: &Context<'_>,
        state: StateTree,
        lock: Lock,
        paths: JournalPaths,
    ) -> Self {
        let mirror = Mirror::default();
        let telling = mirror.tell(state.zk.clone(), lock.path().to_owned(), context.holder());
        let writer = context.writer();
        Self { state, lock, update_lock: None, paths, lost: false, mirror, telling, writer }
    }

    /// The same, by another mirror: that of a lease that was lost.
    pub(super) fn told_by(self, context: &Context<'_>, mirror: Mirror) -> Self {
        let telling =
            mirror.tell(self.state.zk.clone(), self.lock.path().to_owned(), context.holder());
        Self { mirror, telling, ..self }
    }

    /// A context whose user is told nothing that those who wait for the lease aren't told, too.
    #[must_use]
    pub fn mirrored<'a>(&self, context: &Context<'a>) -> Context<'a> {
        self.mirror.context(context)
    }

    /// Waits by another deadline from now on: that of what undoes.
    pub fn wait_by(&mut self, deadline: &Deadline) {
        self.state.zk.wait_by(deadline);
        self.lock.wait_by(deadline);
        if let Some(lock) = &mut self.update_lock {
            lock.wait_by(deadline);
        }
    }

    /// Whether the session was lost, and no other came in its place: nothing can be written or undone then.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// Whether somebody waits for the lock who is about something; those who stay wait for it all the time.
    pub async fn is_awaited(&self) -> Result<bool, StateError> {
        self.is_queued(|waiting| !waiting.is_resident()).await
    }

    /// Whether such a one waits for the lock.
    pub async fn is_queued(&self, is_such: impl Fn(&Holder) -> bool) -> Result<bool, StateError> {
        let queue = queued(&self.state.zk, &self.paths.lock).await?;
        Ok(queue.iter().skip(1).any(is_such))
    }

    /// Waits until one of the topology's own supervisors waits for the lock: that its task runs says little of whether it can do its work.
    pub async fn successor(&self) {
        loop {
            match self.is_queued(Holder::is_member).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::info!("failed to look for supervisors: {error}"),
            }
            sleep(LOOK).await;
        }
    }

    /// Reads the journal.
    pub async fn journal(&self) -> Result<Journalled, StoreError> {
        load(&self.state.zk, &self.paths).await
    }

    /// What can be read of the journal, for those who remove it.
    pub async fn readable_journal(&self) -> Result<Journalled, StateError> {
        let nodes = JournalNodes::find(&self.state.zk, &self.paths).await?;
        let (journalled, unreadable) = nodes.read(&self.state.zk, &self.paths).await?;
        for error in unreadable {
            tracing::warn!("{}", chain(&error));
        }
        Ok(journalled)
    }

    /// The journal, for writing. `journalled` is what it holds.
    #[must_use]
    pub fn store(&self, topology: &str, journalled: &Journalled) -> JournalStore<'_> {
        let StateTree { zk, tree, .. } = &self.state;
        let by = self.writer.clone();
        JournalStore::new(zk, &self.lock, tree, (topology, by), self.paths.clone(), journalled)
    }

    /// Changes the desired record, whoever else does so; returns it as it is then. `change` is asked again if somebody has.
    ///
    /// # Errors
    /// Those of `change`, which then has changed nothing; [`CommandError::Incomplete`] if there is no record.
    pub async fn change(
        &self,
        topology: &str,
        change: impl FnMut(&Desired) -> anyhow::Result<Desired>,
    ) -> anyhow::Result<Desired> {
        let (zk, record) = (&self.state.zk, &self.paths.record);
        let changed = request::change(zk, record, Some(&self.lock), &self.writer, change).await?;
        changed.ok_or_else(|| {
            let what = StoreError::Gone { path: record.clone() }.to_string();
            CommandError::Incomplete { topology: topology.to_owned(), what }.into()
        })
    }

    /// As [`Lease::unreserve`], where something else has failed already, a signal or the deadline included: a name that
    /// stays reserved is in nobody's way.
    pub async fn unreserve_if_possible(&mut self, context: &Context<'_>) {
        // The session would refuse to ask anything once the command is to end.
        self.wait_by(&Deadline::never());
        match context.whole.tidy(CLOSE, self.unreserve()).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::info!("failed to give the name back: {error}"),
            None => tracing::info!("no time to give the name back"),
        }
        self.wait_by(&context.whole);
    }

    /// Gives the name back that taking the lock has reserved, unless something was written or somebody waits for it.
    pub async fn unreserve(&self) -> Result<(), StateError> {
        unreserve(&self.state.zk, &self.paths, self.lock.removal()).await
    }

    /// The error for a topology that has no journal record: another tool's, or one that was killed while its lock was waited
    /// for. Leaves nothing of what waiting has made.
    pub async fn without_record(&self, topology: &str) -> anyhow::Error {
        self.leave_nothing(topology).await.unwrap_or_else(Into::into)
    }

    async fn leave_nothing(&self, topology: &str) -> Result<anyhow::Error, StateError> {
        self.unreserve().await?;
        let StateTree { zk, tree, .. } = &self.state;
        let name = topology.to_owned();
        if TopologyState::read(zk, tree, topology).await?.exists() {
            let what = "it has no journal record".to_owned();
            return Ok(CommandError::NotOurs { topology: name, what }.into());
        }
        removal::remove(zk, tree, topology, &[], None).await?;
        Ok(CommandError::NoSuchTopology { topology: name, place: self.state.place() }.into())
    }

    /// Gives the lock up and ends the session. What ZooKeeper doesn't confirm soon goes with the session.
    pub async fn close(self, context: &Context<'_>) {
        self.release(context).await.close().await;
    }

    /// Gives the lock up; the session goes on.
    pub async fn release(self, context: &Context<'_>) -> StateTree {
        let Self { state, lock, update_lock, telling, .. } = self;
        drop(telling);
        let released = async {
            if let Some(update_lock) = update_lock
                && let Err(error) = update_lock.release().await
            {
                tracing::info!("failed to give up Heron's update lock: {error}");
            }
            if let Err(error) = lock.release().await {
                tracing::info!("failed to give up the lock: {error}");
            }
        };
        context.whole.tidy(CLOSE, released).await;
        state
    }
}

/// Removes the node of a name that is reserved and has no record, with what `lock` removes of its lock, unless something was
/// written or somebody waits for it.
pub(super) async fn unreserve(
    zk: &Zk,
    paths: &JournalPaths,
    lock: Vec<Op>,
) -> Result<(), StateError> {
    let record = zk.get(&paths.record).await?;
    let Some(record) = record.filter(|record| record.data.is_empty()) else { return Ok(()) };
    let version = Some(record.stat.version);
    let mut ops = vec![Op::Check { path: paths.record.clone(), version }];
    ops.extend(lock);
    ops.push(Op::delete(&paths.record));
    match zk.commit(&ops).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether a session, and the lock in it, was lost: what can be taken up again with another.
#[must_use]
pub fn is_session_loss(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        if matches!(cause.downcast_ref(), Some(DriverError::LeaseLost)) {
            return true;
        }
        matches!(
            StoreError::state_of(cause),
            Some(
                StateError::SessionExpired
                    | StateError::Closed
                    | StateError::LockLost { .. }
                    | StateError::ConnectionLost { .. }
                    | StateError::UnknownOutcome { .. }
                    | StateError::TimedOut { .. }
            )
        )
    })
}
