//! `RoundRobinPacking` (`facts/heron.md` §7.2): instances go around the containers; what is left of a container after the
//! mapped instances is shared out among the others.

use std::collections::BTreeMap;

use super::error::PackingError;
use super::input::PackingInput;
use super::plan::{ContainerPlan, InstancePlan, PackingPlan, Resource};

const GIB: i64 = 1 << 30;
/// Memory of the daemons of a container, where the topology says nothing.
const DAEMON_RAM: i64 = GIB;
const CPU_PADDING: f64 = 1.0;
const DISK_PADDING: i64 = 12 * GIB;
/// What Heron takes for "nothing was asked for".
const UNSET: i64 = -1;
/// The least memory of an instance.
const LEAST_RAM: i64 = 16 << 20;

/// Packs a topology.
pub fn pack(input: &PackingInput) -> Result<PackingPlan, PackingError> {
    let containers = container_count(input)?;
    let ram_map =
        input.map("topology.component.rammap", "component:bytes,component:bytes", |v| {
            v.parse::<i64>().ok()
        })?;
    let cpu_map =
        input.map("topology.component.cpumap", "component:cores,component:cores", |v| {
            v.trim().parse::<f64>().ok()
        })?;
    let assigned = assign(input, containers, &ram_map);
    let largest = assigned.iter().map(Vec::len).max().unwrap_or_default();
    let sizes = Sizes::read(input, largest)?;
    let mut plans = Vec::with_capacity(containers);
    for (index, instances) in assigned.into_iter().enumerate() {
        let id = u32::try_from(index + 1).unwrap_or(u32::MAX);
        plans.push(sizes.container(id, instances, &ram_map, &cpu_map)?);
    }
    Ok(PackingPlan { id: input.topology_id.clone(), containers: plans })
}

fn container_count(input: &PackingInput) -> Result<usize, PackingError> {
    let containers = input.containers()?;
    let instances = input.instances();
    match usize::try_from(containers) {
        Ok(0) | Err(_) => Err(PackingError::NoContainers { containers }),
        Ok(count) if count > instances => {
            Err(PackingError::TooManyContainers { containers, instances })
        }
        Ok(count) => Ok(count),
    }
}

/// An instance that has a place, and no resources yet.
struct Placed {
    component: String,
    task_id: i32,
    component_index: i32,
}

/// Components with much mapped memory first; the pointer goes on from one to the next.
fn assign(
    input: &PackingInput,
    containers: usize,
    ram_map: &BTreeMap<String, i64>,
) -> Vec<Vec<Placed>> {
    let mut components: Vec<_> = input.components.iter().collect();
    components.sort_by_key(|c| std::cmp::Reverse(ram_map.get(&c.name).copied().unwrap_or(0)));
    let mut assigned: Vec<Vec<Placed>> = (0..containers).map(|_| Vec::new()).collect();
    let mut task_id = 0_i32;
    let mut pointer = (0..containers).cycle();
    for component in components {
        for index in 0..component.parallelism {
            task_id = task_id.saturating_add(1);
            let component_index = i32::try_from(index).unwrap_or(i32::MAX);
            let place = pointer.next().and_then(|at| assigned.get_mut(at));
            if let Some(container) = place {
                let component = component.name.clone();
                container.push(Placed { component, task_id, component_index });
            }
        }
    }
    assigned
}

/// What containers and daemons have, before it is shared out.
struct Sizes {
    ram_hint: Option<i64>,
    cpu_hint: Option<f64>,
    ram_base: i64,
    cpu_base: f64,
    ram_padding: i64,
    disk: i64,
    instance_disk: i64,
}

impl Sizes {
    fn read(input: &PackingInput, largest: usize) -> Result<Self, PackingError> {
        let defaults = input.defaults;
        let ram_padding = ram_padding(input)?;
        let ram_hint = input.integer("topology.container.ram")?.filter(|hint| *hint != UNSET);
        let cpu_hint = input.number("topology.container.cpu")?.filter(|hint| *hint >= 0.0);
        let disk_hint = input.integer("topology.container.disk")?.filter(|hint| *hint != UNSET);
        let count = i64::try_from(largest).unwrap_or(i64::MAX);
        let ram_default = defaults.instance_ram.saturating_mul(count).saturating_add(ram_padding);
        let cpu_default = java_round(defaults.instance_cpu * largest as f64 + CPU_PADDING);
        let disk_default =
            defaults.instance_disk.saturating_mul(count).saturating_add(DISK_PADDING);
        Ok(Self {
            ram_hint,
            cpu_hint,
            ram_base: ram_hint.unwrap_or(ram_default),
            cpu_base: cpu_hint.unwrap_or(cpu_default),
            ram_padding,
            disk: disk_hint.unwrap_or(disk_default),
            instance_disk: defaults.instance_disk,
        })
    }

