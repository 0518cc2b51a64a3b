//! `config show`: every key with what counts, where it came from and what it hides.
//!
//! The JSON form is stable. Keys stand as they are written; a row whose setting is
//! decided by another spelling says so.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::keys;
use super::layer::{Config, Layer, Origin, Setting};
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
    /// One row for each spelling of a key, in the order of first appearance.
    pub settings: Vec<Row>,
}

/// One spelling of a key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The key as it is written.
    pub key: String,
    /// The value that counts for this spelling.
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
    /// The spelling that counts instead of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden_by: Option<String>,
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

/// Makes the document.
#[must_use]
pub fn show(config: &Config, options: ShowOptions) -> Shown {
    let spellings = Spellings::of(config);
    let value = |setting: &Setting| match options.secrets {
        Secrets::Redacted => redact_setting(setting),
        Secrets::Shown => setting.value.clone(),
    };
    let shadow = |setting: &Setting, row_key: &str| Shadow {
        key: (setting.key != row_key).then(|| setting.key.clone()),
        value: value(setting),
        layer: setting.layer.name(),
        origin: (&setting.origin).into(),
    };
    let mut settings: Vec<Row> = Vec::new();
    for entry in config.entries() {
        let winner = entry.winner;
        let spec = spellings.spec(&winner.key);
        let mut shadows: Vec<_> =
            entry.shadows.iter().map(|hidden| shadow(hidden, &winner.key)).collect();
        let decides = spec.and_then(|spec| config.setting(spec)).unwrap_or(winner);
        let overridden_by = (decides.key != winner.key).then(|| decides.key.clone());
        if overridden_by.is_none()
            && let Some(spec) = spec
        {
            let others = spec.spellings().filter(|name| *name != winner.key);
            let others = others.filter_map(|name| config.get(name));
            shadows.extend(others.map(|other| shadow(other, &winner.key)));
            if let (Defaults::Shown, Some(default)) = (options.defaults, spec.default) {
                shadows.push(built_in(default));
            }
        }
        let shown = value(winner);
        let redacted = shown != winner.value;
        let utf16 = winner.utf16.as_deref().filter(|_| !redacted);
        settings.push(Row {
            key: winner.key.clone(),
            value: shown,
            layer: winner.layer.name(),
            origin: (&winner.origin).into(),
            shadows,
            canonical: spec.map(|spec| spec.name).filter(|name| *name != winner.key),
            overridden_by,
            key_utf16: utf16.and_then(|utf16| utf16.key.clone()),
            value_utf16: utf16.and_then(|utf16| utf16.value.clone()),
        });
    }
    if options.defaults == Defaults::Shown {
        settings.extend(spellings.unset_defaults());
    }
    Shown { schema: 1, settings }
}

fn built_in(value: &str) -> Shadow {
    let (layer, origin) = (Layer::Default.name(), (&Origin::Default).into());
    Shadow { key: None, value: value.to_owned(), layer, origin }
}

/// Which settings of the table the configuration's keys spell.
struct Spellings<'a> {
    specs: HashMap<&'a str, &'static keys::KeySpec>,
}

impl<'a> Spellings<'a> {
    fn of(config: &'a Config) -> Self {
        let known = config.winners().filter_map(|setting| {
            // Names with a variable part are settings of their own.
            match keys::lookup(&setting.key) {
                keys::Lookup::Canonical(spec) | keys::Lookup::Alias(spec) => {
                    Some((setting.key.as_str(), spec))
                }
                keys::Lookup::Pattern(_) | keys::Lookup::Unknown => None,
            }
        });
        Self { specs: known.collect() }
    }

    fn spec(&self, key: &str) -> Option<&'static keys::KeySpec> {
        self.specs.get(key).copied()
    }

    /// The defaults of settings that nothing sets, in the order of the table.
    fn unset_defaults(&self) -> Vec<Row> {
        let set: HashSet<&str> = self.specs.values().map(|spec| spec.name).collect();
        let unset = keys::all().filter(|spec| !set.contains(spec.name));
        let rows = unset.filter_map(|spec| {
            Some(Row {
                key: spec.name.to_owned(),
                value: spec.default?.to_owned(),
                layer: Layer::Default.name(),
                origin: (&Origin::Default).into(),
                shadows: Vec::new(),
                canonical: None,
                overridden_by: None,
                key_utf16: None,
                value_utf16: None,
            })
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests;
