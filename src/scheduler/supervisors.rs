//! What a topology's record says of its own supervisors.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::container::{DesiredContainer, OwnLaunch};
use super::member::id_of;

/// The supervisors that a topology is to have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Supervisors {
    /// How many.
    pub count: u32,
    /// Cores of each.
    pub cpus: f64,
    /// Memory of each in MB (2^20 bytes).
    pub mem_mb: f64,
    /// Disk of each in MB (2^20 bytes).
    pub disk_mb: f64,
    /// How each is started.
    pub launch: OwnLaunch,
    /// The version of the program that it is started from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub program: String,
    /// How often all were to be started anew, with another program or command.
    #[serde(default)]
    pub restarts: u64,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Supervisors {
    /// Each of them, as something that is to run.
    pub fn members(&self) -> impl Iterator<Item = DesiredContainer> + '_ {
        (1..=self.count).map(|number| DesiredContainer {
            id: id_of(number),
            cpus: self.cpus,
            mem_mb: self.mem_mb,
            disk_mb: self.disk_mb,
            restarts: self.restarts,
            own: Some(Box::new(self.launch.clone())),
            ..DesiredContainer::default()
        })
    }
}
