//! `classpath`: what stock clients need of Heron's jars to talk to it, which is nothing here.

use crate::outcome::{Outcome, SCHEMA, Text};

/// The class path: empty.
#[must_use]
pub fn classpath() -> Outcome {
    Outcome::Text(Text { schema: SCHEMA, text: String::new() })
}
