//! All layers of a configuration, in their order.

use std::path::PathBuf;

use super::directory;
use super::error::{LoadError, LoadErrors};
use super::loading::Loading;
use super::sources::{Files, Sources};
use crate::config::context::NamedContext;
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
    /// The context, directory and file that were read, and what named each.
    pub read_from: Vec<ReadFrom>,
}

/// A context, directory or file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFrom {
    /// The layer that it makes.
    pub layer: Layer,
    /// Its name or path.
    pub what: String,
    /// A flag, a variable of the environment, or `the current context`.
    pub named_by: &'static str,
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
    let read_from = read_from(sources, context.as_ref());
    let context = context.map(|(context, _)| context);
    let loader = loading.loader(sources, context.as_ref());
    let overrides = loading.positional(sources, loader);
    let has_pairs = matches!(&overrides, Positional::Overrides { .. });
    let nothing = read_from.is_empty();
    if nothing && !has_pairs && sources.properties.is_empty() && loading.errors.is_empty() {
        loading.errors.push(LoadError::NothingGiven);
    }
    loading.add_positional(overrides);
    let flags = loading.properties(sources);
    if let Some(context) = &context {
        loading.add_context(context, loader, sources);
    }
    if let Some(path) = &sources.config_file {
        loading.file(file_named_by(sources), path, Layer::ConfigFile);
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
    Ok(Loaded { config, facts, warnings, yaml_directory, files, read_from })
}

/// What a message calls the file's origin.
fn file_named_by(sources: &Sources) -> &'static str {
    sources.file_named_by.unwrap_or("--config-file")
}

/// What is read, lowest layer first.
fn read_from(sources: &Sources, context: Option<&(NamedContext, &'static str)>) -> Vec<ReadFrom> {
    let of = |layer, what: String, named_by| ReadFrom { layer, what, named_by };
    let context = context.map(|(context, by)| of(Layer::Context, context.name.clone(), *by));
    let path = sources.config_path.as_ref();
    let path = path.map(|path| of(Layer::ConfigPath, path.display().to_string(), "--config-path"));
    let file = sources.config_file.as_ref();
    let file =
        file.map(|file| of(Layer::ConfigFile, file.display().to_string(), file_named_by(sources)));
    context.into_iter().chain(path).chain(file).collect()
}
