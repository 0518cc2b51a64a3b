//! The reconciler: makes what runs on Mesos agree with the desired record of a topology.
//!
//! [`record`] is what the journal holds, [`update`] the steps of an update in it, [`model`] the state machine's memory, [`step`](mod@step) and `pursue` its transitions,
//! [`placement`] the choice of offers. All of these are pure: no I/O, no clock, no randomness, so that a test can
//! drive them through any sequence of bad luck from a seed. [`driver`] feeds them from the network.

pub mod driver;
pub mod journal;
pub mod model;
pub mod placement;
mod pursue;
pub mod record;
pub mod step;
#[cfg(test)]
mod tests;
pub mod update;
