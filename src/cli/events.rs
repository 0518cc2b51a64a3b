//! Arguments of `events`.

use clap::Args;

use super::logs::{Since, since};
use super::words::{TOPOLOGY, Words};

/// Show what has happened to a topology: who asked for what, what became of its tasks
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = TOPOLOGY, after_help = EXAMPLES)]
pub struct EventsArgs {
    /// Overrides, and the topology's name.
    #[command(flatten)]
    pub words: Words,
    /// Go on with what happens, until Ctrl-C or the topology's end
    #[arg(short, long)]
    pub follow: bool,
    /// How many of the last events
    #[arg(short = 'n', long, value_name = "N", default_value_t = 200, overrides_with = "lines")]
    pub lines: usize,
    /// Only events from this time on: 10m, 2h, or 2026-11-29T14:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since, overrides_with = "since")]
    pub since: Option<Since>,
}

const USAGE: &str = "heron-cli events [OPTIONS] [OVERRIDES] <TOPOLOGY>";

const EXAMPLES: &str = "Examples:
  heron-cli events wordcount --since 24h
  heron-cli events --context prod wordcount --follow -o jsonl";
