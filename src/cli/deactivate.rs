//! Arguments of `deactivate`.

use clap::Args;

use super::words::{TOPOLOGY, Words};

/// Pause a topology: its spouts fall silent, its containers run on
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = TOPOLOGY, after_help = EXAMPLES)]
pub struct DeactivateArgs {
    /// Overrides, and the topology's name.
    #[command(flatten)]
    pub words: Words,
}

const USAGE: &str = "heron-cli deactivate [OPTIONS] [OVERRIDES] <TOPOLOGY>";

const EXAMPLES: &str = "Examples:
  heron-cli deactivate --config-file conf/mesos_scheduler.conf wordcount
  heron-cli deactivate local/me/devel wordcount --config-path conf/heron

A paused topology stays paused: that is a success, which says so.";
