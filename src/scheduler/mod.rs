//! The reconciler: makes what runs agree with the desired record of a topology, whatever engine it runs on.
//!
//! [`ids`], [`task`](mod@task), [`offer`], [`call`] and [`closed`] are the words that it has in common with an engine. [`record`] and [`container`] are what the journal holds, [`history`] what it remembers, as [`remember`] says, [`revision`] and [`revisions`] what it holds of what a topology was and is to become, [`update`] of an update, and [`update_steps`] and
//! [`replacing`] what each step makes of the record. [`model`] is the state machine's memory, [`step`](mod@step), `changes` and `reconcile`
//! its transitions, `strays` the tasks that no record names, `placement` the choice of offers, [`explanation`] why there was none. All of these are pure: no I/O, no
//! clock, no randomness, so that a test can drive them through any sequence of bad luck from a seed. [`driver`] feeds them
//! from the network.

mod advance;
mod assignment;
pub mod backoff;
mod batch;
mod beside;
pub mod call;
mod changes;
pub mod closed;
pub mod connection;
pub mod container;
pub mod driver;
mod due;
pub mod errand;
pub mod explanation;
pub mod history;
pub mod ids;
pub mod journal;
pub mod member;
pub mod model;
pub mod offer;
mod out_of_reach;
pub mod package;
mod placement;
pub mod ports;
mod reconcile;
pub mod record;
pub mod remember;
pub mod replacing;
pub mod revision;
pub mod revisions;
pub mod run;
pub mod seen;
pub mod step;
mod strays;
pub mod supervisors;
pub mod task;
#[cfg(test)]
mod tests;
pub mod update;
pub mod update_steps;
mod updating;
pub mod uri;
mod wishes;
