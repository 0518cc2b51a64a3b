//! Arguments of `activate`.

use clap::Args;

use super::words::{TOPOLOGY, Words};

/// Let the spouts of a paused topology emit again
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = TOPOLOGY, after_help = EXAMPLES)]
pub struct ActivateArgs {
    /// Overrides, and the topology's name.
    #[command(flatten)]
    pub words: Words,
}

const USAGE: &str = "heron-cli activate [OPTIONS] [OVERRIDES] <TOPOLOGY>";

const EXAMPLES: &str = "Examples:
  heron-cli activate --config-file conf/mesos_scheduler.conf wordcount
  heron-cli activate --context prod wordcount

An active topology stays active: that is a success, which says so.";
