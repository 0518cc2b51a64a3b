//! How often something is tried, and how long is waited between.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::Response;
use reqwest::header::{DATE, RETRY_AFTER};
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

/// Whether a status may be another one without anybody's doing. Not implemented and full stay so.
#[must_use]
pub fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429) || (status >= 500 && !matches!(status, 501 | 505 | 507))
}

/// How long an answer asks to be left alone: the seconds of `Retry-After`, or the time until its date, by the server's own
/// clock where it tells that.
#[must_use]
pub fn retry_after(response: &Response) -> Option<Duration> {
    let header = |name| response.headers().get(name)?.to_str().ok();
    let now = header(DATE).and_then(date).unwrap_or_else(Timestamp::now);
    pause(header(RETRY_AFTER)?, now)
}

fn pause(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    // What has passed already asks for no pause.
    Some(date(text)?.duration_since(now).try_into().unwrap_or_default())
}

/// A date as HTTP writes it (RFC 9110, 5.6.7); forms that nobody has sent for thirty years are none.
fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
pub(crate) mod tests;
