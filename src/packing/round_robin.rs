//! `RoundRobinPacking` and `RoundRobinPackingV2`: one instance per container in turn (`docs/heron.md#round-robin`).
//!
//! The number of containers is given. The first version shares the whole of a container out among those of its
//! instances that no map names; the second gives those the defaults.

use std::collections::BTreeMap;

use super::amount::memory;
use super::error::PackingError;
use super::input::{
    CONTAINER_CPU, CONTAINER_DISK, CONTAINER_RAM, CPU_MAP, PackingInput, RAM_MAP, RAM_PADDING,
    check_size, total,
};
use super::java_hash::{JavaMap, JavaSet, combine, string_hash};
use super::java_number::{self as number, GIB, MIB, compare, divide, minus, plus, times};
use super::plan::{ContainerPlan, InstancePlan, PackingPlan, Size};

/// CPU of a container for the processes that are no instances.
const CPU_PADDING: f64 = 1.0;
/// Disk of a container on top of its instances'.
const DISK_PADDING: i64 = 12 * GIB;
/// RAM of the stream manager, of the metrics manager and, if there is one, of the checkpoint manager.
const DAEMON_RAM: i64 = GIB;
/// What Heron's code has for "not given"; a setting of -1 means the same.
const UNSET: i64 = -1;
/// See [`UNSET`].
const UNSET_CPU: f64 = -1.0;
/// The configuration's name for the cores of an instance.
const INSTANCE_CPU: &str = "heron.resources.instance.cpu";

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Shares containers out.
    One,
    /// Gives defaults; since 2023.
    Two,
}

impl Version {
    fn min_ram(self) -> i64 {
        match self {
            Self::One => 16 * MIB,
            Self::Two => 192 * MIB,
        }
    }
}

/// Packs a topology into `topology.stmgrs` containers.
pub(super) fn pack(version: Version, input: &PackingInput) -> Result<PackingPlan, PackingError> {
    let padding = ram_padding(input)?;
    layout(version, input, input.containers()?, &input.parallelism(), padding)
}

/// Packs anew. Without a new number of containers, they hold as many instances as the definition asks for.
pub(super) fn repack(
    version: Version,
    current: &PackingPlan,
    input: &PackingInput,
    changes: &JavaMap<i32>,
    containers: Option<i32>,
) -> Result<PackingPlan, PackingError> {
    let padding = ram_padding(input)?;
    let mut parallelism = current.counts();
    for (component, change) in changes.ordered() {
        if let Some(count) = parallelism.get_mut(component) {
            *count = count.wrapping_add(*change);
        }
    }
    let same = containers.is_none_or(|n| usize::try_from(n) == Ok(current.container_count()));
    let containers = match containers {
        Some(containers) if !same => containers,
        _ => scaled(input, total(&parallelism))?,
    };
    layout(version, input, containers, &parallelism, padding)
}

#[allow(clippy::cast_possible_truncation, reason = "saturates, and NaN gives 0, as in Java")]
fn scaled(input: &PackingInput, instances: i32) -> Result<i32, PackingError> {
    let per_container = f64::from(input.total_instances()) / f64::from(input.containers()?);
    Ok((f64::from(instances) / per_container).ceil() as i32)
}

/// `topology.container.ram.padding`, else what the daemons take.
fn ram_padding(input: &PackingInput) -> Result<i64, PackingError> {
    let stmgr = input.bytes("topology.stmgr.ram")?.unwrap_or(DAEMON_RAM);
    let metricsmgr = input.bytes("topology.metricsmgr.ram")?.unwrap_or(DAEMON_RAM);
    let stateful = input.setting("topology.reliability.mode") == Some("EFFECTIVELY_ONCE");
    let ckptmgr = input.bytes("topology.stateful.checkpointmanager.ram")?.unwrap_or(if stateful {
        DAEMON_RAM
    } else {
        0
    });
    let daemons = plus(plus(stmgr, metricsmgr)?, ckptmgr)?;
    Ok(input.bytes(RAM_PADDING)?.unwrap_or(daemons))
}

