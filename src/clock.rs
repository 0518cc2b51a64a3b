//! Points in time, as records keep them and as people and programs read them.

use std::time::Duration;

/// Milliseconds since 1970, UTC.
pub type Millis = i64;

/// The time now.
#[must_use]
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// A time for people and programs, to the second.
#[must_use]
pub fn rfc3339(millis: Millis) -> String {
    let seconds = millis.div_euclid(1000);
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| millis.to_string(), |time| time.to_string())
}

/// A length of time for messages.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
