//! Carries out on Mesos what commands decide: the journal in ZooKeeper, the connection to the master, and the driver
//! between them.

pub mod connector;
pub mod journal;
