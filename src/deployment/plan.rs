//! All that is decided of a topology's containers.

use super::command::CommandTemplate;
use super::container::Container;
use super::package::FetchedPackage;
use crate::config::Settings;
use crate::config::settings::with_topology;
use crate::packing::PackingPlan;
use crate::topology::definition::Definition;
use crate::topology::dialect::Release;
use crate::topology::executor::PORT_NAMES;
use crate::topology::shell::ZeroByte;

/// The containers of a topology as they are to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Containers 0 to N.
    pub containers: Vec<Container>,
    /// What each runs.
    pub command: CommandTemplate,
    /// Ports that each gets.
    pub ports: usize,
    /// The topology's own package.
    pub topology_package: FetchedPackage,
    /// Heron's.
    pub core_package: FetchedPackage,
    /// The Heron release that the command is written for.
    pub release: Release,
}

impl Deployment {
    /// The deployment of a packing plan. `argv` is the executor's argument list with placeholders, `package` the URI of the
    /// topology's package.
    pub fn new(
        settings: &Settings,
        definition: &Definition,
        packing: &PackingPlan,
        argv: &[String],
        package: &str,
        release: &Release,
    ) -> Result<Self, ZeroByte> {
        let planned = packing.containers.iter().map(Container::of_plan);
        let core = with_topology(&settings.core_uri, definition.name());
        Ok(Self {
            containers: std::iter::once(Container::of_tmanager(settings)).chain(planned).collect(),
            command: CommandTemplate::of(argv)?,
            ports: PORT_NAMES.len(),
            topology_package: FetchedPackage::topology(package),
            core_package: FetchedPackage::core(&core),
            release: release.clone(),
        })
    }

    /// The packages in the order in which containers fetch them.
    #[must_use]
    pub fn packages(&self) -> [&FetchedPackage; 2] {
        [&self.topology_package, &self.core_package]
    }
}
