//! `timeline`: what happens in the state tree after a packing plan was changed, and when, as `docs/heron.md#update` has
//! it for the real Heron.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use heron_cli::proto::system::PackingPlan;
use prost::Message as _;
use serde_json::json;
use zookeeper_client::Client;

use crate::flags::Flags;
use crate::zk;

/// Between looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Prints the seconds from the change of the packing plan to each event. With `--rewrite` it makes that change itself, as a
/// plain set of the same plan under another id, and nothing else: what Heron's own update leaves the TManager to do.
pub async fn run(arguments: &[String]) -> Result<u8> {
    let flags = Flags::parse(arguments, &["--zk", "--root", "--topology"], &["--rewrite"])?;
    let (root, name) = (flags.need("--root")?, flags.need("--topology")?);
    let client = zk::connect(flags.need("--zk")?, Duration::from_secs(10)).await?;
    let limit = Instant::now() + Duration::from_mins(3);
    let nodes = Nodes { client: &client, root, name };
    let before = nodes.owner("tmanagers").await?;
    ensure!(before.is_some(), "no TManager is registered at {root}/tmanagers/{name}");
    let plan = nodes.changed("packingplans").await?;
    if flags.get("--rewrite").is_some() {
        nodes.rewrite().await?;
    }
    until(limit, async || Ok(nodes.changed("packingplans").await? != plan)).await?;
    let written = Instant::now();
    let seconds = |what: &str| {
        (what.to_owned(), json!((written.elapsed().as_secs_f64() * 10.0).round() / 10.0))
    };
    let mut events = serde_json::Map::new();
    until(limit, async || Ok(nodes.owner("pplans").await?.is_none())).await?;
    events.extend([seconds("physical_plan_gone")]);
    until(limit, async || Ok(nodes.owner("tmanagers").await? != before)).await?;
    events.extend([seconds("location_gone")]);
    until(limit, async || {
        let owner = nodes.owner("tmanagers").await?;
        Ok(owner.is_some() && owner != before)
    })
    .await?;
    events.extend([seconds("tmanager_registered")]);
    until(limit, async || Ok(nodes.owner("pplans").await?.is_some())).await?;
    events.extend([seconds("physical_plan_back")]);
    println!("{}", serde_json::Value::Object(events));
    Ok(0)
}

struct Nodes<'a> {
    client: &'a Client,
    root: &'a str,
    name: &'a str,
}

impl Nodes<'_> {
    fn path(&self, directory: &str) -> String {
        format!("{}/{directory}/{}", self.root, self.name)
    }

    /// The session of a node's owner, 0 for a persistent one; none without a node.
    async fn owner(&self, directory: &str) -> Result<Option<i64>> {
        let stat = self.client.check_stat(&self.path(directory)).await?;
        Ok(stat.map(|stat| stat.ephemeral_owner))
    }

    /// The transaction that changed a node last.
    async fn changed(&self, directory: &str) -> Result<Option<i64>> {
        let stat = self.client.check_stat(&self.path(directory)).await?;
        Ok(stat.map(|stat| stat.mzxid))
    }

    async fn rewrite(&self) -> Result<()> {
        let path = self.path("packingplans");
        let bytes = zk::get(self.client, &path).await?.context("there is no packing plan")?;
        let mut plan = PackingPlan::decode(bytes.as_slice())?;
        plan.id.push('+');
        zk::put(self.client, &path, &plan.encode_to_vec()).await
    }
}

async fn until(limit: Instant, condition: impl AsyncFn() -> Result<bool>) -> Result<()> {
    while !condition().await? {
        ensure!(Instant::now() < limit, "nothing more happened");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
