//! How often something is tried, and how long is waited between.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use tokio::time::Instant;

/// The longest pause that a server may ask for. Nobody waits longer without being told.
const LONGEST: Duration = Duration::from_mins(2);

/// How long and how often something is tried. Only what may be done twice without harm is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often at most.
    pub attempts: u32,
    /// The pause before the second attempt; each further one is twice as long, and a server may ask for a longer one.
    pub pause: Duration,
    /// How long a server may neither take nor send a byte before an attempt has failed.
    pub silence: Duration,
    /// When no further attempt begins.
    pub deadline: Option<Instant>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let (pause, silence) = (Duration::from_millis(500), Duration::from_mins(2));
        Self { attempts: 4, pause, silence, deadline: None }
    }
}

/// Errors that tell whether another attempt may help.
pub trait Transient {
    /// Whether it may.
    fn is_transient(&self) -> bool;

    /// How long the server asks to be left alone.
    fn retry_after(&self) -> Option<Duration>;
}

impl RetryPolicy {
    /// Tries again as long as another attempt may help.
    ///
    /// # Errors
    /// That of the last attempt.
    pub async fn retry<T, E, F>(&self, attempt: impl FnMut() -> F) -> Result<T, E>
    where
        E: Transient + std::fmt::Display,
        F: Future<Output = Result<T, E>>,
    {
        self.retry_if(E::is_transient, attempt).await
    }

    /// Tries again after failures that a judge finds harmless.
    ///
    /// # Errors
    /// That of the last attempt.
    pub async fn retry_if<T, E, F>(
        &self,
        judge: impl Fn(&E) -> bool,
        attempt: impl FnMut() -> F,
    ) -> Result<T, E>
    where
        E: Transient + std::fmt::Display,
        F: Future<Output = Result<T, E>>,
    {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.pause)
            .with_factor(2.0)
            .with_max_times(self.attempts.saturating_sub(1) as usize);
        attempt
            .retry(pauses)
            .when(judge)
            .adjust(|error: &E, pause| self.pause_after(error.retry_after(), pause?))
            .notify(|error, pause| tracing::info!("{error}; trying again in {pause:?}"))
            .await
    }

    /// The pause before the next attempt: our own, or the server's if that is longer. None if it would be over too late.
    fn pause_after(&self, asked: Option<Duration>, own: Duration) -> Option<Duration> {
        let pause = asked.unwrap_or_default().max(own);
        let in_time = self.deadline.is_none_or(|deadline| Instant::now() + pause < deadline);
        (in_time && pause <= LONGEST.max(own)).then_some(pause)
    }
}

/// How long an answer asks to be left alone: the seconds of `Retry-After`. Its other form, a date, is seldom and trusts
/// two clocks; it counts as not said.
#[must_use]
pub fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
pub(crate) mod tests;
