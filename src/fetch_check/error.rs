//! What can go wrong with a check as such; a package that can't be fetched is its answer.

use thiserror::Error;

/// A check could not be carried out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// No URI is known.
    #[error(
        "there is nothing to fetch: neither heron.core.release.uri nor a topology package is set"
    )]
    Nothing,
    /// A URI is that of one topology.
    #[error("{uri} needs the name of a topology: give --topology NAME")]
    Unnamed {
        /// The URI.
        uri: String,
    },
    /// Nothing is known of a topology's package.
    #[error(
        "the package of topology `{topology}` is not known: it does not run, and no URI is set"
    )]
    NoPackage {
        /// The topology.
        topology: String,
    },
    /// No agent of that name.
    #[error("there is no agent `{agent}`; there are {known}")]
    NoSuchAgent {
        /// What was asked for.
        agent: String,
        /// The agents that there are.
        known: String,
    },
    /// There is none at all.
    #[error("no agent is registered with the Mesos master")]
    NoAgents,
    /// The master does not say which agents there are.
    #[error(
        "the Mesos master does not list its agents, so that not all of them can be checked; name them by --agent"
    )]
    Unlisted,
    /// A name that no shell can be given.
    #[error("a configured name holds a character that no command line can carry")]
    Name,
    /// The master ended the framework.
    #[error("Mesos ended the framework of the check: {message}")]
    Ended {
        /// Its words.
        message: String,
        /// Whether it was for lack of rights.
        forbidden: bool,
    },
    /// The stream broke; Mesos then removes framework and tasks.
    #[error("the connection to Mesos was lost during the check")]
    Lost,
}

impl CheckError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Nothing | Self::NoPackage { .. } => {
                "set heron.core.release.uri, or give --topology-package URI"
            }
            Self::Unnamed { .. } => "any name will do if the core package is the same for all",
            Self::NoSuchAgent { .. } => "--all-agents checks every agent",
            Self::NoAgents => "look at the agents' own logs",
            Self::Unlisted => "a principal with the right to see agents can use --all-agents",
            Self::Name => "`heron-cli config show` shows the names",
            Self::Ended { .. } => "nothing of the check is left in the cluster",
            Self::Lost => "nothing of the check stays in the cluster; try again",
        }
    }
}
