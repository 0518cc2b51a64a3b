//! Files on their way into a configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::LoadError;
use super::sources::{Files, Sources};
use crate::config::files;
use crate::config::layer::{Config, Layer, Origin, Setting, Utf16};
use crate::config::problem::{Warning, WarningKind};
use crate::config::properties::{self, NoteKind};
use crate::config::substitute::{self, Tokens};
use crate::config::yaml;

/// A configuration that is being read.
#[derive(Default)]
pub(super) struct Loading {
    pub(super) config: Config,
    pub(super) warnings: Vec<Warning>,
    pub(super) errors: Vec<LoadError>,
    pub(super) files: Files,
    pub(super) yaml_directory: Option<PathBuf>,
}

impl Loading {
    /// Reads one file, as what its name says it is.
    pub(super) fn file(&mut self, flag: &'static str, path: &Path, layer: Layer) {
        let yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        match files::read(path) {
            Ok(bytes) if yaml => self.add_yaml(path, bytes, layer),
            Ok(bytes) => self.add_properties(path, bytes, layer),
            Err(source) => self.errors.push(LoadError::File { flag, source }),
        }
    }

    /// Adds the entries of a YAML file.
    pub(super) fn add_yaml(&mut self, path: &Path, bytes: Vec<u8>, layer: Layer) {
        let file: Arc<Path> = path.into();
        match yaml::parse(&bytes) {
            Ok(entries) => {
                for entry in entries {
                    let (line, column) = (entry.line, entry.column);
                    let origin = Origin::File { file: file.clone(), line, column };
                    self.config.add(Setting::new(entry.key, entry.value, layer, origin));
                }
            }
            Err(source) => self.errors.push(LoadError::Yaml { file: file.clone(), source }),
        }
        self.files.insert(file, bytes.into());
    }

    /// Properties files have no variables; everything else has.
    pub(super) fn substitute(&mut self, sources: &Sources) {
        let tokens = Tokens {
            home: sources.home.clone(),
            java_home: sources.java_home.clone().filter(|home| !home.is_empty()),
            user: sources.user.clone(),
        };
        // Values with variables are few, and most configurations have none: only for them it is worth a copy.
        let mut any = false;
        self.config.rewrite(|setting| any |= has_variables(setting));
        if !any {
            return;
        }
        let before = self.config.clone();
        let (errors, warnings) = (&mut self.errors, &mut self.warnings);
        self.config.rewrite(|setting| {
            if !has_variables(setting) {
                return;
            }
            match substitute::substitute(&setting.value, &before, &tokens) {
                Ok(value) => setting.value = value,
                Err(source) => {
                    let (key, origin) = (setting.key.clone(), setting.origin.clone());
                    errors.push(LoadError::Cycle { key, origin, source });
                }
            }
            let left = substitute::left_over(&setting.value);
            if !left.is_empty() {
                let text = format!("{} is not known here and stays", left.join(", "));
                warnings.push(Warning::with(setting, WarningKind::File, text));
            }
        });
    }

    /// Adds the entries of a properties file.
    pub(super) fn add_properties(&mut self, path: &Path, bytes: Vec<u8>, layer: Layer) {
        let file: Arc<Path> = path.into();
        let bytes: Arc<[u8]> = bytes.into();
        self.files.insert(file.clone(), bytes.clone());
        let document = properties::parse(&bytes);
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
            self.config.add(Setting { key, value, layer, origin, secret: false, utf16 });
        }
    }
}

/// Whether a value may hold variables.
fn has_variables(setting: &Setting) -> bool {
    (setting.value.contains("${") || setting.value.contains('~')) && !is_properties(&setting.origin)
}

/// Whether a value stands in a properties file, by the rule that chose its reader.
fn is_properties(origin: &Origin) -> bool {
    let Origin::File { file, .. } = origin else { return false };
    !file.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "toml")
}
