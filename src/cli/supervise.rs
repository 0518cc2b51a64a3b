//! Arguments of `supervise`.

use clap::Args;

use super::words::Words;

/// Keep topologies running, until this is ended
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = ARGUMENTS, after_help = EXAMPLES)]
pub struct SuperviseArgs {
    /// Overrides, names of topologies.
    #[command(flatten)]
    pub words: Words,
    /// Supervise every topology of the cluster and environ, new ones included
    #[arg(long)]
    pub all: bool,
    /// Answer at this address to GET /healthz and /metrics (Prometheus)
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// As one of the own supervisors of the topology with this id: ends when that is gone
    #[arg(long, value_name = "TOPOLOGY-ID", hide = true, conflicts_with = "all")]
    pub beside: Option<String>,
}

const USAGE: &str = "heron-cli supervise [OPTIONS] [OVERRIDES] <TOPOLOGY>...
       heron-cli supervise [OPTIONS] [OVERRIDES] --all";

const ARGUMENTS: &str = "Arguments:
  [OVERRIDES]    Properties (`key=value key:value`), or `cluster/role/environ`
  <TOPOLOGY>...  Names of topologies; they needn't be there yet";

const EXAMPLES: &str = "Examples:
  heron-cli supervise --config-file conf/mesos_scheduler.conf --all
  heron-cli supervise --config-file conf/mesos_scheduler.conf wordcount

Containers that end, or whose agents are lost, are launched anew. Several
supervisors may run: one leads for each topology, and another takes over when
it ends. SIGTERM and Ctrl-C hand over at once; the topologies run on.";
