//! Carries out on Mesos what commands decide: the journal in ZooKeeper, the connection to the master, and what a deployment
//! is there.

pub mod capacity;
pub mod connector;
pub mod desired;
mod event_queue;
pub mod journal;
mod link;
pub mod observation;
