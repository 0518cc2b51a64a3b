//! Heron's YAML files: flat maps with dotted keys, read with the line of each entry.
//!
//! Nested maps become dotted keys as well. A scalar keeps the text it is written with, so that a
//! version `0.20` stays one. An entry without a value is no setting.
//!
//! Source of facts: `docs/heron.md#yaml-files`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{DuplicateKeyPolicy, Error, Location, Spanned};

/// One entry of a YAML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key; nested maps are joined by dots.
    pub key: String,
    /// The scalar's text; items of a list are joined by commas.
    pub value: String,
    /// The line of the key, from 1.
    pub line: usize,
    /// The column of the value in characters, from 1; 0 where it is on another line.
    pub column: usize,
}

/// A text that is no YAML, or no map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct YamlError {
    /// The line, from 1; 0 where it is not known.
    pub line: usize,
    /// The column, from 1; 0 where it is not known.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

impl YamlError {
    fn new(error: &Error) -> Self {
        let place = |part: fn(&Location) -> u64| {
            error.location().and_then(|at| usize::try_from(part(&at)).ok()).unwrap_or(0)
        };
        let reason = error.without_snippet().to_string();
        let reason = reason.lines().next().unwrap_or_default().to_owned();
        Self { line: place(Location::line), column: place(Location::column), reason }
    }
}

/// Reads a whole file.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>, YamlError> {
    let error = |line, reason: &str| YamlError { line, column: 0, reason: reason.to_owned() };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|not_text| {
        let good = bytes.get(..not_text.valid_up_to()).unwrap_or_default();
        let line = good.split(|&byte| byte == b'\n').count();
        error(line, "this is not UTF-8, which YAML files must be")
    })?;
    if let Some(at) = text.find('\0') {
        let line = text.get(..at).unwrap_or_default().lines().count();
        return Err(error(line.max(1), "a NUL byte stands here; is this a text file?"));
    }
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Vec::new());
    }
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    let root: Node = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| YamlError::new(&error))?;
    let mut entries = Vec::new();
    match root {
        Node::Map(map) => flatten(text, "", map, &mut entries),
        Node::Null => {}
        Node::Text(_) | Node::Other | Node::List(_) => {
            return Err(error(1, "expected entries of the form `key: value`"));
        }
    }
    Ok(entries)
}

type Map = Vec<(Spanned<Node>, Spanned<Node>)>;

fn flatten(text: &str, prefix: &str, map: Map, entries: &mut Vec<Entry>) {
    for (key, node) in map {
        let name = match &key.value {
            Node::Text(name) => name.as_str(),
            // `n`, `on` and `1` are no texts in YAML, but are names here.
            Node::Null | Node::Other => source(text, &key.defined),
            Node::List(_) | Node::Map(_) => continue,
        };
        let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let value = match node.value {
            Node::Map(map) => {
                flatten(text, &name, map, entries);
                continue;
            }
            Node::Null => continue,
            Node::Text(value) => value,
            Node::Other => source(text, &node.defined).to_owned(),
            Node::List(items) => {
                let items = items.into_iter().filter_map(|item| match item.value {
                    Node::Text(value) => Some(value),
                    Node::Other => Some(source(text, &item.defined).to_owned()),
                    Node::Null | Node::Map(_) | Node::List(_) => None,
                });
                items.collect::<Vec<_>>().join(",")
            }
        };
        let number = |number: u64| usize::try_from(number).unwrap_or(0);
        let same_line = node.referenced.line() == key.referenced.line();
        let column = if same_line { number(node.referenced.column()) } else { 0 };
        entries.push(Entry { key: name, value, line: number(key.referenced.line()), column });
    }
}

/// A scalar as it is written.
fn source<'t>(text: &'t str, at: &Location) -> &'t str {
    let span = at.span();
    let bounds = span.byte_offset().zip(span.byte_len());
    let bounds = bounds.and_then(|(start, length)| {
        let start = usize::try_from(start).ok()?;
        Some(start..start.checked_add(usize::try_from(length).ok()?)?)
    });
    bounds.and_then(|bounds| text.get(bounds)).unwrap_or_default().trim()
}

/// What a value is; numbers and truth values are read from the text itself.
enum Node {
    Null,
    Text(String),
    Other,
    List(Vec<Spanned<Node>>),
    Map(Map),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests;
