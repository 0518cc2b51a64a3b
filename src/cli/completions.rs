//! Arguments of `completions`.

use clap::Args;

/// Print what makes a shell complete command lines
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

const EXAMPLES: &str = "Examples:
  heron-cli completions bash >> ~/.bashrc
  heron-cli completions zsh >> ~/.zshrc
  heron-cli completions fish > ~/.config/fish/completions/heron-cli.fish

Verbs, flags, contexts, keys, topologies and containers are completed.";
