//! `config get`: the value of one key.

use super::error::ConfigError;
use crate::cli::GetArgs;
use crate::config::Loaded;
use crate::config::keys::{self, Lookup};
use crate::config::show::{Secrets, show_one};
use crate::outcome::config::GotSetting;
use crate::outcome::{Outcome, SCHEMA};

/// The value that counts for a key, by any of its names.
pub(super) fn get(args: &GetArgs, loaded: &Loaded) -> anyhow::Result<Outcome> {
    let secrets = if args.redact { Secrets::Redacted } else { Secrets::Shown };
    let row = show_one(&loaded.config, &args.key, secrets).ok_or_else(|| missing(&args.key))?;
    Ok(Outcome::ConfigGot(GotSetting { schema: SCHEMA, row, with_origin: args.origin }))
}

fn missing(key: &str) -> ConfigError {
    let key = key.to_owned();
    match keys::lookup(&key) {
        Lookup::Unknown => {
            let nearest = keys::nearest(&key);
            ConfigError::UnknownKey { key, nearest }
        }
        known => {
            let default = known.spec().and_then(|spec| spec.default_note);
            ConfigError::Unset { key, default }
        }
    }
}
