//! What can go wrong between us and the state tree.

use std::time::Duration;

use thiserror::Error;

use super::holder::Holder;
use super::paths::PathError;
use super::records::RecordError;
use crate::net::deadline::Signal;
use crate::net::zookeeper::{AddressError, ConnectError};

/// An operation on the state tree that did not happen, or of which nobody knows whether it did.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The connection string is no connection string.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A root or a name can't be part of a path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A node holds something else than it should.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// There is no session.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The node's access list does not let us.
    #[error("not allowed to access the znode {path}")]
    NoAuth {
        /// The node.
        path: String,
    },
    /// A node can't be kept for us alone.
    #[error(
        "ZooKeeper refused to keep the znode {path} for this user alone: it does not know the session's credentials"
    )]
    AclRefused {
        /// The node.
        path: String,
    },
    /// A directory that must be there already is not.
    #[error(
        "the znode {path} does not exist, and heron.statemgr.zookeeper.is.initialize.tree is false, so that it is not created"
    )]
    MissingDirectory {
        /// The node.
        path: String,
    },
    /// The node to be created is there already.
    #[error("the znode {path} exists already")]
    NodeExists {
        /// The node.
        path: String,
    },
    /// The node, or the parent of the one to be created, is not there.
    #[error("the znode {path} or its parent does not exist")]
    NoNode {
        /// The node.
        path: String,
    },
    /// The node has changed since it was read.
    #[error("the znode {path} was changed by somebody else")]
    BadVersion {
        /// The node.
        path: String,
    },
    /// The node to be deleted has children.
    #[error("the znode {path} has children")]
    NotEmpty {
        /// The node.
        path: String,
    },
    /// Everything to be written at once is more than a ZooKeeper server takes.
    #[error(
        "{bytes} bytes are more than the {limit} that ZooKeeper takes in one transaction (largest: {largest}, {largest_bytes} bytes)"
    )]
    TooLarge {
        /// Size of the whole.
        bytes: usize,
        /// The most that is sent.
        limit: usize,
        /// The node with the largest content.
        largest: String,
        /// Its size.
        largest_bytes: usize,
    },
    /// A write was sent and no answer came: it may have happened.
    #[error(
        "the connection to ZooKeeper broke while writing {paths}; whether it was written is unknown",
        paths = paths.join(", ")
    )]
    UnknownOutcome {
        /// The nodes it was about.
        paths: Vec<String>,
    },
    /// The connection broke, and nothing was written.
    #[error("the connection to ZooKeeper broke while reading {path}")]
    ConnectionLost {
        /// The node.
        path: String,
    },
    /// No answer in time, and nothing was written.
    #[error("no answer from ZooKeeper about {path} within {} ms", after.as_millis())]
    TimedOut {
        /// The node.
        path: String,
        /// How long we waited.
        after: Duration,
    },
    /// The user wants to leave.
    #[error("{signal} while waiting for ZooKeeper's answer about {path}")]
    Interrupted {
        /// The node.
        path: String,
        /// How.
        signal: Signal,
    },
    /// The session ended, and with it our ephemeral nodes and locks.
    #[error("the ZooKeeper session has expired")]
    SessionExpired,
    /// The session was closed by ourselves.
    #[error("the ZooKeeper session is closed")]
    Closed,
    /// Somebody else holds the lock.
    #[error("{path} is held by {holder}")]
    LockHeld {
        /// Directory of the lock.
        path: String,
        /// Who it is.
        holder: Holder,
    },
    /// We no longer hold the lock; what was to be written under it was not written.
    #[error("the lock {path} was lost")]
    LockLost {
        /// Our node in it.
        path: String,
    },
    /// Something that is not foreseen above.
    #[error("ZooKeeper failed on {path}: {source}")]
    Other {
        /// The node.
        path: String,
        /// What the client library said.
        source: zookeeper_client::Error,
    },
}

impl StateError {
    /// Whether trying again with a fresh look at the tree makes sense: it was changed under our hands.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::NodeExists { .. }
                | Self::NoNode { .. }
                | Self::BadVersion { .. }
                | Self::NotEmpty { .. }
        )
    }

    /// What a single operation on `path` says with an error of the client library.
    ///
    /// `writing` decides what a broken connection means.
    pub(super) fn from_client(error: zookeeper_client::Error, path: &str, writing: bool) -> Self {
        use zookeeper_client::Error as Client;
        let path = path.to_owned();
        match error {
            Client::NoNode => Self::NoNode { path },
            Client::NodeExists => Self::NodeExists { path },
            Client::BadVersion => Self::BadVersion { path },
            Client::NotEmpty => Self::NotEmpty { path },
            // A server that wants credentials says so to the first request, and ends the session.
            Client::NoAuth | Client::AuthFailed => Self::NoAuth { path },
            Client::InvalidAcl => Self::AclRefused { path },
            Client::SessionExpired | Client::SessionMoved => Self::SessionExpired,
            Client::ClientClosed => Self::Closed,
            error if is_broken_connection(&error) => {
                if writing {
                    Self::UnknownOutcome { paths: vec![path] }
                } else {
                    Self::ConnectionLost { path }
                }
            }
            source => Self::Other { path, source },
        }
    }
}

/// Whether the request may or may not have reached a server.
///
/// Requests in flight when a connection breaks fail with whatever broke it: a loss, an I/O error or a silence, the last
/// two as `Custom`.
pub(super) fn is_broken_connection(error: &zookeeper_client::Error) -> bool {
    use zookeeper_client::Error as Client;
    matches!(
        error,
        Client::ConnectionLoss
            | Client::Timeout
            | Client::NoHosts
            | Client::Custom(_)
            | Client::UnexpectedError(_)
    )
}
