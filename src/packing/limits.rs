//! What a container and an instance may have, for the two algorithms that keep to it.
//!
//! `ResourceCompliantRRPacking` and `FirstFitDecreasingPacking` fill containers of a given capacity, some of which is
//! padding for the processes that are no instances (`docs/heron.md#resource-compliant-round-robin`,
//! `docs/heron.md#first-fit-decreasing`).

use std::collections::HashMap;

use super::amount::memory;
use super::error::PackingError;
use super::input::{
    CONTAINER_CPU, CONTAINER_DISK, CONTAINER_RAM, CPU_MAP, DISK_MAP, PackingInput, RAM_MAP,
    RAM_PADDING,
};
use super::java_number::{GIB, MIB, times};
use super::plan::Size;

/// An instance needs as much RAM.
pub(super) const MIN_RAM: i64 = 192 * MIB;
const MIN_CPU: f64 = 0.1;
const MAX_INSTANCES: &str = "topology.container.max.instances";

/// What containers and instances may have.
#[derive(Clone, Debug)]
pub(super) struct ContainerLimits {
    /// What a container has, padding included.
    pub(super) capacity: Size,
    /// What instances can't have of it.
    pub(super) padding: Size,
    /// What an instance gets that the maps don't name.
    pub(super) default: Size,
    /// How many instances a container has at most, if that is counted.
    pub(super) max_instances: Option<i32>,
    min_cpu: Option<f64>,
    components: HashMap<String, Size>,
}

/// Why an instance was not put into a container.
#[derive(Debug)]
pub(super) enum Refusal {
    /// No container would take it.
    TooSmall(PackingError),
    /// This one doesn't.
    Full {
        /// Which limit it is.
        reason: String,
        /// The setting of that limit.
        key: &'static str,
    },
    /// It can't even be computed.
    Fault(PackingError),
}

impl From<PackingError> for Refusal {
    fn from(error: PackingError) -> Self {
        Self::Fault(error)
    }
}

impl Refusal {
    /// What to tell the user if nothing else helps.
    pub(super) fn into_error(self, component: &str, containers: i32) -> PackingError {
        match self {
            Self::TooSmall(error) | Self::Fault(error) => error,
            Self::Full { reason, key } => PackingError::DoesNotFit {
                component: component.to_owned(),
                containers,
                reason,
                key,
            },
        }
    }
}

impl ContainerLimits {
    /// Limits of RAM, CPU and disk.
    pub(super) fn resources(input: &PackingInput) -> Result<Self, PackingError> {
        let default = input.default_instance();
        let percentage = input.count("topology.container.padding.percentage")?.unwrap_or(10);
        let padding = Size {
            ram: input.bytes(RAM_PADDING)?.unwrap_or(GIB),
            cpu: input.cores("topology.container.cpu.padding")?.unwrap_or(1.0),
            disk: GIB,
        };
        let instances = input.count(MAX_INSTANCES)?.unwrap_or(10);
        let (most_ram, most_disk) =
            (times(default.ram, instances)?, times(default.disk, instances)?);
        let capacity = Size {
            cpu: input.cores(CONTAINER_CPU)?.unwrap_or(default.cpu * f64::from(instances)),
            ram: input.bytes(CONTAINER_RAM)?.unwrap_or(most_ram),
            disk: input.bytes(CONTAINER_DISK)?.unwrap_or(most_disk),
        };
        Ok(Self {
            capacity,
            padding: padding.max(share(capacity, percentage)),
            default,
            max_instances: None,
            min_cpu: None,
            components: component_resources(input, default)?,
        })
    }

    /// Limits of RAM, CPU and disk, and of the number of instances.
    pub(super) fn resources_and_count(input: &PackingInput) -> Result<Self, PackingError> {
        let limits = Self::resources(input)?;
        let instances = input.count(MAX_INSTANCES)?.unwrap_or(10);
        Ok(Self { max_instances: Some(instances), min_cpu: Some(MIN_CPU), ..limits })
    }

    /// What an instance of a component gets.
    pub(super) fn component(&self, name: &str) -> Size {
        self.components.get(name).copied().unwrap_or(self.default)
    }

    /// Refuses instances that no container may hold.
    pub(super) fn check_instance(&self, name: &str, gets: &Size) -> Result<(), Refusal> {
        if gets.ram < MIN_RAM {
            return Err(Refusal::TooSmall(PackingError::InstanceTooSmall {
                resource: "RAM",
                component: name.to_owned(),
                given: memory(gets.ram),
                least: memory(MIN_RAM),
                key: RAM_MAP,
            }));
        }
        match self.min_cpu {
            Some(least) if gets.cpu < least => {
                Err(Refusal::TooSmall(PackingError::InstanceTooSmall {
                    resource: "CPU",
                    component: name.to_owned(),
                    given: format!("{} cores", gets.cpu),
                    least: format!("{least} cores"),
                    key: CPU_MAP,
                }))
            }
            _ => Ok(()),
        }
    }

    /// Too many cores.
    pub(super) fn cpu_refusal(&self, used: f64, wanted: f64) -> Refusal {
        Refusal::Full {
            reason: format!(
                "it gets {wanted} cores, {used} of {} are taken, padding included",
                self.capacity.cpu
            ),
            key: CONTAINER_CPU,
        }
    }

    /// Too many bytes of RAM or disk.
    pub(super) fn bytes_refusal(key: &'static str, used: i64, wanted: i64, all: i64) -> Refusal {
        let what = if key == CONTAINER_RAM { "RAM" } else { "disk" };
        let (used, wanted, all) = (memory(used), memory(wanted), memory(all));
        Refusal::Full {
            reason: format!(
                "it gets {wanted} of {what}, {used} of {all} are taken, padding included"
            ),
            key,
        }
    }

    /// Too many instances.
    pub(super) fn count_refusal(most: i32) -> Refusal {
        Refusal::Full {
            reason: format!("a container holds at most {most} instances"),
            key: MAX_INSTANCES,
        }
    }
}

/// A percentage of a capacity; Java's `long` wraps.
fn share(capacity: Size, percentage: i32) -> Size {
    let of = |bytes: i64| bytes.wrapping_mul(i64::from(percentage)) / 100;
    Size {
        cpu: capacity.cpu * f64::from(percentage) / 100.0,
        ram: of(capacity.ram),
        disk: of(capacity.disk),
    }
}

fn component_resources(
    input: &PackingInput,
    default: Size,
) -> Result<HashMap<String, Size>, PackingError> {
    let ram = input.bytes_map(RAM_MAP)?;
    let cpu = input.cores_map(CPU_MAP)?;
    let disk = input.bytes_map(DISK_MAP)?;
    let resources = input.components.iter().map(|component| {
        let name = component.name.as_str();
        let resource = Size {
            cpu: cpu.get(name).copied().unwrap_or(default.cpu),
            ram: ram.get(name).copied().unwrap_or(default.ram),
            disk: disk.get(name).copied().unwrap_or(default.disk),
        };
        (name.to_owned(), resource)
    });
    Ok(resources.collect())
}

/// The room for instances in an empty container.
pub(super) fn room(limits: &ContainerLimits) -> (f64, i128, i128) {
    let (capacity, padding) = (&limits.capacity, &limits.padding);
    (
        capacity.cpu - padding.cpu,
        i128::from(capacity.ram) - i128::from(padding.ram),
        i128::from(capacity.disk) - i128::from(padding.disk),
    )
}
