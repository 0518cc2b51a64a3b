//! A session as the state tree uses it: what can be asked in it, behind a trait, so that a model can stand in for the servers.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use zookeeper_client::{
    Acl, Acls, Client, CreateMode, Error, EventType, MultiReadResult, MultiWriteError,
    MultiWriteResult, MultiWriter, OneshotWatcher, SessionState, Stat, StateWatcher,
};

use super::connect::{ConnectError, Options, connect};
use crate::net::deadline::Deadline;

/// One read.
#[derive(Clone, Copy, Debug)]
pub enum Read<'a> {
    /// The content of a node.
    Data(&'a str),
    /// The names of its children.
    Children(&'a str),
}

impl<'a> Read<'a> {
    /// The node.
    #[must_use]
    pub fn path(self) -> &'a str {
        match self {
            Self::Data(path) | Self::Children(path) => path,
        }
    }
}

/// What a read found.
#[derive(Clone, Debug)]
pub enum Found {
    /// Content, and what ZooKeeper knows of the node.
    Data(Vec<u8>, Stat),
    /// The names of the children.
    Children(Vec<String>),
}

/// One write, or one condition, of a transaction. A version of -1 means any.
#[derive(Debug)]
pub enum Write<'a> {
    /// Creates a node.
    Create {
        /// The node.
        path: String,
        /// Its content.
        data: &'a [u8],
        /// How long it lives.
        mode: CreateMode,
        /// Who may do what with it.
        acls: Acls<'static>,
    },
    /// Overwrites a node.
    Set {
        /// The node.
        path: String,
        /// Its new content.
        data: &'a [u8],
        /// The version it must have.
        version: Option<i32>,
    },
    /// Deletes a node.
    Delete {
        /// The node.
        path: String,
        /// The version it must have.
        version: Option<i32>,
    },
    /// Wants a node to be there.
    Check {
        /// The node.
        path: String,
        /// The version it must have.
        version: Option<i32>,
    },
}

/// What ends the wait for a change of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has changed, or the connection has.
    Changed,
    /// The session has come to its end.
    Ended(SessionState),
}

/// The wait for one change of a node. Dropping it takes the watch away.
pub type Waiting = BoxFuture<'static, Told>;

/// A session. It ends when this is dropped.
pub trait Session: fmt::Debug + Send + Sync {
    /// Its number.
    fn id(&self) -> i64;

    /// Tells how it is, also when this is gone.
    fn states(&self) -> Box<dyn States>;

    /// Reads, all in one request. Servers before 3.6 say that it is not implemented.
    fn read_together<'a>(
        &'a self,
        reads: &'a [Read<'a>],
    ) -> BoxFuture<'a, Result<Vec<Result<Found, Error>>, Error>>;

    /// Reads.
    fn read<'a>(&'a self, read: Read<'a>) -> BoxFuture<'a, Result<Found, Error>>;

    /// Looks whether a node is there, and watches for its creation, change and deletion.
    fn watch<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(Option<Stat>, Waiting), Error>>;

    /// Lists a node's children, and watches for more or fewer.
    fn watch_children<'a>(
        &'a self,
        path: &'a str,
    ) -> BoxFuture<'a, Result<(Vec<String>, Waiting), Error>>;

    /// Writes everything or nothing.
    fn write<'a>(
        &'a self,
        writes: &'a [Write<'a>],
    ) -> BoxFuture<'a, Result<Vec<MultiWriteResult>, MultiWriteError>>;

    /// Creates a persistent node without content.
    fn create<'a>(&'a self, path: &'a str, acls: Acls<'static>)
    -> BoxFuture<'a, Result<(), Error>>;

    /// Sends off a deletion; nobody waits for it.
    fn delete_and_forget(&self, path: &str);

    /// Waits until the server that answers has seen all that was written before.
    fn sync<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), Error>>;

    /// Who may do what with a node.
    fn acl<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Vec<Acl>, Error>>;

    /// Gives a node to its creator alone.
    fn keep<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), Error>>;
}

/// How a session is.
pub trait States: fmt::Debug + Send + Sync {
    /// Now.
    fn now(&self) -> SessionState;

    /// Waits for its end.
    fn ended(&self) -> BoxFuture<'static, SessionState>;
}

/// Opens a session.
///
/// # Errors
/// As [`connect`].
pub async fn open(
    options: &Options,
    deadline: &Deadline,
) -> Result<Arc<dyn Session>, ConnectError> {
    #[cfg(test)]
    if let Some(network) = crate::net::tests::simulated::network() {
        return network.open(options).await;
    }
    Ok(Arc::new(connect(options, deadline).await?))
}

