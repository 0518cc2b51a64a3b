//! What the engine says. Finding whom to ask takes about as long as reading Heron's nodes, so both are done at the same time.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use tokio::time::Instant;

use crate::context::Context;
use crate::engine::observation::Observation;
use crate::engine::{ConfiguredEngine, Engine};
use crate::net::cause::chain;
use crate::scheduler::ids::FrameworkId;

/// How long the engine may take to answer; without its answer the rest is still worth showing.
const ENGINE_LIMIT: Duration = Duration::from_secs(5);

/// The engine, as it is being looked for. It is found once, for whoever waits for it.
pub type Sought<'a> = Shared<LocalBoxFuture<'a, Found>>;

/// What came of looking for the engine.
#[derive(Clone)]
pub enum Found {
    /// None is configured.
    Nowhere,
    /// Why there is none to be asked.
    Failed(String),
    /// It, and who answers for it.
    At(Arc<(ConfiguredEngine, <ConfiguredEngine as Engine>::Seat)>),
}

/// Begins to look for the engine, as soon as somebody waits for it or does something else [`meanwhile`].
pub fn seek<'a>(context: &'a Context<'_>) -> Sought<'a> {
    let seeking = async move {
        if context.settings.mesos.is_none() {
            return Found::Nowhere;
        }
        let seeking = Box::pin(async {
            let engine = context.engine()?;
            let seat = engine.locate().await?;
            anyhow::Ok((engine, seat))
        });
        match context.whole.run(ENGINE_LIMIT, seeking).await {
            Ok(Ok(found)) => Found::At(Arc::new(found)),
            Ok(Err(error)) => Found::Failed(chain(error.as_ref())),
            Err(stopped) => Found::Failed(stopped.to_string()),
        }
    };
    seeking.boxed_local().shared()
}

/// Does some work, and looks on for the engine in the meantime. The work alone is waited for.
pub async fn meanwhile<T>(sought: &Sought<'_>, work: impl Future<Output = T>) -> T {
    let seeking = async {
        sought.clone().await;
        pending::<Infallible>().await
    };
    tokio::select! {
        biased;
        done = work => done,
        never = seeking => match never {},
    }
}

/// What the engine says of each of these frameworks.
pub async fn observe(
    context: &Context<'_>,
    sought: &Sought<'_>,
    frameworks: &[FrameworkId],
) -> Vec<Observation> {
    if frameworks.is_empty() {
        return Vec::new();
    }
    let failed = |why: String| vec![Observation::Failed(why); frameworks.len()];
    let until = Instant::now() + ENGINE_LIMIT;
    let found = match sought.clone().await {
        Found::Nowhere => return vec![Observation::NotAsked; frameworks.len()],
        Found::Failed(why) => return failed(why),
        Found::At(found) => found,
    };
    let (engine, seat) = &*found;
    match context.whole.run_until(until, Box::pin(engine.observe(seat, frameworks))).await {
        Ok(Ok(seen)) => seen.into_iter().map(Observation::Seen).collect(),
        Ok(Err(error)) => failed(chain(&error)),
        Err(stopped) => failed(stopped.to_string()),
    }
}
