//! `config keys`: the table of keys, or the entries of some.

use super::error::ConfigError;
use crate::config::keys;
use crate::config::reference::{KeyRow, key_rows};
use crate::outcome::{KeyList, Outcome, SCHEMA};

/// All keys; with a word, those with it in one of their names.
pub(super) fn keys(word: Option<&str>) -> anyhow::Result<Outcome> {
    let mut rows = key_rows();
    if let Some(word) = word {
        let wanted = word.to_ascii_lowercase();
        rows.retain(|row| names(row).any(|name| name.to_ascii_lowercase().contains(&wanted)));
        if rows.is_empty() {
            rows = by_pattern(word);
        }
        if rows.is_empty() {
            let nearest = keys::nearest(word);
            return Err(ConfigError::NoKey { word: word.to_owned(), nearest }.into());
        }
    }
    Ok(Outcome::ConfigKeys(KeyList { schema: SCHEMA, keys: rows, explained: word.is_some() }))
}

fn names(row: &KeyRow) -> impl Iterator<Item = &'static str> {
    std::iter::once(row.key).chain(row.aliases.iter().copied())
}

/// A key whose name has a variable part, such as `mesos.master.uri.<cluster>.<environ>`.
fn by_pattern(word: &str) -> Vec<KeyRow> {
    let Some(spec) = keys::lookup(word).spec() else { return Vec::new() };
    key_rows().into_iter().filter(|row| row.key == spec.name).collect()
}
