//! Updates of running topologies: other numbers of instances or containers, or other settings.
//!
//! [`change`](mod@change) decides everything and touches nothing; [`document`] shows it. [`apply`](mod@apply) has it
//! carried out, by the steps that are journalled each before it is done ([`crate::scheduler::update`]); [`settle`](mod@settle) has
//! finished or undone what was interrupted.
//!
//! Heron deactivates a topology first and then adds containers. Here the new containers are launched while the topology
//! still works: it pauses only when everything that the new plan needs is there.

pub mod apply;
pub mod ask;
pub mod change;
pub mod document;
pub mod job;
pub mod request;
pub mod runtime;
pub mod settle;
