//! Tests against a real ZooKeeper.

pub(super) mod server;
mod tree;
mod zookeeper;
