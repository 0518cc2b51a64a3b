//! What the leading master knows: frameworks, tasks, agents (`docs/mesos.md#operator-endpoints`), and TEARDOWN from
//! outside.
//!
//! These are the v0 endpoints, which every version has. The master leaves out what the principal must not see, without
//! a word: an empty list may mean missing rights.

use reqwest::{Method, StatusCode};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::http::{Http, HttpError};
use super::ids::{AgentId, ExecutorId, FrameworkId, TaskId};
use super::json::or_default;
use super::master::{LeaderUrl, Scheme};
use super::offer::Label;
use super::task_state::TaskState;

/// Tasks that are asked for at once.
const PAGE: usize = 1000;
const FORM: &str = "application/x-www-form-urlencoded";

/// A framework as the master sees it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // the master's own
pub struct FrameworkState {
    /// Its id.
    #[serde(default, deserialize_with = "bare")]
    pub id: FrameworkId,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its user.
    #[serde(default, deserialize_with = "or_default")]
    pub user: String,
    /// Host of its scheduler.
    #[serde(default, deserialize_with = "or_default")]
    pub hostname: String,
    /// The principal it registered with.
    #[serde(default)]
    pub principal: Option<String>,
    /// Whether it gets offers.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    /// Whether its stream is open.
    #[serde(default, deserialize_with = "or_default")]
    pub connected: bool,
    /// Whether the master knows it only from agents, after a failover.
    #[serde(default, deserialize_with = "or_default")]
    pub recovered: bool,
    /// Whether it is removed: its id is spent. Not on the wire, but by the list it stands in.
    #[serde(skip)]
    pub completed: bool,
    /// Seconds that its tasks outlive its stream.
    #[serde(default, deserialize_with = "or_default")]
    pub failover_timeout: f64,
    /// Seconds since the epoch.
    #[serde(default, deserialize_with = "or_default")]
    pub registered_time: f64,
    /// Seconds since the epoch; 0 while it isn't removed.
    #[serde(default, deserialize_with = "or_default")]
    pub unregistered_time: f64,
    /// Its roles.
    #[serde(default, deserialize_with = "or_default")]
    pub roles: Vec<String>,
    /// Its labels.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: Vec<Label>,
    /// Tasks that the master holds for alive, and ended ones whose end isn't acknowledged.
    #[serde(default, deserialize_with = "or_default")]
    pub tasks: Vec<TaskSummary>,
    /// Tasks on agents that can't be reached.
    #[serde(default, deserialize_with = "or_default")]
    pub unreachable_tasks: Vec<TaskSummary>,
    /// Ended tasks; the oldest are forgotten.
    #[serde(default, deserialize_with = "or_default")]
    pub completed_tasks: Vec<TaskSummary>,
}

impl FrameworkState {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        let label = self.labels.iter().find(|label| label.key == key)?;
        Some(label.value.as_deref().unwrap_or_default())
    }
}

/// A task as the master sees it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct TaskSummary {
    /// Its id.
    #[serde(default, deserialize_with = "bare")]
    pub id: TaskId,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its framework.
    #[serde(default, deserialize_with = "bare")]
    pub framework_id: FrameworkId,
    /// Empty for command tasks, see [`TaskSummary::executor`].
    #[serde(default, deserialize_with = "bare")]
    pub executor_id: ExecutorId,
    /// Its agent.
    #[serde(default, rename = "slave_id", deserialize_with = "bare")]
    pub agent_id: AgentId,
    /// The newest state known, which may run ahead of the status updates (§5.4).
    #[serde(default, deserialize_with = "or_default")]
    pub state: TaskState,
    /// What it went through.
    #[serde(default, deserialize_with = "or_default")]
    pub statuses: Vec<StatusSummary>,
    /// Its labels.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: Vec<Label>,
    /// What it has.
    #[serde(default, deserialize_with = "or_default")]
    pub resources: ResourceSummary,
}

impl TaskSummary {
    /// The executor in whose sandbox it runs: for a command task one with the task's own id.
    #[must_use]
    pub fn executor(&self) -> ExecutorId {
        if self.executor_id.is_empty() { self.id.as_str().into() } else { self.executor_id.clone() }
    }
}

/// A state that a task was in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct StatusSummary {
    /// The state.
    #[serde(default, deserialize_with = "or_default")]
    pub state: TaskState,
    /// Seconds since the epoch.
    #[serde(default, deserialize_with = "or_default")]
    pub timestamp: f64,
}

