//! Taking the lease of a topology. Where somebody holds it, their work is shown as they show it, until they are done, until they
//! have done what was requested of them, or until they die and the lease is ours.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::lease::{Lease, is_session_loss, unreserve};
use super::mirror::Shown;
use super::sessions::over_sessions;
use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::net::deadline::Deadline;
use crate::state::holder::Holder;
use crate::state::lock::{Lock, holder, watch_holder};
use crate::state::update_lock::UpdateLock;
use crate::state::{Op, StateError};

/// How much longer than a session timeout the lock of a client that has died is waited for.
const LOCK_SLACK: Duration = Duration::from_secs(2);
/// How long a lock may take without a word.
const MOMENT: Duration = Duration::from_millis(300);
/// Between looks whether what was requested is done, where the holder says nothing new.
const LOOK: Duration = Duration::from_secs(1);
/// How long leaving a queue may take.
const LEAVE: Duration = Duration::from_secs(2);

/// What stands in the desired record already, for whoever holds the lease.
#[derive(Clone, Debug)]
pub struct Requested {
    /// What is done for it: "restarting topology `t`".
    pub doing: String,
    /// What is true as long as it isn't done: "topology `t` is not running again".
    pub unfinished: String,
    /// For how long that is waited for.
    pub patience: Duration,
    /// What becomes of it when nobody waits.
    pub next: Vec<String>,
}

/// A wait for the lease of a topology.
pub struct Wait<'a> {
    /// What the command has at hand.
    pub context: &'a Context<'a>,
    /// The topology.
    pub topology: &'a str,
    /// When to give up.
    pub deadline: Instant,
    /// What the holder is to do; none where they must end first.
    pub requested: Option<&'a Requested>,
}

/// How such a wait ended.
pub enum Waited<T> {
    /// The lease is ours.
    Leased(Box<Lease>),
    /// It isn't needed any more.
    Done(T),
}