/// An instance that has its place, not yet its resources.
pub(super) struct Placed<'a> {
    pub(super) component: &'a str,
    hash: i32,
    pub(super) task_id: i32,
    pub(super) component_index: i32,
}

fn layout(
    version: Version,
    input: &PackingInput,
    containers: i32,
    parallelism: &JavaMap<i32>,
    ram_padding: i64,
) -> Result<PackingPlan, PackingError> {
    let ram_map = input.bytes_map(RAM_MAP)?;
    let allocation = allocate(containers, parallelism, &ram_map)?;
    let largest = allocation.iter().map(Vec::len).max().unwrap_or_default();
    let largest = i32::try_from(largest).unwrap_or(i32::MAX);
    let sizes = Sizes::new(version, input, largest, ram_padding)?;
    let cpu_map = input.cores_map(CPU_MAP)?;

    let mut ids = JavaSet::default();
    for (id, instances) in (1..=containers).zip(allocation) {
        ids.insert(id, (id, instances));
    }
    let mut plans = JavaSet::default();
    for (id, instances) in ids.into_ordered() {
        let rams = sizes.instance_rams(id, &instances, &ram_map)?;
        let cpus = sizes.instance_cpus(id, &instances, &cpu_map)?;
        let plan = sizes.container(id, &instances, &rams, &cpus)?;
        plans.insert(plan.java_hash(), plan);
    }
    let plan = PackingPlan::new(&input.topology_id, plans.into_ordered());
    check_ram(version, &plan)?;
    Ok(plan)
}

/// Deals instances out, those with most RAM in the map first.
pub(super) fn allocate<'a>(
    containers: i32,
    parallelism: &'a JavaMap<i32>,
    ram_map: &BTreeMap<&str, i64>,
) -> Result<Vec<Vec<Placed<'a>>>, PackingError> {
    let instances = total(parallelism);
    if containers < 1 {
        return Err(PackingError::NoContainers { count: containers });
    }
    if containers > instances {
        return Err(PackingError::MoreContainersThanInstances { containers, instances });
    }
    check_size(parallelism)?;
    let mut components = parallelism.ordered();
    components
        .sort_by_key(|(name, _)| std::cmp::Reverse(ram_map.get(name).copied().unwrap_or_default()));

    let mut allocation: Vec<Vec<Placed>> = Vec::new();
    allocation.resize_with(usize::try_from(containers).unwrap_or_default(), Vec::new);
    let (mut next, mut task_id) = (0, 0);
    for (component, count) in components {
        let hash = string_hash(component);
        for component_index in 0..*count {
            task_id += 1;
            if let Some(container) = allocation.get_mut(next) {
                container.push(Placed { component, hash, task_id, component_index });
            }
            next = if next + 1 == allocation.len() { 0 } else { next + 1 };
        }
    }
    Ok(allocation)
}

/// What containers and instances get unless a map says otherwise.
struct Sizes {
    version: Version,
    instance: Size,
    /// What was asked for a container, or [`UNSET`].
    hint: Size,
    /// Size of a container that the first version shares out where nothing was asked for.
    shared_ram: i64,
    shared_cpu: f64,
    /// Instances of the largest container.
    largest: i32,
    ram_padding: i64,
    disk: i64,
}

