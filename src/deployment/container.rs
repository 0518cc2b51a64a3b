//! The sizes of containers 0 to N.

use crate::config::Settings;
use crate::config::units::Bytes;
use crate::packing::{ContainerPlan, Defaults, Size};

/// Bytes in what Mesos calls MB.
const MB: f64 = 1_048_576.0;

/// A container as it is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// 0 for the TManager's, 1 to N for those of the packing plan.
    pub id: u32,
    /// Cores.
    pub cpus: f64,
    /// Memory in MB (2^20 bytes).
    pub mem_mb: f64,
    /// Disk in MB (2^20 bytes).
    pub disk_mb: f64,
}

impl Container {
    /// Container 0, which gets a stated size.
    #[must_use]
    pub fn of_tmanager(settings: &Settings) -> Self {
        let resources = &settings.resources;
        let size = Size {
            cpu: resources.tmanager_cpu,
            ram: signed(resources.tmanager_ram),
            disk: signed(resources.tmanager_disk),
        };
        Self::of_size(0, size)
    }

    /// A container with the size that its plan says that it needs.
    #[must_use]
    pub fn of_plan(planned: &ContainerPlan) -> Self {
        Self::of_size(u32::try_from(planned.id).unwrap_or_default(), planned.required)
    }

    fn of_size(id: u32, resource: Size) -> Self {
        Self {
            id,
            cpus: resource.cpu,
            mem_mb: (resource.ram as f64 / MB).ceil(),
            disk_mb: (resource.disk as f64 / MB).ceil(),
        }
    }
}

/// What instances get of which nothing is said.
#[must_use]
pub fn defaults(settings: &Settings) -> Defaults {
    let resources = &settings.resources;
    Defaults {
        cpu: resources.instance_cpu,
        ram: signed(resources.instance_ram),
        disk: signed(resources.instance_disk),
    }
}

/// Bytes in what Mesos calls MB, rounded up.
#[must_use]
pub fn megabytes(bytes: Bytes) -> f64 {
    (bytes.get() as f64 / MB).ceil()
}

fn signed(bytes: Bytes) -> i64 {
    i64::try_from(bytes.get()).unwrap_or(i64::MAX)
}
