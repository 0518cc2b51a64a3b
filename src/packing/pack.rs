//! Packing by whichever algorithm is wanted.

use super::algorithm::Algorithm;
use super::error::PackingError;
use super::input::PackingInput;
use super::plan::PackingPlan;
use super::{first_fit, request, resource_compliant, round_robin, round_robin_2015};

impl Algorithm {
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
