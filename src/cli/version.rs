//! Arguments of `version`.

use clap::Args;

use super::legacy::Legacy;

/// Show the version
#[derive(Clone, Debug, Args)]
pub struct VersionArgs {
    /// 2020: the cluster whose API server was asked.
    #[arg(value_name = "CLUSTER", hide = true)]
    pub cluster: Option<String>,
    /// Flags of earlier releases.
    #[command(flatten)]
    pub legacy: Legacy,
}
