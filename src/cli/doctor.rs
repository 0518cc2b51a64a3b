//! Arguments of `doctor`.

use clap::Args;

use super::words::{OVERRIDES, Words};

/// Look at all that commands need, and say what to mend
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = OVERRIDES, after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Overrides.
    #[command(flatten)]
    pub words: Words,
}

const USAGE: &str = "heron-cli doctor [OPTIONS] [OVERRIDES]";

const EXAMPLES: &str = "Examples:
  heron-cli doctor --config-file conf/mesos_scheduler.conf
  heron-cli doctor --context prod -o json

It looks at the configuration, each ZooKeeper server, rights, clocks, the Mesos
master, agents and ports, the core package, the package store and Java, from
this machine; nothing is started. `heron-cli check fetch` looks from the agents.
Exit codes: 0 nothing failed, 20 something did, 3 the configuration can't be
used.";
