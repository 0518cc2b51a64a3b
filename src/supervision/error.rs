//! Why supervising can't begin.

use thiserror::Error;

/// What keeps a supervisor from its work, other than what it would wait for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SupervisionError {
    /// The command line names no topology.
    #[error("nothing to supervise: name topologies, or give --all")]
    Nothing,
    /// It names some, and asks for all.
    #[error("--all can't be combined with names of topologies")]
    Both,
    /// The address of `--listen` can't be listened at.
    #[error("failed to listen at {address}")]
    Listen {
        /// What was given.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
}
