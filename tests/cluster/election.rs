//! The election of masters in ZooKeeper: an ephemeral sequential `json.info_` node for each, the lowest number leads.
//! Source of facts: `docs/mesos.md#leader` and `tests/data/mesos/07-leader-and-redirect`.

use std::sync::Weak;
use std::time::Duration;

use tokio::sync::oneshot;
use zookeeper_client::{Acls, Client, CreateMode, Error};

use crate::cluster::Sim;
use crate::master::Leader;

const LABEL: &str = "json.info";

/// Splits `zk://host:port,host:port/path` into servers and path.
pub fn parse(url: &str) -> Result<(String, String), String> {
    let rest = url.strip_prefix("zk://").unwrap_or(url);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, after)| after);
    match rest.split_once('/') {
        Some((servers, path)) if !servers.is_empty() && !path.is_empty() => {
            Ok((servers.to_owned(), format!("/{}", path.trim_end_matches('/'))))
        }
        _ => Err(format!("expected host:port/path, got '{url}'")),
    }
}

/// One master's part in the election.
pub struct Contender {
    /// The servers.
    pub servers: String,
    /// Below which node.
    pub path: String,
    /// The session timeout.
    pub timeout: Duration,
    /// The place of the master.
    pub master: usize,
    /// What its node contains.
    pub content: Vec<u8>,
    /// Told when its node is there.
    pub ready: Option<oneshot::Sender<()>>,
}

/// Takes part until told to stop: with `true` the session is closed and the node goes at once, with
/// `false` it is abandoned and the node goes when it expires.
pub async fn contend(sim: Weak<Sim>, mut contender: Contender, mut stop: oneshot::Receiver<bool>) {
    loop {
        let result = session(&sim, &mut contender, &mut stop).await;
        let Some(sim) = sim.upgrade() else { return };
        if result.is_ok() {
            return;
        }
        // Without ZooKeeper nobody leads; a leader aborts.
        sim.with(|cluster| cluster.election(contender.master, None));
        if !matches!(stop.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn session(
    sim: &Weak<Sim>,
    contender: &mut Contender,
    stop: &mut oneshot::Receiver<bool>,
) -> Result<(), Error> {
    let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
    let client = Client::connector()
        .with_session_timeout(contender.timeout)
        .with_detached()
        .connect(&contender.servers)
        .await?;
    client.mkdir(&contender.path, &options).await?;
    let node = format!("{}/{LABEL}_", contender.path);
    let mode = CreateMode::EphemeralSequential.with_acls(Acls::anyone_all());
    let (_, sequence) = client.create(&node, &contender.content, &mode).await?;
    let mine = format!("{LABEL}_{sequence}");
    if let Some(ready) = contender.ready.take() {
        let _ = ready.send(());
    }
    loop {
        let (children, watcher) = client.list_and_watch_children(&contender.path).await?;
        let leader = leader(&client, &contender.path, &children).await?;
        if let Some(sim) = sim.upgrade() {
            sim.with(|cluster| cluster.election(contender.master, leader));
        }
        tokio::select! {
            _ = watcher.changed() => {}
            clean = &mut *stop => {
                if clean.unwrap_or(true) {
                    let _ = client.delete(&format!("{}/{mine}", contender.path), None).await;
                }
                return Ok(());
            }
        }
    }
}

async fn leader(client: &Client, path: &str, children: &[String]) -> Result<Option<Leader>, Error> {
    let lowest = children
        .iter()
        .filter_map(|name| Some((name.rsplit_once('_')?.1.parse::<i64>().ok()?, name)))
        .min();
    let Some((_, name)) = lowest else { return Ok(None) };
    match client.get_data(&format!("{path}/{name}")).await {
        Ok((data, _)) => {
            let info: serde_json::Value = serde_json::from_slice(&data).unwrap_or_default();
            let port = info["port"].as_u64().and_then(|port| u16::try_from(port).ok());
            let hostname = info["hostname"].as_str().unwrap_or("127.0.0.1").to_owned();
            Ok(port.map(|port| Leader { hostname, port }))
        }
        Err(Error::NoNode) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_url_is_split() {
        let parts = super::parse("zk://u:p@a:1,b:2/mesos/x").unwrap();
        assert_eq!(parts, ("a:1,b:2".to_owned(), "/mesos/x".to_owned()));
        assert!(super::parse("a:1").is_err() && super::parse("a:1/").is_err());
    }
}
