//! What can be wrong with the words of a command line, beyond what clap sees.

use thiserror::Error;

use crate::names::{NameError, Named};
use crate::net::redact::redact;

/// The words don't fit. What is quoted of them is quoted without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UsageError {
    /// Something is missing.
    #[error("no {what} was given")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// A topology's file needs a class.
    #[error("no class was given for `{file}`; for a .pex, `-` runs its own entry point")]
    NoClass {
        /// The file.
        file: String,
    },
    /// More words than the verb takes.
    #[error("`{}` is one word too many", redact(word))]
    TooMany {
        /// The first of them.
        word: String,
    },
    /// A container's id is no number.
    #[error(
        "`{}` is no container id: write a number from 0, or nothing (or -1) for all",
        redact(word)
    )]
    NoContainer {
        /// What was given.
        word: String,
    },
    /// What can be nothing's name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A path of more than three parts.
    #[error(
        "`{}` is no cluster: it has more than the three parts of cluster/role/environ",
        redact(word)
    )]
    TooDeep {
        /// What was given.
        word: String,
    },
    /// A verb that heron-cli doesn't have, though others do.
    #[error("there is no command `{word}`")]
    NoSuchVerb {
        /// What was given.
        word: String,
        /// What does it here.
        instead: &'static str,
    },
    /// A flag behind the topology's class that may be heron-cli's or the topology's.
    #[error("`{}` behind the topology's class is unclear: {}", redact(word), doubt(word, flag))]
    Doubtful {
        /// What was given.
        word: String,
        /// The flag of heron-cli that it is, or nearly is.
        flag: String,
        /// The command line with the flag as heron-cli's.
        ours: String,
        /// The command line with the flag as the topology's.
        theirs: String,
    },
    /// The environment names a format that there is not.
    #[error("HERON_OUTPUT is `{value}`, and it can be text, json or jsonl")]
    NoFormat {
        /// What it says.
        value: String,
    },
    /// A bare word in place of a cluster that the configuration doesn't know.
    #[error("`{word}` is no cluster: the configuration is for `{configured}`")]
    NoCluster {
        /// What was given.
        word: String,
        /// What the configuration says.
        configured: String,
    },
}

fn doubt(word: &str, flag: &str) -> String {
    if word == flag {
        "earlier releases gave it to the topology, and it is a flag of heron-cli now".to_owned()
    } else {
        format!("it is nearly `{flag}`")
    }
}

impl UsageError {
    /// What to type instead.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoSuchVerb { instead, .. } => vec![(*instead).to_owned()],
            Self::Doubtful { ours, theirs, .. } => vec![
                format!("if it is heron-cli's: `{ours}`"),
                format!("if it is the topology's: `{theirs}`"),
            ],
            Self::NoCluster { .. } => {
                vec!["leave the word out, or write cluster/role/environ in full".to_owned()]
            }
            Self::NoFormat { .. } => Vec::new(),
            Self::Name(error) if error.what == Named::Topology => {
                vec!["`heron-cli list` shows the topologies that there are".to_owned()]
            }
            Self::Missing { .. }
            | Self::NoClass { .. }
            | Self::TooMany { .. }
            | Self::NoContainer { .. }
            | Self::Name(_)
            | Self::TooDeep { .. } => {
                vec!["`heron-cli help <command>` shows its arguments".to_owned()]
            }
        }
    }
}

/// A command line can't be understood.
#[derive(Debug, Error)]
pub enum ParseError {
    /// By clap. Help and version come this way, too.
    #[error(transparent)]
    Clap(#[from] clap::Error),
    /// By the rules of earlier releases.
    #[error(transparent)]
    Usage(#[from] UsageError),
}
