//! How long a command may wait: until its deadline, and until the user wants to leave.
//!
//! One value for a whole command, made when it starts and handed down to whatever waits: for a session, a leader, a lock, an
//! answer. So the time that one wait takes is missing from the next, and a signal ends each of them at once.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long what undoes or restores may take once the deadline is over.
pub const UNDO: Duration = Duration::from_secs(30);

/// Longer than anything is waited for.
const FOREVER: Duration = Duration::from_hours(24 * 365);

/// A signal that ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        })
    }
}

/// Says when the user wants to leave.
#[derive(Clone, Debug)]
pub struct Signals(watch::Receiver<Option<Signal>>);

impl Signals {
    /// Signals that `receiver` tells of.
    #[must_use]
    pub fn new(receiver: watch::Receiver<Option<Signal>>) -> Self {
        Self(receiver)
    }

    /// Signals that never come.
    #[must_use]
    pub fn never() -> Self {
        Self(watch::channel(None).1)
    }

    /// Waits for a signal; one that has come already counts. Without a sender it never comes.
    pub async fn wait(&self) -> Signal {
        let mut receiver = self.0.clone();
        loop {
            if let Some(signal) = *receiver.borrow_and_update() {
                return signal;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits for a signal that hasn't come yet: after the first one there is something to undo, which it must not stop.
    pub async fn next(&self) -> Signal {
        match self.seen() {
            None => self.wait().await,
            Some(_) => std::future::pending().await,
        }
    }

    /// The signal that came, if one did.
    #[must_use]
    pub fn seen(&self) -> Option<Signal> {
        *self.0.borrow()
    }
}

/// Why a wait has ended before what it waited for came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Stopped {
    /// The time is up: the deadline's, or the one that this wait was given.
    #[error("no answer in time")]
    TimedOut,
    /// The user wants to leave.
    #[error("{0}")]
    Signal(Signal),
}

/// When to stop waiting.
#[derive(Clone, Debug)]
pub struct Deadline {
    at: Option<Instant>,
    signals: Signals,
}

impl Deadline {
    /// Ends at an instant, if there is one, and when a signal comes.
    #[must_use]
    pub fn new(at: Option<Instant>, signals: Signals) -> Self {
        Self { at, signals }
    }

    /// Ends after a time that is counted from now, if one is given, and when a signal comes.
    #[must_use]
    pub fn starting_now(timeout: Option<Duration>, signals: Signals) -> Self {
        // A time that no clock can hold is none.
        Self::new(timeout.and_then(|timeout| Instant::now().checked_add(timeout)), signals)
    }

    /// Bounds nothing: each wait has its own limit only.
    #[must_use]
    pub fn never() -> Self {
        Self::new(None, Signals::never())
    }

    /// Ends after a time.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self::starting_now(Some(limit), Signals::never())
    }

    /// Who says that the user wants to leave.
    #[must_use]
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// The instant, if there is one.
    #[must_use]
    pub fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Whether trying has come to its end: what goes on now undoes or restores.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.signals.seen().is_some() || self.at.is_some_and(|at| at <= Instant::now())
    }

    /// The end of a wait that may take `limit` by itself.
    ///
    /// # Notable behavior
    /// A wait that begins when the deadline is over is part of undoing, which has [`UNDO`] more.
    #[must_use]
    pub fn bound(&self, limit: Duration) -> Instant {
        let now = Instant::now();
        let own = now.checked_add(limit).unwrap_or(now + FOREVER);
        match self.at {
            None => own,
            Some(at) if now < at => own.min(at),
            Some(at) => own.min(at + UNDO),
        }
    }

    /// Does `work` until it is done, but no longer than `limit`, nor than the deadline, nor than until a signal comes.
    ///
    /// # Errors
    /// [`Stopped`] says what came first. `work` is dropped then.
    pub async fn run<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Stopped> {
        self.run_until(self.bound(limit), work).await
    }

    /// As [`Deadline::run`], with an end that is known already.
    pub async fn run_until<T>(
        &self,
        end: Instant,
        work: impl Future<Output = T>,
    ) -> Result<T, Stopped> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            signal = self.signals.next() => Err(Stopped::Signal(signal)),
            () = sleep_until(end) => Err(Stopped::TimedOut),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LONG: Duration = Duration::from_mins(10);
    const SHORT: Duration = Duration::from_millis(10);

    #[tokio::test]
    async fn the_earlier_of_limit_and_deadline_counts() {
        let never = Deadline::never();
        assert_eq!(never.run(SHORT, pending::<()>()).await, Err(Stopped::TimedOut));
        assert!(!never.is_over());
        let deadline = Deadline::after(SHORT);
        assert_eq!(deadline.run(LONG, pending::<()>()).await, Err(Stopped::TimedOut));
        assert!(deadline.is_over());
        assert_eq!(deadline.run(LONG, async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn what_undoes_after_the_deadline_has_a_time_of_its_own() {
        let deadline = Deadline::after(Duration::ZERO);
        let at = deadline.at().unwrap();
        assert_eq!(deadline.bound(LONG), at + UNDO);
        assert!(deadline.bound(SHORT) < at + UNDO);
    }

    #[tokio::test]
    async fn a_signal_ends_the_wait_that_is_under_way_and_no_later_one() {
        let (sender, receiver) = watch::channel(None);
        let deadline = Deadline::new(None, Signals::new(receiver));
        let send = async {
            tokio::task::yield_now().await;
            sender.send_replace(Some(Signal::Terminated));
        };
        let (stopped, ()) = tokio::join!(deadline.run(LONG, pending::<()>()), send);
        assert_eq!(stopped, Err(Stopped::Signal(Signal::Terminated)));
        assert!(deadline.is_over());
        assert_eq!(deadline.run(SHORT, pending::<()>()).await, Err(Stopped::TimedOut));
    }
}
