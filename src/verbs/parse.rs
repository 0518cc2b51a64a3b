//! The command line as a whole.

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use super::table::Command;
use crate::cli::{Global, ParseError, rewrite};

/// Runs Heron topologies on Apache Mesos.
#[derive(Debug, Parser)]
#[command(
    name = "heron-cli",
    version,
    disable_help_flag = true,
    after_help = "A first topology:
  heron-cli config check --config-file conf/mesos_scheduler.conf
  heron-cli submit --config-file conf/mesos_scheduler.conf wc.jar com.ex.Wc wc
  heron-cli status --config-file conf/mesos_scheduler.conf wc
  heron-cli kill --config-file conf/mesos_scheduler.conf wc

`heron-cli help <command>` shows the arguments of a command, with examples;
command lines of every earlier heron-cli work, see docs/migration.md.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration,
4 the topology's own program failed, 5 no such topology, 6 conflict,
7 unreachable, 8 not allowed, 9 timed out, 10 partly done, 11 no room,
20 it differs or is not well; see docs/exit-codes.md."
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A command line that has been parsed.
#[derive(Debug)]
pub struct Parsed {
    /// What it says.
    pub cli: Cli,
    /// Its words in order, without the program.
    pub words: Vec<String>,
}

/// Parses a command line.
pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Parsed, ParseError> {
    parse_by(&mut definition(), argv)
}

/// Parses a command line by a definition that may serve again.
pub(super) fn parse_by(
    definition: &mut clap::Command,
    argv: impl IntoIterator<Item = OsString>,
) -> Result<Parsed, ParseError> {
    let argv = rewrite::rewrite(definition, argv.into_iter().collect())?;
    let words = argv.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let matches = definition.try_get_matches_from_mut(argv)?;
    Ok(Parsed { cli: Cli::from_arg_matches(&matches)?, words })
}

/// The definition of the command line, for help, completions and manual pages.
#[must_use]
pub fn definition() -> clap::Command {
    with_template(Cli::command())
}

/// What help looks like: the arguments of a verb stand behind its usage, and it ends with the way to the options of every
/// command, which would fill a screen of their own.
fn with_template(command: clap::Command) -> clap::Command {
    const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}{all-args}{after-help}\n\n\
                            Global options (--config-file, --context, -o, --timeout …): --help-all\n";
    command.help_template(TEMPLATE).mut_subcommands(with_template)
}
