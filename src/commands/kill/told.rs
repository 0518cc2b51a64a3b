//! What is told of a topology's end.

use crate::controller::journal::Journalled;
use crate::controller::removal::Ended;
use crate::outcome::change::MayRun;
use crate::outcome::{Killed, SCHEMA, TopologyRef};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::record::Desired;

/// What is told of a topology that the holder of its lease has killed while that was waited for. `last` is what the journal held.
pub(super) fn by_another(
    topology: &str,
    desired: &Desired,
    last: &Journalled,
    nodes: Vec<String>,
) -> Killed {
    let lost = |record: &&ContainerRecord| record.state.is_out_of_reach();
    let out_of_reach = last.containers.iter().filter(lost);
    let ended = Ended {
        frameworks: vec![desired.framework.id.clone()],
        out_of_reach: out_of_reach.map(|record| (record.id, record.host.clone())).collect(),
    };
    let id = Some(desired.topology_id.clone()).filter(|id| !id.is_empty());
    outcome(topology, id, true, ended, nodes)
}

/// What may run on where only the state is removed.
pub(super) fn left_alone(journalled: &Journalled) -> Ended {
    let framework = journalled.desired.iter().map(|desired| desired.framework.id.clone());
    let running = journalled.containers.iter().filter(|record| !record.is_over());
    Ended {
        frameworks: framework.collect(),
        out_of_reach: running.map(|record| (record.id, record.host.clone())).collect(),
    }
}

/// The answer.
pub(super) fn outcome(
    topology: &str,
    id: Option<String>,
    found: bool,
    ended: Ended,
    removed: Vec<String>,
) -> Killed {
    let may_run = |(id, host)| MayRun { id, host };
    Killed {
        schema: SCHEMA,
        topology: TopologyRef { name: topology.to_owned(), id, state: "KILLED".to_owned() },
        found,
        framework_id: ended.frameworks.first().map(|framework| framework.0.clone()),
        framework_ids: ended.frameworks.into_iter().map(|framework| framework.0).collect(),
        state_only: false,
        package: None,
        other_packages: Vec::new(),
        may_run: ended.out_of_reach.into_iter().map(may_run).collect(),
        removed,
    }
}
