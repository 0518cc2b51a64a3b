//! The arguments of the verbs. Positionals stay a plain list here; [`super::positionals`] tells them apart.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Flags of earlier releases that mean nothing any more; each is warned about once.
#[derive(Clone, Debug, Default, Args)]
pub struct Legacy {
    /// 2015: Aurora's own wait.
    #[arg(long, hide = true)]
    pub heron_aurora_no_wait: bool,
    /// 2015: Aurora's batch size.
    #[arg(long, hide = true, value_name = "N")]
    pub heron_batch_size: Option<String>,
    /// 2015: owner of the release package.
    #[arg(long, hide = true, value_name = "ROLE")]
    pub heron_release_pkgrole: Option<String>,
    /// 2015: name of the release package.
    #[arg(long, hide = true, value_name = "NAME")]
    pub heron_release_pkgname: Option<String>,
    /// 2015: version of the release package.
    #[arg(long, hide = true, value_name = "VERSION")]
    pub heron_release_pkgversion: Option<String>,
    /// 2015: `--verbose`.
    #[arg(long, hide = true)]
    pub heron_verbose: bool,
    /// 2016: the JVM's own tracing.
    #[arg(long, hide = true)]
    pub trace_execution: bool,
    /// 2020: an API server instead of direct submission.
    #[arg(long, hide = true, value_name = "URL")]
    pub service_url: Option<String>,
}

impl Legacy {
    /// A line for each flag that was given although it does nothing.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |given: bool, flag: &str, instead: &str| {
            if given {
                warnings.push(format!("`{flag}` has no effect any more: {instead}"));
            }
        };
        warn(self.heron_aurora_no_wait, "--heron-aurora-no-wait", "use `--wait none`");
        warn(self.heron_batch_size.is_some(), "--heron-batch-size", "it was Aurora's");
        warn(self.trace_execution, "--trace-execution", "use `-vv`");
        warn(
            self.service_url.is_some(),
            "--service-url",
            "heron-cli talks to Mesos and ZooKeeper itself",
        );
        warnings
    }

    /// What the flags of 2015 set, as properties.
    #[must_use]
    pub fn properties(&self) -> Vec<String> {
        [
            ("heron.release.package.role", &self.heron_release_pkgrole),
            ("heron.release.package.name", &self.heron_release_pkgname),
            ("heron.release.package.version", &self.heron_release_pkgversion),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.as_ref().map(|value| format!("{key}={value}")))
        .chain(self.heron_verbose.then(|| "heron.verbose=true".to_owned()))
        .collect()
    }
}

