//! Masks secrets in whatever is shown: output, logs, errors.
//!
//! What is found: user and password in front of a host, with a scheme or without; values of query parameters that sign or
//! authorize; `Authorization` and its like in headers; values of keys that say what they are, such as `password=…`,
//! whether in a command line, in a URL, in JSON, in YAML or in a properties file. Where a text can be read in two ways,
//! the one that hides more is taken. Everything else stays as it is, and masking twice changes nothing.

mod keys;
mod pairs;
mod schemes;
mod userinfo;

use std::ops::Range;

pub use keys::is_secret;

/// What stands in place of a secret.
pub const MASK: &str = "********";

/// A text without the secrets in it.
#[must_use]
pub fn redact(text: &str) -> String {
    let mut found = userinfo::find(text);
    found.extend(pairs::find(text));
    found.extend(schemes::find(text));
    found.sort_by_key(|range| range.start);
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for range in merged(found) {
        shown.push_str(text.get(at..range.start).unwrap_or_default());
        shown.push_str(MASK);
        at = range.end;
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}

/// The value of a key as it may be shown.
#[must_use]
pub fn redact_value(key: &str, value: &str) -> String {
    let hidden = is_secret(key) || (keys::names_address(key) && !value.contains(['/', ':']));
    if hidden && !value.is_empty() { MASK.to_owned() } else { redact(value) }
}

/// Ranges in order, those that touch or overlap made one.
fn merged(sorted: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
