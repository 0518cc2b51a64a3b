//! A run of the driver: what it is told meanwhile, until when it goes on, and how it ends.

use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;

use super::connection::BoxError;
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

/// The driver can't go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The journal can't be written.
    #[error("failed to write the journal")]
    Journal(#[source] BoxError),
    /// Mesos can't be reached, or does not let us in.
    #[error("failed to subscribe to Mesos")]
    Subscribe(#[source] BoxError),
    /// It has not answered until the end, not even to refuse.
    #[error("Mesos did not answer")]
    Silent,
    /// Mesos refuses a call.
    #[error("Mesos refused a call")]
    Call(#[source] BoxError),
    /// What an update needs can't be done; its implementation knows why.
    #[error("a step of the update failed")]
    Errand,
    /// Somebody else may drive by now.
    #[error("the leader lock was lost")]
    LeaseLost,
    /// Somebody has asked for the end of what was to run.
    #[error("the topology is to be killed")]
    KillRequested,
    /// Somebody has removed what was driven.
    #[error("the topology is gone")]
    Removed,
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
    /// In how long it is to be looked whether [`reached`](Self::reached) holds though nothing is heard, where time alone brings
    /// that about.
    pub look_in: &'a dyn Fn() -> Option<Duration>,
}
