//! A connection that the engine has closed for good.

/// The engine's last word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// What it means.
    pub reason: ClosedReason,
    /// Its words.
    pub message: String,
}

/// Why nothing more is to be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedReason {
    /// The framework is removed, and all its tasks with it: its id is spent.
    Removed,
    /// Another scheduler has connected as this framework.
    Superseded,
    /// We have not the rights to it.
    NotAllowed,
    /// Something of the framework's description is refused.
    Refused,
}
