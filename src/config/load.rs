//! From flags and files to a [`Config`] with its layers.
//!
//! This is the edge: it reads the files that were named and nothing else. Neither the environment nor
//! any default location is looked at; the caller passes what it knows.
//!
//! Source of facts: design.md §6, facts/heron.md §9.3, §9.5.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cluster::ClusterRoleEnviron;
use super::directory;
use super::files::{self, FileError};
use super::keys;
use super::layer::{Config, Layer, Origin, Setting, Utf16};
use super::loader::{Loader, UnknownLoader};
use super::overrides::{self, OverrideError, Pairs, Positional};
use super::problem::{Warning, WarningKind};
use super::properties::{self, MalformedEscape, NoteKind};
use super::settings::{Facts, Need, Resolved, resolve};

/// What a configuration is made from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--config-loader`
    pub loader: Option<String>,
    /// `--config-file`
    pub config_file: Option<PathBuf>,
    /// `--config-path`: a file or a directory.
    pub config_path: Option<PathBuf>,
    /// `--config-property`, in order.
    pub properties: Vec<String>,
    /// The `[overrides]` argument.
    pub overrides: Option<String>,
    /// The user who runs heron-cli.
    pub user: String,
    /// The user's home directory.
    pub home: String,
    /// `JAVA_HOME` of the environment.
    pub java_home: Option<String>,
}

/// A configuration and what was noticed while it was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// All layers.
    pub config: Config,
    /// What else settings need to know.
    pub facts: Facts,
    /// Everything doubtful in the files and flags.
    pub warnings: Vec<Warning>,
    /// The directory of YAML files, where there is one: a topology package carries its files.
    pub yaml_directory: Option<PathBuf>,
}

impl Loaded {
    /// Typed settings, with the warnings of loading and resolving together.
    #[must_use]
    pub fn resolve(&self, need: Need) -> Resolved {
        let mut resolved = resolve(&self.config, &self.facts, need);
        resolved.warnings.splice(0..0, self.warnings.iter().cloned());
        resolved
    }
}

/// Why a configuration can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nothing to read was named.
    #[error(
        "no configuration is given; name one with --config-file, --config-path or --context \
         (an example to start from is conf/mesos_scheduler.conf)"
    )]
    NothingGiven,
    /// `--config-loader` names no known loader.
    #[error(transparent)]
    Loader(#[from] UnknownLoader),
    /// A file can't be read.
    #[error("{flag}: {source}")]
    File {
        /// The flag that named it.
        flag: &'static str,
        /// The reason.
        source: FileError,
    },
    /// A properties file has a malformed escape.
    #[error("{}:{}: {escape} (column {})", file.display(), escape.line, escape.column)]
    Properties {
        /// The file.
        file: Arc<Path>,
        /// The place.
        escape: MalformedEscape,
    },
    /// The overrides can't be understood.
    #[error("overrides: {0}")]
    Overrides(OverrideError),
    /// The overrides are not base64, although the loader says so.
    #[error("overrides: not base64, which Base64ConfigLoader expects: {reason}")]
    Base64 {
        /// What is wrong with them.
        reason: String,
    },
    /// A `--config-property` without a key or a value.
    #[error("--config-property \"{text}\": write key=value")]
    Property {
        /// What was given.
        text: String,
    },
    /// The value of `config.property` can't be understood.
    #[error("config.property ({origin}): {source}")]
    ConfigProperty {
        /// The place of the key.
        origin: Origin,
        /// What is wrong.
        source: OverrideError,
    },
    /// A directory holds none of the files that are looked for.
    #[error("{}: no configuration in this directory; looked for {}", directory.display(), looked_for.join(", "))]
    EmptyDirectory {
        /// The directory.
        directory: PathBuf,
        /// What was looked for.
        looked_for: Vec<String>,
    },
    /// `aurora_bind.conf` names a property that isn't set.
    #[error("{origin}: {key} stands for {property}, which is not set")]
    Bind {
        /// The place.
        origin: Origin,
        /// The bind key.
        key: String,
        /// The property it names.
        property: String,
    },
}

/// Every reason why a configuration can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadErrors(pub Vec<LoadError>);

/// Reads everything that was named.
pub fn load(sources: &Sources) -> Result<Loaded, LoadErrors> {
    let mut loading = Loading::default();
    let loader = loading.loader(sources);
    let overrides = loading.positional(sources, loader);
    let has_pairs = matches!(&overrides, Positional::Overrides { .. });
    let nothing = sources.config_file.is_none() && sources.config_path.is_none();
    if nothing && !has_pairs && sources.properties.is_empty() && loading.errors.is_empty() {
        loading.errors.push(LoadError::NothingGiven);
    }
    loading.add_positional(overrides);
    let flags = loading.properties(sources);
    if let Some(path) = &sources.config_file {
        loading.file("--config-file", path, Layer::ConfigFile);
    }
    let mut yaml_directory = None;
    if let Some(path) = &sources.config_path {
        if path.is_dir() {
            yaml_directory = directory::add(&mut loading, path, loader, sources);
        } else {
            loading.file("--config-path", path, Layer::ConfigPath);
        }
    }
    loading.nested_properties();
    for flag in flags {
        loading.config.add(flag);
    }
    if !loading.errors.is_empty() {
        return Err(LoadErrors(loading.errors));
    }
    let facts = Facts { user: sources.user.clone(), home: sources.home.clone(), loader };
    Ok(Loaded { config: loading.config, facts, warnings: loading.warnings, yaml_directory })
}

/// A configuration that is being read.
#[derive(Default)]
pub(super) struct Loading {
    pub(super) config: Config,
    pub(super) warnings: Vec<Warning>,
    pub(super) errors: Vec<LoadError>,
}

