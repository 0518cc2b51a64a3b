//! Arguments of `config` and its commands.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};

/// Show, check and convert the configuration; named clusters
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ConfigArgs {
    /// What to do with the configuration.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// The commands of `config`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    #[allow(missing_docs, reason = "described by its arguments")]
    Show(ShowArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Get(GetArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Check(CheckArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Init(InitArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Convert(ConvertArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Keys(KeysArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Context(ContextArgs),
}

const EXAMPLES: &str = "Examples:
  heron-cli config init
  heron-cli config show --origin --config-file conf/mesos_scheduler.conf
  heron-cli config check --config-file conf/mesos_scheduler.conf
  heron-cli config get heron.mesos.master.uri --context prod
  heron-cli config convert old.conf > new.conf
  heron-cli config keys zk
  heron-cli config context use prod";

const SHOW_EXAMPLES: &str = "Examples:
  heron-cli config show --config-file conf/mesos_scheduler.conf
  heron-cli config show --origin --config-path conf/heron \"role=web\"
  heron-cli config show --defaults --context prod
  heron-cli config show --config-file conf/mesos_scheduler.conf -o json

Layers, later wins: default, context, config-path, config-file, overrides,
config-property.";

const GET_EXAMPLES: &str = "Examples:
  heron-cli config get heron.mesos.master.uri --config-file mesos_scheduler.conf
  heron-cli config get zk.connection.string --context prod -o json

Any name of the key will do. Exit code 3 if there is no such key, or if it is
not set.";

const INIT_EXAMPLES: &str = "Examples:
  heron-cli config init
  heron-cli config init prod.conf --zookeeper zk1:2181 --root /heron

What is not given is asked for on a terminal. The file is not for secrets.";

const CHECK_EXAMPLES: &str = "Examples:
  heron-cli config check --config-file conf/mesos_scheduler.conf
  heron-cli config check --context prod -o json

Exit code 3 if there are errors; warnings alone are none.";

const CONVERT_EXAMPLES: &str = "Examples:
  heron-cli config convert mesos_scheduler.conf > converted.conf
  heron-cli config convert mesos_scheduler.conf | diff mesos_scheduler.conf -

Only names of keys change; comments, order and values stay. What needs a look is
said on stderr.";

const KEYS_EXAMPLES: &str = "Examples:
  heron-cli config keys
  heron-cli config keys mesos.master
  heron-cli config keys zk.connection.string";

const CONTEXT_EXAMPLES: &str = "Examples:
  heron-cli config context list
  heron-cli config context show prod
  heron-cli config context use prod
  heron-cli config context add prod --config-file prod.conf --cluster prod
  heron-cli config context remove prod

Contexts stand in heron-cli/config.toml in $XDG_CONFIG_HOME, ~/.config or /etc:

  current = \"prod\"

  [contexts.prod]
  description = \"the big cluster\"
  config-file = \"prod.conf\"
  cluster = \"prod/heron/default\"

  [contexts.prod.settings]
  \"heron.mesos.master.uri\" = \"zk://zk1:2181/mesos\"";

/// Show every key with the value that counts
#[derive(Clone, Debug, Args)]
#[command(override_usage = "heron-cli config show [OPTIONS] [OVERRIDES]", after_help = SHOW_EXAMPLES)]
pub struct ShowArgs {
    /// Properties (`key=value key:value`), or `cluster/role/environ`
    #[arg(value_name = "OVERRIDES")]
    pub overrides: Option<String>,
    /// Tell layer, file and line of each value
    #[arg(long)]
    pub origin: bool,
    /// Show the values that are hidden by others, too
    #[arg(long)]
    pub include_overridden: bool,
    /// Show the built-in defaults, too
    #[arg(long)]
    pub defaults: bool,
    /// Blot out secrets; --redact=false shows them
    #[arg(
        long,
        value_name = "BOOL",
        action = ArgAction::Set,
        default_value_t = true,
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true
    )]
    pub redact: bool,
}

/// List everything that is wrong or doubtful in the configuration
#[derive(Clone, Debug, Args)]
#[command(override_usage = "heron-cli config check [OPTIONS] [OVERRIDES]", after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// Properties (`key=value key:value`), or `cluster/role/environ`
    #[arg(value_name = "OVERRIDES")]
    pub overrides: Option<String>,
}

/// Print the value of one key
#[derive(Clone, Debug, Args)]
#[command(after_help = GET_EXAMPLES)]
pub struct GetArgs {
    /// The key, by any of its names
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Properties (`key=value key:value`), or `cluster/role/environ`
    #[arg(value_name = "OVERRIDES")]
    pub overrides: Option<String>,
    /// Tell layer, file and line of the value
    #[arg(long)]
    pub origin: bool,
    /// Blot out a secret; --redact=false shows it
    #[arg(
        long,
        value_name = "BOOL",
        action = ArgAction::Set,
        default_value_t = true,
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true
    )]
    pub redact: bool,
}

/// Write a commented properties file to start from
#[derive(Clone, Debug, Args)]
#[command(after_help = INIT_EXAMPLES)]
pub struct InitArgs {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "mesos_scheduler.conf")]
    pub file: PathBuf,
    /// The ZooKeeper servers that keep Heron's state
    #[arg(long, value_name = "HOST:PORT")]
    pub zookeeper: Option<String>,
    /// The path of Heron's state in ZooKeeper
    #[arg(long, value_name = "PATH")]
    pub root: Option<String>,
    /// The Mesos master
    #[arg(long, value_name = "ADDRESS")]
    pub master: Option<String>,
    /// The URI of the heron-core archive
    #[arg(long, value_name = "URI")]
    pub core: Option<String>,
    /// Where topologies' packages go: a directory that agents have mounted, http://, hdfs://, s3://, gs://
    #[arg(long, value_name = "PLACE")]
    pub packages: Option<String>,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

