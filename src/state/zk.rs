//! A ZooKeeper session for the state tree, and how long is waited in it. [`super::reads`], [`super::writes`] and
//! [`super::directories`] do something with it.
//!
//! Wraps `zookeeper-client` for what it leaves open: errors that name the node, bounded waits, reads that go out together,
//! and a close that leaves no ephemeral node behind. Knows nothing of Heron.

use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

pub use zookeeper_client::SessionState;

use super::error::StateError;
use super::rules::Rules;
use crate::net::deadline::{Deadline, Stopped};
use crate::net::zookeeper::session::{Session, States, open};
use crate::net::zookeeper::{Ensemble, Options};

/// A session with ZooKeeper. Clones share it.
#[derive(Clone, Debug)]
pub struct Zk {
    pub(super) inner: Arc<Inner>,
    pub(super) rules: Arc<Rules>,
    /// Until when is waited, for whatever it is.
    pub(super) deadline: Deadline,
    /// Paths are given with the chroot.
    pub(super) full_paths: bool,
}

#[derive(Debug)]
pub(super) struct Inner {
    /// Taken out by [`Zk::close`], so that no clone keeps the session open.
    requests: Mutex<Option<Arc<dyn Session>>>,
    states: Box<dyn States>,
    pub(super) ensemble: Ensemble,
    pub(super) session: i64,
    /// How long a request may take.
    limit: Duration,
    /// The session is somebody's in particular.
    pub(super) has_credentials: bool,
    /// The servers' `jute.maxbuffer`.
    pub(super) max_buffer: usize,
    /// The server is older than 3.6 and takes no reads together.
    pub(super) one_by_one: AtomicBool,
}

impl Zk {
    /// Gets a session. The deadline bounds this, and every request that is made in the session, until
    /// [`Zk::wait_by`] tells another.
    pub async fn connect(options: &Options, deadline: &Deadline) -> Result<Self, StateError> {
        let session = open(options, deadline).await?;
        let inner = Inner {
            states: session.states(),
            session: session.id(),
            requests: Mutex::new(Some(session)),
            ensemble: options.ensemble.clone(),
            limit: options.connection_timeout,
            has_credentials: options.access.credentials.is_some(),
            max_buffer: options.max_buffer,
            one_by_one: AtomicBool::new(false),
        };
        let rules = Arc::default();
        let deadline = deadline.clone();
        Ok(Self { inner: Arc::new(inner), rules, deadline, full_paths: false })
    }

    /// The same session, for a tree with rules of its own.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { rules: Arc::new(rules), ..self }
    }

    /// Waits by another deadline from now on, for what undoes what was done by the one before.
    pub fn wait_by(&mut self, deadline: &Deadline) {
        self.deadline = deadline.clone();
    }

    /// The number of the session, as it stands in `ephemeralOwner` of our nodes.
    #[must_use]
    pub fn session_id(&self) -> i64 {
        self.inner.session
    }

    /// The ensemble this session is with.
    #[must_use]
    pub fn ensemble(&self) -> &Ensemble {
        &self.inner.ensemble
    }

    /// What state the session is in.
    #[must_use]
    pub fn session_state(&self) -> SessionState {
        self.inner.states.now()
    }

    /// Waits until the session has ended: expired, closed or refused.
    pub async fn ended(&self) -> SessionState {
        self.inner.states.ended().await
    }

    /// Ends the session, so that its ephemeral nodes vanish now and not at the session timeout.
    ///
    /// Returns whether the server has confirmed it within `limit`, or within a moment if the command is to end. Every clone
    /// is closed with it.
    pub async fn close(&self, limit: Duration) -> bool {
        let session = self.lock_session().take();
        drop(session);
        self.deadline.tidy(limit, self.ended()).await.is_some()
    }

    fn lock_session(&self) -> std::sync::MutexGuard<'_, Option<Arc<dyn Session>>> {
        self.inner.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session for others, for as long as it is open here. Their paths are absolute.
    #[must_use]
    pub fn shared(&self) -> Option<Weak<dyn Session>> {
        self.lock_session().as_ref().map(Arc::downgrade)
    }

    /// The session, for a request.
    pub(super) fn session(&self) -> Result<Arc<dyn Session>, StateError> {
        self.lock_session().as_ref().cloned().ok_or(StateError::Closed)
    }

    pub(super) fn full(&self, path: &str) -> String {
        let chroot = if self.full_paths { "" } else { self.inner.ensemble.chroot.as_str() };
        format!("{chroot}{path}")
    }

    /// A path of the server as one of ours.
    pub(super) fn inside<'a>(&self, full: &'a str) -> &'a str {
        full.strip_prefix(self.inner.ensemble.chroot.as_str()).unwrap_or(full)
    }

    /// Waits for what is asked about a node: as long as a request may take, and no longer than the deadline and a signal
    /// allow.
    pub(super) async fn wait<T>(
        &self,
        path: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, StateError> {
        let began = Instant::now();
        let what = || format!("waiting for ZooKeeper at {}", self.inner.ensemble);
        let waited = self.deadline.run_saying(self.inner.limit, what, work).await;
        waited.map_err(|stopped| match stopped {
            Stopped::TimedOut => {
                StateError::TimedOut { path: path.to_owned(), after: began.elapsed() }
            }
            Stopped::Signal(signal) => StateError::Interrupted { path: path.to_owned(), signal },
        })
    }

    /// Waits for `work` until `end`, if the deadline and signals allow; `None` at the end.
    pub(super) async fn wait_until<T>(
        &self,
        path: &str,
        end: Instant,
        work: impl Future<Output = T>,
    ) -> Result<Option<T>, StateError> {
        match self.deadline.run_until(end, work).await {
            Ok(done) => Ok(Some(done)),
            Err(Stopped::TimedOut) => Ok(None),
            Err(Stopped::Signal(signal)) => {
                Err(StateError::Interrupted { path: path.to_owned(), signal })
            }
        }
    }
}
