//! How a failure looks: what failed, why, and what to do next.

use std::io;

use serde_json::json;

use super::output;
use super::paint::Paint;
use crate::failure::Failure;
use crate::outcome::SCHEMA;
use crate::outcome::error::ErrorMember;

const DANGER: Paint = Paint::Danger;
const ADVICE: Paint = Paint::Advice;

/// The failure as text on stderr.
pub(super) fn show(failure: &Failure) -> io::Result<()> {
    let mut text = format!("{DANGER}error:{DANGER:#} {}\n", indented(&failure.message()));
    for cause in failure.causes() {
        text.push_str(&format!("  caused by: {}\n", indented(&cause)));
    }
    for hint in &failure.hints {
        text.push_str(&format!("{ADVICE}hint:{ADVICE:#} {}\n", indented(hint)));
    }
    if failure.exit.is_worth_explaining() {
        text.push_str(&format!("more: heron-cli explain {}\n", failure.exit.name()));
    }
    output::aside(&text)
}

/// Lines after the first stand under it.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n    ")
}

/// The failure as the one document on stdout.
pub(super) fn json(failure: &Failure) -> String {
    let (message, causes) = (failure.message(), failure.causes());
    let error = ErrorMember::new(failure.exit, message, causes, failure.hints.clone());
    json!({ "schema": SCHEMA, "error": error }).to_string()
}
