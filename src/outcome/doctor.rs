//! The outcome of `doctor`.

use serde::Serialize;

/// Outcome of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// Whether nothing failed.
    pub passed: bool,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
}

/// Something that `doctor` has looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name: `configuration`, `zookeeper 10.0.0.1:2181`, `mesos master`.
    pub name: String,
    /// What came of it.
    pub result: Verdict,
    /// What was found.
    pub detail: String,
    /// What to do about it; none where nothing is to be done.
    pub mend: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// It is as it should be.
    Passed,
    /// It could not be looked at, because of another check that failed, or because there is nothing to look at.
    Skipped,
    /// It works, and may not for long, or not everywhere.
    Warning,
    /// Commands will fail because of it.
    Failed,
}

impl Verdict {
    /// Its name in documents and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Skipped => "SKIPPED",
            Self::Warning => "WARNING",
            Self::Failed => "FAILED",
        }
    }
}

impl Check {
    /// Nothing is to be done.
    #[must_use]
    pub fn passed(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), result: Verdict::Passed, detail: detail.into(), mend: None }
    }

    /// It could not be looked at.
    #[must_use]
    pub fn skipped(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { result: Verdict::Skipped, ..Self::passed(name, detail) }
    }

    /// Something should be done.
    #[must_use]
    pub fn warning(
        name: impl Into<String>,
        detail: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { result: Verdict::Warning, mend: Some(mend.into()), ..Self::passed(name, detail) }
    }

    /// Something must be done.
    #[must_use]
    pub fn failed(
        name: impl Into<String>,
        detail: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { result: Verdict::Failed, mend: Some(mend.into()), ..Self::passed(name, detail) }
    }
}
