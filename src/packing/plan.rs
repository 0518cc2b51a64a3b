//! A packing plan as plain values.

use std::collections::BTreeMap;

use crate::proto::system;

/// What an instance or a container gets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resource {
    /// Cores.
    pub cpu: f64,
    /// Bytes.
    pub ram: i64,
    /// Bytes.
    pub disk: i64,
}

/// An instance in a container.
#[derive(Clone, Debug, PartialEq)]
pub struct InstancePlan {
    /// The component.
    pub component: String,
    /// Unique within the topology, from 1.
    pub task_id: i32,
    /// Unique within the component, from 0.
    pub component_index: i32,
    /// What it gets.
    pub resource: Resource,
}

/// A container.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerPlan {
    /// From 1.
    pub id: u32,
    /// By task id.
    pub instances: Vec<InstancePlan>,
    /// What it needs.
    pub required: Resource,
}

/// Which instance runs in which container.
#[derive(Clone, Debug, PartialEq)]
pub struct PackingPlan {
    /// The topology's id.
    pub id: String,
    /// Containers 1 to N, by id.
    pub containers: Vec<ContainerPlan>,
}

impl PackingPlan {
    /// The record for the state tree: containers by id, instances by task id. Heron writes them in the order of a hash
    /// set, and reads them into one: the order means nothing.
    #[must_use]
    pub fn to_proto(&self) -> system::PackingPlan {
        system::PackingPlan {
            id: self.id.clone(),
            container_plans: self.containers.iter().map(ContainerPlan::to_proto).collect(),
        }
    }

    /// The smallest memory of each component's instances: `--component-ram-map` of the executor, by name.
    #[must_use]
    pub fn component_ram(&self) -> BTreeMap<String, i64> {
        let mut map: BTreeMap<String, i64> = BTreeMap::new();
        for instance in self.containers.iter().flat_map(|container| &container.instances) {
            let ram = instance.resource.ram;
            map.entry(instance.component.clone())
                .and_modify(|least| *least = (*least).min(ram))
                .or_insert(ram);
        }
        map
    }

    /// [`PackingPlan::component_ram`] as the executor takes it.
    #[must_use]
    pub fn component_ram_map(&self) -> String {
        let entries: Vec<String> =
            self.component_ram().iter().map(|(name, ram)| format!("{name}:{ram}")).collect();
        entries.join(",")
    }
}

impl ContainerPlan {
    fn to_proto(&self) -> system::ContainerPlan {
        system::ContainerPlan {
            id: i32::try_from(self.id).unwrap_or(i32::MAX),
            instance_plans: self
                .instances
                .iter()
                .map(|instance| system::InstancePlan {
                    component_name: instance.component.clone(),
                    task_id: instance.task_id,
                    component_index: instance.component_index,
                    resource: instance.resource.to_proto(),
                })
                .collect(),
            required_resource: self.required.to_proto(),
            scheduled_resource: None,
        }
    }
}

impl Resource {
    fn to_proto(self) -> system::Resource {
        system::Resource { cpu: self.cpu, ram: self.ram, disk: self.disk }
    }
}
