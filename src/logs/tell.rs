//! Lines as they are told: with their source, and without secrets.

use super::attempts::Attempt;
use super::process::Kind;
use super::reader::Dated;
use super::series::Series;
use crate::clock::rfc3339;
use crate::context::Context;
use crate::net::redact::redact;
use crate::outcome::SCHEMA;
use crate::outcome::logs::{LogContainer, LogLine, LogSource, LogTopology};
use crate::outcome::stream::{Item, ReaderGone};

/// Where lines of a series come from. `is_alone`: no other lines stand among them.
#[must_use]
pub fn source(topology: &str, attempt: &Attempt, series: &Series, is_alone: bool) -> LogSource {
    let name = &series.name;
    // Names of Heron's processes tell their container.
    let label = match series.kind {
        Kind::Task | Kind::Other => format!("{}/{name}", attempt.container),
        _ => name.clone(),
    };
    LogSource {
        schema: SCHEMA,
        topology: LogTopology { name: topology.to_owned() },
        container: container(attempt),
        process: name.clone(),
        label: Some(label).filter(|_| !is_alone),
    }
}

/// The container as documents have it.
#[must_use]
pub fn container(attempt: &Attempt) -> LogContainer {
    LogContainer {
        id: attempt.container,
        task_id: attempt.place.task_id.0.clone(),
        attempt: attempt.attempt,
        host: attempt.host.clone(),
    }
}

/// Tells a line.
///
/// # Errors
/// [`ReaderGone`] if nobody wants more.
pub fn tell(context: &Context<'_>, source: &LogSource, dated: &Dated) -> Result<(), ReaderGone> {
    let Dated { at, line } = dated;
    let text = redact(&line.text);
    context.answers.show(&Item::Log(LogLine {
        source,
        at: at.map(rfc3339),
        text: &text,
        cut: line.cut,
    }))
}
