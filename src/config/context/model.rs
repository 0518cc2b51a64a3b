//! Contexts as plain values, and why there are none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::files::FileError;
use crate::config::layer::Origin;
use crate::net::redact::redact;

/// One context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedContext {
    /// Its name.
    pub name: String,
    /// The file it is defined in.
    pub file: Arc<Path>,
    /// The line it is defined in.
    pub line: usize,
    /// What its owner says about it.
    pub description: Option<String>,
    /// A properties or YAML file.
    pub config_file: Option<PathBuf>,
    /// A directory or file, as `--config-path` takes it.
    pub config_path: Option<PathBuf>,
    /// A loader's class name.
    pub loader: Option<String>,
    /// `cluster/role/environ`
    pub cluster: Option<String>,
    /// Overrides, as on the command line.
    pub overrides: Option<String>,
    /// Settings of its own: key, value and place.
    pub settings: Vec<(String, String, Origin)>,
    /// Keys whose values are in files of their own, and the places that say so.
    pub secrets: Vec<(String, PathBuf, Origin)>,
}

/// A context that is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewContext {
    /// Its name.
    pub name: String,
    /// Its entries by their names in the file, such as `config-file`.
    pub entries: Vec<(&'static str, String)>,
    /// Settings of its own.
    pub settings: Vec<(String, String)>,
    /// Keys, and the files that hold their values.
    pub secrets: Vec<(String, String)>,
}

/// All contexts of all files.
#[derive(Debug, Clone, Default)]
pub struct Contexts {
    /// The contexts by name.
    pub by_name: BTreeMap<String, NamedContext>,
    /// The name that counts where none is given, and where that is said.
    pub current: Option<(String, Origin)>,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
}

/// Why contexts can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// A file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is no TOML.
    #[error("{}:{line}: {reason}", file.display())]
    Toml {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// An entry is none that a context has, or of another type.
    #[error("{origin}: {key}: {reason}")]
    Entry {
        /// The place.
        origin: Origin,
        /// The entry.
        key: String,
        /// What was expected.
        reason: String,
    },
    /// No file has a context of this name.
    #[error("there is no context `{}`; {}", redact(name), known_contexts(known))]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
}

fn known_contexts(known: &[String]) -> String {
    match known {
        [] => "no config.toml defines any".to_owned(),
        known => format!("known are {}", known.join(", ")),
    }
}

impl Contexts {
    /// The context of a name.
    pub fn get(&self, name: &str) -> Result<&NamedContext, ContextError> {
        let known = || self.by_name.keys().cloned().collect();
        let context = self.by_name.get(name);
        context.ok_or_else(|| ContextError::Unknown { name: name.to_owned(), known: known() })
    }
}
