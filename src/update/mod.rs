//! Updates of running topologies: other numbers of instances or containers, or other settings.
//!
//! [`change`](mod@change) decides everything and touches nothing; [`document`] shows it. [`apply`](mod@apply) carries it
//! out, by the steps that are journalled each before it is done ([`crate::scheduler::update`]); [`settle`](mod@settle)
//! finishes or undoes what was interrupted.
//!
//! Heron deactivates a topology first and then adds containers. Here the new containers are launched while the topology
//! still works: it pauses only when everything that the new plan needs is there.

pub mod apply;
pub mod change;
pub mod document;
pub mod job;
pub mod request;
pub mod runtime;
pub mod settle;
mod steps;
mod write;
