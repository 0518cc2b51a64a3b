//! What is asked of whoever drives: other tasks for some containers, in the desired record.

use std::collections::BTreeMap;

use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::JournalNodes;
use crate::controller::request;
use crate::controller::told::list;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::record::{Desired, Goal};

/// A restart that stands in the desired record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub topology_id: String,
    /// How many restarts each container has with it.
    pub restarts: BTreeMap<u32, u64>,
    /// The attempt of each container before it, as far as it has a record.
    attempts: BTreeMap<u32, u32>,
    /// How many containers the topology has.
    of: usize,
}

/// What was launched anew.
#[derive(Debug, Default)]
pub(super) struct Launched {
    /// What was asked for.
    pub asked: Vec<u32>,
    /// What did not run besides.
    pub also: Vec<u32>,
}

impl Asked {
    /// What was launched anew, by the records after it.
    pub fn launched<'a>(&self, records: impl IntoIterator<Item = &'a ContainerRecord>) -> Launched {
        let is_new = |record: &&ContainerRecord| {
            self.attempts.get(&record.id).is_some_and(|attempt| *attempt < record.attempt)
        };
        let new = records.into_iter().filter(is_new).map(|record| record.id);
        let also = new.filter(|id| !self.restarts.contains_key(id)).collect();
        Launched { asked: self.containers(), also }
    }

    fn containers(&self) -> Vec<u32> {
        self.restarts.keys().copied().collect()
    }

    pub fn step(&self, topology: &str) -> String {
        match self.containers().as_slice() {
            [one] => format!("restarting container {one} of topology {topology}"),
            some if some.len() < self.of => {
                format!("restarting {} of topology {topology}", list(some))
            }
            all => format!("restarting the {} containers of topology {topology}", all.len()),
        }
    }
}

/// Asks for a restart; nothing is asked of a topology that is being killed, or has no record.
pub(super) async fn ask(
    context: &Context<'_>,
    state: &StateTree,
    topology: &str,
    meant: Option<&[u32]>,
) -> anyhow::Result<Option<Asked>> {
    let mut asked = None;
    let record = state.journal(topology).record;
    request::change(&state.zk, &record, None, &context.writer(), |desired| {
        asked = None;
        if desired.goal == Goal::Killed {
            return Ok(desired.clone());
        }
        let (desired, restart) = ask_for(desired, topology, meant)?;
        asked = Some(restart);
        Ok(desired)
    })
    .await?;
    if let Some(asked) = &mut asked {
        // Whoever drives needs longer than this to launch anything.
        let paths = state.journal(topology);
        let nodes = JournalNodes::find(&state.zk, &paths).await?;
        let (journalled, _) = nodes.read(&state.zk, &paths).await?;
        asked.attempts =
            journalled.containers.iter().map(|record| (record.id, record.attempt)).collect();
    }
    Ok(asked)
}

fn ask_for(
    desired: &Desired,
    topology: &str,
    meant: Option<&[u32]>,
) -> Result<(Desired, Asked), CommandError> {
    let ids: Vec<u32> = desired.containers.iter().map(|wanted| wanted.id).collect();
    let missing = meant.and_then(|meant| meant.iter().copied().find(|id| !ids.contains(id)));
    if let Some(container) = missing {
        let (topology, last) = (topology.to_owned(), ids.iter().copied().max().unwrap_or_default());
        return Err(CommandError::NoSuchContainer { topology, container, last });
    }
    let topology_id = desired.topology_id.clone();
    let mut asked = Asked { topology_id, of: ids.len(), ..Asked::default() };
    let desired = desired.changed(|desired| {
        let is_meant = |id: u32| meant.is_none_or(|meant| meant.contains(&id));
        for wanted in desired.containers.iter_mut().filter(|wanted| is_meant(wanted.id)) {
            wanted.restarts = wanted.restarts.saturating_add(1);
            asked.restarts.insert(wanted.id, wanted.restarts);
        }
    });
    Ok((desired, asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desired() -> Desired {
        serde_json::from_str(
            r#"{"version":1,"topology":"t","topology_id":"i","goal":"RUNNING","phase":"LAUNCHED","generation":4,
                "digest":"","framework":{"id":{"value":"f"},"name":"n","user":"u","roles":["*"],
                "failover_timeout_seconds":1.0,"labels":[]},
                "launch":{"command":[],"uris":[],"ports":9,"kill_grace_ms":1},
                "containers":[{"id":0,"cpus":1.0,"mem_mb":1.0,"disk_mb":1.0},
                              {"id":1,"cpus":1.0,"mem_mb":1.0,"disk_mb":1.0,"restarts":2}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_restart_counts_up_what_it_names() {
        let (one, asked) = ask_for(&desired(), "t", Some(&[1])).unwrap();
        assert_eq!((asked.restarts, one.generation), (BTreeMap::from([(1, 3)]), 5));
        assert_eq!(one.containers.iter().map(|c| c.restarts).collect::<Vec<_>>(), [0, 3]);
        let (_, all) = ask_for(&desired(), "t", None).unwrap();
        assert_eq!(all.restarts, BTreeMap::from([(0, 1), (1, 3)]));
    }

    #[test]
    fn a_container_that_is_not_there_is_named() {
        let error = ask_for(&desired(), "t", Some(&[1, 7])).unwrap_err();
        assert!(matches!(error, CommandError::NoSuchContainer { container: 7, last: 1, .. }));
    }

    #[test]
    fn some_of_many_are_named() {
        let (_, one) = ask_for(&desired(), "t", Some(&[1])).unwrap();
        assert_eq!(one.step("t"), "restarting container 1 of topology t");
        let (_, all) = ask_for(&desired(), "t", None).unwrap();
        assert_eq!(all.step("t"), "restarting the 2 containers of topology t");
        let some = Asked { of: 9, ..all };
        assert_eq!(some.step("t"), "restarting containers 0, 1 of topology t");
    }
}
