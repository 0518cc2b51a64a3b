//! How driving can end badly, in words: verdicts with the end of the sandbox's stderr, and interrupts.

use std::error::Error;
use std::time::Duration;

use super::journal::StoreError;
use super::lease::is_session_loss;
use crate::context::{CommandError, Context, HalfWay};
use crate::engine::{Engine, EngineError, ErrorClass, Sandbox, TaskPlace};
use crate::net::deadline::Signal;
use crate::net::redact::redact;
use crate::scheduler::closed::Closed;
use crate::scheduler::container::TaskFailure;
use crate::scheduler::driver::DriverError;
use crate::scheduler::model::{Model, Verdict};
use crate::state::StateError;

/// How long a sandbox may take to answer.
const SANDBOX_LIMIT: Duration = Duration::from_secs(5);
/// How much of a stderr is shown.
const TAIL_BYTES: u64 = 2048;
/// How many lines of it.
const TAIL_LINES: usize = 12;

/// The error for a verdict of the state machine.
pub async fn failed(
    context: &Context<'_>,
    topology: &str,
    model: &Model,
    verdict: Verdict,
    next: Vec<String>,
) -> anyhow::Error {
    let topology = topology.to_owned();
    let (container, failure, what) = match verdict {
        Verdict::Closed(Closed { message, .. }) => {
            return CommandError::FrameworkEnded { topology, message, next }.into();
        }
        Verdict::Refused(container, failure) => (container, failure, "was refused by Mesos"),
        Verdict::Failing(container, failure) => (container, failure, "fails again and again"),
    };
    let mut what = format!("{what}: {}", describe(&failure));
    let place = TaskPlace::of_failure(&model.desired().framework.id, &failure);
    if let Some(tail) = stderr_tail(context, &place).await {
        let lines: Vec<&str> = tail.trim_end().lines().collect();
        let last = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
        what.push_str(&format!(
            "\nthe end of its stderr on {}:\n{}",
            failure.host,
            last.join("\n")
        ));
    }
    CommandError::Container { topology, container, what, next }.into()
}

/// The end of a failed task's stderr, if its host still tells. Secrets are masked: a fetcher logs the URIs that it was
/// given.
async fn stderr_tail(context: &Context<'_>, place: &TaskPlace) -> Option<String> {
    let engine = context.engine().ok()?;
    let sandbox = engine.sandbox(place)?;
    match context.whole.run(SANDBOX_LIMIT, sandbox.tail("stderr", TAIL_BYTES)).await {
        Ok(Ok(text)) => Some(redact(&text)),
        Ok(Err(error)) => {
            tracing::info!("failed to read the sandbox: {error}");
            None
        }
        Err(_) => None,
    }
}

fn describe(failure: &TaskFailure) -> String {
    let message = failure.message.as_deref().unwrap_or("Mesos gave no reason");
    let reason = failure.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{} on {}: {message}{reason}", failure.state, failure.host)
}

/// The error for an interrupt.
#[must_use]
pub fn interrupted(context: &Context<'_>, doing: &str, next: Vec<String>) -> anyhow::Error {
    let signal = context.whole.signals().seen().unwrap_or(Signal::Interrupted);
    CommandError::Interrupted { signal, doing: doing.to_owned(), next }.into()
}

/// An error that may have ended a command half-way, with what the command was at and what is true now, unless the error
/// says that itself.
#[must_use]
pub fn half_way(
    context: &Context<'_>,
    error: anyhow::Error,
    doing: &str,
    next: Vec<String>,
) -> anyhow::Error {
    let told =
        error.downcast_ref::<CommandError>().is_some() || error.downcast_ref::<HalfWay>().is_some();
    let left = context.whole.signals().seen().is_some();
    if !told && (left || is_out_of_reach(&error)) {
        return with_next(context, error, doing, next);
    }
    error
}

/// An error with what is true now. Whatever broke off when the user wanted to leave, that is why.
#[must_use]
pub fn with_next(
    context: &Context<'_>,
    error: anyhow::Error,
    doing: &str,
    next: Vec<String>,
) -> anyhow::Error {
    match error.downcast::<CommandError>() {
        Ok(mut error) => {
            for next in next {
                error.add_hint(&next);
            }
            error.into()
        }
        Err(_) if context.whole.signals().seen().is_some() => interrupted(context, doing, next),
        Err(error) => error.context(HalfWay { doing: doing.to_owned(), next }),
    }
}

/// Whether ZooKeeper or Mesos can't be reached: what was begun can't be undone then, and can be gone on with.
#[must_use]
pub fn is_out_of_reach(error: &anyhow::Error) -> bool {
    let away = |cause: &(dyn Error + 'static)| match cause.downcast_ref() {
        Some(DriverError::Silent) => true,
        Some(DriverError::Subscribe(source)) => {
            let error: Option<&EngineError> = source.downcast_ref();
            error.is_none_or(|error| error.class() == ErrorClass::Unreachable)
        }
        _ => matches!(StoreError::state_of(cause), Some(StateError::Connect(_))),
    };
    is_session_loss(error) || error.chain().any(away)
}
