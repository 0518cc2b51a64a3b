//! Arguments of `submit`.

use std::path::PathBuf;

use clap::builder::ArgPredicate;
use clap::{Args, ValueEnum};

use super::dry_run::DryRunFormat;
use super::words::Words;

/// Submit a topology and wait until it runs
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = ARGUMENTS, after_help = EXAMPLES)]
pub struct SubmitArgs {
    /// Overrides, the topology's file, its class, arguments for its main.
    #[command(flatten)]
    pub words: Words,
    /// Print what would be done, and do nothing
    #[arg(long, default_value_if("dry_run_format", ArgPredicate::IsPresent, "true"))]
    pub dry_run: bool,
    /// In a dry run: don't ask the cluster whether the name is free
    #[arg(long)]
    pub offline: bool,
    /// Form of the plan; implies --dry-run
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        help = "Form of the plan: raw, table, colored_table or json; implies --dry-run",
        hide_possible_values = true
    )]
    pub dry_run_format: Option<DryRunFormat>,
    /// What to wait for: launched, running (the default) or none
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FOR",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub wait: WaitFor,
    /// How many supervisors it gets of its own, beside its containers
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(..=9))]
    pub supervisors: Option<u32>,
    /// Fail if the topology runs already, even with the same content
    #[arg(long)]
    pub fail_if_exists: bool,
    /// Take the place of what runs; that runs again if this doesn't by --timeout
    #[arg(long, conflicts_with_all = ["wait", "fail_if_exists", "no_rollback", "offline", "supervisors"])]
    pub replace: bool,
    /// With --replace: begin without the checkpoints where they don't fit
    #[arg(long, requires = "replace", hide_short_help = true)]
    pub reset_state: bool,
    /// Leave what was done standing when the submission fails
    #[arg(long)]
    pub no_rollback: bool,
    /// Keep the definition and the package in this directory
    #[arg(long, value_name = "DIR")]
    pub tmp_dir: Option<PathBuf>,
    /// What is submitted.
    #[command(flatten)]
    pub source: TopologySource,
}

/// What a topology is made of, beside its file and the configuration: the same for `submit` and `diff`.
#[derive(Clone, Debug, Args)]
pub struct TopologySource {
    /// Start it paused, until `activate`
    #[arg(long, visible_alias = "deploy-deactivated")]
    pub deactivated: bool,
    /// The jar, pex or tar that belongs to a .defn, or its URI
    #[arg(long, value_name = "FILE")]
    pub topology_binary: Option<PathBuf>,
    /// Pass -DKEY=VALUE to the JVM of the topology's main; may be repeated
    #[arg(long, short = 'D', value_name = "KEY=VALUE")]
    pub topology_main_jvm_property: Vec<String>,
    /// More class path for the topology's main
    #[arg(long, value_name = "CLASSPATH")]
    pub extra_launch_classpath: Option<String>,
    /// Read the Heron release's properties from this file
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub release_yaml_file: Option<PathBuf>,
    /// Let the instances log their garbage collections
    #[arg(long = "verbose-gc", alias = "verbose_gc", hide_short_help = true)]
    pub verbose_gc: bool,
}

impl SubmitArgs {
    /// What its flags set, as properties.
    #[must_use]
    pub fn properties(&self) -> Vec<String> {
        supervisors(self.supervisors)
    }
}

/// The property that a number of supervisors is.
pub(super) fn supervisors(number: Option<u32>) -> Vec<String> {
    number.iter().map(|number| format!("heron.supervisor.instances={number}")).collect()
}

const USAGE: &str = "heron-cli submit [OPTIONS] [OVERRIDES] <FILE> [CLASS] [ARGUMENTS]...";

/// What `submit` and `diff` take, for their help.
pub const ARGUMENTS: &str = "Arguments:
  [OVERRIDES]     Properties (`key=value key:value`), or `cluster/role/environ`
  <FILE>          The topology: .jar, .pex, .tar(.gz), .defn; or a URI
  [CLASS]         Its main class; `-` for a .pex; none for a .defn
  [ARGUMENTS]...  Words for its main, with all that follows `--`";

const EXAMPLES: &str = "Examples:
  heron-cli submit --config-file m.conf wordcount.pex - wordcount
  heron-cli submit --config-file m.conf wc.defn --topology-binary topologies.jar
  heron-cli submit \"role=web environ:test\" wc.jar com.example.Main --deactivated

Behind the class, only flags that earlier releases had are heron-cli's.";

/// What `submit` waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WaitFor {
    /// Every container's task runs.
    Launched,
    /// Every container's task runs, and the physical plan is there.
    #[default]
    Running,
    /// Nothing: the containers are launched, as far as offers came at once.
    None,
}
