//! heron-cli: runs Heron topologies on Apache Mesos, with their state in ZooKeeper.
//!
//! `docs/architecture.md` shows the way of data; each module below is one step of it.

pub mod mesos;
pub mod packing;
pub mod proto;
