//! Arguments of `classpath`.

use clap::Args;

use super::legacy::Legacy;

/// Print the class path that stock clients need: none
#[derive(Clone, Debug, Args)]
pub struct ClasspathArgs {
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}
