//! Options that every command takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

use crate::config::units::{self, TimeUnit};

/// Options that every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Read the configuration from this properties file
    #[arg(long, global = true, value_name = "FILE", overrides_with = "config_file")]
    pub config_file: Option<PathBuf>,
    /// Name what the configuration is for: a loader class of any Heron release, such as
    /// com.twitter.heron.scheduler.mesos.MesosConfigLoader
    #[arg(long, global = true, value_name = "CLASS", overrides_with = "config_loader")]
    pub config_loader: Option<String>,
    /// Read the configuration from this directory or properties file
    #[arg(long, global = true, value_name = "PATH", overrides_with = "config_path")]
    pub config_path: Option<PathBuf>,
    /// Set one value, over everything in files; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub config_property: Vec<String>,
    /// Use a named cluster of config.toml
    #[arg(long, global = true, value_name = "NAME", env = "HERON_CONTEXT", hide_env_values = true)]
    pub context: Option<String>,
    /// Print text for people or one JSON document for programs
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        overrides_with = "output"
    )]
    pub output: OutputFormat,
    /// Tell more on stderr; twice for details
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Tell nothing on stderr but warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        overrides_with = "color"
    )]
    pub color: ColorChoice,
    /// Give up waiting after this time, such as 90s, 5m or 1h
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration, overrides_with = "timeout")]
    pub timeout: Option<Duration>,
}

/// What stdout holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON document.
    Json,
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

/// A length of time with a unit; bare numbers are seconds.
fn duration(text: &str) -> Result<Duration, String> {
    match units::duration(text, TimeUnit::Seconds) {
        Some(time) if time.is_zero() => {
            Err("there is no waiting for no time; write 1s or more, or leave it out".to_owned())
        }
        Some(time) => Ok(time),
        None => Err(format!("`{text}` is no length of time; write 90s, 5m, 1h30m or 500ms")),
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
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in
            ["", "x", "-1s", "0", "0s", "1h x", "99999999999999999999s", "9999999999999999999d"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
