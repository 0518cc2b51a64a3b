//! The masters' election in ZooKeeper, as their own detector reads it. Nothing is ever created there.

use std::time::Duration;

use tokio::time::timeout;
use zookeeper_client::{Client, Error as ZkError, SessionState};

use super::leader::{Leader, LeaderError, LeaderOptions};
use super::master_info::{MasterInfo, leading_node};
use crate::net::deadline::{Deadline, Stopped};
use crate::net::zookeeper::{self, Access, Credentials, ElectionAddress, Options, Scheme};

/// As Mesos's own detector.
const SESSION_TIMEOUT: Duration = Duration::from_secs(10);
/// For closing the session, so that the server need not wait for it to expire.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Looks once who leads.
pub(super) async fn elected(
    address: &ElectionAddress,
    options: &LeaderOptions,
    deadline: &Deadline,
) -> Result<Leader, LeaderError> {
    let connection = Options {
        session_timeout: SESSION_TIMEOUT,
        connection_timeout: options.timeout,
        access: access(address, options.known.access_to(&address.ensemble)),
        ..Options::new(address.ensemble.clone())
    };
    let client = zookeeper::connect(&connection, deadline).await?;
    let found = deadline.run(options.timeout, look(&client, address, options)).await;
    close(client).await;
    found.unwrap_or_else(|stopped: Stopped| Err(LeaderError::stopped(stopped, address, options)))
}

/// The address's own credentials come before those of the configuration.
fn access(address: &ElectionAddress, configured: Access) -> Access {
    match &address.credentials {
        None => configured,
        Some((user, password)) => Access {
            credentials: Some(Credentials {
                scheme: Scheme::Digest,
                user: user.clone(),
                password: password.clone(),
            }),
            tls: configured.tls,
        },
    }
}

async fn look(
    client: &Client,
    address: &ElectionAddress,
    options: &LeaderOptions,
) -> Result<Leader, LeaderError> {
    let path = &address.path;
    let children = match client.list_children(path).await {
        Ok(children) => children,
        Err(ZkError::NoNode) => {
            return Err(LeaderError::NoPath { address: address.to_string(), path: path.clone() });
        }
        Err(error) => return Err(failed(address, &error)),
    };
    let Some(name) = leading_node(children.iter().map(String::as_str)) else {
        return Err(LeaderError::NoMaster {
            address: address.to_string(),
            path: path.clone(),
            children: children.len(),
        });
    };
    let znode = format!("{path}/{name}");
    let data = match client.get_data(&znode).await {
        Ok((data, _)) => data,
        Err(ZkError::NoNode) => return Err(LeaderError::Vanished { znode }),
        Err(error) => return Err(failed(address, &error)),
    };
    let url = MasterInfo::parse(name, &data)
        .and_then(|info| info.url(options.scheme, options.prefer_hostname))
        .map_err(|source| LeaderError::BadNode { znode: znode.clone(), source })?;
    Ok(Leader { url, source: format!("znode {znode}") })
}

fn failed(address: &ElectionAddress, error: &ZkError) -> LeaderError {
    let (address, reason) = (address.to_string(), error.to_string());
    match error {
        ZkError::NoAuth | ZkError::AuthFailed => LeaderError::ZooKeeperDenied { address, reason },
        _ => LeaderError::ZooKeeper { address, reason },
    }
}

/// Ends the session now instead of leaving it to its timeout.
async fn close(client: Client) {
    let mut watcher = client.state_watcher();
    drop(client);
    let closed = async {
        while !matches!(watcher.changed().await, SessionState::Closed | SessionState::Expired) {}
    };
    // A session that isn't closed in time expires.
    let _ = timeout(CLOSE_TIMEOUT, closed).await;
}
