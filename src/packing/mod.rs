//! Packing: which instance runs in which container, and what each gets. Pure; knows no I/O of any kind.
//!
//! [`plan`] holds the plan, [`input`] what packing reads of a topology, [`round_robin`] Heron's default algorithm, exact
//! (`facts/heron.md` §7). Where Heron's result depends on the order of Java's hash maps, [`java_hash`] gives that order.

pub mod error;
pub mod input;
pub mod java_hash;
pub mod plan;
pub mod round_robin;

pub use error::PackingError;
pub use input::{Defaults, PackingInput};
pub use plan::{ContainerPlan, InstancePlan, PackingPlan, Resource};

/// Heron's packing algorithms that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `RoundRobinPacking`.
    RoundRobin,
}

impl Algorithm {
    /// The class names, without their packages.
    const KNOWN: [(&'static str, Self); 1] = [("RoundRobinPacking", Self::RoundRobin)];

    /// The algorithm of a class, by the last part of its name: packages changed over the years.
    pub fn from_class_name(class: &str) -> Result<Self, PackingError> {
        let name = class.trim().rsplit('.').next().unwrap_or_default();
        let found = Self::KNOWN.iter().find(|(known, _)| *known == name);
        found.map(|(_, algorithm)| *algorithm).ok_or_else(|| PackingError::UnknownAlgorithm {
            class: class.to_owned(),
            known: Self::KNOWN.map(|(known, _)| known).join(", "),
        })
    }

    /// Its class name, without a package.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "RoundRobinPacking",
        }
    }
}

/// Packs a topology.
pub fn pack(algorithm: Algorithm, input: &PackingInput) -> Result<PackingPlan, PackingError> {
    match algorithm {
        Algorithm::RoundRobin => round_robin::pack(input),
    }
}

#[cfg(test)]
mod vectors;
