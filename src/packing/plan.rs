//! Packing plans: which instance runs in which container, and with what.
//!
//! **Order.** Containers stand by id, instances by task id. Beside that, a plan remembers the order in which Heron's Java
//! code visits it, which is the order of its hash tables and looks random ([`super::java_hash`]). In that order it is
//! stored (`heron.proto.system.PackingPlan`), byte for byte as Heron stores it, and read back, so that repacking a stored plan
//! gives what Heron gives. Plans that differ only in that order are equal.

use std::collections::{BTreeMap, HashSet};

use super::error::PackingError;
use super::java_hash::{JavaMap, JavaSet, combine, double_hash, long_hash, string_hash};
use super::java_number;
use crate::proto::system;

/// No plan has more instances: a typing error in a parallelism is told, not tried.
pub const MAX_INSTANCES: usize = 1_000_000;

/// A place in Heron's order, which doesn't count in comparisons.
#[derive(Clone, Copy, Debug, Default)]
struct Place(usize);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What an instance or a container gets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Cores.
    pub cpu: f64,
    /// Bytes.
    pub ram: i64,
    /// Bytes.
    pub disk: i64,
}

impl Size {
    /// The hash code in Java.
    #[must_use]
    pub fn java_hash(&self) -> i32 {
        combine(combine(double_hash(self.cpu), long_hash(self.ram)), long_hash(self.disk))
    }

    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            cpu: java_number::max(self.cpu, other.cpu),
            ram: self.ram.max(other.ram),
            disk: self.disk.max(other.disk),
        }
    }
}

/// One instance.
#[derive(Clone, Debug, PartialEq)]
pub struct InstancePlan {
    /// The component it is an instance of.
    pub component: String,
    /// Unique within the topology, from 1.
    pub task_id: i32,
    /// Unique within the component, from 0.
    pub component_index: i32,
    /// What it gets.
    pub resource: Size,
    place: Place,
}

impl InstancePlan {
    /// An instance.
    #[must_use]
    pub fn new(component: &str, task_id: i32, component_index: i32, resource: Size) -> Self {
        let component = component.to_owned();
        Self { component, task_id, component_index, resource, place: Place::default() }
    }

    /// The hash code in Java.
    #[must_use]
    pub fn java_hash(&self) -> i32 {
        let id = combine(string_hash(&self.component), self.task_id);
        combine(combine(id, self.component_index), self.resource.java_hash())
    }
}

/// One container and its instances.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerPlan {
    /// From 1.
    pub id: i32,
    /// Its instances, by task id.
    pub instances: Vec<InstancePlan>,
    /// What it needs.
    pub required: Size,
    /// What a scheduler with equal containers gives it; the algorithms leave it out.
    pub scheduled: Option<Size>,
    place: Place,
}

impl ContainerPlan {
    /// A container of instances that stand in Heron's order.
    #[must_use]
    pub fn new(id: i32, mut instances: Vec<InstancePlan>, required: Size) -> Self {
        for (place, instance) in instances.iter_mut().enumerate() {
            instance.place = Place(place);
        }
        instances.sort_by_key(|instance| instance.task_id);
        Self { id, instances, required, scheduled: None, place: Place::default() }
    }

    /// The hash code in Java.
    #[must_use]
    pub fn java_hash(&self) -> i32 {
        let instances = self.instances.iter().fold(0_i32, |sum, i| sum.wrapping_add(i.java_hash()));
        let hash = combine(self.id, instances);
        let hash = combine(hash, self.required.java_hash());
        self.scheduled.map_or(hash, |scheduled| combine(hash, scheduled.java_hash()))
    }

    /// Its instances in Heron's order.
    #[must_use]
    pub fn in_heron_order(&self) -> Vec<&InstancePlan> {
        let mut instances: Vec<_> = self.instances.iter().collect();
        instances.sort_by_key(|instance| instance.place.0);
        instances
    }

    /// How many instances of each component it holds.
    #[must_use]
    pub fn component_counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for instance in &self.instances {
            *counts.entry(instance.component.as_str()).or_default() += 1;
        }
        counts
    }
}

/// All containers of a topology but container 0, which holds the TManager and is in no plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PackingPlan {
    /// The topology's id.
    pub id: String,
    /// Its containers, by id.
    pub containers: Vec<ContainerPlan>,
}

impl PackingPlan {
    /// A plan of containers that stand in Heron's order.
    #[must_use]
    pub fn new(id: &str, mut containers: Vec<ContainerPlan>) -> Self {
        for (place, container) in containers.iter_mut().enumerate() {
            container.place = Place(place);
        }
        containers.sort_by_key(|container| container.id);
        Self { id: id.to_owned(), containers }
    }

    /// Its containers in Heron's order.
    #[must_use]
    pub fn in_heron_order(&self) -> Vec<&ContainerPlan> {
        let mut containers: Vec<_> = self.containers.iter().collect();
        containers.sort_by_key(|container| container.place.0);
        containers
    }

    /// All its instances in Heron's order.
    fn visited(&self) -> impl Iterator<Item = &InstancePlan> {
        self.in_heron_order().into_iter().flat_map(ContainerPlan::in_heron_order)
    }
    /// How many containers there are, without container 0.
    #[must_use]
    pub fn container_count(&self) -> usize {
        self.containers.len()
    }

    /// How many instances there are.
    #[must_use]
    pub fn instance_count(&self) -> usize {
        self.containers.iter().map(|container| container.instances.len()).sum()
    }

    /// The container of an id.
    #[must_use]
    pub fn container(&self, id: i32) -> Option<&ContainerPlan> {
        self.containers.iter().find(|container| container.id == id)
    }

