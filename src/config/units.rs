//! Durations and byte amounts, with and without units.

use std::fmt;
use std::time::Duration;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl Bytes {
    /// A number of mebibytes.
    #[must_use]
    pub const fn mib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 20))
    }

    /// The plain number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
        let whole = units.iter().find(|(_, bits)| self.0 > 0 && self.0.is_multiple_of(1 << bits));
        match whole {
            Some((unit, bits)) => write!(f, "{} {unit}", self.0 >> bits),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

/// The unit of a duration that is written as a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// 1/1000 s
    Milliseconds,
    /// 1 s
    Seconds,
    /// 60 s
    Minutes,
}

impl TimeUnit {
    fn millis(self) -> u64 {
        match self {
            Self::Milliseconds => 1,
            Self::Seconds => 1_000,
            Self::Minutes => 60_000,
        }
    }

    /// The unit's name in the plural.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
        }
    }
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The longest duration understood: Mesos counts nanoseconds in 64 signed bits.
pub const LONGEST: Duration = Duration::from_hours(2_500_000);

fn time_unit(name: &str) -> Option<u64> {
    Some(match name {
        "ms" | "msec" | "msecs" | "milli" | "millis" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7 * DAY,
        "y" | "year" | "years" => 365 * DAY,
        _ => return None,
    })
}

/// Reads `30000`, `30s`, `1.5 h`, `1h30m`; a bare number counts in `unit`.
#[must_use]
pub fn duration(text: &str, unit: TimeUnit) -> Option<Duration> {
    let parts = parts(text)?;
    let alone = parts.len() == 1;
    let mut millis: u64 = 0;
    for (number, name) in parts {
        let factor = match name.as_str() {
            "" if alone => unit.millis(),
            name => time_unit(name)?,
        };
        millis = millis.checked_add(scaled(&number, factor)?)?;
    }
    Some(Duration::from_millis(millis)).filter(|duration| *duration <= LONGEST)
}

/// Reads `1073741824`, `512MB`, `1.5 GiB`, `1g`; all units are powers of 1024, as Heron's are.
#[must_use]
pub fn bytes(text: &str) -> Option<Bytes> {
    let mut parts = parts(text)?.into_iter();
    let (number, name) = parts.next()?;
    let factor = match name.as_str() {
        "" | "b" | "byte" | "bytes" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return None,
    };
    let amount = scaled(&number, factor)?;
    // Heron holds byte amounts in signed 64 bits.
    (parts.next().is_none() && i64::try_from(amount).is_ok()).then_some(Bytes(amount))
}

/// Numbers, each with the letters that follow it, in lower case.
fn parts(text: &str) -> Option<Vec<(String, String)>> {
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut in_number = false;
    for char in text.trim().chars() {
        let digit = char.is_ascii_digit() || char == '.';
        if digit && !in_number {
            parts.push((String::new(), String::new()));
        }
        // A blank may stand between a number and its unit, and between two such pairs.
        if char == ' ' && (in_number || parts.last().is_some_and(|part| !part.1.is_empty())) {
            in_number = false;
            continue;
        }
        in_number = digit;
        let (number, name) = parts.last_mut()?;
        match char {
            _ if digit => number.push(char),
            _ if char.is_ascii_alphabetic() => name.push(char.to_ascii_lowercase()),
            _ => return None,
        }
    }
    (!parts.is_empty()).then_some(parts)
}

/// A decimal number times a whole factor, without loss for whole numbers.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let (whole, fraction) = number.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    let mut amount = whole.checked_mul(factor)?;
    let (mut rest, mut scale) = (0u128, 1u128);
    for digit in fraction.bytes().take(18) {
        rest = rest * 10 + u128::from(digit - b'0');
        scale *= 10;
    }
    let part = (rest * u128::from(factor) + scale / 2) / scale;
    amount = amount.checked_add(u64::try_from(part).ok()?)?;
    Some(amount)
}

#[cfg(test)]
mod tests;
