//! A topology whose leader lock is held: whoever holds it drives.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::journal::{JournalNodes, JournalStore, Journalled, StoreError, load};
use crate::context::{CommandError, Context, StateTree};
use crate::net::cause::chain;
use crate::net::deadline::Deadline;
use crate::scheduler::journal::JournalPaths;
use crate::state::lock::{Lock, holder};
use crate::state::update_lock::UpdateLock;
use crate::state::{Op, StateError, TopologyState, removal};

/// How much longer than a session timeout the lock of a client that has died is waited for.
const LOCK_SLACK: Duration = Duration::from_secs(2);
/// How long a lock may take without a word.
const MOMENT: Duration = Duration::from_millis(300);
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
}

impl Lease {
    /// Opens the state tree and takes the lock.
    pub async fn open(context: &Context<'_>, topology: &str) -> anyhow::Result<Self> {
        let state = context.open().await?;
        Self::take(context, state, topology).await
    }

    /// Takes the lock of a topology, waiting for one that a dead client left behind; a live client keeps it for longer.
    pub async fn take(
        context: &Context<'_>,
        state: StateTree,
        topology: &str,
    ) -> anyhow::Result<Self> {
        let paths = state.journal(topology);
        let patience = context.settings.state.session_timeout * 3 / 2 + LOCK_SLACK;
        let holder = context.holder();
        let deadline = context.deadline(patience).min(Instant::now() + patience);
        let taken = tokio::select! {
            taken = Lock::lock(&state.zk, &paths.lock, &holder, deadline) => taken,
            never = announce(context, &state, &paths.lock, topology) => match never {},
        };
        match taken {
            Ok(lock) => Ok(Self { state, lock, update_lock: None, paths }),
            Err(error) => {
                state.close().await;
                Err(not_taken(context, topology, error))
            }
        }
    }

    /// Takes Heron's own update lock as well, so that no other tool changes the packing plan meanwhile.
    pub async fn take_update_lock(
        &mut self,
        context: &Context<'_>,
        topology: &str,
    ) -> anyhow::Result<()> {
        let StateTree { zk, tree, .. } = &self.state;
        let patience = context.settings.state.session_timeout * 3 / 2 + LOCK_SLACK;
        let deadline = context.deadline(patience).min(Instant::now() + patience);
        let (holder, leases) = (context.holder(), format!("{}/leases", tree.update_lock(topology)));
        let lock = tokio::select! {
            lock = UpdateLock::lock(zk, tree, topology, &holder, deadline) => lock,
            never = announce(context, &self.state, &leases, topology) => match never {},
        };
        self.update_lock = Some(lock.map_err(|error| not_taken(context, topology, error))?);
        Ok(())
    }

    /// Waits by another deadline from now on: that of what undoes.
    pub fn wait_by(&mut self, deadline: &Deadline) {
        self.state.zk.wait_by(deadline);
        self.lock.wait_by(deadline);
        if let Some(lock) = &mut self.update_lock {
            lock.wait_by(deadline);
        }
    }

    /// Opens another session in place of one that was lost, with the same locks.
    pub async fn reopen(&mut self, context: &Context<'_>, topology: &str) -> anyhow::Result<()> {
        let updating = self.update_lock.take().is_some();
        self.state.close().await;
        *self = Box::pin(Self::open(context, topology)).await?;
        if updating {
            self.take_update_lock(context, topology).await?;
        }
        Ok(())
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
        JournalStore::new(zk, &self.lock, tree, topology, self.paths.clone(), journalled)
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
        let record = self.state.zk.get(&self.paths.record).await?;
        let Some(record) = record.filter(|record| record.data.is_empty()) else { return Ok(()) };
        let version = Some(record.stat.version);
        let mut ops = vec![Op::Check { path: self.paths.record.clone(), version }];
        ops.extend(self.lock.removal());
        ops.push(Op::delete(&self.paths.record));
        match self.state.zk.commit(&ops).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Ok(()),
            Err(error) => Err(error),
        }
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
        let Self { state, lock, update_lock, .. } = self;
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
        state.close().await;
    }
}

/// Says who is waited for, once that takes longer than a moment.
async fn announce(
    context: &Context<'_>,
    state: &StateTree,
    lock: &str,
    topology: &str,
) -> Infallible {
    sleep(MOMENT).await;
    match holder(&state.zk, lock).await {
        Ok(Some(holder)) => {
            let text = format!("waiting for {holder}, who is changing {topology}");
            let _told = context.whole.say(&text);
            std::future::pending::<()>().await;
        }
        Ok(None) => {}
        Err(error) => tracing::info!("failed to read who holds the lock: {error}"),
    }
    std::future::pending().await
}

/// Why a lock was not taken.
fn not_taken(context: &Context<'_>, topology: &str, error: StateError) -> anyhow::Error {
    let StateError::Interrupted { signal, .. } = error else { return error.into() };
    CommandError::Interrupted {
        signal,
        doing: format!("waiting for the lock of topology `{topology}` to {} it", context.verb),
        next: vec!["nothing was changed".to_owned()],
    }
    .into()
}

/// Whether a session, and the lock in it, was lost: what can be taken up again with another.
#[must_use]
pub fn is_session_loss(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
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
