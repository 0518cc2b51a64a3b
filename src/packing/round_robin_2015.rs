//! `com.twitter.heron.scheduler.util.RoundRobinPacking` of 2015 (`docs/heron.md#round-robin-of-2015`): instances go
//! around the containers, and all containers get the same figures.
//!
//! What a configuration says of a container counts as it stands. The later algorithm takes a core for the daemons off
//! first, so that a file of those years with `topology.container.cpu: 1` could not be packed by it. Plans were not stored
//! then, so that their order is ours: by id.

use std::collections::BTreeMap;

use super::amount::memory;
use super::error::PackingError;
use super::input::{CONTAINER_CPU, CONTAINER_DISK, CONTAINER_RAM, PackingInput, RAM_MAP, total};
use super::java_hash::JavaMap;
use super::java_number::{GIB, MIB, plus, times};
use super::plan::{ContainerPlan, InstancePlan, PackingPlan, Size};
use super::round_robin::{Placed, allocate};

/// RAM of the stream manager, where nothing else is said.
const STMGR_RAM: i64 = GIB;
/// Disk of a container on top of its instances'.
const DISK_PADDING: i64 = 12 * GIB;
/// The least that a map may give to an instance; it was 300 MiB until February 2016.
const LEAST_RAM: i64 = 128 * MIB;

/// Packs a topology into `topology.stmgrs` containers.
pub(super) fn pack(input: &PackingInput) -> Result<PackingPlan, PackingError> {
    layout(input, input.containers()?, &input.parallelism())
}

/// Packs anew, as if the topology were submitted with these numbers. There was no update in 2015.
pub(super) fn repack(
    current: &PackingPlan,
    input: &PackingInput,
    changes: &JavaMap<i32>,
    containers: Option<i32>,
) -> Result<PackingPlan, PackingError> {
    let mut parallelism = current.counts();
    for (component, change) in changes.ordered() {
        if let Some(count) = parallelism.get_mut(component) {
            *count = count.wrapping_add(*change);
        }
    }
    let same = i32::try_from(current.container_count()).unwrap_or(i32::MAX);
    layout(input, containers.unwrap_or(same), &parallelism)
}

fn layout(
    input: &PackingInput,
    containers: i32,
    parallelism: &JavaMap<i32>,
) -> Result<PackingPlan, PackingError> {
    // No component is preferred for its RAM: they are dealt out in the order of the hash map.
    let allocation = allocate(containers, parallelism, &BTreeMap::new())?;
    let ram_map = input.bytes_map(RAM_MAP)?;
    check_map(&ram_map)?;
    let stmgr = input.bytes("topology.stmgr.ram")?.unwrap_or(STMGR_RAM);
    let hint = input.bytes(CONTAINER_RAM)?;
    let rest = match hint {
        Some(hint) => share(hint, stmgr, &allocation, &ram_map)?,
        None => input.defaults.ram,
    };
    let ram_of = |placed: &Placed| ram_map.get(placed.component).copied().unwrap_or(rest);
    let mut largest_ram = 0;
    for (id, placed) in (1_i32..).zip(&allocation) {
        let ram = placed.iter().try_fold(0, |sum, placed| plus(sum, ram_of(placed)))?;
        largest_ram = largest_ram.max(ram);
        check_room(id, ram, hint)?;
    }
    let required = Size {
        cpu: container_cpu(input, containers, parallelism)?,
        ram: hint.map_or_else(|| plus(largest_ram, stmgr), Ok)?,
        disk: container_disk(input, &allocation)?,
    };
    let plans = (1..=containers).zip(&allocation).map(|(id, placed)| {
        let instances = placed.iter().map(|placed| instance(placed, ram_of(placed), input));
        ContainerPlan::new(id, instances.collect(), required)
    });
    Ok(PackingPlan::new(&input.topology_id, plans.collect()))
}

fn instance(placed: &Placed, ram: i64, input: &PackingInput) -> InstancePlan {
    let resource = Size { cpu: input.defaults.cpu, ram, disk: input.defaults.disk };
    InstancePlan::new(placed.component, placed.task_id, placed.component_index, resource)
}

