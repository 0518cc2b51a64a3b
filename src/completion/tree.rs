//! What the state tree knows, as far as it can be had at once.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Need;
use crate::context::Context;
use crate::context::configure::{ConfigInput, configure};
use crate::env::Env;
use crate::net::deadline::Deadline;
use crate::net::zookeeper::Opened;
use crate::outcome::stream::{Item, ReaderGone, Stream};
use crate::report::{Progress, Reporter};
use crate::state::TopologyState;
use crate::state::listing;

/// How long somebody who types may be kept.
const PATIENCE: Duration = Duration::from_millis(300);

/// What the state tree knows.
pub(super) struct Known {
    pub topologies: Vec<String>,
    /// The containers of one of them, by id.
    pub containers: Vec<String>,
}

/// Nobody is told of anything.
struct Silent;

impl Reporter for Silent {
    fn step(&self, _: &str) {}
    fn progress(&self, _: &Progress) {}
    fn warn(&self, _: &str) {}
    fn program_output(&self, _: &str) {}
}

impl Stream for Silent {
    fn show(&self, _: &Item<'_>) -> Result<(), ReaderGone> {
        Ok(())
    }
}

/// Looks into the state tree that a configuration names: for its topologies, and the containers of one.
pub(super) fn look(given: ConfigInput, env: &Env, topology: &str) -> Option<Known> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let known = runtime.block_on(async {
        tokio::time::timeout(PATIENCE, read(given, env, topology)).await.ok()?.ok()
    });
    runtime.shutdown_background();
    known
}

async fn read(given: ConfigInput, env: &Env, topology: &str) -> anyhow::Result<Known> {
    let configured = configure(given, Need::State, env, &Silent)?;
    let machine = env.machine();
    let context = Context {
        settings: &configured.settings,
        yaml_directory: None,
        place: &configured.place,
        reporter: Arc::new(Silent),
        answers: Arc::new(Silent),
        machine: &machine,
        env,
        timeout: Some(PATIENCE),
        whole: Deadline::after(PATIENCE),
        opened: Opened::default(),
        verb: "completion",
        member: None,
    };
    let state = context.open().await?;
    let names = if topology.is_empty() {
        listing::names(&state.zk, &state.tree).await?
    } else {
        Vec::new()
    };
    let containers = if topology.is_empty() {
        Vec::new()
    } else {
        containers(&TopologyState::read(&state.zk, &state.tree, topology).await?)
    };
    state.close().await;
    Ok(Known { topologies: names, containers })
}

/// Container 0 and those of the packing plan.
fn containers(topology: &TopologyState) -> Vec<String> {
    let plan = topology.packing_plan.as_ref().and_then(|found| found.message().ok());
    let Some(plan) = plan else { return Vec::new() };
    let ids = plan.container_plans.iter().map(|container| container.id.to_string());
    std::iter::once("0".to_owned()).chain(ids).collect()
}
