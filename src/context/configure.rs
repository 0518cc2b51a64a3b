//! From flags and files to the settings of one command, with warnings told.

use std::path::PathBuf;

use thiserror::Error;

use crate::config::load::{LoadErrors, Sources, load};
use crate::config::overrides::{self, Positional};
use crate::config::{Loaded, Need, Problems, Settings, judge};
use crate::env::Env;
use crate::report::Reporter;

/// The configuration of a command can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// It can't be read.
    #[error(transparent)]
    Load(#[from] LoadErrors),
    /// It is wrong.
    #[error(transparent)]
    Problems(#[from] Problems),
}

/// What a command was given of a configuration.
#[derive(Clone, Debug, Default)]
pub struct ConfigInput {
    /// `--config-loader`.
    pub loader: Option<String>,
    /// `--config-file`, or `HERON_CONFIG_FILE`.
    pub config_file: Option<PathBuf>,
    /// What named the file, where it was not the flag.
    pub file_named_by: Option<&'static str>,
    /// `--config-path`.
    pub config_path: Option<PathBuf>,
    /// `--config-property`, in order, and what historical flags set.
    pub properties: Vec<String>,
    /// The first positional.
    pub overrides: Option<String>,
    /// `--context`, or `HERON_CONTEXT`.
    pub context: Option<String>,
    /// What named the context, where it was not the flag.
    pub context_named_by: Option<&'static str>,
    /// `--release-yaml-file`.
    pub release_file: Option<PathBuf>,
}

/// The cluster, role and environ that were typed in front of a topology, as far as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedPlace {
    parts: [Option<String>; 3],
}

impl TypedPlace {
    /// What overrides say of the place; other overrides say nothing.
    #[must_use]
    pub fn of(overrides: Option<&str>) -> Self {
        let Some(Ok(
            Positional::Cluster(triple) | Positional::Overrides { cluster: Some(triple), .. },
        )) = overrides.map(overrides::classify)
        else {
            return Self::default();
        };
        let part = |part: String| Some(part).filter(|part| !part.is_empty());
        Self { parts: [triple.cluster, triple.role, triple.environ].map(part) }
    }

    /// Whether something at a place is meant by it. What is not known of a place fits.
    #[must_use]
    pub fn means(&self, place: [Option<&str>; 3]) -> bool {
        let fits = |(typed, found): (&Option<String>, Option<&str>)| match (typed, found) {
            (Some(typed), Some(found)) => typed == found,
            _ => true,
        };
        self.parts.iter().zip(place).all(fits)
    }
}

/// Settings, and the configuration that they were made of.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The settings.
    pub settings: Settings,
    /// All layers.
    pub loaded: Loaded,
    /// The place that was typed.
    pub place: TypedPlace,
}

/// Where named clusters may stand: the user's file, then the machine's.
#[must_use]
pub fn context_files(env: &Env) -> Vec<PathBuf> {
    let bases = env.config_home().into_iter().chain([PathBuf::from("/etc")]);
    bases.map(|base| base.join("heron-cli/config.toml")).collect()
}

/// What a configuration is made from: what was given, and what the environment adds.
#[must_use]
pub fn sources(given: ConfigInput, env: &Env) -> Sources {
    let ConfigInput {
        loader,
        config_file,
        file_named_by,
        config_path,
        properties,
        overrides,
        context,
        context_named_by,
        release_file,
    } = given;
    Sources {
        loader,
        config_file,
        config_path,
        properties,
        overrides,
        context,
        file_named_by,
        context_named_by,
        context_files: context_files(env),
        release_file,
        user: env.user().unwrap_or_default(),
        home: env.home().map(|home| home.display().to_string()).unwrap_or_default(),
        java_home: env.get("JAVA_HOME").map(str::to_owned),
    }
}

/// Reads the configuration and makes settings of it; warnings go to the reporter.
pub fn configure(
    given: ConfigInput,
    need: Need,
    env: &Env,
    reporter: &dyn Reporter,
) -> Result<ClusterConfig, ConfigureError> {
    let place = TypedPlace::of(given.overrides.as_deref());
    let sources = sources(given, env);
    let loaded = load(&sources)?;
    let resolved = judge(&loaded, need);
    for warning in resolved.warnings.iter().filter(|warning| warning.kind.is_urgent()) {
        reporter.warn(&warning.to_string());
    }
    Ok(ClusterConfig { settings: resolved.settings?, loaded, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_place_means_what_it_says_and_no_more() {
        let here = [Some("prod"), Some("me"), Some("default")];
        for typed in
            [None, Some("a=b"), Some("prod"), Some("prod/me"), Some("prod/me/default"), Some("/me")]
        {
            assert!(TypedPlace::of(typed).means(here), "{typed:?}");
        }
        for typed in ["test", "prod/you", "prod/me/test"] {
            assert!(!TypedPlace::of(Some(typed)).means(here), "{typed}");
        }
        assert!(TypedPlace::of(Some("test")).means([None; 3]));
    }
}
