//! A run of the driver: what it is told meanwhile, until when it goes on, and how it ends.

use tokio::time::Instant;

use super::model::{Model, Verdict};

/// Why a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// What runs is what is desired, and the condition holds.
    Settled,
    /// Going on is of no use.
    Verdict(Verdict),
    /// The deadline came first.
    TimedOut,
    /// The user wants to leave.
    Interrupted,
}

/// What is heard while a run goes on, other than from the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// What is waited for besides the containers has come about.
    ConditionHolds,
    /// The user wants to leave.
    Interrupted,
    /// The desired record may have been changed.
    DesiredChanged,
    /// The lease is lost.
    LeaseLost,
    /// Somebody has removed what is driven, without asking whoever drives it.
    Removed,
}

/// Limits of a run.
#[derive(Clone, Copy)]
pub struct RunLimits<'a> {
    /// When to give up waiting.
    pub deadline: Instant,
    /// When the containers are as they should be: [`Model::is_settled`], or [`Model::is_placed`] for callers that don't wait.
    pub reached: &'a dyn Fn(&Model) -> bool,
    /// Whether there is something to wait for besides the containers, which is told as [`News::ConditionHolds`].
    pub has_condition: bool,
}
