//! Which command of `config` was meant.

use super::{change_context, check, contexts, convert, get, init, keys, show};
use crate::cli::{ConfigCommand, ContextCommand};
use crate::config::{Loaded, load};
use crate::context::configure::{self, ConfigInput, ConfigureError};
use crate::env::Env;
use crate::outcome::Outcome;
use crate::report::Reporter;

/// Carries a command of `config` out.
pub fn config(
    command: &ConfigCommand,
    given: ConfigInput,
    env: &Env,
    reporter: &dyn Reporter,
) -> anyhow::Result<Outcome> {
    match command {
        ConfigCommand::Show(args) => Ok(show::show(args, &loaded(given, env, reporter)?)),
        ConfigCommand::Get(args) => get::get(args, &loaded(given, env, reporter)?),
        ConfigCommand::Check(_) => Ok(check::check(&configure::sources(given, env))),
        ConfigCommand::Init(args) => init::init(args, &env.directory, reporter),
        ConfigCommand::Convert(args) => convert::convert(&args.file, reporter),
        ConfigCommand::Keys(args) => keys::keys(args.word.as_deref()),
        ConfigCommand::Context(args) => match &args.command {
            ContextCommand::List => contexts::list(&given, env),
            ContextCommand::Show(args) => contexts::show(args.name.as_deref(), &given, env),
            ContextCommand::Use(args) => contexts::make_current(&args.name, env),
            ContextCommand::Add(args) => change_context::add(args, &given, env),
            ContextCommand::Remove(args) => change_context::remove(&args.name, env),
        },
    }
}

/// All layers, with what is doubtful in them told.
fn loaded(
    given: ConfigInput,
    env: &Env,
    reporter: &dyn Reporter,
) -> Result<Loaded, ConfigureError> {
    let loaded = load(&configure::sources(given, env))?;
    for warning in loaded.warnings.iter().filter(|warning| warning.kind.is_urgent()) {
        reporter.warn(&warning.to_string());
    }
    Ok(loaded)
}

/// What overrides a command of `config` was given.
#[must_use]
pub fn overrides(command: &ConfigCommand) -> Option<String> {
    match command {
        ConfigCommand::Show(args) => args.overrides.clone(),
        ConfigCommand::Get(args) => args.overrides.clone(),
        ConfigCommand::Check(args) => args.overrides.clone(),
        ConfigCommand::Init(_)
        | ConfigCommand::Convert(_)
        | ConfigCommand::Keys(_)
        | ConfigCommand::Context(_) => None,
    }
}
