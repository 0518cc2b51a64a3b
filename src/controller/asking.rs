//! Asks the engine something that a command needs to know before it can begin.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::context::Context;
use crate::engine::EngineError;
use crate::net::cause::chain;

/// Pauses between two tries.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Asks until there is an answer, or asking again can't help: a master that fails over is away for half a minute.
///
/// # Errors
/// That of the last try.
pub async fn until_answered<T>(
    context: &Context<'_>,
    until: Instant,
    mut ask: impl AsyncFnMut() -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match ask().await {
            Err(error) if error.passes() => error,
            answered => return answered,
        };
        let in_time = Instant::now() + pause < until;
        if !in_time || context.whole.signals().seen().is_some() {
            return Err(error);
        }
        context.reporter.step(&format!("waiting for Mesos: {}", chain(&error)));
        if context.whole.run_through(sleep(pause)).await.is_err() {
            return Err(error);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
