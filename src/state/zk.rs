//! A ZooKeeper session: connecting, reading, watching, writing, closing.
//!
//! Wraps `zookeeper-client` for what it leaves open: errors that name the node and the endpoints, bounded waits, reads
//! that go out together, and a close that leaves no ephemeral node behind. Knows nothing of Heron.
//!
//! Requests leave in the order in which they are made and are answered in that order, so that reads which don't depend on
//! each other cost one round trip together.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use zookeeper_client::{
    Acls, Client, CreateMode, Error as ClientError, OneshotWatcher, StateWatcher,
};
pub use zookeeper_client::{SessionState, Stat};

use super::endpoints::{Endpoint, Ensemble};
use super::error::StateError;
use super::probe::{self, Health};
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
/// How long an endpoint may take to answer a probe.
const PROBE_LIMIT: Duration = Duration::from_secs(5);
/// Pause before servers without a quorum are asked again.
const ELECTION_PAUSE: Duration = Duration::from_millis(250);
/// How often a read that lost its connection is sent again.
const READ_ATTEMPTS: usize = 3;
/// How often creating directories is tried while somebody else deletes them.
const DIRECTORY_ATTEMPTS: usize = 5;
/// Owner that ZooKeeper notes for nodes which it deletes once their last child is gone.
const CONTAINER_OWNER: i64 = i64::MIN;

/// A session with ZooKeeper. Clones share it.
#[derive(Clone, Debug)]
pub struct Zk {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Taken out by [`Zk::close`], so that no clone keeps the session open.
    client: Mutex<Option<Client>>,
    states: StateWatcher,
    ensemble: Ensemble,
    session: i64,
    limit: Duration,
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
            let reports = probe::probe(&ensemble.endpoints, PROBE_LIMIT).await;
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
        Self { inner: Arc::new(Inner { client, states, ensemble, session, limit }) }
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

    fn client(&self) -> Result<Client, StateError> {
        match self.lock_client().as_ref() {
            None => Err(StateError::Closed),
            Some(client) => Ok(client.clone()),
        }
    }

    fn full(&self, path: &str) -> String {
        format!("{}{path}", self.inner.ensemble.chroot)
    }

    fn timed_out(&self, path: &str) -> StateError {
        StateError::TimedOut { path: path.to_owned(), after: self.inner.limit }
    }

    /// Reads a node, if it is there.
    pub async fn get(&self, path: &str) -> Result<Option<Node>, StateError> {
        let nodes = self.read_many(&[path]).await?;
        Ok(nodes.into_iter().next().flatten())
    }