/// Resources as sums by name.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ResourceSummary {
    /// Cores.
    #[serde(default, deserialize_with = "or_default")]
    pub cpus: f64,
    /// MB.
    #[serde(default, deserialize_with = "or_default")]
    pub mem: f64,
    /// MB.
    #[serde(default, deserialize_with = "or_default")]
    pub disk: f64,
    /// As text, such as `[31000-31008, 31010-31010]`.
    #[serde(default, deserialize_with = "or_default")]
    pub ports: String,
}

impl ResourceSummary {
    /// How many ports there are.
    #[must_use]
    pub fn port_count(&self) -> u64 {
        self.port_ranges().map(|(begin, end)| u64::from(end - begin) + 1).sum()
    }

    /// The ports as ranges, both ends included.
    pub fn port_ranges(&self) -> impl Iterator<Item = (u16, u16)> {
        self.ports.trim().trim_matches(['[', ']']).split(',').filter_map(|range| {
            let (begin, end) = range.split_once('-')?;
            let (begin, end) = (begin.trim().parse().ok()?, end.trim().parse().ok()?);
            (begin <= end).then_some((begin, end))
        })
    }
}

/// An agent as the master sees it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct AgentSummary {
    /// Its id.
    #[serde(default, deserialize_with = "bare")]
    pub id: AgentId,
    /// Its host name.
    #[serde(default, deserialize_with = "or_default")]
    pub hostname: String,
    /// Its port.
    #[serde(default, deserialize_with = "or_default")]
    pub port: u16,
    /// Its process, such as `slave(1)@10.0.0.7:5051`.
    #[serde(default, deserialize_with = "or_default")]
    pub pid: String,
    /// Whether its resources are offered: registered, not draining, not deactivated.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    /// What its operator says of it.
    #[serde(default, deserialize_with = "or_default")]
    pub attributes: Map<String, Value>,
    /// Everything it has.
    #[serde(default, deserialize_with = "or_default")]
    pub resources: ResourceSummary,
    /// Of that, what tasks have.
    #[serde(default, deserialize_with = "or_default")]
    pub used_resources: ResourceSummary,
    /// Of that, what stands in offers.
    #[serde(default, deserialize_with = "or_default")]
    pub offered_resources: ResourceSummary,
    /// Of that, what is reserved for no role.
    #[serde(default, deserialize_with = "or_default")]
    pub unreserved_resources: ResourceSummary,
    /// Of that, what is reserved, by role.
    #[serde(default, deserialize_with = "or_default")]
    pub reserved_resources: std::collections::BTreeMap<String, ResourceSummary>,
}

impl AgentSummary {
    /// Where the agent answers: the address of its process, or its host name. `None`, if it names neither.
    #[must_use]
    pub fn url(&self, scheme: Scheme, prefer_hostname: bool) -> Option<LeaderUrl> {
        let by_name = || LeaderUrl::new(scheme, &self.hostname, self.port);
        let by_pid = || {
            let (_, address) = self.pid.rsplit_once('@')?;
            let (host, port) = address.rsplit_once(':')?;
            LeaderUrl::new(scheme, host.trim_matches(['[', ']']), port.parse().ok()?)
        };
        if prefer_hostname { by_name().or_else(by_pid) } else { by_pid().or_else(by_name) }
    }
}

/// What came of a TEARDOWN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teardown {
    /// The framework is removed; its tasks end a while later, without updates.
    Removed,
    /// The master doesn't know the framework, or has removed it before.
    NotFound,
}

/// A reader of the leading master.
#[derive(Clone, Debug)]
pub struct Operator {
    http: Http,
    leader: LeaderUrl,
}

#[derive(Deserialize)]
struct Frameworks {
    #[serde(default, deserialize_with = "or_default")]
    frameworks: Vec<FrameworkState>,
    #[serde(default, deserialize_with = "or_default")]
    completed_frameworks: Vec<FrameworkState>,
}

#[derive(Deserialize)]
struct Tasks {
    #[serde(default, deserialize_with = "or_default")]
    tasks: Vec<TaskSummary>,
}

#[derive(Deserialize)]
struct Agents {
    #[serde(default, deserialize_with = "or_default")]
    slaves: Vec<AgentSummary>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default, deserialize_with = "or_default")]
    version: String,
}

