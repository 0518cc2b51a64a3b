//! Subscriptions at the leading master, as the driver opens them.

use super::engine::MesosEngine;
use super::link::MesosLink;
use super::translate;
use crate::engine::error::EngineError;
use crate::mesos::scheduler_client::Subscription;
use crate::scheduler::driver::{BoxError, ConnectError, Connector};
use crate::scheduler::ids::{FrameworkId, HostId, TaskId};
use crate::scheduler::record::Framework;

impl Connector for MesosEngine {
    type Link = MesosLink;

    async fn connect(
        &self,
        framework: &Framework,
        suppressed: bool,
    ) -> Result<MesosLink, ConnectError> {
        let leader = self.leader().await;
        let leader = leader.map_err(|error| sorted(error.is_transient(), error))?;
        let roles = if suppressed { framework.roles.clone() } else { Vec::new() };
        let info = translate::framework_info(framework);
        let opened = Subscription::open(&self.http, &leader.url, info, roles).await;
        let subscription = opened.map_err(|error| sorted(error.is_transient(), error))?;
        Ok(MesosLink::new(subscription, framework, suppressed))
    }

    async fn live_tasks(
        &self,
        framework: &FrameworkId,
    ) -> Result<Vec<(TaskId, Option<HostId>)>, BoxError> {
        let operator = self.operator().await.map_err(EngineError::from)?;
        let tasks = operator.tasks(&translate::framework_id(framework)).await;
        let tasks = tasks.map_err(EngineError::from)?;
        let live = tasks.into_iter().filter(|task| !task.state.is_terminal());
        Ok(live.map(|task| (TaskId(task.id.0), Some(HostId(task.agent_id.0)))).collect())
    }
}

fn sorted(passing: bool, error: impl Into<EngineError>) -> ConnectError {
    let error = Box::new(error.into());
    if passing { ConnectError::Passing(error) } else { ConnectError::Final(error) }
}
