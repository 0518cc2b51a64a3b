//! What Heron's own parser of 2015 and 2016 made of an override string.
//!
//! It is kept to warn with, never to configure with: only `=` and the blank separate, and they are
//! interchangeable; backslashes are taken off twice.
//!
//! Source of facts: `docs/heron.md#overrides` and `tests/data/overrides`, recorded from Heron's code.

use std::collections::BTreeMap;

use super::properties;

/// Heron's parser failed on the string.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed \\uXXXX escape")]
pub struct LegacyError;

/// Heron's result for an override string.
pub fn legacy_result(text: &str) -> Result<BTreeMap<String, String>, LegacyError> {
    let document = properties::parse(converted(text).as_bytes());
    if !document.malformed.is_empty() {
        return Err(LegacyError);
    }
    let trimmed = |value: String| match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
        Some(inner) => inner.to_owned(),
        None if value == "\"" => String::new(),
        None => value,
    };
    let entries = document.entries.into_iter();
    Ok(entries.map(|e| (e.key.into_string(), trimmed(e.value.into_string()))).collect())
}

/// The properties text that Heron rewrote the string to before it read it.
fn converted(text: &str) -> String {
    let tokens = tokens(text);
    let mut lines = String::new();
    for pair in tokens.chunks(2) {
        match pair {
            [key, value] => {
                lines.push_str(key);
                lines.push('=');
                lines.push_str(value);
                lines.push_str("\r\n");
            }
            [key] => {
                lines.push_str(key);
                lines.push('=');
            }
            _ => {}
        }
    }
    lines
}

/// The words between blanks and equal signs, without regard to which of the two it was.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if matches!(char, '=' | ' ') && !quoted {
            tokens.push(String::new());
            continue;
        }
        quoted ^= char == '"';
        let literal = if char == '\\' { chars.next() } else { Some(char) };
        if let (Some(literal), Some(token)) = (literal, tokens.last_mut()) {
            token.push(literal);
        }
    }
    tokens.retain(|token| !token.trim().is_empty());
    tokens
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_recorded_string_gives_what_heron_gave() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/overrides/overrides.json");
        let recording: Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let cases = recording["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 83);
        for case in cases {
            let input = case["input"].as_str().unwrap();
            assert_eq!(converted(input), case["converted"].as_str().unwrap(), "{input:?}");
            let expected = case["expected"].get("properties").map(|properties| {
                let properties = properties.as_object().unwrap().iter();
                properties.map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect()
            });
            assert_eq!(legacy_result(input).ok(), expected, "{input:?}");
        }
    }
}
