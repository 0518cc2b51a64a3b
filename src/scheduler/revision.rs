//! What a topology was, is, and is to become: each time that something else takes its place is a revision. What runs is known of the
//! record itself; those before it, and the one that is to come, stand in nodes of their own, so that anybody can put them in place.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::container::DesiredContainer;
use super::record::{Desired, Framework, Launch, Placement, REVISIONS_VERSION};
use super::revisions::KeptRevision;

/// A topology as it was, or is to be, whole: what Heron's nodes hold of it, and what the desired record does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// [`REVISIONS_VERSION`] of its writer.
    pub version: u32,
    /// Its number; the first is 1.
    pub number: u32,
    /// Heron's definition of it, as the state tree holds it: compressed, as base64.
    pub definition: String,
    /// Its packing plan, likewise.
    pub packing_plan: String,
    /// Its execution state, likewise.
    pub execution_state: String,
    /// Its id.
    pub topology_id: String,
    /// Tells its content apart from others.
    pub digest: String,
    /// How its containers are started.
    pub launch: Launch,
    /// Where they may run.
    #[serde(default)]
    pub placement: Placement,
    /// Its framework; id, user and principal of a framework can't be changed, and stay as they are.
    pub framework: Framework,
    /// Containers 0 to N.
    pub containers: Vec<DesiredContainer>,
    /// What its TManager knew of its checkpoints, likewise, where it was taken out of place by one that begins without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What of Heron's nodes goes into a revision: [`Revision::definition`] and the like, each packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeronNodes {
    /// The definition.
    pub definition: String,
    /// The packing plan.
    pub packing_plan: String,
    /// The execution state.
    pub execution_state: String,
}

impl Revision {
    /// A revision of what a record describes. Containers that are started in a way of their own are none of it.
    #[must_use]
    pub fn of(desired: &Desired, number: u32, nodes: HeronNodes) -> Self {
        let HeronNodes { definition, packing_plan, execution_state } = nodes;
        let own = |container: &&DesiredContainer| container.own.is_none();
        let containers = desired.containers.iter().filter(own).cloned();
        Self {
            version: REVISIONS_VERSION,
            number,
            definition,
            packing_plan,
            execution_state,
            topology_id: desired.topology_id.clone(),
            digest: desired.digest.clone(),
            launch: desired.launch.clone(),
            placement: desired.placement.clone(),
            framework: desired.framework.clone(),
            containers: containers.map(|one| DesiredContainer { held: false, ..one }).collect(),
            checkpoints: None,
            extra: Map::new(),
        }
    }

    /// How it stands in the desired record.
    #[must_use]
    pub fn kept(&self) -> KeptRevision {
        KeptRevision {
            number: self.number,
            topology_id: self.topology_id.clone(),
            package: self.launch.package.clone(),
            extra: Map::new(),
        }
    }
}