fn check_map(ram_map: &BTreeMap<&str, i64>) -> Result<(), PackingError> {
    match ram_map.iter().find(|(_, ram)| **ram > 0 && **ram < LEAST_RAM) {
        Some((component, ram)) => Err(PackingError::InstanceTooSmall {
            resource: "RAM",
            component: (*component).to_owned(),
            given: memory(*ram),
            least: memory(LEAST_RAM),
            key: RAM_MAP,
        }),
        None => Ok(()),
    }
}

/// Heron of 2015 took a map that gives the instances of a container more than it has; the kernel then kills them.
fn check_room(container: i32, needed: i64, hint: Option<i64>) -> Result<(), PackingError> {
    match hint {
        Some(limit) if needed > limit => Err(PackingError::ContainerExceeded {
            resource: "RAM",
            container,
            needed: memory(needed),
            limit: memory(limit),
            key: CONTAINER_RAM,
            map: RAM_MAP,
        }),
        _ => Ok(()),
    }
}

/// What each instance that the map doesn't name gets: the smallest even share over all containers.
fn share(
    hint: i64,
    stmgr: i64,
    allocation: &[Vec<Placed>],
    ram_map: &BTreeMap<&str, i64>,
) -> Result<i64, PackingError> {
    let mut smallest = i64::MAX;
    for (id, placed) in (1_i32..).zip(allocation) {
        let mapped = placed.iter().filter_map(|placed| ram_map.get(placed.component));
        let used = mapped.clone().try_fold(stmgr, |sum, ram| plus(sum, *ram))?;
        let unmapped = i64::try_from(placed.len() - mapped.count()).unwrap_or(i64::MAX);
        let Some(share) = hint.saturating_sub(used).checked_div(unmapped) else { continue };
        if share <= 0 {
            return Err(PackingError::NothingLeft {
                resource: "RAM",
                container: id,
                total: memory(hint),
                map: RAM_MAP,
                key: CONTAINER_RAM,
            });
        }
        smallest = smallest.min(share);
    }
    Ok(smallest)
}

/// As given, or a core for the daemons and an even share of what the instances want; Heron counted in floats.
#[allow(clippy::cast_possible_truncation, reason = "Java's float, which is what the plan had")]
fn container_cpu(
    input: &PackingInput,
    containers: i32,
    parallelism: &JavaMap<i32>,
) -> Result<f64, PackingError> {
    let instances = f64::from(total(parallelism));
    let even = 1.0 + input.defaults.cpu * instances / f64::from(containers);
    Ok(input.cores(CONTAINER_CPU)?.unwrap_or(f64::from(even as f32)))
}

fn container_disk(input: &PackingInput, allocation: &[Vec<Placed>]) -> Result<i64, PackingError> {
    if let Some(disk) = input.bytes(CONTAINER_DISK)? {
        return Ok(disk);
    }
    let largest = allocation.iter().map(Vec::len).max().unwrap_or_default();
    let largest = i32::try_from(largest).unwrap_or(i32::MAX);
    plus(times(input.defaults.disk, largest)?, DISK_PADDING)
}

#[cfg(test)]
mod tests {
    use super::super::{Algorithm, Component, ComponentKind, Defaults, pack, repack};
    use super::*;

    /// A spout and a bolt of four instances each, on two containers.
    fn input(settings: &[(&str, &str)]) -> PackingInput {
        let component = |name: &str, kind| Component {
            name: name.to_owned(),
            kind,
            parallelism: 4,
            config: Vec::new(),
        };
        let pairs = [("topology.stmgrs", "2")].into_iter().chain(settings.iter().copied());
        PackingInput {
            topology_id: "t1".to_owned(),
            components: vec![
                component("spout", ComponentKind::Spout),
                component("bolt", ComponentKind::Bolt),
            ],
            config: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            defaults: Defaults { cpu: 1.0, ram: GIB, disk: GIB },
        }
    }

