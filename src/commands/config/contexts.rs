//! `config context`: named clusters.

use std::path::PathBuf;

use super::error::ConfigError;
use super::write::replace;
use crate::config::context::{self, NamedContext};
use crate::config::files;
use crate::config::layer::Origin;
use crate::context::configure::{ConfigInput, context_files};
use crate::env::Env;
use crate::net::redact::{redact, redact_value};
use crate::outcome::config::{ContextDetails, ContextRow, Contexts, Setting, UsedContext};
use crate::outcome::{Outcome, SCHEMA};

/// Contexts, and where they were looked for.
pub(super) struct Known {
    pub(super) contexts: context::Contexts,
    looked_in: Vec<PathBuf>,
}

impl Known {
    pub(super) fn read(env: &Env) -> Result<Self, ConfigError> {
        let looked_in = context_files(env);
        let home = env.home().map(|home| home.display().to_string()).unwrap_or_default();
        Ok(Self { contexts: context::read(&looked_in, &home)?, looked_in })
    }

    pub(super) fn current(&self) -> Option<&str> {
        self.contexts.current.as_ref().map(|(name, _)| name.as_str())
    }
}

/// The user's own `config.toml`.
pub(super) fn own_file(env: &Env) -> Result<PathBuf, ConfigError> {
    Ok(env.config_home().ok_or(ConfigError::NoHome)?.join("heron-cli/config.toml"))
}

/// Lists all contexts. `--context` counts as the current one.
pub(super) fn list(given: &ConfigInput, env: &Env) -> anyhow::Result<Outcome> {
    let known = Known::read(env)?;
    let current = given.context.clone().or_else(|| known.current().map(str::to_owned));
    let row = |context| row(context, current.as_deref());
    Ok(Outcome::Contexts(Contexts {
        schema: SCHEMA,
        contexts: known.contexts.by_name.values().map(row).collect(),
        looked_in: known.looked_in.iter().map(|path| path.display().to_string()).collect(),
        current,
    }))
}

/// Shows one context; secrets among its settings are blotted out.
pub(super) fn show(name: Option<&str>, given: &ConfigInput, env: &Env) -> anyhow::Result<Outcome> {
    let known = Known::read(env)?;
    let current = given.context.as_deref().or(known.current());
    let name = name.or(current).ok_or(ConfigError::NoCurrentContext)?;
    let context = known.contexts.get(name).map_err(ConfigError::from)?;
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let settings = context.settings.iter().map(|(key, value, origin)| Setting {
        key: key.clone(),
        value: redact_value(key, value),
        origin: origin.into(),
    });
    let secrets = context.secrets.iter().map(|(key, file, origin)| Setting {
        key: key.clone(),
        value: file.display().to_string(),
        origin: origin.into(),
    });
    Ok(Outcome::ContextShown(Box::new(ContextDetails {
        schema: SCHEMA,
        row: row(context, current),
        config_file: path(&context.config_file),
        config_path: path(&context.config_path),
        loader: context.loader.clone(),
        overrides: context.overrides.as_deref().map(redact),
        settings: settings.collect(),
        secrets: secrets.collect(),
    })))
}

/// Makes a context the current one, in the user's own file; everything else in it stays.
pub(super) fn make_current(name: &str, env: &Env) -> anyhow::Result<Outcome> {
    let known = Known::read(env)?;
    known.contexts.get(name).map_err(ConfigError::from)?;
    let own = own_file(env)?;
    let old = files::read_if_there(&own).map_err(ConfigError::from)?.unwrap_or_default();
    // It was read as TOML above, which is UTF-8.
    let old = String::from_utf8_lossy(&old);
    let new = context::with_current(&old, name);
    if new != old {
        replace(&own, &new).map_err(|source| ConfigError::Write { file: own.clone(), source })?;
    }
    Ok(Outcome::ContextUsed(UsedContext {
        schema: SCHEMA,
        current: name.to_owned(),
        before: known.current().map(str::to_owned),
        file: own.display().to_string(),
    }))
}

fn row(context: &NamedContext, current: Option<&str>) -> ContextRow {
    let (file, line) = (context.file.clone(), context.line);
    ContextRow {
        name: context.name.clone(),
        current: current == Some(context.name.as_str()),
        cluster: context.cluster.clone(),
        description: context.description.clone(),
        origin: (&Origin::File { file, line, column: 0 }).into(),
    }
}
