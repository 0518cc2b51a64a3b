//! Arguments of `status`.

use clap::Args;

use super::words::{TOPOLOGY, Words};

/// Show the state of a topology and of its containers
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = TOPOLOGY, after_help = EXAMPLES)]
pub struct StatusArgs {
    /// Overrides, and the topology's name.
    #[command(flatten)]
    pub words: Words,
    /// Exit with 0 if the topology is healthy, and with 20 if it is not.
    #[arg(long)]
    pub check: bool,
}

const USAGE: &str = "heron-cli status [OPTIONS] [OVERRIDES] <TOPOLOGY>";

const EXAMPLES: &str = "Examples:
  heron-cli status --config-file conf/mesos_scheduler.conf wordcount
  heron-cli status --context prod wordcount -o json
  heron-cli status wordcount --check --quiet || page somebody";
