//! Heron's state tree in ZooKeeper (`facts/heron.md` §1, §2).
//!
//! | module | holds |
//! |---|---|
//! | [`paths`] | where what is |
//! | [`records`] | what is in the nodes |
//! | [`zk`] | a session: connecting, transactions, close; [`transaction`] is its pure part |
//! | [`reads`] | reads in one round trip, and watches |
//! | [`endpoints`], [`probe`] | connection strings, and why an ensemble can't be reached |
//! | [`lock`] | a lock with a readable holder and fenced writes |
//! | [`update_lock`] | the lock of Heron's own `update` |
//! | [`topology_state`], [`listing`], [`removal`] | what there is about one topology, or all, and how it comes and goes |
//!
//! Nothing here knows Mesos or the command line.

pub mod endpoints;
pub mod error;
pub mod listing;
pub mod lock;
pub mod paths;
pub mod probe;
pub mod reads;
pub mod records;
pub mod removal;
pub mod topology_state;
pub mod transaction;
pub mod update_lock;
pub mod zk;

#[cfg(test)]
mod tests;

pub use error::StateError;
pub use paths::Tree;
pub use topology_state::TopologyState;
pub use transaction::Op;
pub use zk::{ConnectOptions, Node, Zk};
