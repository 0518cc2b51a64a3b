//! Arguments of `man`.

use std::path::PathBuf;

use clap::Args;

/// Write the manual pages to a directory
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The directory to write the pages to; it is made if needed
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}

const EXAMPLES: &str = "Examples:
  heron-cli man ~/.local/share/man/man1";
