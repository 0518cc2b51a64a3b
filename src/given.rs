//! What was given of a configuration, on the command line and in the environment.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::cli::{Global, Legacy, UsageError};
use crate::config::context::{Contexts, read};
use crate::config::loader::Loader;
use crate::config::overrides::{self, Positional};
use crate::config::{Layer, Sources, keys, load};
use crate::context::configure::{self, ConfigInput};
use crate::env::Env;
use crate::names::{self, NameError, Named};

/// What was given contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GivenError {
    /// Two variables name what is to be used.
    #[error(
        "HERON_CONTEXT and HERON_CONFIG_FILE are both set; type --context or --config-file, or unset one"
    )]
    BothVariables,
    /// A bare word names a context, and something else names another.
    #[error("`{word}` is a context, and {place} names another: `{other}`")]
    Contradiction {
        /// The word.
        word: String,
        /// `--context` or `HERON_CONTEXT`.
        place: &'static str,
        /// The other.
        other: String,
    },
}

/// What was given of a configuration.
pub struct Given {
    /// All of it.
    pub config: ConfigInput,
    /// Whether something on the command line says which cluster is meant, and not only defaults or the environment.
    pub by_hand: bool,
}

/// What was typed of a configuration.
pub struct Typed<'a> {
    /// Options of every command.
    pub global: &'a Global,
    /// Flags of earlier releases.
    pub legacy: &'a Legacy,
    /// Overrides of any form.
    pub overrides: Option<&'a str>,
    /// `--release-yaml-file`.
    pub release_file: Option<&'a Path>,
    /// What flags of the verb set, as properties.
    pub properties: &'a [String],
}

/// What was given, the environment included. A bare word in front of the topology that names a context selects it.
pub fn given(typed: &Typed<'_>, env: &Env) -> Result<Given, GivenError> {
    let global = typed.global;
    let mut properties = typed.legacy.properties();
    properties.extend(global.config_property.iter().chain(typed.properties).cloned());
    let mut config = ConfigInput {
        loader: global.config_loader.clone(),
        config_file: global.config_file.clone(),
        config_path: global.config_path.clone(),
        properties,
        overrides: typed.overrides.map(str::to_owned),
        context: global.context.clone(),
        file_named_by: None,
        context_named_by: None,
        release_file: typed.release_file.map(Path::to_owned),
    };
    let triple = config.overrides.as_deref().is_some_and(|overrides| !overrides.trim().is_empty());
    let file_or_path = config.config_file.is_some() || config.config_path.is_some();
    let by_hand = file_or_path || config.context.is_some() || triple;
    let variable = |name| env.get(name).map(str::to_owned);
    if config.context.is_none() {
        config.context = variable("HERON_CONTEXT");
        config.context_named_by = config.context.is_some().then_some("HERON_CONTEXT");
        if !file_or_path && let Some(file) = variable("HERON_CONFIG_FILE") {
            if config.context.is_some() {
                return Err(GivenError::BothVariables);
            }
            config.config_file = Some(PathBuf::from(file));
            config.file_named_by = Some("HERON_CONFIG_FILE");
        }
    }
    if let Some(word) = bare_word(&config)
        && contexts(env).is_some_and(|contexts| contexts.by_name.contains_key(word))
    {
        let place = if global.context.is_some() { "--context" } else { "HERON_CONTEXT" };
        if let Some(other) = config.context.clone().filter(|other| other != word) {
            return Err(GivenError::Contradiction { word: word.to_owned(), place, other });
        }
        config.context = config.overrides.take();
        config.context_named_by = Some("the word before the topology");
    }
    Ok(Given { config, by_hand })
}

/// Makes sure that what stands in place of a cluster is one: each part can be a name, and a bare word is the configured
/// cluster or a directory of the configuration's path, where anything is configured at all.
pub fn check_cluster(given: &ConfigInput, env: &Env) -> Result<(), UsageError> {
    let parts = given.overrides.as_deref().filter(|_| !is_encoded(given)).unwrap_or_default();
    if !parts.contains([':', '=']) && parts.matches('/').count() > 2 {
        return Err(UsageError::TooDeep { word: parts.to_owned() });
    }
    check_typed_names(parts)?;
    let Some(word) = bare_word(given) else { return Ok(()) };
    let without = ConfigInput { overrides: None, ..given.clone() };
    let sources: Sources = configure::sources(without, env);
    // What is wrong with it otherwise is told by who loads it whole.
    let Ok(loaded) = load(&sources) else { return Ok(()) };
    let cluster = loaded.config.setting(&keys::CLUSTER);
    let Some(cluster) = cluster.filter(|cluster| cluster.layer != Layer::Default) else {
        return Ok(());
    };
    let path = given.config_path.clone().or_else(|| context_path(given, env));
    if cluster.value == word || path.is_some_and(|path| has_cluster(&path, word)) {
        return Ok(());
    }
    let configured = cluster.value.clone();
    Err(UsageError::NoCluster { word: word.to_owned(), configured })
}

/// What is wrong with the properties is told by who reads them.
fn check_typed_names(overrides: &str) -> Result<(), NameError> {
    let Ok(Positional::Cluster(triple) | Positional::Overrides { cluster: Some(triple), .. }) =
        overrides::classify(overrides)
    else {
        return Ok(());
    };
    let parts = [
        (Named::Cluster, triple.cluster),
        (Named::Role, triple.role),
        (Named::Environ, triple.environ),
    ];
    let mut written = parts.iter().filter(|(_, name)| !name.is_empty());
    written.try_for_each(|(what, name)| names::check(*what, name))
}

/// Heron's directories of YAML files, or the Aurora era's files, of a cluster.
fn has_cluster(path: &Path, cluster: &str) -> bool {
    path.join(cluster).is_dir() || path.join("cluster").join(format!("{cluster}.conf")).is_file()
}

fn context_path(given: &ConfigInput, env: &Env) -> Option<PathBuf> {
    let contexts = contexts(env)?;
    let current = contexts.current.as_ref().map(|(name, _)| name.clone());
    let name = given.context.clone().or(current.filter(|_| given.config_file.is_none()))?;
    contexts.by_name.get(&name)?.config_path.clone()
}

/// The one word in front of a topology that is neither properties nor a path.
fn bare_word(given: &ConfigInput) -> Option<&str> {
    let word = given.overrides.as_deref().filter(|_| !is_encoded(given))?;
    let bare = !word.trim().is_empty() && !word.contains([':', '=', '/', ' ', '\t', '\n']);
    bare.then_some(word)
}

/// Whether the overrides are encoded, so that they can't be looked at.
fn is_encoded(given: &ConfigInput) -> bool {
    let loader = given.loader.as_deref().map(Loader::parse);
    matches!(loader, Some(Ok(Loader::Base64)))
}

/// The named clusters that there are; what is wrong with them is told by who uses one.
fn contexts(env: &Env) -> Option<Contexts> {
    let home = env.home().map(|home| home.display().to_string()).unwrap_or_default();
    read(&configure::context_files(env), &home).ok()
}

#[cfg(test)]
mod tests;