impl Session for Client {
    fn id(&self) -> i64 {
        self.session_id().0
    }

    fn states(&self) -> Box<dyn States> {
        Box::new(self.state_watcher())
    }

    fn read_together<'a>(
        &'a self,
        reads: &'a [Read<'a>],
    ) -> BoxFuture<'a, Result<Vec<Result<Found, Error>>, Error>> {
        Box::pin(async move {
            let mut reader = self.new_multi_reader();
            for read in reads {
                match read {
                    Read::Data(path) => reader.add_get_data(path),
                    Read::Children(path) => reader.add_get_children(path),
                }?;
            }
            let found = |result| match result {
                MultiReadResult::Data { data, stat } => Ok(Found::Data(data, stat)),
                MultiReadResult::Children { children } => Ok(Found::Children(children)),
                MultiReadResult::Error { err } => Err(err),
                _ => Err(Error::Unimplemented),
            };
            Ok(reader.commit().await?.into_iter().map(found).collect())
        })
    }

    fn read<'a>(&'a self, read: Read<'a>) -> BoxFuture<'a, Result<Found, Error>> {
        Box::pin(async move {
            match read {
                Read::Data(path) => {
                    let (data, stat) = self.get_data(path).await?;
                    Ok(Found::Data(data, stat))
                }
                Read::Children(path) => self.list_children(path).await.map(Found::Children),
            }
        })
    }

    fn watch<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(Option<Stat>, Waiting), Error>> {
        Box::pin(async move {
            let (stat, watcher) = self.check_and_watch_stat(path).await?;
            Ok((stat, waiting(watcher)))
        })
    }

    fn watch_children<'a>(
        &'a self,
        path: &'a str,
    ) -> BoxFuture<'a, Result<(Vec<String>, Waiting), Error>> {
        Box::pin(async move {
            let (children, watcher) = self.list_and_watch_children(path).await?;
            Ok((children, waiting(watcher)))
        })
    }

    fn write<'a>(
        &'a self,
        writes: &'a [Write<'a>],
    ) -> BoxFuture<'a, Result<Vec<MultiWriteResult>, MultiWriteError>> {
        Box::pin(async move {
            let mut writer = self.new_multi_writer();
            for (index, write) in writes.iter().enumerate() {
                add(&mut writer, write)
                    .map_err(|source| MultiWriteError::OperationFailed { index, source })?;
            }
            writer.commit().await
        })
    }

    fn create<'a>(
        &'a self,
        path: &'a str,
        acls: Acls<'static>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            Client::create(self, path, &[], &CreateMode::Persistent.with_acls(acls)).await.map(drop)
        })
    }

    fn delete_and_forget(&self, path: &str) {
        // The request is queued by the call itself; the future would only wait for the answer.
        drop(self.delete(path, None));
    }

    fn sync<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(Client::sync(self, path))
    }

    fn acl<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Vec<Acl>, Error>> {
        Box::pin(async move { Ok(self.get_acl(path).await?.0) })
    }

    fn keep<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { self.set_acl(path, &Acls::creator_all(), None).await.map(drop) })
    }
}

fn add(writer: &mut MultiWriter<'_>, write: &Write<'_>) -> Result<(), Error> {
    match write {
        Write::Create { path, data, mode, acls } => {
            writer.add_create(path, data, &mode.with_acls(*acls))
        }
        Write::Set { path, data, version } => writer.add_set_data(path, data, *version),
        Write::Delete { path, version } => writer.add_delete(path, *version),
        Write::Check { path, version } => writer.add_check_version(path, version.unwrap_or(-1)),
    }
}

fn waiting(watcher: OneshotWatcher) -> Waiting {
    Box::pin(async move {
        let event = watcher.changed().await;
        let over = event.event_type == EventType::Session && event.session_state.is_terminated();
        if over { Told::Ended(event.session_state) } else { Told::Changed }
    })
}

impl States for StateWatcher {
    fn now(&self) -> SessionState {
        self.peek_state()
    }

    fn ended(&self) -> BoxFuture<'static, SessionState> {
        let mut states = self.clone();
        Box::pin(async move {
            let mut state = states.peek_state();
            while !state.is_terminated() {
                state = states.changed().await;
            }
            state
        })
    }
}
