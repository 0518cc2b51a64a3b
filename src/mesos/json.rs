//! Reading JSON as Mesos writes it (`docs/mesos.md#json`): bytes that are not UTF-8, bare `Infinity` and `NaN`, `null`
//! for what is unset.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// For members: what is missing or `null` gets its default.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a document, repairing what serde refuses. The repair costs only those documents that need it.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&text).or_else(|error| match without_bare_words(&text) {
        Cow::Borrowed(_) => Err(error),
        Cow::Owned(repaired) => serde_json::from_str(&repaired),
    })
}

/// Puts `null` for the numbers that JSON doesn't know: unset, as an infinite limit is none.
fn without_bare_words(text: &str) -> Cow<'_, str> {
    const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    let mut repaired = String::new();
    let mut kept = 0;
    let mut in_string = false;
    let mut escaped = false;
    let mut skip_to = 0;
    for (at, byte) in text.bytes().enumerate() {
        if at < skip_to {
            continue;
        }
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'-' | b'I' | b'N' => {
                let tail = text.get(at..).unwrap_or_default();
                let Some(word) = WORDS.iter().find(|word| tail.starts_with(**word)) else {
                    continue;
                };
                repaired.push_str(text.get(kept..at).unwrap_or_default());
                repaired.push_str("null");
                kept = at + word.len();
                skip_to = kept;
            }
            _ => {}
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    repaired.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(repaired)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn bare_words_become_null_outside_strings_only() {
        let text = br#"{"limits":{"cpus":2.0,"mem":Infinity},"a":[-Infinity,NaN,-1],"t":"say \"Infinity\" \\","u":"NaN"}"#;
        let value: Value = read(text).expect("readable");
        assert_eq!(
            value,
            json!({"limits":{"cpus":2.0,"mem":null},"a":[null,null,-1],"t":"say \"Infinity\" \\","u":"NaN"})
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let value: Value = read(b"{\"message\":\"caf\xe9\"}").expect("readable");
        assert_eq!(value, json!({"message":"caf\u{fffd}"}));
    }

    #[test]
    fn what_is_no_json_stays_an_error() {
        assert!(read::<Value>(b"{\"a\":Inf}").is_err());
        assert!(read::<Value>(b"").is_err());
        assert!(read::<Value>(b"{\"a\":Infinity").is_err());
    }

    proptest! {
        #[test]
        fn good_json_is_left_alone(text in "[a-zA-Z\"\\\\-]{0,40}") {
            let document = Value::String(text).to_string();
            prop_assert!(matches!(without_bare_words(&document), Cow::Borrowed(_)));
        }

        #[test]
        fn no_input_panics(text in "(Infinity|NaN|-|\"|\\\\|é|[a-z]|\\{|:){0,30}") {
            let _ = without_bare_words(&text);
        }
    }
}
