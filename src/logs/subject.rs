//! What is known of a topology whose logs are wanted.

use std::collections::BTreeSet;

use super::attempts::Attempt;
use super::error::LogsError;
use super::target::Known;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::{JournalNodes, Journalled};
use crate::engine::Engine;
use crate::net::cause::chain;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::ids::FrameworkId;
use crate::state::TopologyState;

/// A topology whose logs are wanted.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name.
    pub topology: String,
    /// Its framework.
    pub framework: FrameworkId,
    /// The records of its containers.
    pub records: Vec<ContainerRecord>,
    /// What words may name.
    pub known: Known,
}

/// Which attempt of each container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The present one, over or not.
    Present,
    /// The one before.
    Previous,
}

impl Subject {
    /// Reads what there is to know.
    ///
    /// # Errors
    /// [`CommandError::NoSuchTopology`]; [`CommandError::NotOurs`] where another tool started it.
    pub async fn read(
        context: &Context<'_>,
        state: &StateTree,
        topology: &str,
    ) -> anyhow::Result<Self> {
        let tree = TopologyState::read(&state.zk, &state.tree, topology);
        let paths = state.journal(topology);
        let nodes = JournalNodes::find(&state.zk, &paths);
        let (tree, nodes) = futures_util::future::join(tree, nodes).await;
        let tree = tree?;
        let (journalled, unreadable) = nodes?.read(&state.zk, &paths).await?;
        for error in &unreadable {
            context.reporter.warn(&chain(error));
        }
        let Journalled { desired, containers: records, .. } = journalled;
        let Some(desired) = desired else {
            context.check_exists(state, &tree)?;
            let what = "where its containers run stands in no journal".to_owned();
            return Err(CommandError::NotOurs { topology: topology.to_owned(), what }.into());
        };
        let planned = tree.packing_plan.as_ref().and_then(|found| found.message.as_ref().ok());
        let instances =
            planned.into_iter().flat_map(|plan| &plan.container_plans).flat_map(|plan| {
                let id = plan.id;
                plan.instance_plans.iter().map(move |one| {
                    format!("container_{id}_{}_{}", one.component_name, one.task_id)
                })
            });
        let known = Known {
            containers: desired.containers.iter().map(|container| container.id).collect(),
            instances: instances.collect(),
        };
        let framework = desired.framework.id;
        Ok(Self { topology: topology.to_owned(), framework, records, known })
    }

    /// The tasks of these containers; and why some have none.
    pub async fn attempts(
        &self,
        engine: &impl Engine,
        containers: &BTreeSet<u32>,
        which: Which,
    ) -> anyhow::Result<(Vec<Attempt>, Vec<LogsError>)> {
        let records = self.records.iter().filter(|record| containers.contains(&record.id));
        let (mut attempts, mut errors) = (Vec::new(), Vec::new());
        let missing = containers.iter().filter(|id| self.records.iter().all(|one| one.id != **id));
        match which {
            Which::Present => {
                attempts.extend(records.map(|record| Attempt::present(&self.framework, record)));
                let none = |id: &u32| LogsError::NoAttempt { container: *id, what: "present" };
                errors.extend(missing.map(none));
            }
            Which::Previous => {
                let remembered = engine.remembered(&self.framework).await?;
                for record in records {
                    let (topology, framework) = (&self.topology, &self.framework);
                    match Attempt::previous(topology, framework, record, &remembered) {
                        Ok(attempt) => attempts.push(attempt),
                        Err(error) => errors.push(error),
                    }
                }
            }
        }
        Ok((attempts, errors))
    }
}
