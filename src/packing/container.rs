//! One container while it is being filled.

use super::error::PackingError;
use super::input::{CONTAINER_DISK, CONTAINER_RAM};
use super::java_hash::{JavaSet, combine};
use super::java_number;
use super::limits::{ContainerLimits, MIN_RAM, Refusal};
use super::plan;
use super::plan::Size;

/// An instance with the number of its component.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Which component, by the builder's own numbers.
    pub(super) component: usize,
    /// See [`plan::InstancePlan::task_id`].
    pub(super) task_id: i32,
    /// See [`plan::InstancePlan::component_index`].
    pub(super) component_index: i32,
    /// What it gets.
    pub(super) resource: Size,
}

impl Item {
    fn java_hash(&self, component_hash: i32) -> i32 {
        let id = combine(combine(component_hash, self.task_id), self.component_index);
        combine(id, self.resource.java_hash())
    }
}

/// A container and the sums over its instances.
#[derive(Clone, Debug, Default)]
pub(super) struct Container {
    items: JavaSet<Item>,
    ram: i128,
    disk: i128,
    cpu: f64,
    /// The sum without signs, which bounds the rounding errors of [`Self::cpu`].
    cpu_size: f64,
    /// All instances have the same cores, so that their sum doesn't depend on their order.
    uniform: Option<f64>,
    mixed: bool,
}

impl Container {
    /// How many instances it has.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Instances in Java's order, with their slots.
    pub(super) fn ordered(&self) -> Vec<(usize, Item)> {
        let slots = self.items.slots().into_iter();
        slots.filter_map(|slot| self.items.get(slot).map(|item| (slot, *item))).collect()
    }

    /// Puts an instance in, whatever the limits say.
    pub(super) fn add(&mut self, item: Item, component_hash: i32) {
        self.items.insert(item.java_hash(component_hash), item);
        self.ram += i128::from(item.resource.ram);
        self.disk += i128::from(item.resource.disk);
        self.count_cpu(item.resource.cpu);
    }

    fn count_cpu(&mut self, cpu: f64) {
        self.cpu += cpu;
        self.cpu_size += cpu.abs();
        let first = *self.uniform.get_or_insert(cpu);
        self.mixed |= first.to_bits() != cpu.to_bits();
    }

    /// Takes the instance out of a slot. [`Self::settle`] must follow before anything is added.
    pub(super) fn remove(&mut self, slot: usize) -> Option<Item> {
        let item = self.items.remove(slot)?;
        self.ram -= i128::from(item.resource.ram);
        self.disk -= i128::from(item.resource.disk);
        Some(item)
    }

    /// Sums the cores up again: a sum of doubles can't be taken back.
    pub(super) fn settle(&mut self) {
        let items = self.ordered();
        (self.cpu, self.cpu_size, self.uniform, self.mixed) = (0.0, 0.0, None, false);
        for (_, item) in items {
            self.count_cpu(item.resource.cpu);
        }
    }

    /// What is taken, padding included.
    pub(super) fn used(&self, limits: &ContainerLimits) -> Result<Size, PackingError> {
        let padding = &limits.padding;
        Ok(Size {
            cpu: self.cpu_in_order() + padding.cpu,
            ram: amount(self.ram, padding.ram)?,
            disk: amount(self.disk, padding.disk)?,
        })
    }

    /// The room that is left.
    pub(super) fn room(&self, limits: &ContainerLimits) -> (f64, i128, i128) {
        let (cpu, ram, disk) = super::limits::room(limits);
        (cpu - self.cpu, ram - self.ram, disk - self.disk)
    }

    /// Whether no instance of any component can be added: each has [`MIN_RAM`].
    pub(super) fn is_full(&self, limits: &ContainerLimits) -> bool {
        self.room(limits).1 < i128::from(MIN_RAM)
            || limits.max_instances.is_some_and(|most| self.holds(most))
    }

    fn holds(&self, most: i32) -> bool {
        usize::try_from(most).map_or(true, |most| self.len() >= most)
    }

    /// Whether one more instance would be too much.
    pub(super) fn check(&self, limits: &ContainerLimits, gets: &Size) -> Result<(), Refusal> {
        let (all, padding) = (&limits.capacity, &limits.padding);
        let ram = amount(self.ram, padding.ram)?;
        let disk = amount(self.disk, padding.disk)?;
        let more_ram = java_number::plus(ram, gets.ram)?;
        let more_disk = java_number::plus(disk, gets.disk)?;
        if self.cpu_exceeds(all.cpu, padding.cpu, gets.cpu) {
            return Err(limits.cpu_refusal(self.cpu + padding.cpu, gets.cpu));
        }
        if all.ram < more_ram {
            return Err(ContainerLimits::bytes_refusal(CONTAINER_RAM, ram, gets.ram, all.ram));
        }
        if all.disk < more_disk {
            return Err(ContainerLimits::bytes_refusal(CONTAINER_DISK, disk, gets.disk, all.disk));
        }
        match limits.max_instances {
            Some(most) if self.holds(most) => Err(ContainerLimits::count_refusal(most)),
            _ => Ok(()),
        }
    }

    /// Heron sums doubles up in hash order for every question; here that is done only where it could matter.
    fn cpu_exceeds(&self, capacity: f64, padding: f64, more: f64) -> bool {
        let sum = self.cpu + padding + more;
        let doubt = 1e-9 * (self.cpu_size + capacity.abs() + padding.abs() + more.abs());
        if self.mixed && (sum - capacity).abs() <= doubt {
            return capacity < self.cpu_in_order() + padding + more;
        }
        capacity < sum
    }

    fn cpu_in_order(&self) -> f64 {
        if !self.mixed {
            return self.cpu;
        }
        self.ordered().iter().fold(0.0, |sum, (_, item)| sum + item.resource.cpu)
    }
}

/// Bytes of instances and padding; Heron can't count a negative sum further.
fn amount(instances: i128, padding: i64) -> Result<i64, PackingError> {
    let sum = instances + i128::from(padding);
    match i64::try_from(sum) {
        Ok(bytes) if instances >= 0 => Ok(bytes),
        _ => Err(PackingError::TooManyBytes { sum: format!("{instances} + {padding}") }),
    }
}

/// The plan of a container.
pub(super) fn plan<'a>(
    id: i32,
    container: &Container,
    limits: &ContainerLimits,
    name: impl Fn(usize) -> &'a str,
) -> Result<plan::ContainerPlan, PackingError> {
    let used = container.used(limits)?;
    let instances = container.ordered().into_iter().map(|(_, item)| {
        let Item { component, task_id, component_index, resource } = item;
        plan::InstancePlan::new(name(component), task_id, component_index, resource)
    });
    let required = Size { cpu: java_number::round(used.cpu) as f64, ..used };
    Ok(plan::ContainerPlan::new(id, instances.collect(), required))
}
