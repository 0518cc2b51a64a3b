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

/// A text without secrets. What ZooKeeper's C client puts in front of its lines looks like user, password and host:
/// `…:12(0x7f):ZOO_INFO@check_events@2866: …`.
fn shown(text: &str) -> String {
    let front = text.find(":ZOO_").and_then(|at| Some(at + text.get(at..)?.find(": ")?));
    let (front, rest) = text.split_at(front.unwrap_or_default());
    format!("{front}{}", redact(rest))
}

/// Tells a line.
///
/// # Errors
/// [`ReaderGone`] if nobody wants more.
pub fn tell(context: &Context<'_>, source: &LogSource, dated: &Dated) -> Result<(), ReaderGone> {
    let Dated { at, line } = dated;
    let text = shown(&line.text);
    context.answers.show(&Item::Log(LogLine {
        source,
        at: at.map(rfc3339),
        text: &text,
        cut: line.cut,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let client =
            "2026-11-30 03:54:09,1:12(0x7f):ZOO_INFO@check_events@2866: connected to u:hunter2@h";
        let told = shown(client);
        assert!(
            told.starts_with("2026-11-30 03:54:09,1:12(0x7f):ZOO_INFO@check_events@2866: "),
            "{told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
        assert!(!shown("password=hunter2").contains("hunter2"));
        assert_eq!(shown("löng: plain"), "löng: plain");
    }
}
