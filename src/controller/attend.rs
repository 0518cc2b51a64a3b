//! Driving without an end, for those who stay.

use tokio::time::Instant;

use super::awaited::WaitCondition;
use super::drive::Drive;
use super::lease::Lease;
use crate::context::Context;
use crate::engine::ConfiguredEngine;
use crate::net::deadline::FOREVER;
use crate::scheduler::closed::Closed;
use crate::scheduler::model::{Model, Policy, Verdict};
use crate::scheduler::run::{DriverError, End};

/// How driving without an end has ended all the same.
#[derive(Debug)]
pub enum Attended {
    /// The user wants to leave.
    Left,
    /// The engine has closed the connection for good.
    Closed(Closed, Box<Model>),
}

/// Drives a topology whose lock is held until somebody wants it to end. `observe` is shown what is known whenever that may have
/// changed.
///
/// # Errors
/// [`is_kill_requested`], [`is_session_loss`](super::lease::is_session_loss), or what keeps it from being driven on.
pub async fn attend(
    context: &Context<'_>,
    engine: &ConfiguredEngine,
    lease: &Lease,
    topology: &str,
    policy: &Policy,
    observe: &dyn Fn(&Model),
) -> anyhow::Result<Attended> {
    let drive = Drive {
        context,
        engine,
        topology,
        policy,
        awaited: WaitCondition::Never,
        deadline: Instant::now() + FOREVER,
        observe,
    };
    let driven = Box::pin(drive.once(lease)).await?;
    Ok(match driven.end {
        End::Verdict(Verdict::Closed(closed)) => Attended::Closed(closed, Box::new(driven.model)),
        _ => Attended::Left,
    })
}

/// Whether driving has ended because somebody asks for the topology's end.
#[must_use]
pub fn is_kill_requested(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(DriverError::KillRequested))
}
