//! Packing: which instance runs in which container, and with what resources.
//!
//! Heron's own algorithms, computed to the same result (`docs/heron.md#packing`): a plan made here is the one that
//! Heron's Java code would have made of the same topology, down to the order in which it is stored. Nothing here reads
//! or writes anything, and container 0, which holds the TManager, is in no plan.

mod algorithm;
mod amount;
mod builder;
mod container;
pub mod difference;
mod error;
mod first_fit;
mod input;
pub mod java_hash;
pub mod java_number;
mod limits;
mod pack;
mod plan;
mod request;
mod resource_compliant;
mod round_robin;
mod round_robin_2015;
mod scaling;

pub use algorithm::Algorithm;
pub use difference::difference;
pub use error::PackingError;
pub use input::{Component, ComponentKind, Defaults, PackingInput, Settings};
pub use pack::{pack, repack};
pub use plan::{ContainerPlan, InstancePlan, MAX_INSTANCES, PackingPlan, Size};
pub use request::parse_parallelism;

#[cfg(test)]
mod tests;
