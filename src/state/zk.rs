//! A ZooKeeper session: connecting, writing, closing. [`super::reads`] adds reading and watching.
//!
//! Wraps `zookeeper-client` for what it leaves open: errors that name the node and the endpoints, bounded waits, reads
//! that go out together, and a close that leaves no ephemeral node behind. Knows nothing of Heron.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout};
use zookeeper_client::{Acls, Client, CreateMode, Error as ClientError, StateWatcher};
pub use zookeeper_client::{SessionState, Stat};

use super::endpoints::{Endpoint, Ensemble};
use super::error::StateError;
use super::probe::{self, EndpointReport, Health};
use super::transaction::{self, Done, Mode, Op, Outcome};

/// How to get a session.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// `host:port,host:port/chroot`.
    pub connection: String,
    /// How long our ephemeral nodes outlive us; the server has limits of its own.
    pub session_timeout: Duration,
    /// How long connecting, and later each request, may take.
    pub connection_timeout: Duration,
    /// Credentials, if the ensemble wants some.
    pub auth: Option<Auth>,
}

/// Credentials for ZooKeeper.
#[derive(Clone, Debug)]
pub struct Auth {
    /// `digest`, usually.
    pub scheme: String,
    /// `user:password` for `digest`.
    pub credentials: SecretString,
}

/// The content of a node and what ZooKeeper knows about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The content.
    pub data: Vec<u8>,
    /// Versions, times, owner.
    pub stat: Stat,
}

/// How long the first attempt may take before the endpoints are looked at one by one: one that swallows packets must not
/// hide its healthy neighbours.
const FIRST_ATTEMPT: Duration = Duration::from_secs(2);
/// How long an endpoint may take to answer a probe: at first, and if none has answered.
const PROBE_LIMITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(5)];
/// Pause before servers without a quorum are asked again.
const ELECTION_PAUSE: Duration = Duration::from_millis(250);
/// How often creating directories is tried while somebody else deletes them.
const DIRECTORY_ATTEMPTS: usize = 5;

/// A session with ZooKeeper. Clones share it.
#[derive(Clone, Debug)]
pub struct Zk {
    pub(super) inner: Arc<Inner>,
    /// Paths are given with the chroot.
    full_paths: bool,
}

#[derive(Debug)]
pub(super) struct Inner {
    /// Taken out by [`Zk::close`], so that no clone keeps the session open.
    client: Mutex<Option<Client>>,
    states: StateWatcher,
    ensemble: Ensemble,
    session: i64,
    /// How long a request may take.
    pub(super) limit: Duration,
    /// The server is older than 3.6 and takes no reads together.
    pub(super) one_by_one: AtomicBool,
}

