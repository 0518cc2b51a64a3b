//! Numbers as Java reads, rounds and compares them, and Heron's checked byte amounts.
//!
//! Plans are compared with Heron's bit for bit, and their numbers come out of Java's arithmetic: `Math.round`,
//! `Double.compare`, and `ByteAmount`, which refuses some sums that would overflow and lets others wrap.

use std::cmp::Ordering;

use super::error::PackingError;

/// A gibibyte.
pub const GIB: i64 = 1 << 30;
/// A mebibyte.
pub const MIB: i64 = 1 << 20;

/// `String.trim()`: removes blanks and control characters.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// `Double.parseDouble`, without hexadecimal numbers.
#[must_use]
pub fn parse_double(text: &str) -> Option<f64> {
    let text = trim(text);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let value = match unsigned {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => {
            let digits = unsigned.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(unsigned);
            // Rust would also take "inf" and "nan", in any case.
            if !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
                || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            {
                return None;
            }
            digits.parse().ok()?
        }
    };
    Some(if text.starts_with('-') { -value } else { value })
}

/// `Double.doubleToLongBits`: there is one NaN.
#[must_use]
pub fn double_bits(value: f64) -> i64 {
    if value.is_nan() { 0x7ff8 << 48 } else { value.to_bits().cast_signed() }
}

/// `Double.compare`: a total order with NaN last.
#[must_use]
pub fn compare(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .filter(|order| order.is_ne())
        .unwrap_or_else(|| double_bits(a).cmp(&double_bits(b)))
}

/// `Math.min` of doubles.
#[must_use]
pub fn min(a: f64, b: f64) -> f64 {
    if a.is_nan() || (!b.is_nan() && compare(a, b).is_le()) { a } else { b }
}

/// `Math.max` of doubles.
#[must_use]
pub fn max(a: f64, b: f64) -> f64 {
    if compare(a, b).is_ge() { a } else { b }
}

/// `Math.round`: half up.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "saturates, and NaN gives 0, as in Java")]
pub fn round(value: f64) -> i64 {
    let floor = value.floor();
    (if value - floor >= 0.5 { floor + 1.0 } else { floor }) as i64
}

/// `ByteAmount.plus`.
pub fn plus(a: i64, b: i64) -> Result<i64, PackingError> {
    if i64::MAX.wrapping_sub(a) >= b {
        Ok(a.wrapping_add(b))
    } else {
        Err(PackingError::TooManyBytes { sum: format!("{a} + {b}") })
    }
}

/// `ByteAmount.minus`.
pub fn minus(a: i64, b: i64) -> Result<i64, PackingError> {
    if i64::MIN.wrapping_add(b) <= a {
        Ok(a.wrapping_sub(b))
    } else {
        Err(PackingError::TooManyBytes { sum: format!("{a} - {b}") })
    }
}

/// `ByteAmount.multiply`; Java fails for a factor of 0 as well.
pub fn times(a: i64, factor: i32) -> Result<i64, PackingError> {
    match i64::MAX.checked_div(i64::from(factor)) {
        Some(most) if a <= most => Ok(a.wrapping_mul(i64::from(factor))),
        _ => Err(PackingError::TooManyBytes { sum: format!("{a} * {factor}") }),
    }
}

/// `ByteAmount.divide`, for a factor that isn't 0.
#[must_use]
pub fn divide(a: i64, by: usize) -> i64 {
    round(a as f64 / by as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_read_as_java_reads_them() {
        for (text, value) in [
            ("1", 1.0),
            (" 1.5 ", 1.5),
            ("+.5", 0.5),
            ("-2.", -2.0),
            ("1e3", 1000.0),
            ("1.5f", 1.5),
            ("2D", 2.0),
            ("Infinity", f64::INFINITY),
        ] {
            assert_eq!(parse_double(text), Some(value), "{text}");
        }
        assert!(parse_double("-NaN").is_some_and(f64::is_nan));
        for text in ["", ".", "e", "inf", "nan", "infinity", "two", "1 5", "--1", "1ff", "+-1", "f"]
        {
            assert_eq!(parse_double(text), None, "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_up() {
        for (value, rounded) in [
            (0.5, 1),
            (-0.5, 0),
            (-1.5, -1),
            (2.499, 2),
            (0.499_999_999_999_999_94, 0),
            (f64::NAN, 0),
            (f64::INFINITY, i64::MAX),
        ] {
            assert_eq!(round(value), rounded, "{value}");
        }
    }

    #[test]
    fn nan_is_the_largest_and_there_is_a_negative_zero() {
        assert_eq!(compare(f64::NAN, f64::INFINITY), Ordering::Greater);
        assert_eq!(compare(-f64::NAN, f64::NAN), Ordering::Equal);
        assert_eq!(compare(-0.0, 0.0), Ordering::Less);
        assert!(min(f64::NAN, 1.0).is_nan() && min(1.0, f64::NAN).is_nan());
        assert!(max(f64::NAN, 1.0).is_nan() && max(1.0, f64::NAN).is_nan());
        assert_eq!((min(1.0, 2.0), min(2.0, 1.0), max(1.0, 2.0)), (1.0, 1.0, 2.0));
    }

    #[test]
    fn byte_amounts_refuse_to_overflow() {
        assert_eq!(plus(i64::MAX - 1, 1).unwrap(), i64::MAX);
        assert!(plus(i64::MAX, 1).is_err());
        assert!(plus(-1, 1).is_err(), "Heron's own check can't take a negative amount");
        assert!(minus(0, -1).is_err());
        assert_eq!(minus(1, 5).unwrap(), -4);
        assert!(times(1, 0).is_err());
        assert!(times(i64::MAX / 2 + 1, 2).is_err());
        assert_eq!(divide(10, 4), 3);
    }
}