    /// Reads nodes, all in one round trip; the answers are in the order of the paths.
    pub async fn read_many<P: AsRef<str> + Sync>(
        &self,
        paths: &[P],
    ) -> Result<Vec<Option<Node>>, StateError> {
        let client = self.client()?;
        let mut attempt = 1;
        loop {
            let asked: Vec<_> =
                paths.iter().map(|path| client.get_data(&self.full(path.as_ref()))).collect();
            let first = paths.first().map_or("", AsRef::as_ref);
            let answers = timeout(self.inner.limit, join_all(asked)).await;
            let answers = answers.map_err(|_| self.timed_out(first))?;
            let nodes: Result<Vec<_>, _> = paths
                .iter()
                .zip(answers)
                .map(|(path, answer)| {
                    let found = answer.map(|(data, stat)| Node { data, stat });
                    if_there(found, path.as_ref())
                })
                .collect();
            match nodes {
                Err(StateError::ConnectionLost { .. }) if attempt < READ_ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    /// The names of a node's children, sorted; `None` if there is no such node.
    pub async fn children(&self, path: &str) -> Result<Option<Vec<String>>, StateError> {
        let lists = self.children_of_many(&[path]).await?;
        Ok(lists.into_iter().next().flatten())
    }

    /// The names of several nodes' children, all in one round trip.
    pub async fn children_of_many<P: AsRef<str> + Sync>(
        &self,
        paths: &[P],
    ) -> Result<Vec<Option<Vec<String>>>, StateError> {
        let client = self.client()?;
        let mut attempt = 1;
        loop {
            let asked: Vec<_> =
                paths.iter().map(|path| client.list_children(&self.full(path.as_ref()))).collect();
            let first = paths.first().map_or("", AsRef::as_ref);
            let answers = timeout(self.inner.limit, join_all(asked)).await;
            let answers = answers.map_err(|_| self.timed_out(first))?;
            let lists: Result<Vec<_>, _> = paths
                .iter()
                .zip(answers)
                .map(|(path, answer)| if_there(answer.map(sorted), path.as_ref()))
                .collect();
            match lists {
                Err(StateError::ConnectionLost { .. }) if attempt < READ_ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    /// What ZooKeeper knows about a node, if it is there.
    pub async fn exists(&self, path: &str) -> Result<Option<Stat>, StateError> {
        let stats = self.stats(&[path.to_owned()]).await?;
        Ok(stats.into_iter().next().flatten())
    }

    async fn stats(&self, paths: &[String]) -> Result<Vec<Option<Stat>>, StateError> {
        let client = self.client()?;
        let mut attempt = 1;
        loop {
            let asked: Vec<_> =
                paths.iter().map(|path| client.check_stat(&self.full(path))).collect();
            let first = paths.first().map_or("", String::as_str);
            let answers = timeout(self.inner.limit, join_all(asked)).await;
            let answers = answers.map_err(|_| self.timed_out(first))?;
            let stats: Result<Vec<_>, _> = paths
                .iter()
                .zip(answers)
                .map(|(path, answer)| {
                    answer.map_err(|error| StateError::from_client(error, path, false))
                })
                .collect();
            match stats {
                Err(StateError::ConnectionLost { .. }) if attempt < READ_ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    /// Reads a node and watches for its creation, change and deletion.
    pub async fn watch(&self, path: &str) -> Result<(Option<Node>, Watch), StateError> {
        let client = self.client()?;
        let full = self.full(path);
        // `exists` also watches for a node that is not there yet, which a read would not.
        let both =
            futures_util::future::join(client.check_and_watch_stat(&full), client.get_data(&full));
        let (watched, read) =
            timeout(self.inner.limit, both).await.map_err(|_| self.timed_out(path))?;
        let (_, watcher) = watched.map_err(|error| StateError::from_client(error, path, false))?;
        let node = if_there(read.map(|(data, stat)| Node { data, stat }), path)?;
        Ok((node, Watch { watcher, path: path.to_owned() }))
    }

    /// Looks whether a node is there and watches for its creation, change and deletion.
    pub async fn watch_exists(&self, path: &str) -> Result<(Option<Stat>, Watch), StateError> {
        let client = self.client()?;
        let full = self.full(path);
        let asked = timeout(self.inner.limit, client.check_and_watch_stat(&full)).await;
        let answer = asked.map_err(|_| self.timed_out(path))?;
        let (stat, watcher) =
            answer.map_err(|error| StateError::from_client(error, path, false))?;
        Ok((stat, Watch { watcher, path: path.to_owned() }))
    }

    /// Lists a node's children and watches for more or fewer; without the node, for its creation.
    pub async fn watch_children(
        &self,
        path: &str,
    ) -> Result<(Option<Vec<String>>, Watch), StateError> {
        let client = self.client()?;
        let full = self.full(path);
        loop {
            let asked = timeout(self.inner.limit, client.list_and_watch_children(&full)).await;
            match asked.map_err(|_| self.timed_out(path))? {
                Ok((children, watcher)) => {
                    let watch = Watch { watcher, path: path.to_owned() };
                    return Ok((Some(sorted(children)), watch));
                }
                Err(ClientError::NoNode) => {
                    if let (None, watch) = self.watch_exists(path).await? {
                        return Ok((None, watch));
                    }
                }
                Err(error) => return Err(StateError::from_client(error, path, false)),
            }
        }
    }

    /// Waits until a node is there; `None` at the deadline.
    pub async fn wait_for(
        &self,
        path: &str,
        deadline: Instant,
    ) -> Result<Option<Node>, StateError> {
        loop {
            let (node, watch) = match self.watch(path).await {
                Err(StateError::ConnectionLost { .. }) if Instant::now() < deadline => continue,
                other => other?,
            };
            if node.is_some() {
                return Ok(node);
            }
            match timeout_at(deadline, watch.changed()).await {
                Err(_) => return Ok(None),
                Ok(changed) => changed?,
            }
        }
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

    /// Makes sure that directories are there, with all their parents, the chroot included, and that they stay.
    ///
    /// # Notable behavior
    /// Heron's own client makes CONTAINER nodes, which a server deletes some time after their last child is gone; a
    /// TManager that then finds no directory dies. Empty ones are replaced by persistent ones.
    pub async fn ensure_directories<P: AsRef<str>>(&self, paths: &[P]) -> Result<(), StateError> {
        let all = with_parents(paths.iter().map(|path| self.full(path.as_ref())));
        let client = self.client()?;
        let mut conflict = None;
        for _ in 0..DIRECTORY_ATTEMPTS {
            let missing = self.missing_directories(&client, &all).await?;
            if missing.is_empty() {
                return Ok(());
            }
            let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
            let created = missing.iter().map(|path| client.create(path, &[], &options));
            let created = timeout(self.inner.limit, join_all(created)).await;
            let first = missing.first().map_or("", String::as_str);
            let created = created.map_err(|_| self.timed_out(first))?;
            conflict = None;
            for (path, result) in missing.iter().zip(created) {
                match result {
                    Ok(_) | Err(ClientError::NodeExists) => {}
                    Err(error) => {
                        // Creating a directory again does no harm, so that a broken connection is no unknown outcome.
                        let error = StateError::from_client(error, path, false);
                        match error {
                            StateError::NoNode { .. } | StateError::ConnectionLost { .. } => {
                                conflict.get_or_insert(error);
                            }
                            other => return Err(other),
                        }
                    }
                }
            }
            if conflict.is_none() {
                return Ok(());
            }
        }
        conflict.map_or(Ok(()), Err)
    }

    /// Which of these don't exist, once empty CONTAINER nodes are replaced. Paths include the chroot.
    async fn missing_directories(
        &self,
        client: &Client,
        all: &[String],
    ) -> Result<Vec<String>, StateError> {
        let asked = all.iter().map(|path| client.check_stat(path));
        let first = all.first().map_or("", String::as_str);
        let answers = timeout(self.inner.limit, join_all(asked)).await;
        let answers = answers.map_err(|_| self.timed_out(first))?;
        let mut missing = Vec::new();
        for (path, answer) in all.iter().zip(answers) {
            match answer {
                Ok(None) => missing.push(path.clone()),
                Ok(Some(stat))
                    if stat.ephemeral_owner == CONTAINER_OWNER && stat.num_children == 0 =>
                {
                    if !replace_container(client, path, self.inner.limit).await {
                        missing.push(path.clone());
                    }
                }
                Ok(Some(_)) => {}
                Err(error) => return Err(StateError::from_client(error, path, false)),
            }
        }
        Ok(missing)
    }
}

/// Replaces an empty CONTAINER node by a persistent one; whether that was done.
///
/// Failure is no error: either it has got children, or it has gone and is created like any other.
async fn replace_container(client: &Client, path: &str, limit: Duration) -> bool {
    let mut writer = client.new_multi_writer();
    let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
    let added = writer.add_delete(path, None).and_then(|()| writer.add_create(path, &[], &options));
    added.is_ok() && matches!(timeout(limit, writer.commit()).await, Ok(Ok(_)))
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

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

fn if_there<T>(answer: Result<T, ClientError>, path: &str) -> Result<Option<T>, StateError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(ClientError::NoNode) => Ok(None),
        Err(error) => Err(StateError::from_client(error, path, false)),
    }
}

/// Waits for one change of a node. Dropping it takes the watch away.
#[derive(Debug)]
pub struct Watch {
    watcher: OneshotWatcher,
    path: String,
}

impl Watch {
    /// Waits for the change; what changed is found out by looking again.
    ///
    /// # Errors
    /// The session ended, so that nothing is watched any more.
    pub async fn changed(self) -> Result<(), StateError> {
        let event = self.watcher.changed().await;
        if event.event_type != zookeeper_client::EventType::Session {
            return Ok(());
        }
        match event.session_state {
            SessionState::Expired => Err(StateError::SessionExpired),
            SessionState::Closed => Err(StateError::Closed),
            SessionState::AuthFailed => Err(StateError::NoAuth { path: self.path }),
            _ => Ok(()),
        }
    }
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
