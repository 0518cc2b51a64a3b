//! From flags and files to a [`Config`] with its layers.
//!
//! This is the edge: it reads the files that were named and nothing else. Neither the environment nor
//! any default location is looked at; the caller passes what it knows.
//!
//! Source of facts: design.md §6, facts/heron.md §9.3, §9.5.

mod context;
mod error;
mod flags;
mod loading;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::{LoadError, LoadErrors};
pub(super) use loading::Loading;

use super::layer::{Config, Layer};
use super::overrides::Positional;
use super::problem::Warning;
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
    /// `--release-yaml-file`
    pub release_file: Option<PathBuf>,
    /// `--config-property`, in order.
    pub properties: Vec<String>,
    /// The `[overrides]` argument.
    pub overrides: Option<String>,
    /// `--context`, or what `HERON_CONTEXT` says.
    pub context: Option<String>,
    /// The files that may define contexts, in order; those that don't exist are passed over.
    pub context_files: Vec<PathBuf>,
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
    /// The files that were read, for quoting them.
    pub files: Files,
}

/// Files that were read, by the names that origins have.
pub type Files = BTreeMap<Arc<Path>, Arc<[u8]>>;

impl Loaded {
    /// Typed settings, with the warnings of loading and resolving together.
    #[must_use]
    pub fn resolve(&self, need: Need) -> Resolved {
        let mut resolved = resolve(&self.config, &self.facts, need);
        resolved.warnings.splice(0..0, self.warnings.iter().cloned());
        resolved
    }
}

/// Reads everything that was named.
pub fn load(sources: &Sources) -> Result<Loaded, LoadErrors> {
    let mut loading = Loading::default();
    let context = loading.context(sources);
    let loader = loading.loader(sources, context.as_ref());
    let overrides = loading.positional(sources, loader);
    let has_pairs = matches!(&overrides, Positional::Overrides { .. });
    let nothing =
        sources.config_file.is_none() && sources.config_path.is_none() && context.is_none();
    if nothing && !has_pairs && sources.properties.is_empty() && loading.errors.is_empty() {
        loading.errors.push(LoadError::NothingGiven);
    }
    loading.add_positional(overrides);
    let flags = loading.properties(sources);
    if let Some(context) = &context {
        loading.add_context(context, loader, sources);
    }
    if let Some(path) = &sources.config_file {
        loading.file("--config-file", path, Layer::ConfigFile);
    }
    if let Some(path) = sources.config_path.as_deref() {
        loading.path("--config-path", path, Layer::ConfigPath, loader, sources);
    }
    if let Some(path) = &sources.release_file {
        loading.file("--release-yaml-file", path, Layer::ConfigPath);
    }
    loading.nested_properties(loader);
    for flag in flags {
        loading.config.add(flag);
    }
    loading.substitute(sources);
    let Loading { config, warnings, errors, files, yaml_directory } = loading;
    if !errors.is_empty() {
        return Err(LoadErrors { list: errors, files });
    }
    let facts = Facts { user: sources.user.clone(), home: sources.home.clone(), loader };
    Ok(Loaded { config, facts, warnings, yaml_directory, files })
}

#[cfg(test)]
mod tests;
