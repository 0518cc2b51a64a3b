//! How a failure looks: what failed, why, and what to do next.

use std::io;

use serde_json::json;

use super::output;
use super::paint::Paint;
use crate::failure::Failure;
use crate::outcome::SCHEMA;
use crate::outcome::error::ErrorMember;
use crate::outcome::exit::Exit;

const DANGER: Paint = Paint::Danger;
const ADVICE: Paint = Paint::Advice;

/// The failure as text on stderr.
pub(super) fn show(failure: &Failure) -> io::Result<()> {
    show_error(&error(failure))
}

/// An error as text on stderr; it may stand beside an answer.
pub(super) fn show_error(error: &ErrorMember) -> io::Result<()> {
    let mut text = format!("{DANGER}error:{DANGER:#} {}\n", indented(&error.message));
    for cause in &error.causes {
        text.push_str(&format!("  caused by: {}\n", indented(cause)));
    }
    for hint in &error.hints {
        text.push_str(&format!("{ADVICE}hint:{ADVICE:#} {}\n", indented(hint)));
    }
    if Exit::of_name(error.kind).is_some_and(Exit::is_worth_explaining) {
        text.push_str(&format!("more: heron-cli explain {}\n", error.kind));
    }
    output::aside(&text)
}

fn error(failure: &Failure) -> ErrorMember {
    let (message, causes) = (failure.message(), failure.causes());
    ErrorMember::new(failure.exit, message, causes, failure.hints.clone())
}

/// Lines after the first stand under it.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n    ")
}

/// The failure as the one document on stdout.
pub(super) fn json(failure: &Failure) -> String {
    json!({ "schema": SCHEMA, "error": error(failure) }).to_string()
}
