//! `config show`: every key with what counts, where it came from and what it hides.
//!
//! The JSON form is fixed in design.md §5. Keys stand as they are written; a row whose setting is
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
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::super::load::{Sources, load};
    use super::*;

    const PLAIN: ShowOptions =
        ShowOptions { defaults: Defaults::Hidden, secrets: Secrets::Redacted };

    fn config(lines: &[(&str, &str, Layer, usize)]) -> Config {
        let mut config = Config::default();
        for (key, value, layer, line) in lines {
            let origin = Origin::File { file: Path::new("x.conf").into(), line: *line, column: 1 };
            config.add(Setting::new(*key, *value, *layer, origin));
        }
        config
    }

    #[test]
    fn the_document_has_its_fixed_form() {
        let mut config = config(&[
            ("a", "1", Layer::ConfigFile, 1),
            ("zk.connection.string", "zk1:1", Layer::ConfigFile, 2),
        ]);
        config.add(Setting::new(
            "a",
            "2",
            Layer::ConfigProperty,
            Origin::Flag("--config-property"),
        ));
        config.add(Setting::new("b", "3", Layer::Overrides, Origin::Overrides { column: 5 }));
        let document = serde_json::to_value(show(&config, PLAIN)).unwrap();
        let expected = json!({"schema": 1, "settings": [
            {"key": "a", "value": "2", "layer": "config-property", "origin": {"flag": "--config-property"},
             "shadows": [{"value": "1", "layer": "config-file", "origin": {"file": "x.conf", "line": 1}}]},
            {"key": "zk.connection.string", "value": "zk1:1", "layer": "config-file",
             "origin": {"file": "x.conf", "line": 2}, "shadows": [],
             "canonical": "heron.statemgr.connection.string"},
            {"key": "b", "value": "3", "layer": "overrides",
             "origin": {"argument": "overrides", "column": 5}, "shadows": []},
        ]});
        assert_eq!(document, expected);
    }

    #[test]
    fn another_spelling_hides() {
        let config = config(&[
            ("zk.connection.string", "old:1", Layer::ConfigFile, 1),
            ("heron.statemgr.connection.string", "new:1", Layer::ConfigFile, 2),
        ]);
        let rows = show(&config, PLAIN).settings;
        assert_eq!(rows[0].overridden_by.as_deref(), Some("heron.statemgr.connection.string"));
        assert_eq!(rows[1].overridden_by, None);
        assert_eq!(rows[1].shadows[0].key.as_deref(), Some("zk.connection.string"));
    }

    #[test]
    fn defaults_are_shown_on_demand() {
        let config = config(&[("instance.cpu.default", "2", Layer::ConfigFile, 1)]);
        let options = ShowOptions { defaults: Defaults::Shown, ..PLAIN };
        let rows = show(&config, options).settings;
        assert_eq!(
            (rows[0].shadows[0].value.as_str(), rows[0].shadows[0].layer),
            ("1.0", "default")
        );
        let ram = rows.iter().find(|row| row.key == "heron.resources.instance.ram").unwrap();
        assert_eq!((ram.value.as_str(), ram.layer), ("1073741824", "default"));
        assert!(rows.iter().all(|row| row.key != "heron.resources.instance.cpu"));
    }

    #[test]
    fn secrets_are_blotted_out_everywhere() {
        let config = config(&[
            ("heron.mesos.master.uri", "zk://u:geheim@h:1/m", Layer::ConfigFile, 1),
            ("heron.mesos.master.uri", "h:1", Layer::ConfigFile, 2),
            ("heron.uploader.s3.secret_key", "geheim", Layer::ConfigFile, 3),
        ]);
        let shown = serde_json::to_string(&show(&config, PLAIN)).unwrap();
        assert!(!shown.contains("geheim"), "{shown}");
        let open = show(&config, ShowOptions { secrets: Secrets::Shown, ..PLAIN });
        assert_eq!(open.settings[1].value, "geheim");
    }

    /// A file alone shows exactly what the file holds, for all recorded files.
    #[test]
    fn recorded_files_are_shown_as_they_are() {
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/properties");
        let text = std::fs::read_to_string(format!("{data}/expected.json")).unwrap();
        let recording: serde_json::Value = serde_json::from_str(&text).unwrap();
        for case in recording["cases"].as_array().unwrap() {
            let Some(expected) = case["entries"].as_array() else { continue };
            let config_file = Some(format!("{data}/{}", case["file"].as_str().unwrap()).into());
            let loaded = load(&Sources { config_file, ..Sources::default() }).unwrap();
            let rows = show(&loaded.config, PLAIN).settings;
            assert_eq!(rows.len(), expected.len(), "{}", case["file"]);
            for (row, entry) in rows.iter().zip(expected) {
                match entry["key"].as_str() {
                    Some(key) => assert_eq!(row.key, key),
                    None => assert_eq!(json!(row.key_utf16), entry["key_utf16"]),
                }
                match entry["value"].as_str() {
                    Some(value) => assert_eq!(row.value, value),
                    None => assert_eq!(json!(row.value_utf16), entry["value_utf16"]),
                }
            }
        }
    }
}
