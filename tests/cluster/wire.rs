//! Small helpers for JSON as Mesos writes it: ids as objects, doubles with a fraction, members in declaration order.
//! Source of facts: `docs/mesos.md#json`.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// `{"value": id}`.
pub fn id(value: &str) -> Value {
    json!({ "value": value })
}

/// The text of an id object at `name`, or the empty string.
pub fn id_of(object: &Value, name: &str) -> String {
    text(&object[name], "value")
}

/// The text of a member, or the empty string.
pub fn text(object: &Value, name: &str) -> String {
    match &object[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A number that may be written as a string, as Mesos accepts it.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// An integer that may be written as a string, as Mesos accepts it.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|f| f as i64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The elements of a repeated field; a scalar counts as one element.
pub fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(elements) => elements.clone(),
        other => vec![other.clone()],
    }
}

/// The strings of a repeated field.
pub fn strings(value: &Value) -> Vec<String> {
    list(value).iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Appends a member unless its value is null.
pub fn put(map: &mut Map<String, Value>, name: &str, value: Value) {
    if !value.is_null() {
        map.insert(name.to_owned(), value);
    }
}

/// Copies the members named in `order`, in that order; null and missing ones are left out.
pub fn ordered(object: &Value, order: &[&str]) -> Map<String, Value> {
    let mut map = Map::new();
    for name in order {
        put(&mut map, name, object[*name].clone());
    }
    map
}

/// Seconds since the epoch with microseconds, as in `timestamp`.
pub fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros() as f64 / 1e6
}

/// Nanoseconds since the epoch.
pub fn now_nanos() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// `{"nanoseconds": n}` of a time in seconds.
pub fn nanos(seconds: f64) -> Value {
    json!({ "nanoseconds": (seconds * 1e9) as i64 })
}

/// The base64 text of 16 fresh random bytes: the uuid of a status update.
pub fn fresh_uuid() -> String {
    STANDARD.encode(uuid::Uuid::new_v4().as_bytes())
}

/// Whether a text is the base64 of the 16 bytes of a UUID.
pub fn is_uuid(text: &str) -> bool {
    STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == 16)
}

/// A double as C++ streams print it by default (`%g` with six digits), for messages.
pub fn short_double(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let scientific = format!("{value:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    if (-5..6).contains(&exponent) && exponent >= -4 {
        return trim(&format!("{value:.*}", usize::try_from(5 - exponent).unwrap_or(0)));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim(digits), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_printed_as_cpp_prints_them() {
        assert_eq!(short_double(1e11), "1e+11");
        assert_eq!(short_double(604_800.0), "604800");
        assert_eq!(short_double(1_234_567.0), "1.23457e+06");
        assert_eq!(short_double(0.5), "0.5");
        assert_eq!(short_double(0.000_01), "1e-05");
    }

    #[test]
    fn only_sixteen_bytes_are_a_uuid() {
        assert!(is_uuid(&fresh_uuid()));
        assert!(!is_uuid("AAAA"));
        assert!(!is_uuid("not base64!"));
    }
}
