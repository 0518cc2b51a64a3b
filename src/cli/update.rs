//! Arguments of `update`.

use clap::Args;
use clap::builder::ArgPredicate;

use super::dry_run::DryRunFormat;
use super::submit::supervisors;
use super::words::{TOPOLOGY, Words};
use crate::config::Need;

/// Change the numbers of instances or containers of a topology, or its settings
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = TOPOLOGY, after_help = EXAMPLES)]
pub struct UpdateArgs {
    /// Overrides, and the topology's name.
    #[command(flatten)]
    pub words: Words,
    /// How many instances a component is to have (`:` or `=`); may be repeated
    #[arg(long, value_name = "COMPONENT:NUMBER")]
    pub component_parallelism: Vec<String>,
    /// How many containers the instances are to be in, container 0 not counted
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i32).range(1..))]
    pub container_number: Option<i32>,
    /// A setting for the running topology, of one component or of all; may be repeated
    #[arg(long, value_name = "[COMPONENT:]KEY:VALUE")]
    pub runtime_config: Vec<String>,
    /// How many supervisors it is to have of its own; the same number renews them
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(..=9), conflicts_with_all = ["component_parallelism", "container_number", "runtime_config", "dry_run"])]
    pub supervisors: Option<u32>,
    /// Print what would be done, and do nothing
    #[arg(long, default_value_if("dry_run_format", ArgPredicate::IsPresent, "true"))]
    pub dry_run: bool,
    /// Form of the plan; implies --dry-run
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub dry_run_format: Option<DryRunFormat>,
}

impl UpdateArgs {
    /// Settings alone need no engine.
    #[must_use]
    pub fn need(&self) -> Need {
        match self.supervisors {
            Some(1..) => Need::Launch,
            _ if self.runtime_config.is_empty() => Need::Engine,
            _ => Need::State,
        }
    }

    /// What its flags set, as properties.
    #[must_use]
    pub fn properties(&self) -> Vec<String> {
        supervisors(self.supervisors)
    }
}

const USAGE: &str = "heron-cli update [OPTIONS] [OVERRIDES] <TOPOLOGY>";

const EXAMPLES: &str = "Examples:
  heron-cli update --config-file m.conf wordcount --component-parallelism word:4
  heron-cli update --config-file m.conf wordcount --container-number 3 --dry-run
  heron-cli update --context prod wc --runtime-config count:batch.size:100

New containers are launched first; then the topology pauses, its packing plan is
changed, and it comes back in the state that it had. An interrupted update is
resumed by the same command, and finished or undone by every other one.
A runtime setting lasts as long as the topology, and `status` shows it; it can
be set anew, but not taken back.";