impl Operator {
    /// Asks that master; if it doesn't lead, the one it points to.
    #[must_use]
    pub fn new(http: Http, leader: LeaderUrl) -> Self {
        Self { http, leader }
    }

    /// A framework, removed ones included as long as the master remembers them. `None`: not known.
    pub async fn framework(&self, id: &FrameworkId) -> Result<Option<FrameworkState>, HttpError> {
        Ok(self.frameworks(std::slice::from_ref(id)).await?.pop())
    }

    /// These frameworks in full, removed ones included as long as the master remembers them; in one request. Those that
    /// aren't known are missing.
    pub async fn frameworks(&self, ids: &[FrameworkId]) -> Result<Vec<FrameworkState>, HttpError> {
        // The endpoint takes one id or none.
        let one = ids.first().filter(|_| ids.len() == 1).map(|id| ("framework_id", id.as_str()));
        let mut all = self.all_frameworks(one.as_slice()).await?;
        all.retain(|framework| ids.contains(&framework.id));
        Ok(all)
    }

    /// Frameworks that carry all of these labels, removed ones included; living ones first.
    pub async fn frameworks_by_labels(
        &self,
        labels: &[(&str, &str)],
    ) -> Result<Vec<FrameworkState>, HttpError> {
        let mut all = self.all_frameworks(&[]).await?;
        all.retain(|framework| {
            labels.iter().all(|(key, value)| framework.label(key) == Some(value))
        });
        Ok(all)
    }

    async fn all_frameworks(
        &self,
        query: &[(&str, &str)],
    ) -> Result<Vec<FrameworkState>, HttpError> {
        let Frameworks { frameworks, mut completed_frameworks } =
            self.get("/frameworks", query).await?;
        for framework in &mut completed_frameworks {
            framework.completed = true;
        }
        Ok(frameworks.into_iter().chain(completed_frameworks).collect())
    }

    /// All agents.
    pub async fn agents(&self) -> Result<Vec<AgentSummary>, HttpError> {
        Ok(self.get::<Agents>("/slaves", &[]).await?.slaves)
    }

    /// The tasks of a framework: living, unreachable and ended ones mixed, oldest first.
    pub async fn tasks(&self, framework: &FrameworkId) -> Result<Vec<TaskSummary>, HttpError> {
        let mut all = Vec::new();
        loop {
            let (limit, offset) = (PAGE.to_string(), all.len().to_string());
            let query = [
                ("framework_id", framework.as_str()),
                ("order", "asc"),
                ("limit", &limit),
                ("offset", &offset),
            ];
            let page: Tasks = self.get("/tasks", &query).await?;
            let last = page.tasks.len() < PAGE;
            all.extend(page.tasks);
            if last {
                // Old masters don't know the filter.
                all.retain(|task| task.framework_id == *framework);
                return Ok(all);
            }
        }
    }

    /// The version of Mesos.
    pub async fn version(&self) -> Result<String, HttpError> {
        let version: Version = self.get("/version", &[]).await?;
        Ok(version.version)
    }

    /// Removes a framework and all its tasks, whoever drives it. Tasks get no time to tell their end.
    pub async fn teardown(&self, framework: &FrameworkId) -> Result<Teardown, HttpError> {
        let form = format!("frameworkId={}", super::master::percent(framework.as_str()));
        let content = Some((FORM, form.into_bytes()));
        let (_, url, response) =
            self.http.follow(&self.leader, &Method::POST, "/teardown", &[], content).await?;
        if response.status() == StatusCode::OK {
            self.http.body(&url, response).await?;
            return Ok(Teardown::Removed);
        }
        match self.http.failure(&url, response).await {
            HttpError::Rejected { status: 400, text, .. }
                if text.starts_with("No framework found with specified ID") =>
            {
                Ok(Teardown::NotFound)
            }
            error => Err(starting(error)),
        }
    }

    pub(super) async fn get<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, HttpError> {
        self.http.get_json(&self.leader, path, query).await.map_err(starting)
    }
}

/// A master that has just started listens before it has its routes.
fn starting(error: HttpError) -> HttpError {
    match error {
        HttpError::NotFound { url, text } => {
            HttpError::NotReady { url, status: 404, text, retry_after: None }
        }
        other => other,
    }
}

/// Ids stand bare in these documents, not in an object.
fn bare<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: From<String>,
{
    or_default::<D, String>(deserializer).map(T::from)
}

#[cfg(test)]
mod tests;
