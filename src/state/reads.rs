//! Reading and watching nodes.
//!
//! Reads that don't depend on each other are sent as one request (`multiRead`, ZooKeeper 3.6): the client library leaves
//! Nagle's algorithm on, which holds back all but the first of several small requests for a whole round trip. To older
//! servers they are sent one after the other without waiting for answers.

use std::fmt;
use std::sync::atomic::Ordering;

use futures_util::future::{join, join_all, try_join_all};
use tokio::time::Instant;
use zookeeper_client::{Error as ClientError, SessionState, Stat};

use super::error::StateError;
use super::node::Node;
use super::zk::Zk;
use crate::net::zookeeper::Options;
use crate::net::zookeeper::session::{Found, Read, Session, Told, Waiting};

/// How often a read that lost its connection is sent again.
const ATTEMPTS: usize = 3;

/// What a read found; a node that is not there is [`Answer::Absent`].
#[derive(Debug)]
enum Answer {
    Node(Node),
    Children(Vec<String>),
    Absent,
}

impl Answer {
    fn node(self) -> Option<Node> {
        if let Self::Node(node) = self { Some(node) } else { None }
    }

    fn children(self) -> Option<Vec<String>> {
        let Self::Children(mut names) = self else { return None };
        names.sort_unstable();
        Some(names)
    }
}

impl Zk {
    /// Reads a node, if it is there.
    pub async fn get(&self, path: &str) -> Result<Option<Node>, StateError> {
        let nodes = self.read_many(&[path]).await?;
        Ok(nodes.into_iter().next().flatten())
    }

    /// Reads nodes, all in one round trip; the answers are in the order of the paths.
    pub async fn read_many<P: AsRef<str>>(
        &self,
        paths: &[P],
    ) -> Result<Vec<Option<Node>>, StateError> {
        let reads: Vec<_> = paths.iter().map(|path| Read::Data(path.as_ref())).collect();
        Ok(self.read_all(&reads).await?.into_iter().map(Answer::node).collect())
    }

    /// The names of a node's children, sorted; `None` if there is no such node.
    pub async fn children(&self, path: &str) -> Result<Option<Vec<String>>, StateError> {
        let lists = self.children_of_many(&[path]).await?;
        Ok(lists.into_iter().next().flatten())
    }

    /// The names of several nodes' children, all in one round trip.
    pub async fn children_of_many<P: AsRef<str>>(
        &self,
        paths: &[P],
    ) -> Result<Vec<Option<Vec<String>>>, StateError> {
        let reads: Vec<_> = paths.iter().map(|path| Read::Children(path.as_ref())).collect();
        Ok(self.read_all(&reads).await?.into_iter().map(Answer::children).collect())
    }

    /// Reads nodes, and the names of other nodes' children, all in one round trip.
    pub async fn read_many_and_children<P: AsRef<str>, const N: usize>(
        &self,
        paths: &[P],
        parents: [&str; N],
    ) -> Result<(Vec<Option<Node>>, [Option<Vec<String>>; N]), StateError> {
        let mut reads: Vec<_> = paths.iter().map(|path| Read::Data(path.as_ref())).collect();
        reads.extend(parents.map(Read::Children));
        let mut answers = self.read_all(&reads).await?;
        let mut children = answers.split_off(paths.len().min(answers.len())).into_iter();
        let children = parents.map(|_| children.next().and_then(Answer::children));
        Ok((answers.into_iter().map(Answer::node).collect(), children))
    }

