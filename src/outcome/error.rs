//! How a document tells of a failure (`docs/json/error.schema.json`).

use serde::Serialize;

use super::exit::Exit;

/// The `error` of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorMember {
    /// The class behind the exit code: `configuration`, `timed_out`.
    pub kind: &'static str,
    /// The exit code.
    pub exit: u8,
    /// What failed.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
    /// Where it is documented.
    pub page: String,
    /// The name of `kind` in earlier releases.
    pub code: &'static str,
}

impl ErrorMember {
    /// An error that ends with an exit code.
    #[must_use]
    pub fn new(exit: Exit, message: String, causes: Vec<String>, hints: Vec<String>) -> Self {
        let kind = exit.name();
        let page = format!("docs/troubleshooting.md#{kind}");
        Self { kind, exit: exit.code(), message, causes, hints, page, code: kind }
    }
}