    fn algorithm() -> Algorithm {
        Algorithm::from_class_name("com.twitter.heron.scheduler.util.RoundRobinPacking").unwrap()
    }

    fn packed(settings: &[(&str, &str)]) -> PackingPlan {
        pack(algorithm(), &input(settings)).unwrap()
    }

    /// The example of `docs/heron.md#round-robin-of-2015`; which component comes first is up to the hash map.
    #[test]
    fn instances_go_around_the_containers() {
        let plan = packed(&[]);
        let texts: Vec<Vec<String>> = plan
            .containers
            .iter()
            .map(|container| {
                let text = |i: &InstancePlan| {
                    let half = if i.task_id <= 4 { "first" } else { "second" };
                    format!("{half}:{}:{}", i.task_id, i.component_index)
                };
                container.instances.iter().map(text).collect()
            })
            .collect();
        assert_eq!(texts[0], ["first:1:0", "first:3:2", "second:5:0", "second:7:2"]);
        assert_eq!(texts[1], ["first:2:1", "first:4:3", "second:6:1", "second:8:3"]);
    }

    #[test]
    fn containers_hold_their_instances_and_the_daemons() {
        let required = packed(&[]).containers[0].required;
        let expected = Size { cpu: 5.0, ram: 5 * GIB, disk: 16 * GIB };
        assert_eq!(required, expected);
    }

    #[test]
    fn what_is_asked_for_counts_as_it_stands() {
        let plan = packed(&[
            ("topology.container.cpu", "1"),
            ("topology.container.ram", "1073741824"),
            ("topology.container.disk", "1073741824"),
            ("topology.stmgr.ram", "134217728"),
        ]);
        for container in &plan.containers {
            assert_eq!(container.required, Size { cpu: 1.0, ram: GIB, disk: GIB });
            for instance in &container.instances {
                assert_eq!(instance.resource.ram, (GIB - 128 * MIB) / 4);
            }
        }
    }

    #[test]
    fn the_smallest_share_counts_for_all() {
        let plan = packed(&[
            ("topology.container.ram", "4294967296"),
            ("topology.component.rammap", "spout:1073741824"),
        ]);
        for instance in plan.containers.iter().flat_map(|container| &container.instances) {
            // 4 GiB without the stream manager's one and the spouts' two, for two bolts.
            let expected = if instance.component == "spout" { GIB } else { GIB / 2 };
            assert_eq!(instance.resource.ram, expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let error = |settings: &[(&str, &str)]| pack(algorithm(), &input(settings)).unwrap_err();
        let small = error(&[("topology.component.rammap", "bolt:134217727")]);
        assert!(matches!(small, PackingError::InstanceTooSmall { .. }));
        let none = error(&[("topology.container.ram", "1073741824")]);
        assert!(matches!(none, PackingError::NothingLeft { container: 1, .. }));
        let map = "spout:2147483648,bolt:2147483648";
        let full = [("topology.container.ram", "8589934591"), ("topology.component.rammap", map)];
        let full = error(&full);
        assert!(matches!(full, PackingError::ContainerExceeded { container: 1, .. }), "{full}");
        assert!(matches!(
            error(&[("topology.container.cpu", "x")]),
            PackingError::NotANumber { .. }
        ));
    }

    #[test]
    fn only_the_class_of_2015_is_this_one() {
        assert_eq!(algorithm(), Algorithm::RoundRobin2015);
        for class in ["RoundRobinPacking", "org.apache.heron.packing.roundrobin.RoundRobinPacking"]
        {
            assert_eq!(Algorithm::from_class_name(class).unwrap(), Algorithm::RoundRobin);
        }
    }

    #[test]
    fn it_scales_too() {
        let input = input(&[("topology.container.cpu", "1")]);
        let current = pack(algorithm(), &input).unwrap();
        let requested = [("bolt".to_owned(), 6)];
        let plan = repack(algorithm(), &current, &input, &requested, Some(3)).unwrap();
        assert_eq!((plan.container_count(), plan.instance_count()), (3, 10));
    }
}
