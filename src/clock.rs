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

/// A time as RFC 3339 writes it, with its zone.
#[must_use]
pub fn of_rfc3339(text: &str) -> Option<Millis> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// A date and a time of day, both in UTC.
#[must_use]
pub fn of_utc(date: [u16; 3], time: [u16; 3]) -> Option<Millis> {
    let ([year, month, day], [hour, minute, second]) = (date, time);
    let small = |number: u16| i8::try_from(number).ok();
    let date =
        jiff::civil::Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
    let time = jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    let at = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    Some(at.as_millisecond())
}

/// The year of a time, in UTC.
#[must_use]
pub fn year(millis: Millis) -> u16 {
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    u16::try_from(jiff::tz::Offset::UTC.to_datetime(at).year()).unwrap_or(1970)
}

/// A length of time for messages.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// A length of time for people who watch it pass: `3.4 s`, `2 min 5 s`, `1 h 2 min`.
#[must_use]
pub fn short(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => format!("{:.1} s", duration.as_secs_f64().min(59.9)),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        let at = of_utc([2026, 11, 29], [22, 30, 49]).unwrap();
        assert_eq!(rfc3339(at), "2026-11-29T22:30:49Z");
        assert_eq!(of_rfc3339("2026-11-30T00:30:49+02:00"), Some(at));
        assert_eq!((of_rfc3339("2026-11-30"), of_utc([2026, 2, 30], [0, 0, 0])), (None, None));
        assert_eq!(year(at), 2026);
    }
    #[test]
    fn lengths_of_time_are_short() {
        let cases = [
            (0, "0.0 s"),
            (3_440, "3.4 s"),
            (59_999, "59.9 s"),
            (125_000, "2 min 5 s"),
            (3_725_000, "1 h 2 min"),
        ];
        for (millis, text) in cases {
            assert_eq!(short(Duration::from_millis(millis)), text);
        }
    }
}
