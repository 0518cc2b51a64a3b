//! Arguments of `wait`.

use clap::{Args, ValueEnum};

use super::words::{TOPOLOGY, Words};

/// Wait until a topology is as it should be
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = TOPOLOGY, after_help = EXAMPLES)]
pub struct WaitArgs {
    /// Overrides, and the topology's name.
    #[command(flatten)]
    pub words: Words,
    /// What is waited for
    #[arg(long = "for", value_enum, value_name = "STATE", overrides_with = "awaited")]
    pub awaited: Awaited,
}

/// What can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Awaited {
    /// Its spouts emit: it has a physical plan, is not paused, and its TManager runs.
    Running,
    /// It is deactivated.
    Paused,
    /// All that is to run runs, and has registered, as `status --check` tells.
    Healthy,
    /// Nothing is left of it.
    Gone,
    /// No update is under way, nor an interrupted one left.
    Updated,
}

impl Awaited {
    /// As it is typed, and as it reads in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Healthy => "healthy",
            Self::Gone => "gone",
            Self::Updated => "updated",
        }
    }
}

const USAGE: &str = "heron-cli wait [OPTIONS] [OVERRIDES] <TOPOLOGY> --for <STATE>";

const EXAMPLES: &str = "Examples:
  heron-cli wait wordcount --for healthy --timeout 10m
  heron-cli wait --context prod wordcount --for gone

Exit codes: 0 it is so, 9 it was not in time (5m without --timeout), 6 it can't
be so any more: a paused topology doesn't run by itself, a killed one ends.";
