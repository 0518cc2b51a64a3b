//! `config`: what the configuration says, whether it is right, and the tools for those who write it.
//!
//! Nothing here needs a cluster; the commands read files and return what they found.

mod check;
mod contexts;
mod convert;
mod keys;
mod show;

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::cli::{ConfigCommand, ContextCommand};
use crate::config::context::ContextError;
use crate::config::files::FileError;
use crate::config::properties::MalformedEscape;
use crate::context::configure::{self, Given};
use crate::env::Env;
use crate::outcome::Outcome;
use crate::report::Reporter;

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
    #[error("no key has `{word}` in one of its names{}", nearest.map(|key| format!("; did you mean {key}?")).unwrap_or_default())]
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

/// Carries a command of `config` out.
pub fn config(
    command: &ConfigCommand,
    given: Given,
    env: &Env,
    reporter: &dyn Reporter,
) -> anyhow::Result<Outcome> {
    match command {
        ConfigCommand::Show(args) => show::show(args, &configure::sources(given, env), reporter),
        ConfigCommand::Check(_) => Ok(check::check(&configure::sources(given, env))),
        ConfigCommand::Convert(args) => convert::convert(&args.file, reporter),
        ConfigCommand::Keys(args) => keys::keys(args.word.as_deref()),
        ConfigCommand::Context(args) => match &args.command {
            ContextCommand::List => contexts::list(&given, env),
            ContextCommand::Show(args) => contexts::show(args.name.as_deref(), &given, env),
            ContextCommand::Use(args) => contexts::make_current(&args.name, env),
        },
    }
}

/// What overrides a command of `config` was given.
#[must_use]
pub fn overrides(command: &ConfigCommand) -> Option<String> {
    match command {
        ConfigCommand::Show(args) => args.overrides.clone(),
        ConfigCommand::Check(args) => args.overrides.clone(),
        ConfigCommand::Convert(_) | ConfigCommand::Keys(_) | ConfigCommand::Context(_) => None,
    }
}
