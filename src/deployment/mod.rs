//! Containers 0 to N as they are to be: sizes, ports, packages, command. Plain values, made from configuration, definition
//! and packing plan; nothing here knows Mesos or ZooKeeper.

pub mod command;
pub mod container;
pub mod executor;
pub mod package;
mod plan;
pub mod supervisor;

pub use plan::Deployment;
