//! Credentials that only the name of an authentication scheme announces: `Bearer …`, `Basic …`.

use std::ops::Range;

/// Where such credentials stand.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for scheme in ["basic ", "bearer ", "negotiate "] {
        // Only ASCII changes, so that positions stay the same.
        for (at, _) in text.to_ascii_lowercase().match_indices(scheme) {
            let start = at + scheme.len();
            let rest = text.get(start..).unwrap_or_default();
            let token = |char: char| char.is_ascii_alphanumeric() || "-._~+/".contains(char);
            let bare = rest.find(|char| !token(char)).unwrap_or(rest.len());
            let padding = rest.get(bare..).unwrap_or_default();
            let end = bare + padding.len() - padding.trim_start_matches('=').len();
            if rest.get(..end).is_some_and(is_credential) {
                found.push(start..start + end);
            }
        }
    }
    found
}

/// Whether a word is rather a credential than a word of a sentence: `Basic authentication`.
fn is_credential(word: &str) -> bool {
    let odd = |(at, char): (usize, char)| {
        char.is_ascii_digit()
            || matches!(char, '=' | '+' | '/')
            || (at > 0 && char.is_ascii_uppercase())
    };
    word.len() >= 8 && word.char_indices().any(odd)
}
