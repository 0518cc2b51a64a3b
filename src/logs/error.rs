//! Why logs can't be shown.

use thiserror::Error;

use crate::engine::{EngineError, ErrorClass};

/// Logs can't be shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogsError {
    /// A word that names nothing of the topology.
    #[error("the topology has no `{word}`")]
    NoSuch {
        /// The word.
        word: String,
        /// The highest container.
        last: u32,
        /// The components.
        components: Vec<String>,
    },
    /// A word that names several things.
    #[error("`{word}` is several things: {}", meanings.join(", "))]
    Ambiguous {
        /// The word.
        word: String,
        /// What it may be, as it can be typed.
        meanings: Vec<String>,
    },
    /// There is no task to look at.
    #[error("container {container} has no {what} attempt that anybody remembers")]
    NoAttempt {
        /// The container.
        container: u32,
        /// `present`, `previous`.
        what: &'static str,
    },
    /// The host told no address, or is gone.
    #[error(
        "nobody knows where the files of container {container} are: its host {host} is not there any more"
    )]
    NoAddress {
        /// The container.
        container: u32,
        /// Its host.
        host: String,
    },
    /// No file of those that are wanted.
    #[error("{place} has no {what}")]
    NoFile {
        /// Whose sandbox.
        place: String,
        /// What was looked for.
        what: String,
    },
    /// A sandbox can't be read.
    #[error("failed to read the logs of {place}")]
    Sandbox {
        /// Whose: `container 1 on host (10.0.0.1:5051)`.
        place: String,
        /// Why not.
        #[source]
        source: EngineError,
    },
}

impl LogsError {
    /// What to do next, beside what a source of it says.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoSuch { last, components, .. } => vec![
                format!("its components are {}; containers are 0 to {last}", components.join(", ")),
                "processes are executor, stmgr, tmanager, metricsmgr, ckptmgr, metricscache, heron-shell and task".to_owned(),
            ],
            Self::Ambiguous { .. } => vec!["write one of these".to_owned()],
            Self::NoAttempt { .. } => {
                vec!["Mesos remembers the last 1000 tasks of a framework, until its master starts anew".to_owned()]
            }
            Self::NoAddress { .. } => {
                vec!["its sandbox can be read again when the host has come back".to_owned()]
            }
            Self::NoFile { .. } => {
                vec!["`--list` shows the files that there are; `--file <path>` shows any of them".to_owned()]
            }
            Self::Sandbox { source, .. } if source.class() != ErrorClass::Unreachable => Vec::new(),
            Self::Sandbox { .. } => vec![
                "hosts are asked directly for files: try from a machine that reaches them at that address".to_owned(),
            ],
        }
    }
}