    /// How many instances each component has.
    #[must_use]
    pub fn component_counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for container in &self.containers {
            for (component, count) in container.component_counts() {
                *counts.entry(component).or_default() += count;
            }
        }
        counts
    }

    /// Instances by component, in Heron's order.
    pub(super) fn counts(&self) -> JavaMap<i32> {
        let mut counts: JavaMap<i32> = JavaMap::default();
        for instance in self.visited() {
            match counts.get_mut(&instance.component) {
                Some(count) => *count = count.saturating_add(1),
                None => counts.put(&instance.component, 1),
            }
        }
        counts
    }

    /// What an instance of each component gets in the container where it gets least, in Heron's order.
    #[must_use]
    pub fn component_ram(&self) -> Vec<(String, i64)> {
        let mut least: JavaMap<i64> = JavaMap::default();
        for instance in self.visited() {
            let ram = instance.resource.ram;
            match least.get_mut(&instance.component) {
                Some(known) => *known = ram.min(*known),
                None => least.put(&instance.component, ram),
            }
        }
        least.into_ordered()
    }

    /// [`Self::component_ram`] as the executor's `--component-ram-map` has it, `component:bytes,component:bytes`.
    #[must_use]
    pub fn component_ram_map(&self) -> String {
        let entries = self.component_ram();
        let entries: Vec<_> = entries.iter().map(|(name, ram)| format!("{name}:{ram}")).collect();
        entries.join(",")
    }

    /// The largest of each resource that any container gets.
    #[must_use]
    pub fn max_container_resources(&self) -> Size {
        let none = Size { cpu: 0.0, ram: 0, disk: 0 };
        self.containers
            .iter()
            .map(|container| container.scheduled.unwrap_or(container.required))
            .fold(none, Size::max)
    }

    /// The plan as Heron visits it once it has been stored and read again.
    #[must_use]
    pub fn reread(&self) -> Self {
        let mut containers = JavaSet::default();
        for container in self.in_heron_order() {
            let mut instances = JavaSet::default();
            for instance in container.in_heron_order() {
                instances.insert(instance.java_hash(), instance.clone());
            }
            let hash = container.java_hash();
            let mut reread =
                ContainerPlan::new(container.id, instances.into_ordered(), container.required);
            reread.scheduled = container.scheduled;
            containers.insert(hash, reread);
        }
        Self::new(&self.id, containers.into_ordered())
    }

    /// Says what is wrong with a plan that comes from elsewhere.
    fn check(&self) -> Result<(), String> {
        let (mut containers, mut tasks) = (HashSet::new(), HashSet::new());
        for container in &self.containers {
            let id = container.id;
            if id < 1 || !containers.insert(id) {
                return Err(format!("container id {id} is below 1 or given twice"));
            }
            for instance in &container.instances {
                let task = instance.task_id;
                if task < 1 || !tasks.insert(task) {
                    return Err(format!("task id {task} is below 1 or given twice"));
                }
                if instance.component.is_empty() || instance.component_index < 0 {
                    return Err(format!("task {task} has no component or a negative index"));
                }
            }
        }
        Ok(())
    }
}

impl From<&Size> for system::Resource {
    fn from(resource: &Size) -> Self {
        Self { cpu: resource.cpu, ram: resource.ram, disk: resource.disk }
    }
}

impl From<&system::Resource> for Size {
    fn from(resource: &system::Resource) -> Self {
        Self { cpu: resource.cpu, ram: resource.ram, disk: resource.disk }
    }
}

impl From<&InstancePlan> for system::InstancePlan {
    fn from(instance: &InstancePlan) -> Self {
        Self {
            component_name: instance.component.clone(),
            task_id: instance.task_id,
            component_index: instance.component_index,
            resource: (&instance.resource).into(),
        }
    }
}

impl From<&system::InstancePlan> for InstancePlan {
    fn from(instance: &system::InstancePlan) -> Self {
        let resource = (&instance.resource).into();
        Self::new(&instance.component_name, instance.task_id, instance.component_index, resource)
    }
}

impl From<&ContainerPlan> for system::ContainerPlan {
    fn from(container: &ContainerPlan) -> Self {
        Self {
            id: container.id,
            instance_plans: container.in_heron_order().into_iter().map(Into::into).collect(),
            required_resource: (&container.required).into(),
            scheduled_resource: container.scheduled.as_ref().map(Into::into),
        }
    }
}

impl From<&system::ContainerPlan> for ContainerPlan {
    fn from(container: &system::ContainerPlan) -> Self {
        let instances = container.instance_plans.iter().map(Into::into).collect();
        let required = (&container.required_resource).into();
        let scheduled = container.scheduled_resource.as_ref().map(Into::into);
        Self { scheduled, ..Self::new(container.id, instances, required) }
    }
}

/// The message that goes into `packingplans/<topology>`, in Heron's order.
impl From<&PackingPlan> for system::PackingPlan {
    fn from(plan: &PackingPlan) -> Self {
        let containers = plan.in_heron_order().into_iter().map(Into::into);
        Self { id: plan.id.clone(), container_plans: containers.collect() }
    }
}

/// The plan of a message, whose order is taken for Heron's; refused if ids are missing or given twice.
impl TryFrom<&system::PackingPlan> for PackingPlan {
    type Error = PackingError;

    fn try_from(message: &system::PackingPlan) -> Result<Self, PackingError> {
        let containers = message.container_plans.iter().map(Into::into).collect();
        let plan = Self::new(&message.id, containers);
        plan.check().map_err(|reason| PackingError::DamagedPlan { reason })?;
        Ok(plan)
    }
}

#[cfg(test)]
mod tests;