impl Wait<'_> {
    /// Waits for the lease, or until `done`, which is asked again and again while somebody else holds it, says something.
    ///
    /// Whatever comes of it but the lease, `state` is closed.
    pub async fn lease_or<T>(
        &self,
        mut state: StateTree,
        mut done: impl AsyncFnMut(&StateTree) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<Waited<T>> {
        loop {
            let lost = match self.once(&state, &mut done).await {
                Ok(Once::Locked(lock)) => {
                    let paths = state.journal(self.topology);
                    let lease = Lease::new(self.context, state, lock, paths);
                    return Ok(Waited::Leased(Box::new(lease)));
                }
                Ok(Once::Done(done)) => {
                    self.leave(&state).await;
                    return Ok(Waited::Done(done));
                }
                Err(error) if is_session_loss(&error) && Instant::now() < self.deadline => error,
                Err(error) => {
                    self.leave(&state).await;
                    return Err(error);
                }
            };
            self.context.reporter.warn(&format!("{lost:#}; taking up again with a new session"));
            state.close().await;
            state = self.context.open().await?;
        }
    }

    async fn once<T>(
        &self,
        state: &StateTree,
        done: impl AsyncFnMut(&StateTree) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<Once<T>> {
        let paths = state.journal(self.topology);
        let holder = self.context.holder();
        tokio::select! {
            biased;
            taken = Lock::lock(&state.zk, &paths.lock, &holder, self.deadline) => {
                taken.map(Once::Locked).map_err(|error| self.not_taken(error))
            }
            done = self.watch(state, &paths.lock, done) => done.map(Once::Done),
        }
    }

    /// Shows what the holder of a lock shows, until `done` says something.
    async fn watch<T>(
        &self,
        state: &StateTree,
        lock: &str,
        mut done: impl AsyncFnMut(&StateTree) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let context = self.context;
        let mut shown = Shown::default();
        let (mut named, mut told) = (String::new(), None);
        sleep(MOMENT).await;
        loop {
            let seen = watch_holder(&state.zk, lock).await.unwrap_or_else(|error| {
                tracing::info!("failed to read who holds the lock: {error}");
                None
            });
            let ours = context.holder();
            let other = seen.filter(|(who, _)| (&who.host, who.pid) != (&ours.host, ours.pid));
            if let Some((holder, _)) = &other {
                let topology = self.topology;
                let text = match self.requested {
                    Some(_) if holder.is_resident() => {
                        format!("asked {holder}, who drives {topology}")
                    }
                    _ => format!("waiting for {holder}, who is changing {topology}"),
                };
                if text != named {
                    drop(told.take());
                    told = Some(context.whole.say(&text));
                    named = text;
                }
                if let Some(doing) = &holder.doing {
                    shown.show(context.reporter.as_ref(), doing);
                }
            }
            if let Some(done) = done(state).await? {
                return Ok(done);
            }
            let news = async {
                let Some((_, watch)) = other else { return std::future::pending().await };
                if watch.changed().await.is_err() {
                    // Nothing is watched any more: whoever takes the lock knows why.
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                biased;
                () = news => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    /// Leaves the queue, and nothing behind: whoever has killed the topology meanwhile could not remove what we waited in.
    async fn leave(&self, state: &StateTree) {
        let paths = state.journal(self.topology);
        let mut zk = state.zk.clone();
        // The session would refuse to ask anything once the command is to end.
        zk.wait_by(&Deadline::never());
        let left = unreserve(&zk, &paths, vec![Op::delete(&paths.lock)]);
        match self.context.whole.tidy(LEAVE, left).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::info!("failed to leave nothing behind: {error}"),
            None => tracing::info!("no time to leave nothing behind"),
        }
        state.close().await;
    }

    /// Why a lock was not taken.
    fn not_taken(&self, error: StateError) -> anyhow::Error {
        let (verb, topology) = (self.context.verb, self.topology);
        match (error, self.requested) {
            (StateError::Interrupted { signal, .. }, None) => CommandError::Interrupted {
                signal,
                doing: format!("waiting for the lock of topology `{topology}` to {verb} it"),
                next: vec!["nothing was changed".to_owned()],
            }
            .into(),
            (StateError::Interrupted { signal, .. }, Some(requested)) => {
                let (doing, next) = (requested.doing.clone(), requested.next.clone());
                CommandError::Interrupted { signal, doing, next }.into()
            }
            (StateError::LockHeld { holder, .. }, Some(requested)) => {
                let waits = holder.doing.as_ref().and_then(|doing| doing.waits_for());
                let waits = waits.map(|waits| format!(" ({waits})")).unwrap_or_default();
                CommandError::TimedOut {
                    what: format!("{}; it is left to {holder}{waits}", requested.unfinished),
                    after: seconds(self.context.timeout.unwrap_or(requested.patience)),
                    next: requested.next.clone(),
                }
                .into()
            }
            (error, _) => error.into(),
        }
    }
}

enum Once<T> {
    Locked(Lock),
    Done(T),
}

/// Nothing that would make the lease needless.
async fn never(_: &StateTree) -> anyhow::Result<Option<std::convert::Infallible>> {
    Ok(None)
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
        let deadline = patient(context);
        let wait = Wait { context, topology, deadline, requested: None };
        match wait.lease_or(state, never).await? {
            Waited::Leased(lease) => Ok(*lease),
            Waited::Done(never) => match never {},
        }
    }

    /// As [`Lease::take`], unless somebody who stays holds it: they carry out what is requested.
    ///
    /// Whatever comes of it but the lease, `state` is closed.
    pub async fn take_unless_resident(
        context: &Context<'_>,
        mut state: StateTree,
        topology: &str,
    ) -> anyhow::Result<Waited<()>> {
        let deadline = patient(context);
        let wait = Wait { context, topology, deadline, requested: None };
        let lock = state.journal(topology).lock;
        let is_resident = async |state: &StateTree| {
            let holder = holder(&state.zk, &lock).await?;
            Ok(holder.filter(Holder::is_resident).map(|_| ()))
        };
        match over_sessions(context, &mut state, deadline, is_resident).await {
            Ok(None) => wait.lease_or(state, is_resident).await,
            Ok(Some(())) => {
                state.close().await;
                Ok(Waited::Done(()))
            }
            Err(error) => {
                state.close().await;
                Err(error)
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
        let deadline = patient(context);
        let wait = Wait { context, topology, deadline, requested: None };
        let (holder, leases) = (context.holder(), format!("{}/leases", tree.update_lock(topology)));
        let lock = tokio::select! {
            biased;
            lock = UpdateLock::lock(zk, tree, topology, &holder, deadline) => lock,
            never = wait.watch(&self.state, &leases, never) => match never? {},
        };
        self.update_lock = Some(lock.map_err(|error| wait.not_taken(error))?);
        Ok(())
    }

    /// Does something under the lease, from its beginning again where the session is lost meanwhile: with another session, and the
    /// same locks. Until the deadline.
    ///
    /// # Errors
    /// Those of `work`, and of taking the locks again.
    pub async fn keep<T>(
        &mut self,
        context: &Context<'_>,
        topology: &str,
        deadline: Instant,
        mut work: impl AsyncFnMut(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut updating = self.update_lock.is_some();
        loop {
            let done = if self.lost {
                self.reopen(context, topology, updating, deadline).await.map(|()| None)
            } else {
                work(self).await.map(Some)
            };
            match done {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {}
                Err(error) if is_session_loss(&error) && Instant::now() < deadline => {
                    let text = format!("{error:#}; taking up again with a new session");
                    context.reporter.warn(&text);
                    updating |= self.update_lock.take().is_some();
                    self.lost = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Opens another session in place of one that was lost, with the same locks, once whoever has taken over meanwhile is done.
    async fn reopen(
        &mut self,
        context: &Context<'_>,
        topology: &str,
        updating: bool,
        deadline: Instant,
    ) -> anyhow::Result<()> {
        self.state.close().await;
        let wait = Wait { context, topology, deadline, requested: None };
        let state = context.open().await?;
        let lease = match Box::pin(wait.lease_or(state, never)).await? {
            Waited::Leased(lease) => *lease,
            Waited::Done(never) => match never {},
        };
        *self = lease.told_by(context, self.mirror.clone());
        if updating {
            self.take_update_lock(context, topology).await?;
        }
        Ok(())
    }
}

/// When a lock is waited for no longer whose holder was not asked for anything.
fn patient(context: &Context<'_>) -> Instant {
    let patience = context.settings.state.session_timeout * 3 / 2 + LOCK_SLACK;
    context.deadline(patience).min(Instant::now() + patience)
}
