//! Arguments of `check` and its commands.

use clap::{Args, Subcommand};

/// Test what the cluster can do
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ClusterCheckArgs {
    /// What to check.
    #[command(subcommand)]
    pub command: ClusterCheck,
}

/// The commands of `check`.
#[derive(Clone, Debug, Subcommand)]
pub enum ClusterCheck {
    /// Test that Mesos can fetch the packages: with a short task for each URI, on one agent or on all
    #[command(override_usage = FetchArgs::USAGE, after_help = FETCH_EXAMPLES)]
    Fetch(FetchArgs),
}

const EXAMPLES: &str = "Examples:
  heron-cli check fetch --config-file conf/mesos_scheduler.conf
  heron-cli check fetch --config-file conf/mesos_scheduler.conf --all-agents";

const FETCH_EXAMPLES: &str = "Examples:
  heron-cli check fetch --config-file conf/mesos_scheduler.conf
  heron-cli check fetch --config-file m.conf --all-agents -o json
  heron-cli check fetch --agent node7 --topology-package http://repo/wc.tgz

The URIs are those of the configuration: the core package's, and the topology
package's where one is set. A framework of its own, heron-check-fetch, runs the
tasks and is removed at the end, whatever happens.
Exit code 1 if a package can't be fetched or is not as the release needs it,
9 if a task did not end in time, 11 if an agent made no fitting offer.";

/// Arguments of `check fetch`.
#[derive(Clone, Debug, Args)]
pub struct FetchArgs {
    /// Properties (`key=value key:value`), or `cluster/role/environ`
    #[arg(value_name = "OVERRIDES")]
    pub overrides: Option<String>,
    /// Fetch on every agent
    #[arg(long, conflicts_with = "agent")]
    pub all_agents: bool,
    /// Fetch on this agent: a host name, an address or an id; may be repeated
    #[arg(long, value_name = "HOST")]
    pub agent: Vec<String>,
    /// Fetch this topology package, too
    #[arg(long, value_name = "URI")]
    pub topology_package: Option<String>,
    /// The topology whose name stands for ${TOPOLOGY} in URIs; of one that runs, its package is fetched
    #[arg(long, value_name = "NAME")]
    pub topology: Option<String>,
    /// Fetch as containers do, by way of the agents' caches, and not anew
    #[arg(long)]
    pub cached: bool,
    /// Cores of a task
    #[arg(long, value_name = "CORES", default_value_t = 0.1, value_parser = amount)]
    pub cpus: f64,
    /// Memory of a task in MB
    #[arg(long, value_name = "MB", default_value_t = 64.0, value_parser = amount)]
    pub mem: f64,
    /// Disk of a task in MB
    #[arg(long, value_name = "MB", default_value_t = 0.0, value_parser = amount)]
    pub disk: f64,
}

impl FetchArgs {
    /// The usage line.
    const USAGE: &'static str = "heron-cli check fetch [OPTIONS] [OVERRIDES]";
}

/// An amount of a resource.
fn amount(text: &str) -> Result<f64, String> {
    let amount = text.parse::<f64>().ok().filter(|amount| (0.0..=1e9).contains(amount));
    amount.ok_or_else(|| "expected a number such as 0.1 or 64".to_owned())
}
