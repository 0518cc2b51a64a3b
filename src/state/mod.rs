//! Heron's state tree in ZooKeeper (`docs/heron.md#state-tree`, `docs/heron.md#messages`).
//!
//! | module | holds |
//! |---|---|
//! | [`paths`] | where what is |
//! | [`records`] | what is in the nodes |
//! | [`zk`] | a session, and how long is waited in it |
//! | [`reads`] | reads in one round trip, and watches |
//! | [`writes`] | transactions; [`transaction`] is their pure part |
//! | [`directories`], [`rules`], [`acl`] | directories, which of them are whose, and taking over what was open |
//! | [`lock`], [`holder`] | a lock with a readable holder and fenced writes |
//! | [`update_lock`] | the lock of Heron's own `update` |
//! | [`topology_state`], [`listing`], [`removal`] | what there is about one topology, or all, and how it comes and goes |
//!
//! Nothing here knows Mesos or the command line.

pub mod acl;
pub mod directories;
pub mod error;
pub mod holder;
pub mod listing;
pub mod lock;
pub mod node;
pub mod paths;
pub mod reads;
pub mod records;
pub mod removal;
pub mod rules;
pub mod runtime_settings;
pub mod topology_state;
pub mod transaction;
pub mod update_lock;
pub mod writes;
pub mod zk;

#[cfg(test)]
mod tests;

pub use error::StateError;
pub use node::Node;
pub use paths::Tree;
pub use rules::Rules;
pub use topology_state::TopologyState;
pub use transaction::Op;
pub use zk::Zk;