/// Print an old properties file with the names of today
#[derive(Clone, Debug, Args)]
#[command(after_help = CONVERT_EXAMPLES)]
pub struct ConvertArgs {
    /// The properties file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// List the keys that there are, or explain some of them
#[derive(Clone, Debug, Args)]
#[command(after_help = KEYS_EXAMPLES)]
pub struct KeysArgs {
    /// Explain the keys with this in one of their names
    #[arg(value_name = "WORD")]
    pub word: Option<String>,
}

/// List named clusters; show, add or remove one, or make it the current
#[derive(Clone, Debug, Args)]
#[command(after_help = CONTEXT_EXAMPLES)]
pub struct ContextArgs {
    /// What to do with contexts.
    #[command(subcommand)]
    pub command: ContextCommand,
}

/// The commands of `config context`.
#[derive(Clone, Debug, Subcommand)]
pub enum ContextCommand {
    /// List the named clusters
    List,
    /// Show a named cluster: the current one, unless another is named
    Show(ContextShowArgs),
    /// Make a named cluster the current one, in your own config.toml
    Use(ContextNameArgs),
    /// Keep the configuration that the global options name under a name of its own
    Add(ContextAddArgs),
    /// Take a named cluster out of your own config.toml
    Remove(ContextNameArgs),
}

/// Arguments of `config context show`.
#[derive(Clone, Debug, Args)]
pub struct ContextShowArgs {
    /// The context
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `config context add`.
#[derive(Clone, Debug, Args)]
pub struct ContextAddArgs {
    /// The new context's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The cluster, as cluster/role/environ
    #[arg(long, value_name = "CLUSTER")]
    pub cluster: Option<String>,
    /// A word about it, for `config context list`
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// A key and the file that holds its value; may be repeated
    #[arg(long, value_name = "KEY=FILE")]
    pub secret: Vec<String>,
    /// Make it the current one
    #[arg(long)]
    pub current: bool,
    /// Put it in the place of one that has the name
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `config context use` and `config context remove`.
#[derive(Clone, Debug, Args)]
pub struct ContextNameArgs {
    /// The context
    #[arg(value_name = "NAME")]
    pub name: String,
}
