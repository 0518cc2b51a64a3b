//! Arguments of `list`.

use clap::Args;

use super::words::{OVERRIDES, Words};

/// List the topologies in the state tree
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = OVERRIDES, after_help = EXAMPLES)]
pub struct ListArgs {
    /// Overrides.
    #[command(flatten)]
    pub words: Words,
}

const USAGE: &str = "heron-cli list [OPTIONS] [OVERRIDES]";

const EXAMPLES: &str = "Examples:
  heron-cli list --config-file conf/mesos_scheduler.conf
  heron-cli list --context prod -o json";
