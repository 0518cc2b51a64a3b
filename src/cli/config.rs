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
    Check(CheckArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Convert(ConvertArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Keys(KeysArgs),
    #[allow(missing_docs, reason = "described by its arguments")]
    Context(ContextArgs),
}

const EXAMPLES: &str = "Examples:
  heron-cli config show --origin --config-file conf/mesos_scheduler.conf
  heron-cli config check --config-file conf/mesos_scheduler.conf
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

/// List named clusters, show one, or make one the current
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
    Use(ContextUseArgs),
}

/// Arguments of `config context show`.
#[derive(Clone, Debug, Args)]
pub struct ContextShowArgs {
    /// The context
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `config context use`.
#[derive(Clone, Debug, Args)]
pub struct ContextUseArgs {
    /// The context
    #[arg(value_name = "NAME")]
    pub name: String,
}
