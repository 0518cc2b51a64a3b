//! How long a command may wait: until its deadline, and until the user wants to leave.
//!
//! One value for a whole command, made when it starts and handed down to whatever waits: for a session, a leader, a lock, an
//! answer. So the time that one wait takes is missing from the next, a signal ends each of them at once, and a long one is
//! told of.
//!
//! | a command | waits with | until |
//! |---|---|---|
//! | tries what it was asked for | the value itself | its deadline, or a signal; what is as good as done then has [`LATE`] more |
//! | undoes what it has begun | [`Deadline::undoing`] | [`UNDO`] from then on, or another signal |
//! | gives back what would go by itself | [`Deadline::tidy`] | [`LEAVE`] after its deadline, or after a signal |

mod signals;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::time::{Instant, sleep, sleep_until, timeout};

pub use signals::{Signal, Signals};

/// How long undoing or restoring may take.
pub const UNDO: Duration = Duration::from_secs(30);
/// How long after the deadline something may still come to its end that is as good as done: the record of what has come
/// about, a lock that is given back.
pub const LATE: Duration = Duration::from_millis(500);
/// How long a command that is to end waits for what would go by itself without it.
pub const LEAVE: Duration = Duration::from_millis(150);
/// How long is waited without a word.
pub const MOMENT: Duration = Duration::from_secs(1);

/// Longer than anything is waited for.
pub const FOREVER: Duration = Duration::from_hours(24 * 365);

/// Is told what is waited for when that takes longer than a moment, and nothing when that wait is over.
pub type Listener = Arc<dyn Fn(Option<&str>) + Send + Sync>;

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
#[derive(Clone)]
pub struct Deadline {
    at: Option<Instant>,
    signals: Signals,
    listener: Option<Listener>,
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signal = self.signals.seen();
        f.debug_struct("Deadline")
            .field("at", &self.at)
            .field("signal", &signal)
            .finish_non_exhaustive()
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self::never()
    }
}

impl Deadline {
    /// Ends at an instant, if there is one, and when a signal comes.
    #[must_use]
    pub fn new(at: Option<Instant>, signals: Signals) -> Self {
        Self { at, signals, listener: None }
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

    /// The same, with somebody who is told of long waits.
    #[must_use]
    pub fn heard_by(self, listener: Listener) -> Self {
        Self { listener: Some(listener), ..self }
    }

    /// For what undoes or restores, which begins now: it has a time of its own, and only a further signal ends it.
    #[must_use]
    pub fn undoing(&self) -> Self {
        Self {
            at: Some(Instant::now() + UNDO),
            signals: self.signals.further(),
            listener: self.listener.clone(),
        }
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

    /// Whether trying has come to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.signals.seen().is_some() || self.at.is_some_and(|at| at <= Instant::now())
    }

    /// How much of a time is left.
    #[must_use]
    pub fn remaining(&self, limit: Duration) -> Duration {
        self.end(limit).saturating_duration_since(Instant::now())
    }

    /// The end of a wait that may take `limit` by itself.
    fn end(&self, limit: Duration) -> Instant {
        let now = Instant::now();
        let own = now.checked_add(limit).unwrap_or(now + FOREVER);
        match self.at {
            None => own,
            // What is asked just before the end is answered, if it is at all, just after it: cut short, it would be taken for
            // something that doesn't answer.
            Some(at) => own.min(at.max(now.min(at) + LATE)),
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
        tokio::select! {
            biased;
            done = work => Ok(done),
            signal = self.signals.wait() => Err(Stopped::Signal(signal)),
            () = sleep_until(self.end(limit)) => Err(Stopped::TimedOut),
        }
    }

    /// As [`Deadline::run`], for work that has no limit of its own.
    ///
    /// # Errors
    /// As [`Deadline::run`].
    pub async fn run_through<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        self.run(FOREVER, work).await
    }

    /// As [`Deadline::run`], with an end that is known already.
    ///
    /// # Errors
    /// As [`Deadline::run`].
    pub async fn run_until<T>(
        &self,
        end: Instant,
        work: impl Future<Output = T>,
    ) -> Result<T, Stopped> {
        self.run(end.saturating_duration_since(Instant::now()), work).await
    }

    /// As [`Deadline::run`]; what is waited for is told when that takes longer than [`MOMENT`].
    ///
    /// # Errors
    /// As [`Deadline::run`].
    pub async fn run_saying<T>(
        &self,
        limit: Duration,
        what: impl Fn() -> String,
        work: impl Future<Output = T>,
    ) -> Result<T, Stopped> {
        // Kept small: waits stand inside of each other.
        let mut work = Box::pin(work);
        let waited = async {
            if let Ok(done) = timeout(MOMENT, work.as_mut()).await {
                return done;
            }
            let _told = self.say(&what());
            work.await
        };
        self.run(limit, waited).await
    }

    /// Says what is waited for, until the value that this returns is dropped.
    #[must_use]
    pub fn say(&self, what: &str) -> Told<'_> {
        self.tell(what);
        Told(self)
    }

    /// Says what is waited for, until something else is said.
    pub fn tell(&self, what: &str) {
        if let Some(listener) = &self.listener {
            listener(Some(what));
        }
    }

    /// Does what needn't be done, because it comes about by itself later, such as the end of a session: for no longer than
    /// `limit`, nor than [`LEAVE`] once the command is to end. None: it is left.
    pub async fn tidy<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let hurry = async {
            let at = self.at.unwrap_or_else(|| Instant::now() + FOREVER);
            tokio::select! {
                biased;
                _ = self.signals.wait() => {}
                () = sleep_until(at) => {}
            }
            sleep(LEAVE).await;
        };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = hurry => None,
            () = sleep(limit) => None,
        }
    }
}

/// A wait that somebody was told of.
#[derive(Debug)]
pub struct Told<'a>(&'a Deadline);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if let Some(listener) = &self.0.listener {
            listener(None);
        }
    }
}

#[cfg(test)]
mod tests;
