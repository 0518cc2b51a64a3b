//! Why a command of `config` fails.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::context::ContextError;
use crate::config::files::FileError;
use crate::config::layer::Origin;
use crate::config::properties::MalformedEscape;
use crate::names::NameError;
use crate::net::redact::redact;

/// A command about the configuration failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Contexts can't be read, or there is none of this name.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A file with malformed escapes is no properties file.
    #[error("{}", escapes.iter().map(|escape| malformed(file, escape)).collect::<Vec<_>>().join("\n"))]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The places.
        escapes: Vec<MalformedEscape>,
    },
    /// A YAML file has the names of today already.
    #[error("{} is a YAML file; only properties files have names to convert", file.display())]
    Yaml {
        /// The file.
        file: PathBuf,
    },
    /// No key has this in its names.
    #[error("no key has `{}` in one of its names{}", redact(word), nearest.map(|key| format!("; did you mean {key}?")).unwrap_or_default())]
    NoKey {
        /// What was looked for.
        word: String,
        /// The nearest key.
        nearest: Option<&'static str>,
    },
    /// No context is current, and none was named.
    #[error(
        "no context is current; name one, or make one current with `heron-cli config context use NAME`"
    )]
    NoCurrentContext,
    /// There is no place for the user's own file.
    #[error("neither XDG_CONFIG_HOME nor HOME is set, so that there is no place for a config.toml")]
    NoHome,
    /// No key has this name.
    #[error("unknown key `{}`{}", redact(key), nearest.map_or_else(|| "; `heron-cli config keys` lists those that there are".to_owned(), |near| format!("; did you mean {near}?")))]
    UnknownKey {
        /// What was asked for.
        key: String,
        /// The nearest key.
        nearest: Option<&'static str>,
    },
    /// Nothing sets the key, and it has no default.
    #[error("{key} is not set{}", default.map(|note| format!("; its default is {note}")).unwrap_or_default())]
    Unset {
        /// The key.
        key: String,
        /// What the default is, where it isn't one text.
        default: Option<&'static str>,
    },
    /// A value for a new file is none that its key takes.
    #[error("{flag} {value:?}: {reason}")]
    Value {
        /// The flag that gives it.
        flag: &'static str,
        /// The value, without secrets.
        value: String,
        /// What was expected.
        reason: String,
    },
    /// Values for a new file are missing, and nobody is there to be asked.
    #[error("not given: {}; write them, or call this on a terminal to be asked", flags.join(", "))]
    NotGiven {
        /// The flags that give them.
        flags: Vec<&'static str>,
    },
    /// There is a file already.
    #[error("{} is there already; name another file, or write over it with --force", file.display())]
    FileExists {
        /// The file.
        file: PathBuf,
    },
    /// There is a context of this name already.
    #[error(
        "there is a context {name} already ({origin}); choose another name, or put this in its place with --force"
    )]
    ContextExists {
        /// Its name.
        name: String,
        /// Its place.
        origin: Origin,
    },
    /// A context stands in a file that isn't the user's own.
    #[error("context {name} is defined in {origin}, which is not your own file; change it there")]
    NotYours {
        /// Its name.
        name: String,
        /// Its place.
        origin: Origin,
    },
    /// A context's name can't be written.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A secret that would stand in a file that others can read.
    #[error(
        "{key} is a secret, and others can read the file of contexts; write it to a file of its own, and give --secret {key}=FILE"
    )]
    SecretInContext {
        /// The key.
        key: String,
    },
    /// A context without content.
    #[error(
        "a context needs something to say; give --config-file, --config-path, --cluster or --config-property"
    )]
    EmptyContext,
    /// The user's file is written so that this can't change it safely.
    #[error("{} can't be changed by this command ({why}); edit it by hand", file.display())]
    CantEdit {
        /// The file.
        file: PathBuf,
        /// What came of trying.
        why: String,
    },
    /// The user's file can't be written.
    #[error("failed to write {}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
}

fn malformed(file: &Path, escape: &MalformedEscape) -> String {
    format!("{}:{}: {escape} (column {})", file.display(), escape.line, escape.column)
}
