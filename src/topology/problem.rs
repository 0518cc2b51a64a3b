//! The faults that a definition can have, each with the words for it.

use crate::names::NameError;
use crate::proto::check::Fault;

/// Setting of a component: how many instances it has.
pub const PARALLELISM: &str = "topology.component.parallelism";
/// Setting of a topology: what it guarantees.
pub const RELIABILITY: &str = "topology.reliability.mode";
pub(super) const RELIABILITY_MODES: [&str; 3] = ["ATMOST_ONCE", "ATLEAST_ONCE", EFFECTIVELY_ONCE];
pub(super) const EFFECTIVELY_ONCE: &str = "EFFECTIVELY_ONCE";

/// One fault of a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionProblem {
    /// Something without which Heron's processes refuse the record.
    #[error("{0}")]
    Incomplete(Fault),
    /// The topology has no name.
    #[error("the topology has no name")]
    NoName,
    /// The topology has no id.
    #[error("the topology has no id")]
    NoId,
    /// A name that something on the way can't carry.
    #[error(transparent)]
    Name(NameError),
    /// Nothing emits anything.
    #[error("the topology has no spout")]
    NoSpout,
    /// A component without a name.
    #[error("{0} has no name")]
    UnnamedComponent(String),
    /// Two components of one name.
    #[error("there are several components named {0:?}")]
    DuplicateComponent(String),
    /// A component that does not say how many instances it has.
    #[error("the component {0:?} has no {PARALLELISM}")]
    NoParallelism(String),
    /// A number of instances that is none.
    #[error("the component {component:?} has the parallelism {value:?}, expected a whole number from 1 to {max}", max = i32::MAX)]
    Parallelism {
        /// The component.
        component: String,
        /// What it says.
        value: String,
    },
    /// A bolt reads what nobody emits.
    #[error("the bolt {bolt:?} reads the stream {stream:?} of {component:?}, {}", if *known { "which has no such output" } else { "and there is no such component" })]
    UnknownInput {
        /// The bolt.
        bolt: String,
        /// The component that it wants to read from.
        component: String,
        /// The stream.
        stream: String,
        /// Whether that component exists.
        known: bool,
    },
    /// An entry of a resource map that can't be read.
    #[error("{key} has the malformed entry {entry:?}, expected component:{}", amount.expected())]
    MalformedMap {
        /// The setting.
        key: &'static str,
        /// The entry.
        entry: String,
        /// What a value is.
        amount: Amount,
    },
    /// An entry of a resource map for a component that is not there.
    #[error("{key} names the component {component:?}, which the topology does not have")]
    UnknownInMap {
        /// The setting.
        key: &'static str,
        /// The component.
        component: String,
    },
    /// A guarantee that Heron does not know.
    #[error("{RELIABILITY} is {0:?}, expected one of {modes}", modes = RELIABILITY_MODES.join(", "))]
    Reliability(String),
    /// More than fits into a znode.
    #[error(
        "the topology needs at least {size} bytes in one znode and ZooKeeper takes {limit}: {definition} for the definition without serialized objects, the rest for {instances} instances"
    )]
    TooLarge {
        /// What is needed at least.
        size: usize,
        /// What there is.
        limit: usize,
        /// The part of the definition.
        definition: usize,
        /// Instances of all components.
        instances: u64,
    },
}

/// What the values of a resource map are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Whole bytes.
    Bytes,
    /// Cores, possibly with a fraction.
    Cores,
}

impl Amount {
    fn expected(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Cores => "cores",
        }
    }

    pub(super) fn accepts(self, text: &str) -> bool {
        match self {
            // Java does not trim whole numbers, but does trim others.
            Self::Bytes => text.parse::<i64>().is_ok_and(|bytes| bytes >= 0),
            Self::Cores => {
                let trimmed = text.trim().trim_end_matches(['d', 'D', 'f', 'F']);
                trimmed.parse::<f64>().is_ok_and(|cores| cores.is_finite() && cores >= 0.0)
            }
        }
    }
}