impl Zk {
    /// Gets a session.
    ///
    /// # Errors
    /// [`StateError::Unreachable`] tells what each endpoint did. Servers that refuse or don't exist fail at once;
    /// servers that are there without a quorum are waited for until the connection timeout.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, StateError> {
        let ensemble = Ensemble::parse(&options.connection)?;
        let deadline = Instant::now() + options.connection_timeout;
        let mut candidates = ensemble.endpoints.clone();
        let mut patience = FIRST_ATTEMPT;
        loop {
            let remaining = deadline.saturating_duration_since(Instant::now());
            let attempt = establish(options, &candidates, patience.min(remaining));
            if let Some(client) = attempt.await? {
                return Ok(Self::new(client, ensemble, options));
            }
            let reports = probe_patiently(&ensemble.endpoints).await;
            let with = |wanted: fn(&Health) -> bool| {
                let healthy = reports.iter().filter(|report| wanted(&report.health));
                healthy.map(|report| report.endpoint.clone()).collect::<Vec<_>>()
            };
            candidates = with(|health| matches!(health, Health::Serving(_)));
            if candidates.is_empty() {
                candidates = with(|health| matches!(health, Health::NotServing));
                sleep(ELECTION_PAUSE).await;
            }
            if candidates.is_empty() || Instant::now() >= deadline {
                let connection = ensemble.to_string();
                return Err(StateError::Unreachable { connection, endpoints: reports });
            }
            patience = options.connection_timeout;
        }
    }

    fn new(client: Client, ensemble: Ensemble, options: &ConnectOptions) -> Self {
        let states = client.state_watcher();
        let session = client.session_id().0;
        let limit = options.connection_timeout;
        let client = Mutex::new(Some(client));
        let one_by_one = AtomicBool::new(false);
        let inner = Arc::new(Inner { client, states, ensemble, session, limit, one_by_one });
        Self { inner, full_paths: false }
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
        self.inner.states.peek_state()
    }

    /// Waits until the session has ended: expired, closed or refused.
    pub async fn ended(&self) -> SessionState {
        let mut states = self.inner.states.clone();
        let mut state = states.peek_state();
        while !state.is_terminated() {
            state = states.changed().await;
        }
        state
    }

    /// Ends the session, so that its ephemeral nodes vanish now and not at the session timeout.
    ///
    /// Returns whether the server has confirmed it within `limit`. Every clone is closed with it.
    pub async fn close(&self, limit: Duration) -> bool {
        let client = self.lock_client().take();
        drop(client);
        timeout(limit, self.ended()).await.is_ok()
    }

    fn lock_client(&self) -> std::sync::MutexGuard<'_, Option<Client>> {
        self.inner.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn client(&self) -> Result<Client, StateError> {
        match self.lock_client().as_ref() {
            None => Err(StateError::Closed),
            Some(client) => Ok(client.clone()),
        }
    }

    pub(super) fn full(&self, path: &str) -> String {
        let chroot = if self.full_paths { "" } else { self.inner.ensemble.chroot.as_str() };
        format!("{chroot}{path}")
    }

    pub(super) fn timed_out(&self, path: &str) -> StateError {
        StateError::TimedOut { path: path.to_owned(), after: self.inner.limit }
    }

    /// Writes everything or nothing.
    ///
    /// # Errors
    /// The node that was in the way is named. After [`StateError::UnknownOutcome`] ask [`Zk::outcome`], or use
    /// [`Zk::commit`], which does.
    ///
    /// # Notable behavior
    /// Needs ZooKeeper 3.5 or newer for transactions that create nodes.
    pub async fn transaction(&self, ops: &[Op]) -> Result<Vec<Done>, StateError> {
        transaction::check_size(ops)?;
        let client = self.client()?;
        let mut writer = client.new_multi_writer();
        for op in ops {
            let added = self.add(&mut writer, op);
            added.map_err(|error| StateError::from_client(error, op.path(), true))?;
        }
        let paths = || ops.iter().map(|op| op.path().to_owned()).collect();
        let committed = timeout(self.inner.limit, writer.commit()).await;
        let results = committed
            .map_err(|_| StateError::UnknownOutcome { paths: paths() })?
            .map_err(|error| transaction::error(ops, error))?;
        Ok(results.into_iter().map(|result| self.done(result)).collect())
    }

    fn add(
        &self,
        writer: &mut zookeeper_client::MultiWriter<'_>,
        op: &Op,
    ) -> Result<(), ClientError> {
        let full = self.full(op.path());
        match op {
            Op::Create { data, mode, .. } => {
                let mode = match mode {
                    Mode::Persistent => CreateMode::Persistent,
                    Mode::Ephemeral => CreateMode::Ephemeral,
                    Mode::EphemeralSequential => CreateMode::EphemeralSequential,
                };
                // Heron never sets access lists, and its components send no credentials.
                writer.add_create(&full, data, &mode.with_acls(Acls::anyone_all()))
            }
            Op::Set { data, version, .. } => writer.add_set_data(&full, data, *version),
            Op::Delete { version, .. } => writer.add_delete(&full, *version),
            Op::Check { version, .. } => writer.add_check_version(&full, version.unwrap_or(-1)),
        }
    }

    fn done(&self, result: zookeeper_client::MultiWriteResult) -> Done {
        use zookeeper_client::MultiWriteResult as Result;
        match result {
            Result::Create { path, .. } => {
                let inside = path.strip_prefix(self.inner.ensemble.chroot.as_str());
                Done::Created(inside.map(str::to_owned).unwrap_or(path))
            }
            Result::SetData { stat } => Done::Set(stat.version),
            Result::Delete => Done::Deleted,
            _ => Done::Checked,
        }
    }

    /// Finds out what became of a transaction whose answer got lost.
    pub async fn outcome(&self, ops: &[Op]) -> Result<Outcome, StateError> {
        let client = self.client()?;
        let first = ops.first().map_or("/", Op::path);
        // The server we are with now may lag behind the one that took the request.
        let synced = timeout(self.inner.limit, client.sync(&self.full(first))).await;
        synced
            .map_err(|_| self.timed_out(first))?
            .map_err(|error| StateError::from_client(error, first, false))?;
        let paths: Vec<_> = ops.iter().map(Op::path).collect();
        let nodes = self.read_many(&paths).await?;
        Ok(transaction::settle(ops, &nodes, self.inner.session))
    }

    /// As [`Zk::transaction`], and settles an unknown outcome by looking, sending again what did not happen.
    pub async fn commit(&self, ops: &[Op]) -> Result<Vec<Done>, StateError> {
        let unknown = match self.transaction(ops).await {
            Err(error @ StateError::UnknownOutcome { .. }) => error,
            other => return other,
        };
        match self.outcome(ops).await {
            Ok(Outcome::Applied(done)) => Ok(done),
            Ok(Outcome::NotApplied) => self.transaction(ops).await,
            Ok(Outcome::Unclear)
            | Err(StateError::ConnectionLost { .. } | StateError::TimedOut { .. }) => Err(unknown),
            Err(other) => Err(other),
        }
    }

    /// Sends off the deletion of a node without waiting for it.
    pub(super) fn delete_and_forget(&self, path: &str) {
        if let Ok(client) = self.client() {
            // The request is queued by the call itself; the future would only wait for the answer.
            drop(client.delete(&self.full(path), None));
        }
    }

    /// Makes sure that directories are there, with all their parents, the chroot included.
    ///
    /// # Notable behavior
    /// Heron's own client makes CONTAINER nodes, which a server deletes some time after their last child is gone, and
    /// which look like persistent ones from here (measured on 3.8: the owner is told as 0). So this is done before every
    /// creation, and again when a creation finds no parent.
    pub async fn ensure_directories<P: AsRef<str>>(&self, paths: &[P]) -> Result<(), StateError> {
        let root = Self { full_paths: true, ..self.clone() };
        let all = with_parents(paths.iter().map(|path| self.full(path.as_ref())));
        let mut attempt = 1;
        loop {
            let there = root.read_many(&all).await?;
            let missing: Vec<_> = all
                .iter()
                .zip(there)
                .filter(|(_, node)| node.is_none())
                .map(|(path, _)| path)
                .collect();
            match self.create_directories(&missing).await {
                // Deleted or cut off in between: look again.
                Err(StateError::NoNode { .. } | StateError::ConnectionLost { .. })
                    if attempt < DIRECTORY_ATTEMPTS =>
                {
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    /// Creates directories, parents first; paths include the chroot. One that is there already is fine.
    async fn create_directories(&self, paths: &[&String]) -> Result<(), StateError> {
        let client = self.client()?;
        let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
        let created = paths.iter().map(|path| client.create(path, &[], &options));
        let created = timeout(self.inner.limit, join_all(created)).await;
        let first = paths.first().map_or("", |path| path.as_str());
        for (path, result) in paths.iter().zip(created.map_err(|_| self.timed_out(first))?) {
            match result {
                Ok(_) | Err(ClientError::NodeExists) => {}
                // Creating a directory again does no harm: a broken connection leaves nothing unknown.
                Err(error) => return Err(StateError::from_client(error, path, false)),
            }
        }
        Ok(())
    }
}

/// Looks at all endpoints; for silent ones it takes its time only where no other serves.
async fn probe_patiently(endpoints: &[Endpoint]) -> Vec<EndpointReport> {
    let [short, long] = PROBE_LIMITS;
    let reports = probe::probe(endpoints, short).await;
    let serves = reports.iter().any(|report| matches!(report.health, Health::Serving(_)));
    let silent = reports.iter().any(|report| report.health == Health::TimedOut);
    if silent && !serves { probe::probe(endpoints, long).await } else { reports }
}

/// One attempt at a session; `None` if nobody gave us one in time.
async fn establish(
    options: &ConnectOptions,
    candidates: &[Endpoint],
    patience: Duration,
) -> Result<Option<Client>, StateError> {
    let servers: Vec<_> = candidates.iter().map(Endpoint::to_string).collect();
    let mut connector =
        Client::connector().with_session_timeout(options.session_timeout).with_fail_eagerly();
    if let Some(auth) = &options.auth {
        connector = connector.with_auth(&auth.scheme, auth.credentials.expose_secret().as_bytes());
    }
    match timeout(patience, connector.connect(&servers.join(","))).await {
        Ok(Ok(client)) => Ok(Some(client)),
        Ok(Err(ClientError::AuthFailed)) => {
            Err(StateError::AuthFailed { connection: options.connection.clone() })
        }
        Ok(Err(source @ ClientError::BadArguments(_))) => {
            Err(StateError::Other { path: options.connection.clone(), source })
        }
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

/// The directories and all their parents, parents first, each once.
fn with_parents(paths: impl Iterator<Item = String>) -> Vec<String> {
    let mut all = Vec::new();
    for path in paths {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let parent = path.get(..end).unwrap_or_default();
            if !parent.is_empty() && !all.iter().any(|known| known == parent) {
                all.push(parent.to_owned());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first_and_once() {
        let paths = ["/a/b/c", "/a/b/d", "/e"].map(str::to_owned);
        let all = with_parents(paths.into_iter());
        assert_eq!(all, ["/a", "/a/b", "/a/b/c", "/a/b/d", "/e"]);
    }
}