    async fn read_all(&self, reads: &[Read<'_>]) -> Result<Vec<Answer>, StateError> {
        let Some(first) = reads.first() else { return Ok(Vec::new()) };
        let attempts = async {
            let mut attempt = 1;
            loop {
                match self.read_once(reads).await {
                    Err(StateError::ConnectionLost { .. }) if attempt < ATTEMPTS => attempt += 1,
                    other => return other,
                }
            }
        };
        self.wait(first.path(), attempts).await?
    }

    async fn read_once(&self, reads: &[Read<'_>]) -> Result<Vec<Answer>, StateError> {
        let session = self.session()?;
        let full: Vec<String> = reads.iter().map(|read| self.full(read.path())).collect();
        let full: Vec<Read<'_>> =
            full.iter().zip(reads).map(|(full, read)| at(full, *read)).collect();
        if reads.len() > 1 && !self.inner.one_by_one.load(Ordering::Relaxed) {
            let parts =
                reads.chunks(Options::READ_TOGETHER).zip(full.chunks(Options::READ_TOGETHER));
            let parts = parts.map(|(reads, full)| read_together(session.as_ref(), reads, full));
            match try_join_all(parts).await {
                Err(StateError::Other { source: ClientError::Unimplemented, .. }) => {
                    self.inner.one_by_one.store(true, Ordering::Relaxed);
                }
                other => return Ok(other?.into_iter().flatten().collect()),
            }
        }
        let session = session.as_ref();
        let asked = reads
            .iter()
            .zip(full)
            .map(|(read, full)| async move { if_there(session.read(full).await, read.path()) });
        try_join_all(asked).await
    }

    /// What ZooKeeper knows about a node, if it is there.
    pub async fn exists(&self, path: &str) -> Result<Option<Stat>, StateError> {
        Ok(self.get(path).await?.map(|node| node.stat))
    }

    /// Reads a node and watches for its creation, change and deletion.
    pub async fn watch(&self, path: &str) -> Result<(Option<Node>, Watch), StateError> {
        let session = self.session()?;
        let full = self.full(path);
        // `exists` also watches for a node that is not there yet, which a read would not.
        let both = join(session.watch(&full), session.read(Read::Data(&full)));
        let (watched, read) = self.wait(path, both).await?;
        let (_, waiting) = watched.map_err(|error| StateError::from_client(error, path, false))?;
        Ok((if_there(read, path)?.node(), Watch { waiting, path: path.to_owned() }))
    }

    /// Reads several nodes and watches each.
    pub async fn watch_many<P: AsRef<str>>(
        &self,
        paths: &[P],
    ) -> Result<Vec<(Option<Node>, Watch)>, StateError> {
        let all = join_all(paths.iter().map(|path| self.watch(path.as_ref()))).await;
        all.into_iter().collect()
    }

    /// Looks whether a node is there and watches for its creation, change and deletion.
    pub async fn watch_exists(&self, path: &str) -> Result<(Option<Stat>, Watch), StateError> {
        let session = self.session()?;
        let full = self.full(path);
        let answer = self.wait(path, session.watch(&full)).await?;
        let (stat, waiting) =
            answer.map_err(|error| StateError::from_client(error, path, false))?;
        Ok((stat, Watch { waiting, path: path.to_owned() }))
    }

    /// Lists a node's children and watches for more or fewer; without the node, for its creation.
    pub async fn watch_children(
        &self,
        path: &str,
    ) -> Result<(Option<Vec<String>>, Watch), StateError> {
        let session = self.session()?;
        let full = self.full(path);
        loop {
            match self.wait(path, session.watch_children(&full)).await? {
                Ok((children, waiting)) => {
                    let watch = Watch { waiting, path: path.to_owned() };
                    return Ok((Answer::Children(children).children(), watch));
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
            match self.wait_until(path, deadline, watch.changed()).await? {
                None => return Ok(None),
                Some(changed) => changed?,
            }
        }
    }
}

async fn read_together(
    session: &dyn Session,
    reads: &[Read<'_>],
    full: &[Read<'_>],
) -> Result<Vec<Answer>, StateError> {
    let first = reads.first().map_or("", |read| read.path());
    let found = session.read_together(full).await;
    let found = found.map_err(|error| StateError::from_client(error, first, false))?;
    found.into_iter().zip(reads).map(|(found, read)| if_there(found, read.path())).collect()
}

/// The same read of another path.
fn at<'a>(path: &'a str, read: Read<'_>) -> Read<'a> {
    match read {
        Read::Data(_) => Read::Data(path),
        Read::Children(_) => Read::Children(path),
    }
}

fn if_there(found: Result<Found, ClientError>, path: &str) -> Result<Answer, StateError> {
    match found {
        Ok(Found::Data(data, stat)) => Ok(Answer::Node(Node { data, stat })),
        Ok(Found::Children(names)) => Ok(Answer::Children(names)),
        Err(ClientError::NoNode) => Ok(Answer::Absent),
        Err(error) => Err(StateError::from_client(error, path, false)),
    }
}

/// Waits for one change of a node. Dropping it takes the watch away.
pub struct Watch {
    waiting: Waiting,
    path: String,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Watch {
    /// The node that is watched.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Waits for the change; what changed is found out by looking again.
    ///
    /// # Errors
    /// The session ended, so that nothing is watched any more.
    pub async fn changed(self) -> Result<(), StateError> {
        match self.waiting.await {
            Told::Changed => Ok(()),
            Told::Ended(SessionState::AuthFailed) => Err(StateError::NoAuth { path: self.path }),
            Told::Ended(SessionState::Expired) => Err(StateError::SessionExpired),
            Told::Ended(_) => Err(StateError::Closed),
        }
    }
}
