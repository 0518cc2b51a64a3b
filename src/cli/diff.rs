//! Arguments of `diff`.

use clap::Args;

use super::submit::{ARGUMENTS, TopologySource};
use super::words::Words;

/// Show what `submit` would change about a topology that runs
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = ARGUMENTS, after_help = EXAMPLES)]
pub struct DiffArgs {
    /// Overrides, the topology's file, its class, arguments for its main.
    #[command(flatten)]
    pub words: Words,
    /// What is compared with what runs.
    #[command(flatten)]
    pub source: TopologySource,
}

const USAGE: &str = "heron-cli diff [OPTIONS] [OVERRIDES] <FILE> [CLASS] [ARGUMENTS]...";

const EXAMPLES: &str = "Examples:
  heron-cli diff --config-file m.conf wordcount.pex - wordcount
  heron-cli diff --context prod wordcount.jar com.example.WordCount wc -o json

The arguments are those of `submit`. Exit code 0 says that what runs is the
same, 20 that it differs. Nothing is changed, uploaded or asked of Mesos.";
