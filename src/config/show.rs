//! `config show`: every key with what counts, where it came from and what it hides.
//!
//! Keys stand as they are written. A setting that is written under several of its names has one row, under the name that
//! counts. Members of the JSON form are added, never changed.

use std::collections::HashSet;

use serde::Serialize;

use super::keys;
use super::layer::{Config, Entry, Layer, Origin, Setting};
use super::load::ReadFrom;
use super::problem::redact_setting;

/// What to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShowOptions {
    /// Built-in defaults of keys that no file or flag sets.
    pub defaults: Defaults,
    /// Secrets.
    pub secrets: Secrets,
}

/// Whether built-in defaults are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defaults {
    /// Only what files and flags set.
    Hidden,
    /// Every key of the table that has a default too.
    Shown,
}

/// Whether secrets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Blotted out.
    Redacted,
    /// As they are.
    Shown,
}

/// The document of `config show -o json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// The document's version.
    pub schema: u32,
    /// One row for each setting, in the order of first appearance.
    pub settings: Vec<Row>,
    /// What was read, lowest layer first, and what named it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceRow>,
}

/// A context, directory or file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// The layer that it makes.
    pub layer: &'static str,
    /// Its name or path.
    pub name: String,
    /// A flag, a variable of the environment, or `the current context`.
    pub named_by: &'static str,
}

impl From<&ReadFrom> for SourceRow {
    fn from(read: &ReadFrom) -> Self {
        Self { layer: read.layer.name(), name: read.what.clone(), named_by: read.named_by }
    }
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The key as it is written.
    pub key: String,
    /// The value that counts.
    pub value: String,
    /// Its layer.
    pub layer: &'static str,
    /// Its place.
    pub origin: Place,
    /// What it hides, nearest first.
    pub shadows: Vec<Shadow>,
    /// The canonical name, where the key is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical: Option<&'static str>,
    /// The key's UTF-16 code units, where it has unpaired surrogates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_utf16: Option<Vec<u16>>,
    /// The value's UTF-16 code units, where it has unpaired surrogates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_utf16: Option<Vec<u16>>,
}

/// A value that doesn't count.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shadow {
    /// The key, where it is another spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value.
    pub value: String,
    /// Its layer.
    pub layer: &'static str,
    /// Its place.
    pub origin: Place,
}

/// A place, as JSON has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Place {
    /// A line of a file.
    File {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// A flag.
    Flag {
        /// Its name with dashes.
        flag: &'static str,
    },
    /// The first positional argument.
    Argument {
        /// `overrides`
        argument: &'static str,
        /// The column, from 1.
        column: usize,
    },
    /// Built in.
    BuiltIn {
        /// Always true.
        built_in: bool,
    },
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::File { file, line, .. } => {
                Self::File { file: file.display().to_string(), line: *line }
            }
            Origin::Flag(flag) => Self::Flag { flag },
            Origin::Overrides { column } => {
                Self::Argument { argument: "overrides", column: *column }
            }
            Origin::Default => Self::BuiltIn { built_in: true },
        }
    }
}

/// Makes the document. Every setting has one row, under the name that counts; the others stand among what it hides.
#[must_use]
pub fn show(config: &Config, options: ShowOptions) -> Shown {
    let mut settings = Vec::new();
    let mut done: HashSet<&str> = HashSet::new();
    for entry in config.entries() {
        let spec = named_once(&entry.winner.key);
        if spec.is_none_or(|spec| done.insert(spec.name)) {
            settings.push(row_of(config, spec, &entry, options));
        }
    }
    if options.defaults == Defaults::Shown {
        let unset = keys::all().filter(|spec| !done.contains(spec.name));
        settings.extend(unset.filter_map(default_row));
    }
    Shown { schema: 1, settings, sources: Vec::new() }
}

/// One setting by any of its names; a default where nothing sets it. `None` if nothing is known of it.
#[must_use]
pub fn show_one(config: &Config, key: &str, secrets: Secrets) -> Option<Row> {
    let options = ShowOptions { defaults: Defaults::Shown, secrets };
    let spec = named_once(key);
    let entry = match spec {
        Some(spec) => config.setting(spec).map(|winner| Entry { winner, shadows: Vec::new() }),
        None => config.entries().find(|entry| entry.winner.key == key),
    };
    match entry {
        Some(entry) => Some(row_of(config, spec, &entry, options)),
        None => default_row(spec?),
    }
}

/// The setting of a name; names with a variable part are settings of their own.
fn named_once(key: &str) -> Option<&'static keys::KeySpec> {
    match keys::lookup(key) {
        keys::Lookup::Canonical(spec) | keys::Lookup::Alias(spec) => Some(spec),
        keys::Lookup::Pattern(_) | keys::Lookup::Unknown => None,
    }
}

fn row_of(
    config: &Config,
    spec: Option<&'static keys::KeySpec>,
    entry: &Entry<'_>,
    options: ShowOptions,
) -> Row {
    let value = |setting: &Setting| match options.secrets {
        Secrets::Redacted => redact_setting(setting),
        Secrets::Shown => setting.value.clone(),
    };
    let all = spec.map(|spec| config.values(spec));
    let (winner, hidden) = match all.as_deref() {
        Some([winner, hidden @ ..]) => (*winner, hidden.to_vec()),
        _ => (entry.winner, entry.shadows.clone()),
    };
    let shadow = |setting: &&Setting| Shadow {
        key: (setting.key != winner.key).then(|| setting.key.clone()),
        value: value(setting),
        layer: setting.layer.name(),
        origin: (&setting.origin).into(),
    };
    let mut shadows: Vec<_> = hidden.iter().map(shadow).collect();
    if let (Defaults::Shown, Some(default)) = (options.defaults, spec.and_then(|spec| spec.default))
    {
        shadows.push(built_in(default));
    }
    let shown = value(winner);
    let redacted = shown != winner.value;
    let utf16 = winner.utf16.as_deref().filter(|_| !redacted);
    Row {
        key: winner.key.clone(),
        value: shown,
        layer: winner.layer.name(),
        origin: (&winner.origin).into(),
        shadows,
        canonical: spec.map(|spec| spec.name).filter(|name| *name != winner.key),
        key_utf16: utf16.and_then(|utf16| utf16.key.clone()),
        value_utf16: utf16.and_then(|utf16| utf16.value.clone()),
    }
}

fn built_in(value: &str) -> Shadow {
    let (layer, origin) = (Layer::Default.name(), (&Origin::Default).into());
    Shadow { key: None, value: value.to_owned(), layer, origin }
}

/// The default of a setting that nothing sets.
fn default_row(spec: &'static keys::KeySpec) -> Option<Row> {
    Some(Row {
        key: spec.name.to_owned(),
        value: spec.default?.to_owned(),
        layer: Layer::Default.name(),
        origin: (&Origin::Default).into(),
        shadows: Vec::new(),
        canonical: None,
        key_utf16: None,
        value_utf16: None,
    })
}

#[cfg(test)]
mod tests;
