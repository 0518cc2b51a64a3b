//! The few operations on ZooKeeper that the stand-in needs, with the path in every error.

use std::time::Duration;

use anyhow::{Context as _, Result};
use zookeeper_client::{Acls, Client, CreateMode, Error};

/// Connects, or fails after the session timeout.
pub async fn connect(connection: &str, session_timeout: Duration) -> Result<Client> {
    Client::connector()
        .with_session_timeout(session_timeout)
        .connect(connection)
        .await
        .with_context(|| format!("failed to connect to ZooKeeper at {connection}"))
}

/// The data of a node, `None` if it does not exist.
pub async fn get(client: &Client, path: &str) -> Result<Option<Vec<u8>>> {
    match client.get_data(path).await {
        Ok((data, _)) => Ok(Some(data)),
        Err(Error::NoNode) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read {path}")),
    }
}

/// Creates a node; false if it exists. The parent must be there, as for Heron's own processes.
pub async fn create(client: &Client, path: &str, data: &[u8], mode: CreateMode) -> Result<bool> {
    match client.create(path, data, &mode.with_acls(Acls::anyone_all())).await {
        Ok(_) => Ok(true),
        Err(Error::NodeExists) => Ok(false),
        Err(error) => Err(error).with_context(|| format!("failed to create {path}")),
    }
}

/// Creates a node or overwrites it.
pub async fn put(client: &Client, path: &str, data: &[u8]) -> Result<()> {
    if create(client, path, data, CreateMode::Persistent).await? {
        return Ok(());
    }
    client.set_data(path, data, None).await.with_context(|| format!("failed to write {path}"))?;
    Ok(())
}

/// Deletes a node; it may be gone already.
pub async fn delete(client: &Client, path: &str) -> Result<()> {
    match client.delete(path, None).await {
        Ok(()) | Err(Error::NoNode) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("failed to delete {path}")),
    }
}

/// Returns when the session is over for good.
pub async fn ended(client: &Client) {
    let mut watcher = client.state_watcher();
    while !watcher.state().is_terminated() {
        watcher.changed().await;
    }
}
