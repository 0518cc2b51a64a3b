//! `config context add` and `remove`: changes of the user's own `config.toml` that leave everything else in it as it is.

use std::path::Path;

use super::contexts::{Known, own_file};
use super::error::ConfigError;
use super::write::replace;
use crate::cli::ContextAddArgs;
use crate::config::context::{self, Contexts, NewContext};
use crate::config::files;
use crate::config::layer::Origin;
use crate::context::configure::ConfigInput;
use crate::env::Env;
use crate::names::{self, Named};
use crate::net::redact::{redact, redact_value};
use crate::outcome::config::ChangedContext;
use crate::outcome::{Outcome, SCHEMA};

/// Adds what the command line says as a context.
pub(super) fn add(
    args: &ContextAddArgs,
    given: &ConfigInput,
    env: &Env,
) -> anyhow::Result<Outcome> {
    let new = new_context(args, given, env)?;
    let known = Known::read(env)?;
    let own = Own::read(env)?;
    let replaced = match known.contexts.get(&new.name) {
        Ok(there) if !args.force => {
            let origin = place(there);
            return Err(ConfigError::ContextExists { name: new.name, origin }.into());
        }
        Ok(there) => *there.file == *own.file,
        Err(_) => false,
    };
    let was_current = own.contexts.current.as_ref().is_some_and(|(name, _)| *name == new.name);
    let mut text = own.text.clone();
    if replaced {
        text = context::without_context(&text, &new.name);
    }
    text = context::with_context(&text, &new);
    if args.current || was_current {
        text = context::with_current(&text, &new.name);
    }
    own.write(&text, &new.name, true)?;
    let current = args.current || known.current() == Some(new.name.as_str());
    let change = if replaced { "replaced" } else { "added" };
    Ok(outcome(&new.name, change, current, &own.file))
}

/// Takes a context out.
pub(super) fn remove(name: &str, env: &Env) -> anyhow::Result<Outcome> {
    let known = Known::read(env)?;
    let there = known.contexts.get(name).map_err(ConfigError::from)?;
    let own = Own::read(env)?;
    if *there.file != *own.file {
        let (name, origin) = (name.to_owned(), place(there));
        return Err(ConfigError::NotYours { name, origin }.into());
    }
    own.write(&context::without_context(&own.text, name), name, false)?;
    Ok(outcome(name, "removed", false, &own.file))
}

fn outcome(name: &str, change: &'static str, current: bool, file: &Path) -> Outcome {
    Outcome::ContextChanged(ChangedContext {
        schema: SCHEMA,
        name: name.to_owned(),
        change,
        current,
        file: file.display().to_string(),
    })
}

fn place(context: &context::NamedContext) -> Origin {
    Origin::File { file: context.file.clone(), line: context.line, column: 0 }
}

/// What the flags say, with paths that mean the same from everywhere.
fn new_context(
    args: &ContextAddArgs,
    given: &ConfigInput,
    env: &Env,
) -> Result<NewContext, ConfigError> {
    names::check(Named::Context, &args.name)?;
    let absolute = |path: &Path| env.directory.join(path).display().to_string();
    // What only the environment names is not meant to be kept.
    let typed_file = given.config_file.as_deref().filter(|_| given.file_named_by.is_none());
    let entries = [
        ("description", args.description.clone()),
        ("config-file", typed_file.map(absolute)),
        ("config-path", given.config_path.as_deref().map(absolute)),
        ("loader", given.loader.clone()),
        ("cluster", args.cluster.clone()),
    ];
    let entries = entries.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let pair = |text: &String| {
        let (key, value) = text.split_once('=')?;
        Some((key.trim().to_owned(), value.to_owned()))
    };
    let bad = |flag, text: &str| ConfigError::Value {
        flag,
        value: redact(text),
        reason: "write key=value".to_owned(),
    };
    let settings = given.properties.iter().map(|text| {
        let (key, value) = pair(text).ok_or_else(|| bad("--config-property", text))?;
        let secret = redact_value(&key, &value) != value;
        if secret { Err(ConfigError::SecretInContext { key }) } else { Ok((key, value)) }
    });
    let secrets = args.secret.iter().map(|text| match pair(text) {
        Some((key, file)) => Ok((key, absolute(Path::new(&file)))),
        None => Err(bad("--secret", text)),
    });
    let new = NewContext {
        name: args.name.clone(),
        entries,
        settings: settings.collect::<Result<_, _>>()?,
        secrets: secrets.collect::<Result<_, _>>()?,
    };
    let described_only = new.entries.iter().all(|(name, _)| *name == "description");
    if described_only && new.settings.is_empty() && new.secrets.is_empty() {
        return Err(ConfigError::EmptyContext);
    }
    Ok(new)
}

/// The user's own file as it is.
struct Own {
    file: std::path::PathBuf,
    text: String,
    contexts: Contexts,
    home: String,
}

impl Own {
    fn read(env: &Env) -> Result<Self, ConfigError> {
        let file = own_file(env)?;
        let bytes = files::read_if_there(&file)?.unwrap_or_default();
        // It was read as TOML before, which is UTF-8.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let home = env.home().map(|home| home.display().to_string()).unwrap_or_default();
        let contexts = context::read_text(&file, &text, &home)?;
        Ok(Self { file, text, contexts, home })
    }

    /// Writes a changed text, if it says what it should and all other contexts say what they said.
    fn write(&self, text: &str, name: &str, there: bool) -> Result<(), ConfigError> {
        let cant = |why: String| ConfigError::CantEdit { file: self.file.clone(), why };
        let changed = context::read_text(&self.file, text, &self.home)
            .map_err(|error| cant(error.to_string()))?;
        if changed.by_name.contains_key(name) != there {
            return Err(cant(format!("context {name} is not written in a table of its own")));
        }
        let others = |contexts: &Contexts| -> Vec<String> {
            let others = contexts.by_name.iter().filter(|(other, _)| *other != name);
            others.map(|(_, context)| meaning(context)).collect()
        };
        if others(&changed) != others(&self.contexts) {
            return Err(cant("other contexts would change".to_owned()));
        }
        replace(&self.file, text)
            .map_err(|source| ConfigError::Write { file: self.file.clone(), source })
    }
}

/// What a context says, wherever it stands.
fn meaning(context: &context::NamedContext) -> String {
    let settings: Vec<_> = context.settings.iter().map(|(key, value, _)| (key, value)).collect();
    let secrets: Vec<_> = context.secrets.iter().map(|(key, file, _)| (key, file)).collect();
    let plain = (&context.name, &context.config_file, &context.config_path, &context.loader);
    format!("{plain:?} {:?} {:?} {settings:?} {secrets:?}", context.cluster, context.overrides)
}

#[cfg(test)]
mod tests;
