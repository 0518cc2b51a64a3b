//! All layers of a configuration, in their order.

use std::path::PathBuf;

use super::directory;
use super::error::{LoadError, LoadErrors};
use super::loading::Loading;
use super::sources::{Files, Sources};
use crate::config::layer::{Config, Layer};
use crate::config::overrides::Positional;
use crate::config::problem::Warning;
use crate::config::settings::{Facts, Need, Resolved, resolve};

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
        directory::add_path(
            &mut loading,
            "--config-path",
            path,
            Layer::ConfigPath,
            loader,
            sources,
        );
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
