//! Layers of settings: which value of a key counts, where it came from and what it hides.
//!
//! Keys are kept as they were written. That two spellings mean one setting is known to the key
//! table; [`Config::setting`] asks for all spellings at once.
//!
//! Which layer wins is told in `docs/configuration.md`.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::keys::KeySpec;

/// Where in the order of precedence a value stands; later wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Built in, or derived from the user's own name.
    Default,
    /// A named context of a `config.toml`.
    Context,
    /// A directory given with `--config-path`.
    ConfigPath,
    /// The file given with `--config-file`.
    ConfigFile,
    /// The `[overrides]` argument.
    Overrides,
    /// `--config-property`.
    ConfigProperty,
}

impl Layer {
    /// The name used in output and JSON documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Context => "context",
            Self::ConfigPath => "config-path",
            Self::ConfigFile => "config-file",
            Self::Overrides => "overrides",
            Self::ConfigProperty => "config-property",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The place a value was read from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Built in.
    Default,
    /// A line of a file.
    File {
        /// The file.
        file: Arc<Path>,
        /// The line, from 1.
        line: usize,
        /// The column of the value in bytes, from 1; 0 where it is not known.
        column: usize,
    },
    /// A flag, by its name with dashes.
    Flag(&'static str),
    /// The `[overrides]` argument.
    Overrides {
        /// The column of the key, in characters from 1.
        column: usize,
    },
}

impl Origin {
    /// Whether somebody typed this just now, rather than having it in a file.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        matches!(self, Self::Flag(_) | Self::Overrides { .. })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built in"),
            Self::File { file, line, .. } => write!(f, "{}:{line}", file.display()),
            Self::Flag(name) => f.write_str(name),
            Self::Overrides { column } => write!(f, "overrides, column {column}"),
        }
    }
}

/// One value of one key, in one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key as it was written.
    pub key: String,
    /// The value as it was read.
    pub value: String,
    /// The layer.
    pub layer: Layer,
    /// The place.
    pub origin: Origin,
    /// Whether the value was read from a secret's own file and must never be shown.
    pub secret: bool,
    /// The UTF-16 code units of key and value, only where a Java text is no valid Unicode.
    pub utf16: Option<Box<Utf16>>,
}

/// Java texts that no Rust text can hold; see [`super::properties::Text`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Utf16 {
    /// The key's code units, if it has unpaired surrogates.
    pub key: Option<Vec<u16>>,
    /// The value's code units, if it has unpaired surrogates.
    pub value: Option<Vec<u16>>,
}

impl Setting {
    /// A setting whose texts are plain Unicode.
    pub fn new(
        key: impl Into<String>,
        value: impl Into<String>,
        layer: Layer,
        origin: Origin,
    ) -> Self {
        Self { key: key.into(), value: value.into(), layer, origin, secret: false, utf16: None }
    }
}

/// All settings of all layers, in the order in which their keys first appeared.
#[derive(Debug, Clone, Default)]
pub struct Config {
    slots: Vec<Slot>,
    index: HashMap<String, usize>,
    added: usize,
}

/// All values of one spelling of a key; the last one counts.
#[derive(Debug, Clone)]
struct Slot {
    values: Vec<(usize, Setting)>,
}

/// The value of a key that counts, and those that it hides, nearest first.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The value that counts.
    pub winner: &'a Setting,
    /// The values that it hides, nearest first.
    pub shadows: Vec<&'a Setting>,
}

impl Config {
    /// Adds a value. Of one layer the value added last counts.
    pub fn add(&mut self, setting: Setting) {
        let at = *self.index.entry(setting.key.clone()).or_insert_with(|| {
            self.slots.push(Slot { values: Vec::new() });
            self.slots.len() - 1
        });
        if let Some(slot) = self.slots.get_mut(at) {
            let below = slot.values.partition_point(|(_, other)| other.layer <= setting.layer);
            slot.values.insert(below, (self.added, setting));
            self.added += 1;
        }
    }

    fn winner(&self, key: &str) -> Option<&(usize, Setting)> {
        self.slots.get(*self.index.get(key)?)?.values.last()
    }

    /// The value of exactly this spelling.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.winner(key).map(|(_, setting)| setting)
    }

    /// The value of a setting under any of its spellings; of one layer the one added last counts.
    #[must_use]
    pub fn setting(&self, key: &KeySpec) -> Option<&Setting> {
        self.latest(key.spellings())
    }

    /// Every value of a setting under any of its spellings, the one that counts first.
    #[must_use]
    pub fn values(&self, key: &KeySpec) -> Vec<&Setting> {
        let slots = key.spellings().filter_map(|name| self.slots.get(*self.index.get(name)?));
        let mut values: Vec<_> = slots.flat_map(|slot| &slot.values).collect();
        values.sort_by_key(|(order, setting)| std::cmp::Reverse((setting.layer, *order)));
        values.into_iter().map(|(_, setting)| setting).collect()
    }

    /// Of several spellings, the one that counts.
    pub fn latest<'k>(&self, keys: impl Iterator<Item = &'k str>) -> Option<&Setting> {
        let values = keys.filter_map(|key| self.winner(key));
        values.max_by_key(|(order, setting)| (setting.layer, *order)).map(|(_, setting)| setting)
    }

    /// Every key with what counts and what is hidden, in the order of first appearance.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.slots.iter().filter_map(|slot| {
            let (winner, shadows) = slot.values.split_last()?;
            let shadows = shadows.iter().rev().map(|(_, setting)| setting).collect();
            Some(Entry { winner: &winner.1, shadows })
        })
    }

    /// Every value that counts for its spelling, in the order of first appearance.
    pub fn winners(&self) -> impl Iterator<Item = &Setting> {
        self.slots.iter().filter_map(|slot| slot.values.last()).map(|(_, setting)| setting)
    }

    /// Changes every value; used to substitute variables.
    pub fn rewrite(&mut self, mut change: impl FnMut(&mut Setting)) {
        for (_, setting) in self.slots.iter_mut().flat_map(|slot| &mut slot.values) {
            change(setting);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys;
    use super::*;

    fn config(settings: &[(&str, &str, Layer)]) -> Config {
        let mut config = Config::default();
        for (key, value, layer) in settings {
            config.add(Setting::new(*key, *value, *layer, Origin::Default));
        }
        config
    }

    #[test]
    fn the_highest_layer_counts_whatever_the_order_of_adding() {
        let config = config(&[
            ("a", "flag", Layer::ConfigProperty),
            ("b", "1", Layer::ConfigFile),
            ("a", "default", Layer::Default),
            ("a", "file 1", Layer::ConfigFile),
            ("a", "file 2", Layer::ConfigFile),
        ]);
        let entries: Vec<_> = config.entries().collect();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].winner.value, "flag");
        let shadows: Vec<_> = entries[0].shadows.iter().map(|s| s.value.as_str()).collect();
        assert_eq!(shadows, ["file 2", "file 1", "default"]);
    }

    #[test]
    fn spellings_are_one_setting() {
        let old = ("zk.connection.string", "old", Layer::ConfigFile);
        let new = ("heron.statemgr.connection.string", "new", Layer::ConfigFile);
        let value =
            |config: &Config| config.setting(&keys::STATE_CONNECTION).unwrap().value.clone();
        assert_eq!(value(&config(&[old, new])), "new");
        assert_eq!(value(&config(&[new, old])), "old");
        let higher = ("zk.connection.string", "higher", Layer::Overrides);
        assert_eq!(value(&config(&[higher, new])), "higher");
    }
}
