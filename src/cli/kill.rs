//! Arguments of `kill`.

use clap::Args;

use super::words::{TOPOLOGY, Words};

/// Kill a topology and remove all that is left of it
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = TOPOLOGY, after_help = EXAMPLES)]
pub struct KillArgs {
    /// Overrides, and the topology's name.
    #[command(flatten)]
    pub words: Words,
    /// Succeed when there is no such topology
    #[arg(long)]
    pub ignore_not_found: bool,
    /// Remove the state only, without Mesos: what runs there runs on
    #[arg(long)]
    pub state_only: bool,
    /// Leave the topology's package in its store
    #[arg(long)]
    pub keep_package: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
}

const USAGE: &str = "heron-cli kill [OPTIONS] [OVERRIDES] <TOPOLOGY>";

const EXAMPLES: &str = "Examples:
  heron-cli kill --config-file conf/mesos_scheduler.conf wordcount
  heron-cli kill \"\" wordcount --config-path m.conf --ignore-not-found

--state-only is for a Mesos that is gone for good; what may still run is told,
and the package stays. Else it goes with the topology, from the store that is
configured; one that can't be removed is warned of, and the topology is killed.
On a terminal it asks first where neither configuration nor cluster was typed.";
