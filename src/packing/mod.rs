//! Packing: which instance runs in which container, and with what resources.
//!
//! Heron's own algorithms, computed to the same result (`docs/heron.md#packing`): a plan made here is the one that
//! Heron's Java code would have made of the same topology, down to the order in which it is stored. Nothing here reads
//! or writes anything, and container 0, which holds the TManager, is in no plan.

mod builder;
mod container;
pub mod difference;
mod error;
mod first_fit;
mod input;
pub mod java_hash;
pub mod java_number;
mod limits;
mod plan;
mod request;
mod resource_compliant;
mod round_robin;
mod round_robin_2015;
mod scaling;

use std::fmt;

pub use difference::difference;
pub use error::PackingError;
pub use input::{Component, ComponentKind, Defaults, PackingInput, Settings};
pub use plan::{ContainerPlan, InstancePlan, PackingPlan, Resource};
pub use request::parse_parallelism;

/// No plan has more instances: a typing error in a parallelism is told, not tried.
pub const MAX_INSTANCES: usize = 1_000_000;

/// How instances are put into containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// In turn into `topology.stmgrs` containers, which are shared out. Heron's default.
    RoundRobin,
    /// The same as it was in 2015, chosen by the class name of those years.
    RoundRobin2015,
    /// In turn into `topology.stmgrs` containers, with defaults.
    RoundRobinV2,
    /// In turn into `topology.stmgrs` containers or, if these are too small, more.
    ResourceCompliantRoundRobin,
    /// Large ones first, each into the first container that has room.
    FirstFitDecreasing,
}

impl Algorithm {
    /// Those of Heron's last release.
    pub const ALL: [Self; 4] = [
        Self::RoundRobin,
        Self::RoundRobinV2,
        Self::ResourceCompliantRoundRobin,
        Self::FirstFitDecreasing,
    ];
    /// Their names, in the order of [`Self::ALL`].
    pub const NAMES: [&'static str; 4] = [
        "RoundRobinPacking",
        "RoundRobinPackingV2",
        "ResourceCompliantRRPacking",
        "FirstFitDecreasingPacking",
    ];

    /// The only class whose package matters: later releases count otherwise.
    const CLASS_OF_2015: &'static str = "com.twitter.heron.scheduler.util.RoundRobinPacking";

    /// The algorithm of a class (`heron.class.packing.algorithm`), whatever its package: Heron moved it twice.
    pub fn from_class_name(class: &str) -> Result<Self, PackingError> {
        if class.trim() == Self::CLASS_OF_2015 {
            return Ok(Self::RoundRobin2015);
        }
        let name = class.trim().rsplit('.').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or_else(|| PackingError::UnknownAlgorithm { class: class.to_owned() })
    }

    /// The name of its class, without the package.
    #[must_use]
    pub fn name(self) -> &'static str {
        let [one, two, compliant, first_fit] = Self::NAMES;
        match self {
            Self::RoundRobin | Self::RoundRobin2015 => one,
            Self::RoundRobinV2 => two,
            Self::ResourceCompliantRoundRobin => compliant,
            Self::FirstFitDecreasing => first_fit,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Packs a topology.
pub fn pack(algorithm: Algorithm, input: &PackingInput) -> Result<PackingPlan, PackingError> {
    match algorithm {
        Algorithm::RoundRobin => round_robin::pack(round_robin::Version::One, input),
        Algorithm::RoundRobin2015 => round_robin_2015::pack(input),
        Algorithm::RoundRobinV2 => round_robin::pack(round_robin::Version::Two, input),
        Algorithm::ResourceCompliantRoundRobin => resource_compliant::pack(input),
        Algorithm::FirstFitDecreasing => first_fit::pack(input),
    }
}

/// Changes a plan so that components have the requested numbers of instances; components that aren't named stay as they
/// are. `container_count` asks for a number of containers, which only the round robins can follow.
pub fn repack(
    algorithm: Algorithm,
    current: &PackingPlan,
    input: &PackingInput,
    requested: &[(String, i32)],
    container_count: Option<i32>,
) -> Result<PackingPlan, PackingError> {
    // Heron works on the plan it has read from the state tree.
    let current = current.reread();
    let changes = request::changes(&current, requested)?;
    let round_robin =
        |version| round_robin::repack(version, &current, input, &changes, container_count);
    let plan = match algorithm {
        Algorithm::RoundRobin => round_robin(round_robin::Version::One),
        Algorithm::RoundRobin2015 => {
            round_robin_2015::repack(&current, input, &changes, container_count)
        }
        Algorithm::RoundRobinV2 => round_robin(round_robin::Version::Two),
        _ if container_count.is_some() => {
            Err(PackingError::ContainerCountUnsupported { algorithm: algorithm.name() })
        }
        Algorithm::ResourceCompliantRoundRobin => {
            resource_compliant::repack(&current, input, &changes)
        }
        Algorithm::FirstFitDecreasing => first_fit::repack(&current, input, &changes),
    }?;
    // Heron would store an empty plan, which its own executor can't run.
    if plan.containers.is_empty() { Err(PackingError::NoInstances) } else { Ok(plan) }
}

/// Bytes as a person reads them, never less exact than they are.
fn memory(bytes: i64) -> String {
    const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    for (unit, shift) in UNITS {
        if bytes != 0 && bytes % (1 << shift) == 0 {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests;
