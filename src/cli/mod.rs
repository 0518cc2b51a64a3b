//! The command line: what can be typed, and nothing of what it does.
//!
//! Words go through three steps: [`rewrite`] brings historical forms (flags anywhere, abbreviations, `--verbose True`)
//! into one order, clap parses that, and [`positionals`] tells overrides, topology and arguments apart.

mod check;
mod config;
mod global;
pub mod positionals;
pub mod rewrite;
mod verbs;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use check::{ClusterCheck, ClusterCheckArgs, FetchArgs};
pub use config::{
    CheckArgs, ConfigArgs, ConfigCommand, ContextArgs, ContextCommand, ContextShowArgs,
    ContextUseArgs, ConvertArgs, KeysArgs, ManArgs, ShowArgs,
};
pub use global::{ColorChoice, Global, OutputFormat};
pub use verbs::{
    ClasspathArgs, CompletionsArgs, DryRunFormat, KillArgs, Legacy, ListArgs, RestartArgs,
    SubmitArgs, TopologyArgs, UpdateArgs, VersionArgs, WaitFor,
};

/// Runs Heron topologies on Apache Mesos.
#[derive(Debug, Parser)]
#[command(
    name = "heron-cli",
    version,
    disable_help_subcommand = false,
    after_help = "A first topology:
  heron-cli config check --config-file conf/mesos_scheduler.conf
  heron-cli submit --config-file conf/mesos_scheduler.conf wordcount.jar com.example.WordCount wc
  heron-cli status --config-file conf/mesos_scheduler.conf wc
  heron-cli kill --config-file conf/mesos_scheduler.conf wc

`heron-cli help <command>` shows the arguments of a command, with examples.
Command lines of every earlier heron-cli work as they are; `docs/migration.md` goes through them.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration,
4 the topology's own program failed, 5 no such topology, 6 conflict, 7 unreachable,
8 not allowed, 9 timed out, 10 partly done, 11 no room on any agent.
`docs/exit-codes.md` tells more."
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Submit a topology and wait until it runs
    #[command(override_usage = SubmitArgs::USAGE, after_help = SubmitArgs::EXAMPLES)]
    Submit(SubmitArgs),
    /// Let the spouts of a paused topology emit again
    #[command(override_usage = "heron-cli activate [OPTIONS] [OVERRIDES] <TOPOLOGY>", after_help = TopologyArgs::ACTIVATE)]
    Activate(TopologyArgs),
    /// Pause a topology: its spouts fall silent, its containers run on
    #[command(override_usage = "heron-cli deactivate [OPTIONS] [OVERRIDES] <TOPOLOGY>", after_help = TopologyArgs::DEACTIVATE)]
    Deactivate(TopologyArgs),
    /// Restart one container of a topology, or all of them
    #[command(override_usage = RestartArgs::USAGE, after_help = RestartArgs::EXAMPLES)]
    Restart(RestartArgs),
    /// Change the numbers of instances or containers of a topology, or its settings
    #[command(override_usage = UpdateArgs::USAGE, after_help = UpdateArgs::EXAMPLES)]
    Update(UpdateArgs),
    /// Kill a topology and remove all that is left of it
    #[command(override_usage = "heron-cli kill [OPTIONS] [OVERRIDES] <TOPOLOGY>", after_help = KillArgs::EXAMPLES)]
    Kill(KillArgs),
    /// List the topologies in the state tree
    #[command(override_usage = "heron-cli list [OPTIONS] [OVERRIDES]", after_help = ListArgs::EXAMPLES)]
    List(ListArgs),
    /// Show the state of a topology and of its containers
    #[command(override_usage = "heron-cli status [OPTIONS] [OVERRIDES] <TOPOLOGY>", after_help = TopologyArgs::STATUS)]
    Status(TopologyArgs),
    /// Test what the cluster can do
    #[command(after_help = check::EXAMPLES)]
    Check(ClusterCheckArgs),
    /// Show, check and convert the configuration; named clusters
    #[command(after_help = config::EXAMPLES)]
    Config(ConfigArgs),
    /// Show the version
    Version(VersionArgs),
    /// Print the class path that stock clients need: none
    Classpath(ClasspathArgs),
    /// Print a completion script for a shell
    #[command(after_help = CompletionsArgs::EXAMPLES)]
    Completions(CompletionsArgs),
    /// Write the manual pages to a directory
    #[command(hide = true)]
    Man(ManArgs),
}

/// Parses a command line.
pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let command = Cli::command();
    let argv = rewrite::rewrite(&command, argv.into_iter().collect());
    let matches = command.try_get_matches_from(argv)?;
    Cli::from_arg_matches(&matches)
}

/// The definition itself, for completions and tests.
#[must_use]
pub fn definition() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests;
