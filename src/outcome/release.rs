//! A Heron release in documents.

use serde::Serialize;

/// A release, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseInfo {
    /// The version, such as `0.17.8`.
    pub version: String,
    /// `setting`, `package` or `newest`.
    pub source: &'static str,
    /// The same in words, and why nothing better is known.
    pub detail: String,
}

impl ReleaseInfo {
    /// The version, and how it is known.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} ({})", self.version, self.detail)
    }
}