    fn container(
        &self,
        id: u32,
        instances: Vec<Placed>,
        ram_map: &BTreeMap<String, i64>,
        cpu_map: &BTreeMap<String, f64>,
    ) -> Result<ContainerPlan, PackingError> {
        let ram_rest = self.ram_rest(id, &instances, ram_map)?;
        let cpu_rest = self.cpu_rest(id, &instances, cpu_map)?;
        let mut plans = Vec::with_capacity(instances.len());
        for Placed { component, task_id, component_index } in instances {
            let ram = ram_map.get(&component).copied().unwrap_or(ram_rest);
            if ram < LEAST_RAM {
                return Err(PackingError::InstanceTooSmall { component, ram, least: LEAST_RAM });
            }
            let cpu = cpu_map.get(&component).copied().unwrap_or(cpu_rest);
            let resource = Resource { cpu, ram, disk: self.instance_disk };
            plans.push(InstancePlan { component, task_id, component_index, resource });
        }
        let ram_sum = sum(id, self.ram_padding, plans.iter().map(|plan| plan.resource.ram))?;
        let cpu_sum: f64 = plans.iter().map(|instance| instance.resource.cpu).sum();
        let required = Resource {
            ram: self.ram_hint.map_or(ram_sum, |hint| ram_sum.min(hint)),
            cpu: self.cpu_hint.unwrap_or(cpu_sum + CPU_PADDING),
            disk: self.disk,
        };
        Ok(ContainerPlan { id, instances: plans, required })
    }

    /// The memory of each instance that no map names.
    fn ram_rest(
        &self,
        id: u32,
        instances: &[Placed],
        map: &BTreeMap<String, i64>,
    ) -> Result<i64, PackingError> {
        let mapped: Vec<i64> =
            instances.iter().filter_map(|instance| map.get(&instance.component).copied()).collect();
        let used = sum(id, 0, mapped.iter().copied())?;
        let too_small = |available: i64, wanted: i64| PackingError::TooSmall {
            container: id,
            resource: "memory",
            available: available.to_string(),
            wanted: wanted.to_string(),
            unit: "bytes",
            key: "topology.container.ram",
        };
        let mut padding = self.ram_padding;
        if let Some(hint) = self.ram_hint
            && used > hint.saturating_sub(padding)
        {
            if used > hint {
                return Err(too_small(hint, used));
            }
            // What the mapped instances leave is all that the daemons get.
            padding = 0;
        }
        let unmapped = i64::try_from(instances.len() - mapped.len()).unwrap_or(i64::MAX);
        if unmapped == 0 {
            return Ok(0);
        }
        let rest = self.ram_base.saturating_sub(used).saturating_sub(padding);
        if rest <= 0 {
            return Err(too_small(self.ram_base, used.saturating_add(padding)));
        }
        Ok(share(rest, unmapped))
    }

    /// The cores of each instance that no map names.
    fn cpu_rest(
        &self,
        id: u32,
        instances: &[Placed],
        map: &BTreeMap<String, f64>,
    ) -> Result<f64, PackingError> {
        let mapped: Vec<f64> =
            instances.iter().filter_map(|instance| map.get(&instance.component).copied()).collect();
        let used: f64 = mapped.iter().sum();
        let too_small = |available: f64, wanted: f64| PackingError::TooSmall {
            container: id,
            resource: "cpu",
            available: available.to_string(),
            wanted: wanted.to_string(),
            unit: "cores",
            key: "topology.container.cpu",
        };
        let mut padding = CPU_PADDING;
        if let Some(hint) = self.cpu_hint
            && used > hint - padding
        {
            if used > hint {
                return Err(too_small(hint, used));
            }
            padding = 0.0;
        }
        let unmapped = instances.len() - mapped.len();
        if unmapped == 0 {
            return Ok(0.0);
        }
        let rest = self.cpu_base - used - padding;
        if rest <= 0.0 {
            return Err(too_small(self.cpu_base, used + padding));
        }
        Ok(rest / unmapped as f64)
    }
}

/// The daemons' memory: as configured, or what stream manager, metrics manager and checkpoint manager take.
fn ram_padding(input: &PackingInput) -> Result<i64, PackingError> {
    if let Some(padding) = input.integer("topology.container.ram.padding")? {
        return Ok(padding);
    }
    let stateful = input.get("topology.reliability.mode") == Some("EFFECTIVELY_ONCE");
    let checkpoints = if stateful { DAEMON_RAM } else { 0 };
    let stmgr = input.integer("topology.stmgr.ram")?.unwrap_or(DAEMON_RAM);
    let metrics = input.integer("topology.metricsmgr.ram")?.unwrap_or(DAEMON_RAM);
    let checkpoints =
        input.integer("topology.stateful.checkpointmanager.ram")?.unwrap_or(checkpoints);
    Ok(stmgr.saturating_add(metrics).saturating_add(checkpoints))
}

/// A sum of memory; Heron, too, refuses what 63 bits can't hold.
fn sum(container: u32, first: i64, rest: impl Iterator<Item = i64>) -> Result<i64, PackingError> {
    let mut sum = first;
    for ram in rest {
        sum = sum.checked_add(ram).ok_or(PackingError::TooLarge { container })?;
    }
    Ok(sum)
}

/// A share of memory, rounded to the nearest byte as Heron's `ByteAmount` does, halves up.
fn share(rest: i64, count: i64) -> i64 {
    let (rest, count) = (i128::from(rest), i128::from(count));
    i64::try_from((2 * rest + count).div_euclid(2 * count)).unwrap_or(i64::MAX)
}

/// `Math.round` of Java: halves go up.
fn java_round(value: f64) -> f64 {
    (value + 0.5).floor()
}
