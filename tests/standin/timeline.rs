//! `timeline`: what happens in the state tree after a packing plan was changed, and when, as `docs/heron.md#update` has
//! it for the real Heron.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use heron_cli::proto::api::TopologyState;
use heron_cli::proto::system::{PackingPlan, PhysicalPlan};
use prost::Message as _;
use serde_json::json;
use zookeeper_client::Client;

use crate::flags::Flags;
use crate::zk;

/// Between looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Prints the seconds from the change of the packing plan to each event, and for how long in all the topology did not run by any
/// physical plan. With `--rewrite` it makes that change itself, as a
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
    let (events, pause) = tokio::try_join!(nodes.events(before, plan, limit), nodes.pause(limit))?;
    let mut events = events;
    events.insert("pause".to_owned(), pause);
    println!("{}", serde_json::Value::Object(events));
    Ok(0)
}

fn seconds_since(began: Instant) -> serde_json::Value {
    json!((began.elapsed().as_secs_f64() * 10.0).round() / 10.0)
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

    /// The seconds from a change of the packing plan to what follows.
    async fn events(
        &self,
        before: Option<i64>,
        plan: Option<i64>,
        limit: Instant,
    ) -> Result<serde_json::Map<String, serde_json::Value>> {
        until(limit, async || Ok(self.changed("packingplans").await? != plan)).await?;
        let written = Instant::now();
        let mut events = serde_json::Map::new();
        until(limit, async || Ok(self.owner("pplans").await?.is_none())).await?;
        events.insert("physical_plan_gone".to_owned(), seconds_since(written));
        until(limit, async || Ok(self.owner("tmanagers").await? != before)).await?;
        events.insert("location_gone".to_owned(), seconds_since(written));
        until(limit, async || {
            let owner = self.owner("tmanagers").await?;
            Ok(owner.is_some() && owner != before)
        })
        .await?;
        events.insert("tmanager_registered".to_owned(), seconds_since(written));
        until(limit, async || Ok(self.owner("pplans").await?.is_some())).await?;
        events.insert("physical_plan_back".to_owned(), seconds_since(written));
        Ok(events)
    }

    /// The seconds without a physical plan that says that the topology runs.
    async fn pause(&self, limit: Instant) -> Result<serde_json::Value> {
        until(limit, async || Ok(!self.runs().await?)).await?;
        let began = Instant::now();
        until(limit, async || self.runs().await).await?;
        Ok(seconds_since(began))
    }

    async fn runs(&self) -> Result<bool> {
        let Some(bytes) = zk::get(self.client, &self.path("pplans")).await? else {
            return Ok(false);
        };
        let plan =
            PhysicalPlan::decode(bytes.as_slice()).context("the physical plan can't be read")?;
        Ok(plan.topology.state == TopologyState::Running as i32)
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
