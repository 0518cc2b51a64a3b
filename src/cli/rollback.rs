//! Arguments of `rollback`.

use clap::Args;

use super::words::{TOPOLOGY, Words};

/// Let what ran before a replacement run again
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = TOPOLOGY, after_help = EXAMPLES)]
pub struct RollbackArgs {
    /// Overrides, and the topology's name.
    #[command(flatten)]
    pub words: Words,
    /// The revision to go back to [default: the one that ran before]
    #[arg(long, value_name = "REVISION", value_parser = clap::value_parser!(u32).range(1..))]
    pub to: Option<u32>,
    /// Begin without the checkpoints where they don't fit
    #[arg(long)]
    pub reset_state: bool,
}

const USAGE: &str = "heron-cli rollback [OPTIONS] [OVERRIDES] <TOPOLOGY>";

const EXAMPLES: &str = "Examples:
  heron-cli rollback --config-file conf/mesos_scheduler.conf wordcount
  heron-cli rollback --context prod wordcount --to 3

What runs now is kept in turn, so that the same command goes forward again.
`heron.topology.history` says how many revisions are kept, with their packages.
If it is not running by --timeout, what ran is brought back: exit code 1.";
