//! Options that every command takes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

use super::usage::UsageError;
use crate::config::units::{self, TimeUnit};

/// Options that every command takes. Help shows them only when it is asked for all.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Read the configuration from this properties file [env: `HERON_CONFIG_FILE`]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    #[arg(overrides_with = "config_file")]
    pub config_file: Option<PathBuf>,
    /// Name what the configuration is for: a loader class of any Heron release, such as
    /// com.twitter.heron.scheduler.mesos.MesosConfigLoader
    #[arg(long, global = true, hide_short_help = true, value_name = "CLASS")]
    #[arg(overrides_with = "config_loader")]
    pub config_loader: Option<String>,
    /// Read the configuration from this directory or properties file
    #[arg(long, global = true, hide_short_help = true, value_name = "PATH")]
    #[arg(overrides_with = "config_path")]
    pub config_path: Option<PathBuf>,
    /// Set one value, over everything in files; may be repeated
    #[arg(long, global = true, hide_short_help = true, value_name = "KEY=VALUE")]
    pub config_property: Vec<String>,
    /// Use a named cluster of config.toml [env: `HERON_CONTEXT`]
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    #[arg(overrides_with = "context")]
    pub context: Option<String>,
    /// Print text for people, the default, or one JSON document for programs; jsonl on one line [env: `HERON_OUTPUT`]
    #[arg(short, long, global = true, hide_short_help = true, value_enum, value_name = "FORMAT")]
    #[arg(overrides_with = "output")]
    pub output: Option<OutputFormat>,
    /// Say more on stderr, and of `status` ports and tasks; twice for details
    #[arg(short, long, global = true, hide_short_help = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing on stderr but warnings and errors
    #[arg(short, long, global = true, hide_short_help = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, hide_short_help = true, value_enum, default_value_t)]
    #[arg(value_name = "WHEN", overrides_with = "color")]
    pub color: ColorChoice,
    /// Give up waiting after this time, such as 90s, 5m or 1h30m; by default 5m for submit,
    /// restart and wait, 10m for update, 2m for kill, 3m for check fetch, 30s for activate and deactivate
    #[arg(long, global = true, hide_short_help = true, value_name = "DURATION")]
    #[arg(value_parser = duration, overrides_with = "timeout")]
    pub timeout: Option<Duration>,
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort, help_heading = None::<&str>)]
    #[arg(display_order = 900)]
    pub help: Option<bool>,
    /// Print help with the global options
    #[arg(long, global = true, hide_short_help = true, action = ArgAction::HelpLong)]
    pub help_all: Option<bool>,
}

/// What stdout holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON document; of what comes line by line, one for each line.
    Json,
    /// The same, each on a line of its own.
    Jsonl,
}

impl OutputFormat {
    /// The format that a variable of the environment names, if it is set.
    pub fn named(value: Option<&str>) -> Result<Option<Self>, UsageError> {
        let Some(value) = value else { return Ok(None) };
        let found = Self::from_str(value, false).map(Some);
        found.map_err(|_| UsageError::NoFormat { value: value.to_owned() })
    }

    /// The format that words ask for which could not be parsed, so that they are only looked at.
    #[must_use]
    pub fn guessed(argv: &[OsString]) -> Option<Self> {
        let words: Vec<&str> = argv.iter().filter_map(|word| word.to_str()).collect();
        let named = |name: &str| {
            let joined = [format!("-o{name}"), format!("--output={name}"), format!("-o={name}")];
            words.iter().any(|word| joined.iter().any(|form| form == word))
                || words
                    .windows(2)
                    .any(|pair| matches!(pair, ["-o" | "--output", word] if *word == name))
        };
        let formats = [(Self::Json, "json"), (Self::Jsonl, "jsonl")];
        formats.into_iter().find_map(|(format, name)| named(name).then_some(format))
    }
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A length of time, as configuration files have them; bare numbers are seconds. None at all would be no wait, and no
/// command can do without.
fn duration(text: &str) -> Result<Duration, String> {
    match units::duration(text, TimeUnit::Seconds) {
        Some(Duration::ZERO) => Err("it must be longer than nothing".to_owned()),
        Some(duration) => Ok(duration),
        None => Err("write 90s, 5m, 1h30m or 500ms; a bare number is seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "x", "-1s", "0", "0s", "99999999999999999999s", "9999999999999999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
