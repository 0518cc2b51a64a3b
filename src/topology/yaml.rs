//! The little YAML that Heron's processes read: flat maps, written in a way that every YAML reader understands.

use serde_json::{Map, Value};

/// A YAML file that is not the map that Heron expects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} is not a YAML map: {reason}")]
pub struct FlatYamlError {
    /// The file.
    pub file: String,
    /// What the parser says.
    pub reason: String,
}

/// Reads a map; an empty file is an empty map, as Heron has it.
pub fn read(file: &str, bytes: &[u8]) -> Result<Map<String, Value>, FlatYamlError> {
    let error = |reason: String| FlatYamlError { file: file.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|_| error("it is not UTF-8".to_owned()))?;
    let blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if text.lines().all(|line| blank(line) || line.trim() == "---") {
        return Ok(Map::new());
    }
    serde_saphyr::from_str(text).map_err(|problem| error(problem.to_string()))
}

/// Text as a quoted scalar; JSON's way of quoting is one of YAML's.
#[must_use]
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Text that came from a command line: numbers and truth values stay what they look like, all else is text.
///
/// Heron casts without looking, so that `"true"` for true or `12` for a text is an exception there.
#[must_use]
pub fn typed(text: &str) -> String {
    if is_number(text) || matches!(text, "true" | "false" | "True" | "False") {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Decimal numbers without anything that YAML versions read differently (`010`, `1_000`, `1e5`, `.5`).
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

/// One line of a map.
pub fn line(out: &mut String, key: &str, value: &str) {
    let is_plain = key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        && key.contains('.');
    if is_plain {
        out.push_str(key);
    } else {
        out.push_str(&quoted(key));
    }
    out.push_str(": ");
    out.push_str(value);
    out.push('\n');
}

/// A whole map, values in YAML's JSON style.
#[must_use]
pub fn map(entries: &Map<String, Value>) -> String {
    let mut out = String::new();
    for (key, value) in entries {
        line(&mut out, key, &value.to_string());
    }
    if out.is_empty() { "{}\n".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_surely_a_number_stays_one() {
        for same in ["0", "12", "-3", "1.5", "0.25", "true", "False"] {
            assert_eq!(typed(same), same);
        }
        for text in
            ["", "-", "012", "1_000", "1e5", ".5", "5.", "+1", "yes", "null", "0x1F", "~", "1:30"]
        {
            assert_eq!(typed(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn empty_files_are_empty_maps() {
        for text in ["", "\n\n", "# only\n  # comments\n", "---\n"] {
            assert_eq!(read("f", text.as_bytes()), Ok(Map::new()));
        }
        for text in ["- a\n", "text", "a: [", "a: b: c", "\u{feff}- a"] {
            assert!(read("f", text.as_bytes()).is_err(), "{text}");
        }
        assert!(read("f", b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entries in proptest::collection::btree_map("\\PC{1,12}", "\\PC{0,20}|[ \n\t\"'\\\\:#]{0,6}", 0..6)) {
            let mut out = String::new();
            for (key, value) in &entries {
                line(&mut out, key, &quoted(value));
            }
            let read = read("f", out.as_bytes()).unwrap();
            let expected: Map<String, Value> =
                entries.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
