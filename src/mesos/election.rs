//! The masters' election in ZooKeeper, as their own detector reads it. Nothing is ever created there.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use zookeeper_client::Error as ZkError;

use super::master::{LeaderUrl, Scheme};
use super::master_info::{MasterInfo, MasterInfoError, leading_node};
use crate::net::deadline::{Deadline, Stopped};
use crate::net::zookeeper::session::{Found, Read, Session, open};
use crate::net::zookeeper::{self, Access, ConnectError, Credentials, ElectionAddress, Options};

/// As Mesos's own detector.
const SESSION_TIMEOUT: Duration = Duration::from_secs(10);

/// How to look.
#[derive(Debug)]
pub(super) struct Look {
    /// The scheme of the masters, of which ZooKeeper says nothing.
    pub scheme: Scheme,
    /// Take the host name instead of the address.
    pub prefer_hostname: bool,
    /// For the session, and for the answers in it.
    pub timeout: Duration,
    /// How ZooKeeper lets us in, where its address says nothing of it.
    pub access: Access,
    /// A session in which it can be asked without one of our own.
    pub session: Option<Arc<dyn Session>>,
}

/// The master that leads.
#[derive(Debug)]
pub(super) struct Elected {
    /// Where it is.
    pub url: LeaderUrl,
    /// The node that says so.
    pub znode: String,
}

/// Why ZooKeeper tells no leader.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ElectionError {
    /// ZooKeeper gives no session.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The credentials don't suffice for the path.
    #[error("{address}: ZooKeeper refuses access: {reason}")]
    Denied {
        /// The address, without credentials.
        address: String,
        /// What ZooKeeper says.
        reason: String,
    },
    /// Anything else that ZooKeeper says.
    #[error("{address}: ZooKeeper: {reason}")]
    Failed {
        /// The address, without credentials.
        address: String,
        /// What it says.
        reason: String,
    },
    /// The path doesn't exist: no master has ever started there.
    #[error("{address}: no leading master: znode {path} does not exist")]
    NoPath {
        /// The address, without credentials.
        address: String,
        /// The path.
        path: String,
    },
    /// No master runs.
    #[error(
        "{address}: no leading master: znode {path} has no master among its {children} children"
    )]
    NoMaster {
        /// The address, without credentials.
        address: String,
        /// The path.
        path: String,
        /// How many nodes of other kinds there are.
        children: usize,
    },
    /// The leader's node vanished between two looks.
    #[error("no leading master: znode {znode} vanished, an election is under way")]
    Vanished {
        /// The node.
        znode: String,
    },
    /// A leader's node that can't be understood.
    #[error("znode {znode}: {source}")]
    BadNode {
        /// The node.
        znode: String,
        /// What is wrong.
        source: MasterInfoError,
    },
    /// The wait was ended.
    #[error(transparent)]
    Stopped(Stopped),
}

impl ElectionError {
    /// Whether looking again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(error) => error.may_pass(),
            Self::Stopped(stopped) => *stopped == Stopped::TimedOut,
            Self::Denied { .. } | Self::BadNode { .. } => false,
            Self::Failed { .. }
            | Self::NoPath { .. }
            | Self::NoMaster { .. }
            | Self::Vanished { .. } => true,
        }
    }

    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Connect(error) => error.hint(),
            Self::Denied { .. } => "check user and password in the zk:// address",
            Self::Failed { .. } => "check the state of the ZooKeeper ensemble",
            Self::NoPath { .. } => "check the path of the zk:// address against the masters' --zk",
            Self::NoMaster { .. } => "start a master, or check the path against the masters' --zk",
            Self::Vanished { .. } => "try again in a moment",
            Self::BadNode { .. } => "check that the path is the one of the masters' --zk",
            Self::Stopped(_) => "check the network between this machine and those servers",
        }
    }
}

/// Looks once who leads.
pub(super) async fn elected(
    address: &ElectionAddress,
    look: Look,
    deadline: &Deadline,
) -> Result<Elected, ElectionError> {
    let Look { scheme, prefer_hostname, timeout, access: configured, session } = look;
    let what = || format!("waiting for ZooKeeper at {}", address.ensemble);
    if let Some(session) = session.filter(|_| address.credentials.is_none()) {
        let found = deadline.run_saying(timeout, what, leading(&*session, address)).await;
        match found.map_err(ElectionError::Stopped)? {
            // A session may be at its end, which says nothing of the masters.
            Err(ElectionError::Failed { reason, .. }) => {
                tracing::debug!("no answer in the session that there is: {reason}");
            }
            found => return url(found?, scheme, prefer_hostname),
        }
    }
    let connection = Options {
        session_timeout: SESSION_TIMEOUT,
        connection_timeout: timeout,
        access: access(address, configured),
        ..Options::new(address.ensemble.clone())
    };
    let session = open(&connection, deadline).await?;
    let found = deadline.run_saying(timeout, what, leading(&*session, address)).await;
    // It holds nothing: nobody need wait for its end.
    drop(session);
    url(found.map_err(ElectionError::Stopped)??, scheme, prefer_hostname)
}

/// Where a master is by what its node says.
fn url(
    (znode, info): (String, MasterInfo),
    scheme: Scheme,
    prefer_hostname: bool,
) -> Result<Elected, ElectionError> {
    match info.url(scheme, prefer_hostname) {
        Ok(url) => Ok(Elected { url, znode }),
        Err(source) => Err(ElectionError::BadNode { znode, source }),
    }
}

/// The address's own credentials come before those of the configuration.
fn access(address: &ElectionAddress, configured: Access) -> Access {
    match &address.credentials {
        None => configured,
        Some((user, password)) => Access {
            credentials: Some(Credentials {
                scheme: zookeeper::Scheme::Digest,
                user: user.clone(),
                password: password.clone(),
            }),
            tls: configured.tls,
        },
    }
}

/// The leader's node, and what it says.
async fn leading(
    session: &dyn Session,
    address: &ElectionAddress,
) -> Result<(String, MasterInfo), ElectionError> {
    let path = &address.path;
    let children = match session.read(Read::Children(path)).await {
        Ok(Found::Children(children)) => children,
        Ok(Found::Data(..)) => Vec::new(),
        Err(ZkError::NoNode) => {
            return Err(ElectionError::NoPath { address: address.to_string(), path: path.clone() });
        }
        Err(error) => return Err(failed(address, &error)),
    };
    let Some(name) = leading_node(children.iter().map(String::as_str)) else {
        return Err(ElectionError::NoMaster {
            address: address.to_string(),
            path: path.clone(),
            children: children.len(),
        });
    };
    let znode = format!("{path}/{name}");
    let data = match session.read(Read::Data(&znode)).await {
        Ok(Found::Data(data, _)) => data,
        Ok(Found::Children(_)) => Vec::new(),
        Err(ZkError::NoNode) => return Err(ElectionError::Vanished { znode }),
        Err(error) => return Err(failed(address, &error)),
    };
    match MasterInfo::parse(name, &data) {
        Ok(info) => Ok((znode, info)),
        Err(source) => Err(ElectionError::BadNode { znode, source }),
    }
}

fn failed(address: &ElectionAddress, error: &ZkError) -> ElectionError {
    let (address, reason) = (address.to_string(), error.to_string());
    match error {
        ZkError::NoAuth | ZkError::AuthFailed => ElectionError::Denied { address, reason },
        _ => ElectionError::Failed { address, reason },
    }
}
