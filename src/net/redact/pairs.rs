//! Secrets that a key before them names: `key=value`, `key: value`, `?key=value`, `--key value`.

use std::ops::Range;

use super::keys::{is_header, is_secret, is_secret_parameter};

/// What stands around a separator decides how far its value reaches.
struct Pair<'a> {
    key: &'a str,
    /// The text before the key.
    before: &'a str,
    /// The text after the separator.
    after: &'a str,
    /// Whether it stands in the query of a URL or in its like.
    parameter: bool,
    /// Whether there are blanks around the separator, or it is a colon.
    spaced: bool,
    colon: bool,
}

/// Where the values of secret keys stand.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<_> = separators(text).filter_map(|at| value_at(text, at)).collect();
    found.extend(flags(text));
    found
}

/// Whether a query holds a parameter that signs or authorizes.
pub(super) fn has_parameter(query: &str) -> bool {
    separators(query)
        .any(|at| pair(query, at).is_some_and(|pair| pair.parameter && pair.is_secret()))
}

fn separators(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.bytes().enumerate().filter_map(|(at, byte)| match byte {
        b'=' => Some(at..at + 1),
        b':' if !text.get(at..).is_some_and(|rest| rest.starts_with("://")) => Some(at..at + 1),
        b'%' => {
            let code = text.get(at..at + 3)?;
            code.eq_ignore_ascii_case("%3d").then_some(at..at + 3)
        }
        _ => None,
    })
}

fn pair(text: &str, separator: Range<usize>) -> Option<Pair<'_>> {
    let (head, after) = (text.get(..separator.start)?, text.get(separator.end..)?);
    let colon = text.get(separator)? == ":";
    let tight = head.trim_end_matches([' ', '\t']);
    let unquoted = tight.strip_suffix(['"', '\'']).map(|key| key.trim_end_matches('\\'));
    let upto = unquoted.unwrap_or(tight);
    let key_char =
        |char: char| char.is_alphanumeric() || matches!(char, '.' | '_' | '-' | '[' | ']');
    let before = upto.trim_end_matches(key_char);
    let key = upto.get(before.len()..)?;
    // `%3Fsig%3D`: a query inside a query.
    let escaped = before.ends_with('%') && key.is_char_boundary(2.min(key.len()));
    let key = if escaped { key.get(2..).unwrap_or_default() } else { key };
    let parameter = escaped || before.ends_with(['?', '&', '#', ';']);
    let spaced = colon || tight.len() < head.len();
    // The host of a URL may be called like a secret.
    let host = colon && before.ends_with("//");
    (!key.is_empty() && !host).then_some(Pair { key, before, after, parameter, spaced, colon })
}

fn value_at(text: &str, separator: Range<usize>) -> Option<Range<usize>> {
    let pair = pair(text, separator).filter(Pair::is_secret)?;
    let value = pair.value()?;
    let start = value.start + (text.len() - pair.after.len());
    Some(start..start + value.len())
}

impl Pair<'_> {
    fn is_secret(&self) -> bool {
        if self.parameter { is_secret_parameter(self.key) } else { is_secret(self.key) }
    }

    /// The value's place in what follows the separator.
    fn value(&self) -> Option<Range<usize>> {
        let filler: &[char] = match (self.spaced, self.colon) {
            (true, true) => &[' ', '\t'],
            (true, false) => &[' ', '\t', '=', '>'],
            (false, _) => &['=', '>'],
        };
        let rest = self.after.trim_start_matches(filler);
        let start = self.after.len() - rest.len();
        if let Some((opening, length)) = quoted(rest) {
            return (length > 0).then_some(start + opening..start + opening + length);
        }
        let whole_line = (self.spaced && self.begins_line()) || (self.colon && is_header(self.key));
        let length = match (self.parameter, whole_line) {
            (true, _) => self.parameter_length(rest),
            (false, true) => line_length(rest),
            (false, false) => word_length(rest),
        };
        (length > 0).then_some(start..start + length)
    }

    /// Whether the key is the first thing of its line, as in YAML and properties.
    fn begins_line(&self) -> bool {
        let line = self.before.rsplit(['\n', '\r']).next().unwrap_or_default();
        line.chars()
            .all(|char| char.is_whitespace() || matches!(char, '-' | '>' | '"' | '\'' | '#'))
    }

    fn parameter_length(&self, rest: &str) -> usize {
        let list = self.before.ends_with(';');
        let ends = |char: char| {
            char.is_whitespace()
                || matches!(char, '&' | '#' | '"' | '<' | '>')
                || (list && char == ';')
        };
        trimmed_length(rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default())
    }
}

/// The length of an opening quote, and of what it quotes.
fn quoted(text: &str) -> Option<(usize, usize)> {
    let escapes = text.len() - text.trim_start_matches('\\').len();
    let quote = text.get(escapes..)?.chars().next().filter(|char| matches!(char, '"' | '\''))?;
    let opening = escapes + 1;
    let inside = text.get(opening..)?;
    let closing = inside.match_indices(quote).find_map(|(at, _)| {
        let before = inside.get(..at)?;
        let run = before.len() - before.trim_end_matches('\\').len();
        let closes = if escapes == 0 { run % 2 == 0 } else { run == escapes };
        closes.then(|| if escapes == 0 { at } else { at - run })
    });
    Some((opening, closing.unwrap_or_else(|| line_length(inside))))
}

fn line_length(text: &str) -> usize {
    let ends = [text.find(['\n', '\r']), text.find("\\n"), text.find("\\r")];
    let end = ends.into_iter().flatten().min().unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end().len()
}

fn word_length(text: &str) -> usize {
    let end = |text: &str| {
        text.find(|char: char| char.is_whitespace() || char == '"').unwrap_or(text.len())
    };
    let first = end(text);
    let scheme = text.get(..first).unwrap_or_default();
    let named = ["basic", "bearer", "digest", "negotiate"];
    if named.iter().any(|name| scheme.eq_ignore_ascii_case(name)) {
        let rest = text.get(first..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let second = end(rest.get(blanks..).unwrap_or_default());
        return trimmed_length(text.get(..first + blanks + second).unwrap_or_default());
    }
    trimmed_length(text.get(..first).unwrap_or_default())
}

/// Without what rather belongs to the sentence around a value, unless it is nothing else.
fn trimmed_length(value: &str) -> usize {
    let trimmed = value.trim_end_matches([',', ';', ')', ']', '}', '.', '\'', '\\', '`', ':']);
    if trimmed.is_empty() { value.len() } else { trimmed.len() }
}

/// The word behind a flag of a command line: `--password hunter2`.
fn flags(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("--") {
        let flag = text.get(at..).unwrap_or_default();
        let length = flag.find(char::is_whitespace).unwrap_or(flag.len());
        let (flag, rest) = flag.split_at(length);
        let value = rest.trim_start_matches([' ', '\t']);
        let begins =
            at == 0 || text.get(..at).is_some_and(|head| head.ends_with(char::is_whitespace));
        if begins && is_secret(flag) && !flag.contains(['=', ':']) && !value.starts_with('-') {
            let start = at + length + (rest.len() - value.len());
            let value = value.find(char::is_whitespace).map_or(value, |end| value.split_at(end).0);
            if !value.is_empty() {
                found.push(start..start + value.len());
            }
        }
    }
    found
}
