//! A node as it was read.

pub use zookeeper_client::Stat;

/// The content of a node and what ZooKeeper knows about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The content.
    pub data: Vec<u8>,
    /// Versions, times, owner.
    pub stat: Stat,
}
