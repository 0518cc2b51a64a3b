//! heron-cli: runs Heron topologies on Apache Mesos, with their state in ZooKeeper.
//!
//! `docs/architecture.md` shows the way of data; each module below is one step of it.

pub mod cli;
pub mod commands;
pub mod failure;
pub mod mesos;
pub mod proto;
pub mod scheduler;
pub mod state;
pub mod ui;