/// Arguments of `submit`.
#[derive(Clone, Debug, Args)]
pub struct SubmitArgs {
    /// Overrides, if any; the topology's file; its class, unless the file is a .defn; arguments for its main
    #[arg(value_name = "ARGUMENTS")]
    pub arguments: Vec<String>,
    /// Start the topology paused: its spouts emit nothing until `activate`
    #[arg(long, visible_alias = "deploy-deactivated")]
    pub deactivated: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Form of the plan that --dry-run prints
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub dry_run_format: Option<DryRunFormat>,
    /// What to wait for: every container launched, the topology running, or nothing
    #[arg(long, value_enum, default_value_t, value_name = "FOR")]
    pub wait: WaitFor,
    /// Leave what was done standing when the submission fails
    #[arg(long)]
    pub no_rollback: bool,
    /// The jar, pex or tar that belongs to a .defn, or its URI
    #[arg(long, value_name = "FILE")]
    pub topology_binary: Option<PathBuf>,
    /// Pass -DKEY=VALUE to the JVM that runs the topology's main; may be repeated
    #[arg(long, short = 'D', value_name = "KEY=VALUE")]
    pub topology_main_jvm_property: Vec<String>,
    /// More class path for the topology's main
    #[arg(long, value_name = "CLASSPATH")]
    pub extra_launch_classpath: Option<String>,
    /// Read the Heron release's properties from this file
    #[arg(long, value_name = "FILE")]
    pub release_yaml_file: Option<PathBuf>,
    /// Keep the definition and the package in this directory
    #[arg(long, value_name = "DIR")]
    pub tmp_dir: Option<PathBuf>,
    /// Let the instances log their garbage collections
    #[arg(long = "verbose-gc", alias = "verbose_gc")]
    pub verbose_gc: bool,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

impl SubmitArgs {
    /// The usage line.
    pub const USAGE: &'static str =
        "heron-cli submit [OPTIONS] [OVERRIDES] <FILE> [CLASS] [TOPOLOGY ARGUMENTS]...";
    /// Examples, at the end of the help.
    pub const EXAMPLES: &'static str = "Examples:
  heron-cli submit --config-file conf/mesos_scheduler.conf wordcount.pex - wordcount
  heron-cli submit --config-file conf/mesos_scheduler.conf wordcount.jar com.example.WordCount wc
  heron-cli submit --config-file conf/mesos_scheduler.conf wordcount.defn --topology-binary topologies.jar
  heron-cli submit --config-file conf/mesos_scheduler.conf https://repository/wordcount.jar com.example.WordCount wc
  heron-cli submit \"role=web environ:test\" wordcount.jar com.example.WordCount wc --deactivated

OVERRIDES are properties (`key=value key:value`), or `cluster/role/environ`.
Words after the class go to the topology's main; `--` ends the options.";
}

/// Arguments of the verbs that name a topology and nothing else.
#[derive(Clone, Debug, Args)]
pub struct TopologyArgs {
    /// Overrides, if any, and the topology's name
    #[arg(value_name = "ARGUMENTS")]
    pub arguments: Vec<String>,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

impl TopologyArgs {
    /// Examples of `activate`.
    pub const ACTIVATE: &'static str = "Examples:
  heron-cli activate --config-file conf/mesos_scheduler.conf wordcount
  heron-cli activate --context prod wordcount

An active topology stays active: that is a success, which says so.";
    /// Examples of `deactivate`.
    pub const DEACTIVATE: &'static str = "Examples:
  heron-cli deactivate --config-file conf/mesos_scheduler.conf wordcount
  heron-cli deactivate local/me/devel wordcount --config-path conf/heron

A paused topology stays paused: that is a success, which says so.";
    /// Examples of `status`.
    pub const STATUS: &'static str = "Examples:
  heron-cli status --config-file conf/mesos_scheduler.conf wordcount
  heron-cli status --context prod wordcount -o json";
}

/// Arguments of `kill`.
#[derive(Clone, Debug, Args)]
pub struct KillArgs {
    /// Overrides, if any, and the topology's name
    #[arg(value_name = "ARGUMENTS")]
    pub arguments: Vec<String>,
    /// Succeed when there is no such topology
    #[arg(long)]
    pub ignore_not_found: bool,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

impl KillArgs {
    /// Examples, at the end of the help.
    pub const EXAMPLES: &'static str = "Examples:
  heron-cli kill --config-file conf/mesos_scheduler.conf wordcount
  heron-cli kill \"\" wordcount --config-path conf/mesos_scheduler.conf --ignore-not-found";
}

/// Arguments of `restart`.
#[derive(Clone, Debug, Args)]
pub struct RestartArgs {
    /// Overrides, if any; the topology's name; a container's id, unless all are meant
    #[arg(value_name = "ARGUMENTS", allow_negative_numbers = true)]
    pub arguments: Vec<String>,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

impl RestartArgs {
    /// The usage line.
    pub const USAGE: &'static str =
        "heron-cli restart [OPTIONS] [OVERRIDES] <TOPOLOGY> [CONTAINER]";
    /// Examples, at the end of the help.
    pub const EXAMPLES: &'static str = "Examples:
  heron-cli restart --config-file conf/mesos_scheduler.conf wordcount 2
  heron-cli restart --config-file conf/mesos_scheduler.conf wordcount

A container's task is killed and a new one is launched, on any agent. Container 0 is the TManager's.";
}

/// Arguments of `update`.
#[derive(Clone, Debug, Args)]
pub struct UpdateArgs {
    /// Overrides, if any, and the topology's name
    #[arg(value_name = "ARGUMENTS")]
    pub arguments: Vec<String>,
    /// How many instances a component is to have; may be repeated
    #[arg(long, value_name = "COMPONENT:NUMBER")]
    pub component_parallelism: Vec<String>,
    /// How many containers the instances are to be in, container 0 not counted
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i32).range(1..))]
    pub container_number: Option<i32>,
    /// A setting for the running topology, of one component or of all; may be repeated
    #[arg(long, value_name = "[COMPONENT:]KEY:VALUE")]
    pub runtime_config: Vec<String>,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Form of the plan that --dry-run prints
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub dry_run_format: Option<DryRunFormat>,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

impl UpdateArgs {
    /// The usage line.
    pub const USAGE: &'static str = "heron-cli update [OPTIONS] [OVERRIDES] <TOPOLOGY>";
    /// Examples, at the end of the help.
    pub const EXAMPLES: &'static str = "Examples:
  heron-cli update --config-file conf/mesos_scheduler.conf wordcount --component-parallelism word:4
  heron-cli update --config-file conf/mesos_scheduler.conf wordcount --container-number 3 --dry-run
  heron-cli update --context prod wordcount --runtime-config count:batch.size:100

New containers are launched first; then the topology pauses, its packing plan is changed, and it comes back in
the state that it had. An update that is interrupted is gone on with by the same command, and finished or
undone by every other one.";
}

/// Arguments of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Overrides, if any
    #[arg(value_name = "OVERRIDES")]
    pub arguments: Vec<String>,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

impl ListArgs {
    /// Examples, at the end of the help.
    pub const EXAMPLES: &'static str = "Examples:
  heron-cli list --config-file conf/mesos_scheduler.conf
  heron-cli list --context prod -o json";
}

/// Arguments of `version`.
#[derive(Clone, Debug, Args)]
pub struct VersionArgs {
    /// 2020: the cluster whose API server was asked.
    #[arg(value_name = "CLUSTER", hide = true)]
    pub cluster: Option<String>,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

/// Arguments of `classpath`.
#[derive(Clone, Debug, Args)]
pub struct ClasspathArgs {
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

/// Arguments of `completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

impl CompletionsArgs {
    /// Examples, at the end of the help.
    pub const EXAMPLES: &'static str = "Examples:
  heron-cli completions bash > ~/.local/share/bash-completion/completions/heron-cli
  heron-cli completions zsh > ~/.zfunc/_heron-cli
  heron-cli completions fish > ~/.config/fish/completions/heron-cli.fish";
}

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

/// Form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DryRunFormat {
    /// Heron's own text.
    Raw,
    /// A table.
    Table,
    /// A table with colours.
    #[value(name = "colored_table")]
    ColoredTable,
    /// JSON.
    Json,
}