impl Loading {
    fn loader(&mut self, sources: &Sources) -> Option<Loader> {
        let given = sources.loader.as_deref()?;
        Loader::parse(given).map_err(|error| self.errors.push(error.into())).ok()
    }

    fn positional(&mut self, sources: &Sources, loader: Option<Loader>) -> Positional {
        let given = sources.overrides.as_deref().unwrap_or_default();
        let decoded = match loader {
            Some(Loader::Base64) => decode(given).map_err(|reason| {
                self.errors.push(LoadError::Base64 { reason });
            }),
            _ => Ok(given.to_owned()),
        };
        let Ok(text) = decoded else { return Positional::Nothing };
        overrides::classify(&text).unwrap_or_else(|errors| {
            self.errors.extend(errors.into_iter().map(LoadError::Overrides));
            Positional::Nothing
        })
    }

    fn add_positional(&mut self, positional: Positional) {
        match positional {
            Positional::Nothing => {}
            Positional::Cluster(triple) => self.add_cluster(&triple),
            Positional::Overrides { cluster, pairs } => {
                if let Some(triple) = cluster {
                    self.add_cluster(&triple);
                }
                if let Some(difference) = pairs.legacy_difference() {
                    let origin = Origin::Overrides { column: 1 };
                    let text = difference.to_string();
                    self.warnings.push(Warning::at(origin, WarningKind::Legacy, text));
                }
                self.add_pairs(&pairs, Layer::Overrides, None);
            }
        }
    }

    /// The parts that are given count as overrides. With a role but without an environ, the environ
    /// is empty unless a file has one: so does stock Heron.
    fn add_cluster(&mut self, triple: &ClusterRoleEnviron) {
        let origin = Origin::Overrides { column: 1 };
        let parts = [("dc", &triple.cluster), ("role", &triple.role), ("environ", &triple.environ)];
        for (key, value) in parts {
            let layer = if value.is_empty() { Layer::Default } else { Layer::Overrides };
            if !value.is_empty() || (key == "environ" && triple.keeps_empty_parts()) {
                self.config.add(Setting::new(key, value, layer, origin.clone()));
            }
        }
    }

    fn add_pairs(&mut self, pairs: &Pairs, layer: Layer, origin: Option<&Origin>) {
        for pair in &pairs.list {
            let place = Origin::Overrides { column: pair.column };
            let place = origin.cloned().unwrap_or(place);
            self.config.add(Setting::new(&pair.key, &pair.value, layer, place));
        }
    }

    fn properties(&mut self, sources: &Sources) -> Vec<Setting> {
        let mut settings = Vec::new();
        for text in &sources.properties {
            let split = text.split_once('=').or_else(|| text.split_once(':'));
            match split.filter(|(key, _)| !key.trim().is_empty()) {
                Some((key, value)) => {
                    let origin = Origin::Flag("--config-property");
                    settings.push(Setting::new(key.trim(), value, Layer::ConfigProperty, origin));
                }
                None => self.errors.push(LoadError::Property { text: text.clone() }),
            }
        }
        settings
    }

    /// Reads one file, as what its name says it is.
    fn file(&mut self, flag: &'static str, path: &Path, layer: Layer) {
        match files::read(path) {
            Ok(bytes) => self.add_properties(path, &bytes, layer),
            Err(source) => self.errors.push(LoadError::File { flag, source }),
        }
    }

    /// Adds the entries of a properties file.
    pub(super) fn add_properties(&mut self, path: &Path, bytes: &[u8], layer: Layer) {
        let file: Arc<Path> = path.into();
        let document = properties::parse(bytes);
        for escape in document.malformed {
            self.errors.push(LoadError::Properties { file: file.clone(), escape });
        }
        for note in document.notes {
            // Blanks at line ends matter only to texts, and are in every old file.
            if note.kind != NoteKind::TrailingBlanks {
                let origin = Origin::File { file: file.clone(), line: note.line, column: 0 };
                let warning = Warning::at(origin, WarningKind::File, note.kind.to_string());
                self.warnings.push(warning);
            }
        }
        for entry in document.entries {
            let line_start = entry.value_span.start
                - bytes
                    .get(..entry.value_span.start)
                    .and_then(|before| before.iter().rposition(|b| matches!(b, b'\n' | b'\r')))
                    .map_or(0, |end| end + 1);
            let origin =
                Origin::File { file: file.clone(), line: entry.line, column: line_start + 1 };
            let (key, value) = (entry.key.unpaired(), entry.value.unpaired());
            let utf16 = (key.is_some() || value.is_some()).then(|| {
                let (key, value) = (key.map(<[u16]>::to_vec), value.map(<[u16]>::to_vec));
                Box::new(Utf16 { key, value })
            });
            let (key, value) = (entry.key.into_string(), entry.value.into_string());
            self.config.add(Setting { key, value, layer, origin, utf16 });
        }
    }

    /// `config.property` in a file or the overrides counts like `--config-property`.
    fn nested_properties(&mut self) {
        let Some(setting) = self.config.setting(&keys::CONFIG_PROPERTY).cloned() else { return };
        match overrides::parse(&setting.value) {
            Ok(pairs) => self.add_pairs(&pairs, Layer::ConfigProperty, Some(&setting.origin)),
            Err(errors) => self.errors.extend(errors.into_iter().map(|source| {
                LoadError::ConfigProperty { origin: setting.origin.clone(), source }
            })),
        }
    }
}

fn decode(text: &str) -> Result<String, String> {
    // Heron wrote `=` as `&equals;` where a shell stood in between.
    let text = text.trim().trim_matches('"').replace("&equals;", "=").replace("(61)", "=");
    let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "the decoded text is not UTF-8".to_owned())
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
