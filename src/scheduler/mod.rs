//! The reconciler: makes what runs on Mesos agree with the desired record of a topology.
//!
//! [`record`] and [`container`] are what the journal holds, [`update`] what it holds of an update and [`update_steps`] what
//! each step makes of the record. [`model`] is the state machine's memory, [`step`](mod@step) and `reconcile` its
//! transitions, [`placement`] the choice of offers, [`explanation`] why there was none. All of these are pure: no I/O, no
//! clock, no randomness, so that a test can drive them through any sequence of bad luck from a seed. [`driver`] feeds them
//! from the network.

pub mod container;
pub mod driver;
pub mod explanation;
pub mod journal;
pub mod model;
pub mod placement;
mod reconcile;
pub mod record;
pub mod seen;
pub mod step;
#[cfg(test)]
mod tests;
pub mod update;
pub mod update_steps;
