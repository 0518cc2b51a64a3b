//! How a failure looks: what failed, why, and what to do next.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::failure::Failure;

const DANGER: Style = AnsiColor::Red.on_default().bold();
const ADVICE: Style = AnsiColor::Cyan.on_default().bold();

/// The failure as text on stderr.
pub(super) fn show(failure: &Failure) {
    let mut stderr = anstream::stderr().lock();
    let mut text = format!("{DANGER}error:{DANGER:#} {}\n", indented(&failure.message()));
    for cause in failure.causes() {
        text.push_str(&format!("  caused by: {}\n", indented(&cause)));
    }
    for hint in &failure.hints {
        text.push_str(&format!("{ADVICE}hint:{ADVICE:#} {}\n", indented(hint)));
    }
    let _ = stderr.write_all(text.as_bytes());
}

/// Lines after the first stand under it.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n    ")
}

/// The failure as the one document on stdout.
pub(super) fn json(failure: &Failure) -> String {
    let mut message = failure.message();
    for cause in failure.causes() {
        message.push_str(": ");
        message.push_str(&cause);
    }
    document(failure.exit.name(), &message, &failure.hints.join("\n"))
}

/// Wrong usage as a document.
pub(super) fn usage_json(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let message = text.trim().trim_start_matches("error: ");
    document("usage", message, "heron-cli --help")
}

fn document(code: &str, message: &str, hint: &str) -> String {
    json!({ "error": { "code": code, "message": message, "hint": hint } }).to_string()
}
