//! What `doctor` looks at: each part of a cluster that commands need, from this machine. Nothing is started.
//!
//! `zookeeper`, `mesos` and `packages` look, `judge` says what follows from what they found, which is pure.

mod judge;
mod mesos;
mod packages;
mod zookeeper;

pub use mesos::mesos;
pub use packages::{core, java, store};
pub use zookeeper::{endpoints, state};
