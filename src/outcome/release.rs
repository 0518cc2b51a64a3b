//! A Heron release in documents.

use serde::Serialize;

use crate::topology::core_release::{ChosenRelease, ReleaseSource};

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

impl From<&ChosenRelease> for ReleaseInfo {
    fn from(chosen: &ChosenRelease) -> Self {
        let source = match chosen.source {
            ReleaseSource::Setting => "setting",
            ReleaseSource::Package { .. } => "package",
            ReleaseSource::Newest { .. } => "newest",
        };
        Self { version: chosen.release.to_string(), source, detail: chosen.detail() }
    }
}

impl ReleaseInfo {
    /// The version, and how it is known.
    #[must_use]
    pub fn explained(&self) -> String {
        format!("{} ({})", self.version, self.detail)
    }

    /// The version; and where nothing says it, why not.
    #[must_use]
    pub fn text(&self) -> String {
        match self.source {
            "newest" => format!("{} ({})", self.version, self.detail),
            _ => self.version.clone(),
        }
    }
}
