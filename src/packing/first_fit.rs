//! `FirstFitDecreasingPacking`: large components first, each instance into the first container that has room
//! (`docs/heron.md#first-fit-decreasing`). The number of containers follows; `topology.stmgrs` isn't looked at.

use std::cmp::Ordering;

use super::builder::Builder;
use super::error::PackingError;
use super::input::{PackingInput, check_size};
use super::java_hash::JavaMap;
use super::java_number::compare;
use super::limits::{ContainerLimits, Refusal};
use super::plan::{PackingPlan, Size};
use super::scaling;

/// What components are sorted by.
#[derive(Clone, Copy)]
enum Strategy {
    RamFirst,
    CpuFirst,
}

impl Strategy {
    fn new(input: &PackingInput) -> Result<Self, PackingError> {
        let value = input.setting("topology.packing.ffd.sorting.strategy").unwrap_or("RAM_FIRST");
        match value.to_uppercase().as_str() {
            "RAM_FIRST" => Ok(Self::RamFirst),
            "CPU_FIRST" => Ok(Self::CpuFirst),
            _ => Err(PackingError::UnknownSortingStrategy { value: value.to_owned() }),
        }
    }

    fn compare(self, a: &Size, b: &Size) -> Ordering {
        let (ram, cpu) = (a.ram.cmp(&b.ram), compare(a.cpu, b.cpu));
        match self {
            Self::RamFirst => ram.then(cpu),
            Self::CpuFirst => cpu.then(ram),
        }
    }

    /// Largest first; equal ones keep their order.
    fn sort(self, limits: &ContainerLimits, components: &mut [(String, u32)]) {
        components
            .sort_by(|(a, _), (b, _)| self.compare(&limits.component(b), &limits.component(a)));
    }
}

/// Packs a topology.
pub(super) fn pack(input: &PackingInput) -> Result<PackingPlan, PackingError> {
    let limits = ContainerLimits::resources_and_count(input)?;
    let strategy = Strategy::new(input)?;
    let parallelism = input.parallelism();
    check_size(&parallelism)?;
    let parallelism = parallelism.into_ordered().into_iter();
    let counts = parallelism.map(|(name, n)| (name, u32::try_from(n).unwrap_or_default()));

    let mut builder = Builder::new(&limits);
    place(&mut builder, 0, strategy, &limits, counts.collect())?;
    builder.build(&input.topology_id)?.ok_or(PackingError::NoInstances)
}

/// Removes and adds instances, and leaves the others where they are.
pub(super) fn repack(
    current: &PackingPlan,
    input: &PackingInput,
    changes: &JavaMap<i32>,
) -> Result<PackingPlan, PackingError> {
    let limits = ContainerLimits::resources_and_count(input)?;
    let strategy = Strategy::new(input)?;
    let mut builder = Builder::from_plan(&limits, current)?;
    let mut down = scaling::down(changes);
    strategy.sort(&limits, &mut down);
    for (component, count) in down {
        builder.remove(&component, count)?;
    }
    let containers = i32::try_from(current.container_count()).unwrap_or(i32::MAX);
    place(&mut builder, containers, strategy, &limits, scaling::up(changes))?;
    builder.build(&input.topology_id)?.ok_or(PackingError::NothingToChange)
}

fn place(
    builder: &mut Builder,
    mut containers: i32,
    strategy: Strategy,
    limits: &ContainerLimits,
    mut components: Vec<(String, u32)>,
) -> Result<(), PackingError> {
    strategy.sort(limits, &mut components);
    for (name, count) in components {
        let component = builder.component(&name);
        let mut candidates = builder.candidates();
        for _ in 0..count {
            if containers == 0 {
                containers = 1;
                builder.want(containers)?;
            }
            if builder.add_from(0, 0, component, &mut candidates)?.is_none() {
                containers = containers.saturating_add(1);
                builder.want(containers)?;
                let added = builder.add_to(containers, component);
                added.map_err(|refusal: Refusal| refusal.into_error(&name, containers))?;
            }
        }
    }
    Ok(())
}
