//! Answers that are about no topology.

use serde::Serialize;

/// Outcome of `version`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// Version of heron-cli.
    pub version: &'static str,
    /// The Heron release whose command lines it writes unless told otherwise.
    pub heron: &'static str,
}

/// Text that is itself the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The text.
    pub text: String,
}
