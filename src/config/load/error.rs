//! Why a configuration can't be read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sources::Files;
use crate::config::context::ContextError;
use crate::config::files::FileError;
use crate::config::layer::Origin;
use crate::config::loader::UnknownLoader;
use crate::config::overrides::OverrideError;
use crate::config::properties::MalformedEscape;
use crate::config::secret::SecretError;
use crate::config::substitute;
use crate::config::yaml::YamlError;

/// Why a configuration can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nothing to read was named.
    #[error(
        "no configuration is given; name one with --config-file, --config-path or --context, or in HERON_CONFIG_FILE; \
         `heron-cli config init` writes one to start from"
    )]
    NothingGiven,
    /// The context can't be read.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A secret of the context can't be read.
    #[error("{origin}: {key}: {source}")]
    Secret {
        /// The key it is for.
        key: String,
        /// The place that names its file.
        origin: Origin,
        /// The reason.
        source: SecretError,
    },
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
    /// A YAML file can't be understood.
    #[error("{}:{}: {source}", file.display(), source.line)]
    Yaml {
        /// The file.
        file: Arc<Path>,
        /// What is wrong with it.
        source: YamlError,
    },
    /// The variables of a value stand for each other.
    #[error("{key} ({origin}): {source}")]
    Cycle {
        /// The key.
        key: String,
        /// The place.
        origin: Origin,
        /// The value.
        source: substitute::Cycle,
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
#[error("{}", list.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadErrors {
    /// The reasons.
    pub list: Vec<LoadError>,
    /// The files that were read, for quoting them.
    pub files: Files,
}
