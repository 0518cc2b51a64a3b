//! Connections to an engine, as the driver uses them, and how they can fail.

use std::pin::Pin;
use std::time::Duration;

use thiserror::Error;

use super::call::Call;
use super::ids::{FrameworkId, HostId, TaskId};
use super::record::Framework;
use super::step::Event;

/// Boxed error of an implementation; callers downcast it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Opens connections to the engine.
#[allow(async_fn_in_trait)]
pub trait Connector {
    /// An open connection.
    type Link: Link;

    /// Finds the engine and connects as a framework.
    async fn connect(
        &self,
        framework: &Framework,
        suppressed: bool,
    ) -> Result<Self::Link, ConnectError>;

    /// The framework's tasks that have not come to their end, as the engine lists them.
    async fn live_tasks(
        &self,
        framework: &FrameworkId,
    ) -> Result<Vec<(TaskId, Option<HostId>)>, BoxError>;
}

/// An open connection.
#[allow(async_fn_in_trait)]
pub trait Link {
    /// Waits for events and returns all that are there; [`Event::Disconnected`] is the last one ever. Cancel-safe.
    async fn events(&mut self) -> Vec<Event>;

    /// Sends calls so that the engine sees them in their order, except for those that have none: acknowledgements, and
    /// launches or ends of tasks in a row.
    async fn send(&mut self, calls: Vec<Call>) -> Result<(), CallError>;
}

/// A connection that is being opened.
pub(super) type Opening<'a, L> = Pin<Box<dyn Future<Output = Result<L, ConnectError>> + 'a>>;

/// No connection came about.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// It may work later.
    #[error("{source}")]
    Passing {
        /// Why it didn't.
        source: BoxError,
        /// How long the engine wants to be left alone, if it says so.
        retry_after: Option<Duration>,
    },
    /// It never will without a change: credentials, a refused role …
    #[error(transparent)]
    Final(BoxError),
}

/// A call was not taken.
#[derive(Debug, Error)]
pub enum CallError {
    /// The connection is dead, or its state unknown: connect again, and reconcile.
    #[error("{source}")]
    Resubscribe {
        /// Why it was not taken.
        source: BoxError,
        /// How long the engine wants to be left alone, if it says so.
        retry_after: Option<Duration>,
    },
    /// The engine refuses the call as such.
    #[error(transparent)]
    Final(BoxError),
}
