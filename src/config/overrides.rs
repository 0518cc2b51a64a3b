//! The `[overrides]` argument: a list of properties, a cluster triple, or nothing.
//!
//! A list is read for what it plainly says: `k=v` and `k:v`, whichever separator comes first; blanks
//! around it; quotes around blanks; backslashes before characters that would otherwise separate.
//! Heron's own parser ([`legacy`](super::legacy)) made something else of many such strings; where it
//! did, [`Pairs::legacy_difference`] says so.
//!
//! Source of facts: `docs/heron.md#command-lines`, `docs/heron.md#overrides` and the recordings in
//! `tests/data/overrides`.

use std::collections::BTreeMap;
use std::fmt;

use super::cluster::ClusterRoleEnviron;
use super::legacy::{LegacyError, legacy_result};

/// What the `[overrides]` argument turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Positional {
    /// An empty or blank argument: no overrides.
    Nothing,
    /// `cluster`, `cluster/role` or `cluster/role/environ`.
    Cluster(ClusterRoleEnviron),
    /// A list of properties; the form of 2015 may put a cluster triple in front.
    Overrides {
        /// The triple in front, if there is one.
        cluster: Option<ClusterRoleEnviron>,
        /// The properties, in the order given.
        pairs: Pairs,
    },
}

/// One property of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key, without quotes and escapes.
    pub key: String,
    /// The value, without quotes and escapes.
    pub value: String,
    /// Where the key starts in the argument, in characters from 1.
    pub column: usize,
}

/// A list of properties and the text it was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    /// The properties in order; of a repeated key the last counts.
    pub list: Vec<Pair>,
    /// The text that was read.
    pub text: String,
}

/// What Heron's parser made of a list that plainly says something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyDifference {
    /// The list as it was given.
    pub text: String,
    /// Heron's result.
    pub legacy: Result<BTreeMap<String, String>, LegacyError>,
}

impl fmt::Display for LegacyDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the heron-cli of 2015 and 2016 read these overrides differently: ")?;
        match &self.legacy {
            Err(error) => write!(f, "it failed ({error})"),
            Ok(map) if map.is_empty() => f.write_str("it ignored them"),
            Ok(map) => {
                let mut separator = "";
                for (key, value) in map {
                    write!(f, "{separator}{key:?} was {value:?}")?;
                    separator = ", ";
                }
                Ok(())
            }
        }
    }
}

impl Pairs {
    /// The properties as a map; of a repeated key the last counts.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<String, String> {
        self.list.iter().map(|pair| (pair.key.clone(), pair.value.clone())).collect()
    }

    /// What Heron's parser made of the same text, where that is something else.
    #[must_use]
    pub fn legacy_difference(&self) -> Option<LegacyDifference> {
        let legacy = legacy_result(&self.text);
        if legacy.as_ref().is_ok_and(|map| *map == self.to_map()) {
            return None;
        }
        Some(LegacyDifference { text: self.text.clone(), legacy })
    }
}

/// A place in the argument that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (column {column} of \"{text}\")")]
pub struct OverrideError {
    /// The argument.
    pub text: String,
    /// Where, in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub kind: OverrideErrorKind,
}

/// What is wrong with a place in the argument.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideErrorKind {
    /// A separator without anything before it, or an empty pair of quotes in place of the key.
    #[error("there is no key here")]
    NoKey,
    /// A word that is neither a key nor a value.
    #[error("`{0}` has no value; write {0}=value")]
    NoValue(String),
    /// A quote that nothing closes.
    #[error("this quote is never closed; write \\\" for a quote that is part of the value")]
    OpenQuote,
}

/// Tells the forms of the argument apart, by content alone.
///
/// An unquoted `=` or `:` makes it a list; a blank argument is nothing; the rest is a cluster.
pub fn classify(argument: &str) -> Result<Positional, Vec<OverrideError>> {
    if argument.trim().is_empty() {
        return Ok(Positional::Nothing);
    }
    let mut scanner = Scanner::new(argument);
    if !scanner.has_separator() {
        let words = argument.split_whitespace().count();
        if words == 1 || argument.contains('/') {
            return Ok(Positional::Cluster(ClusterRoleEnviron::parse(argument)));
        }
        return Ok(Positional::Overrides { cluster: None, pairs: parse(argument)? });
    }
    scanner.skip_blanks();
    let first = scanner.word(Stop::AtSeparator).map(|word| word.text).unwrap_or_default();
    let after_first = scanner.at;
    scanner.skip_blanks();
    let alone = scanner.at > after_first && !scanner.peek().is_some_and(is_separator);
    if alone && first.contains('/') {
        let pairs = parse_from(argument, after_first)?;
        let cluster = Some(ClusterRoleEnviron::parse(&first));
        return Ok(Positional::Overrides { cluster, pairs });
    }
    Ok(Positional::Overrides { cluster: None, pairs: parse(argument)? })
}

/// Reads a list of properties; all of its mistakes are returned together.
pub fn parse(text: &str) -> Result<Pairs, Vec<OverrideError>> {
    parse_from(text, 0)
}

