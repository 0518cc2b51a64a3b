//! Subscriptions at the leading master, as the driver opens them.

use std::time::Duration;

use super::engine::MesosEngine;
use super::link::MesosLink;
use super::translate;
use crate::engine::error::EngineError;
use crate::mesos::operator::TaskSummary;
use crate::mesos::scheduler_client::Subscription;
use crate::mesos::task_state::TaskState;
use crate::scheduler::connection::{BoxError, ConnectError, Connector};
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
        let leader = leader.map_err(|error| sorted(error.is_transient(), None, error))?;
        let roles = if suppressed { framework.roles.clone() } else { Vec::new() };
        let info = translate::framework_info(framework);
        let opened = Subscription::open(&self.http, &leader.url, info, roles).await;
        let subscription =
            opened.map_err(|error| sorted(error.is_transient(), error.retry_after(), error))?;
        Ok(MesosLink::new(subscription, framework, suppressed))
    }

    async fn live_tasks(
        &self,
        framework: &FrameworkId,
    ) -> Result<Vec<(TaskId, Option<HostId>)>, BoxError> {
        let operator = self.operator().await.map_err(EngineError::from)?;
        let tasks = operator.tasks(&translate::framework_id(framework)).await;
        let tasks = tasks.map_err(EngineError::from)?;
        // What is out of reach can't be killed either.
        let is_live = |task: &TaskSummary| {
            !task.state.is_terminal()
                && !matches!(task.state, TaskState::Unreachable | TaskState::Unknown)
        };
        let live = tasks.into_iter().filter(is_live);
        Ok(live.map(|task| (TaskId(task.id.0), Some(HostId(task.agent_id.0)))).collect())
    }
}

fn sorted(
    passing: bool,
    retry_after: Option<Duration>,
    error: impl Into<EngineError>,
) -> ConnectError {
    let source = Box::new(error.into());
    if passing {
        ConnectError::Passing { source, retry_after }
    } else {
        ConnectError::Final(source)
    }
}
