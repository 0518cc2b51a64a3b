//! Arguments of `explain`.

use clap::Args;

/// Print what an error of a kind means, and what to do
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// The kind, as messages name it, or an exit code; all kinds are listed without it
    pub kind: Option<String>,
}

const EXAMPLES: &str = "Examples:
  heron-cli explain
  heron-cli explain unreachable
  heron-cli explain 11";