impl Sizes {
    fn new(
        version: Version,
        input: &PackingInput,
        largest: i32,
        ram_padding: i64,
    ) -> Result<Self, PackingError> {
        let instance = input.default_instance();
        let hint = Size {
            cpu: input.cores(CONTAINER_CPU)?.unwrap_or(UNSET_CPU),
            ram: input.bytes(CONTAINER_RAM)?.unwrap_or(UNSET),
            disk: input.bytes(CONTAINER_DISK)?.unwrap_or(UNSET),
        };
        let shared_ram = match version {
            Version::One => plus(times(instance.ram, largest)?, ram_padding)?,
            Version::Two => 0,
        };
        let disk = match (version, input.bytes(CONTAINER_DISK)?) {
            (Version::One, Some(disk)) if disk != UNSET => disk,
            (Version::Two, Some(disk)) => disk,
            _ => plus(times(instance.disk, largest)?, DISK_PADDING)?,
        };
        Ok(Self {
            version,
            instance,
            hint,
            shared_ram,
            shared_cpu: shared_cpu(instance.cpu, largest),
            largest,
            ram_padding,
            disk,
        })
    }

    /// RAM of each instance of a container.
    fn instance_rams(
        &self,
        container: i32,
        instances: &[Placed],
        map: &BTreeMap<&str, i64>,
    ) -> Result<Vec<i64>, PackingError> {
        let mapped: Vec<_> = instances
            .iter()
            .map(|instance| map.get(instance.component).copied().or(self.default_ram()))
            .collect();
        let used = mapped.iter().flatten().try_fold(0, |sum, ram| plus(sum, *ram))?;
        let hint = self.hint.ram;
        let mut throttled = false;
        if hint != UNSET && used > minus(hint, self.ram_padding)? {
            if used > hint {
                return Err(exceeded("RAM", container, memory(used), memory(hint)));
            }
            throttled = true;
        }
        let rest = mapped.iter().filter(|ram| ram.is_none()).count();
        if rest == 0 {
            return Ok(mapped.into_iter().flatten().collect());
        }
        let whole = if hint == UNSET { self.shared_ram } else { hint };
        let free = if throttled { whole } else { minus(whole, self.ram_padding)? };
        let free = minus(free, used)?;
        if free <= 0 {
            return Err(nothing_left("RAM", container, memory(whole)));
        }
        let share = divide(free, rest);
        Ok(mapped.into_iter().map(|ram| ram.unwrap_or(share)).collect())
    }

    /// Cores of each instance of a container.
    fn instance_cpus(
        &self,
        container: i32,
        instances: &[Placed],
        map: &BTreeMap<&str, f64>,
    ) -> Result<Vec<f64>, PackingError> {
        let mapped: Vec<_> = instances
            .iter()
            .map(|instance| map.get(instance.component).copied().or(self.default_cpu()))
            .collect();
        let used = mapped.iter().flatten().fold(0.0, |sum, cpu| sum + cpu);
        let hint = self.hint.cpu;
        let unset = compare(hint, UNSET_CPU).is_eq();
        let mut throttled = false;
        if !unset && compare(used, hint - CPU_PADDING).is_gt() {
            if compare(used, hint).is_gt() {
                return Err(exceeded("CPU", container, cores(used), cores(hint)));
            }
            throttled = true;
        }
        let rest = mapped.iter().filter(|cpu| cpu.is_none()).count();
        if rest == 0 {
            return Ok(mapped.into_iter().flatten().collect());
        }
        let whole = if unset { self.shared_cpu } else { hint };
        let free = if throttled { whole - used } else { whole - CPU_PADDING - used };
        if compare(free, 0.0).is_le() {
            if unset && compare(used, 0.0).is_eq() {
                return Err(self.rounded_to_nothing(container, whole));
            }
            return Err(nothing_left("CPU", container, cores(whole)));
        }
        let share = free / rest as f64;
        Ok(mapped.into_iter().map(|cpu| cpu.unwrap_or(share)).collect())
    }

    /// Half a core in all is the least that is not rounded away.
    fn rounded_to_nothing(&self, container: i32, whole: f64) -> PackingError {
        let least = (500.0 / f64::from(self.largest)).ceil() / 1000.0;
        PackingError::RoundedToNothing {
            container,
            instances: self.largest,
            per_instance: cores(self.instance.cpu),
            total: cores(whole),
            key: INSTANCE_CPU,
            least: least.to_string(),
            container_key: CONTAINER_CPU,
        }
    }

