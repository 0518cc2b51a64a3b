//! `version`: which heron-cli this is.

use crate::outcome::{Outcome, SCHEMA, Version};

/// The Heron release whose command lines are written unless the configuration names another.
const NEWEST_HERON: &str = "0.20.5";

/// The version.
#[must_use]
pub fn version() -> Outcome {
    Outcome::Version(Version {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        heron: NEWEST_HERON,
    })
}
