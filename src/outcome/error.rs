//! How a document tells of a failure.

use serde::Serialize;

/// The `error` of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorMember {
    /// The class behind the exit code: `configuration`, `timed_out`.
    pub code: &'static str,
    /// What failed.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl ErrorMember {
    /// An error of a class.
    #[must_use]
    pub fn new(code: &'static str, message: String, hint: &str) -> Self {
        Self { code, message, hint: hint.to_owned() }
    }
}
