//! Arguments of `restart`.

use clap::Args;

use super::words::Words;

/// Restart one container of a topology, or all of them
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = ARGUMENTS, after_help = EXAMPLES)]
pub struct RestartArgs {
    /// Overrides, the topology's name, a container's id.
    #[command(flatten)]
    pub words: Words,
}

const USAGE: &str = "heron-cli restart [OPTIONS] [OVERRIDES] <TOPOLOGY> [CONTAINER]";

const ARGUMENTS: &str = "Arguments:
  [OVERRIDES]  Properties (`key=value key:value`), or `cluster/role/environ`
  <TOPOLOGY>   The topology's name
  [CONTAINER]  A container's id; all of them if there is none, or -1";

const EXAMPLES: &str = "Examples:
  heron-cli restart --config-file conf/mesos_scheduler.conf wordcount 2
  heron-cli restart --config-file conf/mesos_scheduler.conf wordcount

A container's task is killed and a new one is launched, on any agent.
Container 0 is the TManager's.";
