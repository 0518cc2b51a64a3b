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
use crate::scheduler::explanation::explain;
use crate::scheduler::member::shown;
use crate::scheduler::model::{Model, Verdict, View};
use crate::scheduler::run::DriverError;
use crate::state::StateError;

/// How long a sandbox may take to answer.
const SANDBOX_LIMIT: Duration = Duration::from_secs(5);
/// How much of a stderr is shown.
const TAIL_BYTES: u64 = 2048;
/// How many lines of it.
const TAIL_LINES: usize = 12;
/// Of how many containers it is told how they failed that now find no room.
const MOST_FAILURES: usize = 3;

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
    let what = format!("{what}: {}", explained(context, model, &failure).await);
    CommandError::Container { topology, container: shown(container), what, next }.into()
}

/// Whether a run was over while containers waited for offers that they fit into. `problem`: why the engine could not be reached last.
#[must_use]
pub fn waits_for_room(context: &Context<'_>, model: &Model, problem: Option<&String>) -> bool {
    problem.is_none() && model.waits_for_room((context.machine.clock)())
}

/// The error for containers that found no room; of those that had some and failed there, how they did.
pub async fn no_room(context: &Context<'_>, topology: &str, model: &Model) -> anyhow::Error {
    let mut why: Vec<String> = explain(model).iter().map(ToString::to_string).collect();
    let failed = model.views().filter_map(|View { id, record, .. }| {
        let record = record.filter(|record| record.is_over())?;
        Some((id, record))
    });
    for (id, record) in failed.take(MOST_FAILURES) {
        let Some(failure) = record.last_failure.as_ref().filter(|_| record.failures > 0) else {
            continue;
        };
        let failure = explained(context, model, failure).await;
        why.push(format!("{} had room before, and failed there: {failure}", shown(id)));
    }
    CommandError::NoPlacement { topology: topology.to_owned(), why, next: Vec::new() }.into()
}

/// What is known of a failure, with the end of the sandbox's stderr.
async fn explained(context: &Context<'_>, model: &Model, failure: &TaskFailure) -> String {
    let mut text = failure_in_words(failure);
    let place = TaskPlace::of_failure(&model.desired().framework.id, failure);
    if let Some(tail) = stderr_tail(context, &place).await {
        let lines: Vec<&str> = tail.trim_end().lines().collect();
        let last = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
        let last = last.join("\n");
        text.push_str(&format!("\nthe end of its stderr on {}:\n{last}", failure.host));
    }
    text
}

/// The end of a failed task's stderr, if its host still tells. Secrets are masked: a fetcher logs the URIs that it was
/// given.
async fn stderr_tail(context: &Context<'_>, place: &TaskPlace) -> Option<String> {
    // The command's own time may be up.
    let context = &Context { whole: context.whole.undoing(), ..context.clone() };
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

/// What is known of a failure, in a line.
#[must_use]
pub fn failure_in_words(failure: &TaskFailure) -> String {
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