    /// The first version leaves instances without an entry in the map to be served with the rest.
    fn default_ram(&self) -> Option<i64> {
        (self.version == Version::Two).then_some(self.instance.ram)
    }

    fn default_cpu(&self) -> Option<f64> {
        (self.version == Version::Two).then_some(self.instance.cpu)
    }

    fn container(
        &self,
        id: i32,
        placed: &[Placed],
        rams: &[i64],
        cpus: &[f64],
    ) -> Result<ContainerPlan, PackingError> {
        // Heron collects instances in a map by id first, then in a set made of it.
        let mut by_id = JavaSet::default();
        let (mut cpu, mut ram) = (0.0, 0);
        for ((placed, instance_ram), instance_cpu) in placed.iter().zip(rams).zip(cpus) {
            let resource =
                Size { cpu: *instance_cpu, ram: *instance_ram, disk: self.instance.disk };
            cpu += instance_cpu;
            ram = plus(ram, *instance_ram)?;
            let hash = combine(combine(placed.hash, placed.task_id), placed.component_index);
            by_id.insert(hash, (combine(hash, resource.java_hash()), placed, resource));
        }
        let mut instances = JavaSet::for_collection(by_id.len());
        for (hash, placed, resource) in by_id.into_ordered() {
            let Placed { component, task_id, component_index, .. } = *placed;
            let instance = InstancePlan::new(component, task_id, component_index, resource);
            instances.insert(hash, instance);
        }
        let required = self.required(cpu, ram)?;
        Ok(ContainerPlan::new(id, instances.into_ordered(), required))
    }

    /// What a container needs whose instances have so much; never more than was asked for.
    fn required(&self, cpu: f64, ram: i64) -> Result<Size, PackingError> {
        let mut cpu = cpu + CPU_PADDING;
        // Not `compare`: here Heron compares numbers, above it compares objects.
        #[allow(clippy::float_cmp, reason = "the very value that stands for unset")]
        if self.hint.cpu != UNSET_CPU {
            cpu = number::min(cpu, self.hint.cpu);
        }
        let mut ram = plus(ram, self.ram_padding)?;
        if self.hint.ram != UNSET {
            ram = ram.min(self.hint.ram);
        }
        Ok(Size { cpu: number::max(cpu, self.hint.cpu), ram, disk: self.disk })
    }
}

/// Heron keeps this number in single precision.
#[allow(clippy::cast_possible_truncation, reason = "as Heron does")]
fn shared_cpu(cpu: f64, largest: i32) -> f64 {
    f64::from(number::round(cpu * f64::from(largest) + CPU_PADDING) as f32)
}

fn check_ram(version: Version, plan: &PackingPlan) -> Result<(), PackingError> {
    let least = version.min_ram();
    let mut instances = plan.containers.iter().flat_map(|container| &container.instances);
    match instances.find(|instance| instance.resource.ram < least) {
        None => Ok(()),
        Some(instance) => Err(PackingError::InstanceTooSmall {
            resource: "RAM",
            component: instance.component.clone(),
            given: memory(instance.resource.ram),
            least: memory(least),
            key: RAM_MAP,
        }),
    }
}

fn cores(cpu: f64) -> String {
    format!("{cpu} cores")
}

/// The settings behind a resource: those of the container, and those of its instances.
fn keys(resource: &str) -> (&'static str, &'static str) {
    if resource == "RAM" { (CONTAINER_RAM, RAM_MAP) } else { (CONTAINER_CPU, CPU_MAP) }
}

fn exceeded(resource: &'static str, container: i32, needed: String, limit: String) -> PackingError {
    let (key, map) = keys(resource);
    PackingError::ContainerExceeded { resource, container, needed, limit, key, map }
}

fn nothing_left(resource: &'static str, container: i32, total: String) -> PackingError {
    let (key, map) = keys(resource);
    PackingError::NothingLeft { resource, container, total, map, key }
}
