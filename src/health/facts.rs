//! What was read of a topology, before anything is concluded from it.

use crate::clock::Millis;
use crate::engine::observation::Observation;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::record::Desired;
use crate::state::TopologyState;
use crate::state::holder::Holder;

/// Everything that is known of a topology at one moment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Heron's nodes.
    pub topology: TopologyState,
    /// The desired record; none where another tool started it, where a submission prepares, or where we may not read it.
    pub desired: Option<Desired>,
    /// The records of its containers.
    pub records: Vec<ContainerRecord>,
    /// The records of its own supervisors.
    pub supervisor_records: Vec<ContainerRecord>,
    /// Records of the journal that can't be read: where, and why.
    pub unreadable: Vec<String>,
    /// Who holds the leader lock.
    pub driver: Option<Holder>,
    /// How many supervisors there are for it: who drives it without an end, and who would take over from them.
    pub supervisors: usize,
    /// What the engine says.
    pub observed: Observation,
    /// When that was.
    pub now: Millis,
}