fn parse_from(argument: &str, start: usize) -> Result<Pairs, Vec<OverrideError>> {
    let mut scanner = Scanner::new(argument);
    scanner.at = start;
    let text = scanner.chars.iter().skip(start).collect::<String>().trim().to_owned();
    let mut pairs = Pairs { list: Vec::new(), text };
    let mut errors = Vec::new();
    loop {
        scanner.skip_blanks();
        if scanner.peek().is_none() {
            break;
        }
        let column = scanner.at + 1;
        match scanner.pair() {
            Ok((key, value)) => pairs.list.push(Pair { key, value, column }),
            Err((at, kind)) => {
                let text = argument.to_owned();
                errors.push(OverrideError { text, column: at + 1, kind });
            }
        }
    }
    if errors.is_empty() { Ok(pairs) } else { Err(errors) }
}

fn is_separator(char: char) -> bool {
    matches!(char, '=' | ':')
}

fn with_key(start: usize, key: String, value: String) -> Result<(String, String), ScanError> {
    if key.is_empty() { Err((start, OverrideErrorKind::NoKey)) } else { Ok((key, value)) }
}

/// Where a word ends, besides at a blank.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    AtSeparator,
    AtBlank,
}

struct Word {
    text: String,
}

type ScanError = (usize, OverrideErrorKind);

#[derive(Clone)]
struct Scanner {
    chars: Vec<char>,
    at: usize,
}

impl Scanner {
    fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Whether any `=` or `:` stands outside quotes.
    fn has_separator(&self) -> bool {
        let mut scanner = Self { chars: self.chars.clone(), at: 0 };
        loop {
            scanner.skip_blanks();
            if scanner.peek().is_none() {
                return false;
            }
            let word = scanner.word(Stop::AtSeparator);
            if scanner.peek().is_some_and(is_separator) {
                return true;
            }
            if word.is_err() {
                return self.chars.iter().copied().any(is_separator);
            }
        }
    }

    /// A key, its separator and its value.
    fn pair(&mut self) -> Result<(String, String), ScanError> {
        let start = self.at;
        let key = self.word(Stop::AtSeparator)?.text;
        self.skip_blanks();
        if !self.peek().is_some_and(is_separator) {
            // `key value`, as Java properties have it too; not where another pair follows.
            if self.peek().is_none() || self.pair_follows(true) {
                let no_key = key.is_empty();
                let no_value = OverrideErrorKind::NoValue(key);
                return Err((start, if no_key { OverrideErrorKind::NoKey } else { no_value }));
            }
            let value = self.word(Stop::AtBlank)?.text;
            return with_key(start, key, value);
        }
        self.at += 1;
        let value = if self.peek().is_some_and(char::is_whitespace) {
            self.skip_blanks();
            if self.pair_follows(false) { String::new() } else { self.word(Stop::AtBlank)?.text }
        } else {
            self.word(Stop::AtBlank)?.text
        };
        with_key(start, key, value)
    }

    /// Whether the next word starts a pair of its own: `k=` or `k =`, and `k:` where asked for.
    ///
    /// After `key= ` a word like `zk://host:2181/mesos?a=b` is the value: its first separator is no `=`.
    fn pair_follows(&self, colon_counts: bool) -> bool {
        let mut ahead = self.clone();
        if ahead.word(Stop::AtSeparator).is_err() {
            return false;
        }
        if ahead.peek() == Some(':') {
            return colon_counts;
        }
        ahead.skip_blanks();
        ahead.peek() == Some('=')
    }

    /// Reads to the next blank or separator outside quotes.
    ///
    /// Quotes stay where they stand inside a word, and vanish where they enclose it, as in Heron.
    fn word(&mut self, stop: Stop) -> Result<Word, ScanError> {
        let mut text = String::new();
        let mut quotes = Quotes::default();
        while let Some(char) = self.peek() {
            let inside = quotes.open.is_some();
            let ends = char.is_whitespace() || (stop == Stop::AtSeparator && is_separator(char));
            if ends && !inside {
                break;
            }
            self.at += 1;
            match (char, self.peek()) {
                ('\\', Some(next)) if is_escapable(next) => {
                    text.push(next);
                    self.at += 1;
                }
                ('"', _) => {
                    quotes.seen(self.at - 1, text.len());
                    text.push('"');
                }
                _ => text.push(char),
            }
        }
        if let Some(at) = quotes.open {
            return Err((at, OverrideErrorKind::OpenQuote));
        }
        Ok(Word { text: quotes.strip(text) })
    }
}

/// A backslash before anything else is an ordinary character, as in `C:\tmp`.
fn is_escapable(char: char) -> bool {
    char.is_whitespace() || matches!(char, '=' | ':' | '"' | '\\')
}

/// The unescaped quotes of a word.
#[derive(Default)]
struct Quotes {
    open: Option<usize>,
    first: Option<usize>,
    last: Option<usize>,
}

impl Quotes {
    fn seen(&mut self, at: usize, index: usize) {
        self.open = if self.open.is_some() { None } else { Some(at) };
        self.first.get_or_insert(index);
        self.last = Some(index);
    }

    fn strip(&self, text: String) -> String {
        let encloses = self.first == Some(0) && self.last.is_some_and(|at| at + 1 == text.len());
        match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) if encloses => inner.to_owned(),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests;
