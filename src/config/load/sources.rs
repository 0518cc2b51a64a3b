//! What is to be read, and the files that were.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a configuration is made from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--config-loader`
    pub loader: Option<String>,
    /// `--config-file`
    pub config_file: Option<PathBuf>,
    /// `--config-path`: a file or a directory.
    pub config_path: Option<PathBuf>,
    /// `--release-yaml-file`
    pub release_file: Option<PathBuf>,
    /// `--config-property`, in order.
    pub properties: Vec<String>,
    /// The `[overrides]` argument.
    pub overrides: Option<String>,
    /// `--context`
    pub context: Option<String>,
    /// What named the file, where it was not `--config-file`.
    pub file_named_by: Option<&'static str>,
    /// What named the context, where it was not `--context`.
    pub context_named_by: Option<&'static str>,
    /// The files that may define contexts, in order; those that don't exist are passed over.
    pub context_files: Vec<PathBuf>,
    /// The user who runs heron-cli.
    pub user: String,
    /// The user's home directory.
    pub home: String,
    /// `JAVA_HOME` of the environment.
    pub java_home: Option<String>,
}

/// Files that were read, by the names that origins have.
pub type Files = BTreeMap<Arc<Path>, Arc<[u8]>>;
