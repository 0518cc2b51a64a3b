//! The words of the verbs that are about a topology, or about all of them: a plain list, which [`super::positionals`]
//! tells apart.

use clap::Args;

use super::legacy::Legacy;

/// What a verb about one topology takes, for its help.
pub const TOPOLOGY: &str = "Arguments:
  [OVERRIDES]  Properties (`key=value key:value`), or `cluster/role/environ`
  <TOPOLOGY>   The topology's name";

/// What a verb about all topologies takes, for its help.
pub const OVERRIDES: &str = "Arguments:
  [OVERRIDES]  Properties (`key=value key:value`), or `cluster/role/environ`";

/// The words of a verb.
#[derive(Clone, Debug, Default, Args)]
pub struct Words {
    /// Overrides, if any, and what the verb is about
    #[arg(value_name = "ARGUMENTS", hide = true, allow_negative_numbers = true)]
    pub arguments: Vec<String>,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}

impl Words {
    /// The words of a verb that takes overrides alone.
    #[must_use]
    pub fn of(overrides: Option<&String>) -> Self {
        Self { arguments: overrides.into_iter().cloned().collect(), legacy: Legacy::default() }
    }
}
