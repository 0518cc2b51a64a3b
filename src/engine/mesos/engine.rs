//! What can be asked of Mesos: the leading master, what it knows, and the sandboxes on its agents.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::MesosError;
use super::settings::Way;
use super::translate;
use crate::clock::Millis;
use crate::config::Warning;
use crate::config::settings::Mesos;
use crate::engine::error::EngineError;
use crate::engine::observation::{AbsentHosts, FrameworkCondition, FrameworkSeen};
use crate::engine::traits::{Engine, FileEntry, Host, Remembered, Sandbox, TaskPlace, WebPages};
use crate::mesos::http::{Http, HttpError, HttpSettings};
use crate::mesos::leader::{Leader, LeaderError, LeaderOptions};
use crate::mesos::master::{LeaderUrl, MasterAddress, Scheme};
use crate::mesos::operator::{AgentSummary, FrameworkState, Operator, TaskSummary};
use crate::mesos::sandbox::{self as mesos, FileInfo, SandboxError};
use crate::net::deadline::{Deadline, Stopped};
use crate::net::zookeeper::Known;
use crate::scheduler::ids::{FrameworkId, TaskId};

/// Between looks at what the master knows.
const PAUSE: Duration = Duration::from_millis(200);
/// Agents that look for a new master pause for so long at most.
const RETURN: Duration = Duration::from_mins(1);

/// The way to Mesos.
#[derive(Debug)]
pub struct MesosEngine {
    pub(super) http: Http,
    address: MasterAddress,
    options: LeaderOptions,
}

impl MesosEngine {
    /// Reads the secrets and certificates that the settings name, and tells doubts about them. The deadline bounds whatever
    /// is waited for.
    pub fn new(
        mesos: &Mesos,
        known: Known,
        deadline: &Deadline,
    ) -> Result<(Self, Vec<Warning>), EngineError> {
        let Way { http, address, scheme, warnings } = Way::of(mesos)?;
        let options = LeaderOptions { scheme, known, ..LeaderOptions::default() };
        let http = HttpSettings { deadline: deadline.clone(), ..http };
        Ok((Self { http: Http::new(http)?, address, options }, warnings))
    }

    /// Looks once for the leading master.
    pub(super) async fn leader(&self) -> Result<Leader, LeaderError> {
        Box::pin(Leader::find(&self.http, &self.address, &self.options)).await
    }

    /// Looks until there is one that answers, or looking again can't help.
    async fn look_for_leader(&self, last: &mut Option<LeaderError>) -> Result<Leader, LeaderError> {
        loop {
            let found = async {
                let leader = self.leader().await?;
                leader.check(&self.http).await?;
                Ok(leader)
            };
            match found.await {
                Err(error) if LeaderError::is_transient(&error) => *last = Some(error),
                other => return other,
            }
            sleep(PAUSE).await;
        }
    }

    pub(super) async fn operator(&self) -> Result<Operator, MesosError> {
        let leader = self.leader().await?;
        Ok(Operator::new(self.http.clone(), leader.url))
    }

    /// Agents get the master's scheme at least: where that speaks TLS, a plain agent would be told its secret.
    fn agent_scheme(&self) -> Scheme {
        if self.http.has_spoken_tls() { Scheme::Https } else { self.options.scheme }
    }

    async fn state_of(
        &self,
        framework: &FrameworkId,
    ) -> Result<Option<FrameworkState>, MesosError> {
        let id = translate::framework_id(framework);
        Ok(self.operator().await?.framework(&id).await?)
    }
}

impl Engine for MesosEngine {
    type Sandbox = MesosSandbox;
    type Seat = LeaderUrl;

    async fn reach(&self, until: Instant) -> Result<WebPages, EngineError> {
        let began = Instant::now();
        let mut last = None;
        let looking = Box::pin(self.look_for_leader(&mut last));
        let leader = match (self.http.deadline().run_until(until, looking).await, last) {
            (Ok(found), _) => found,
            // What was wrong all the time says more than that the time is up.
            (Err(Stopped::TimedOut), Some(error)) => Err(error),
            (Err(stopped), _) => Err(LeaderError::stopped(stopped, &self.address, began.elapsed())),
        };
        let Leader { url, .. } = leader.map_err(MesosError::from)?;
        Ok(pages(&url))
    }

    async fn version(&self) -> Result<String, EngineError> {
        let leader = self.leader().await.map_err(MesosError::from)?;
        let url = leader.url.clone();
        let version = Operator::new(self.http.clone(), leader.url).version().await?;
        Ok(format!("Mesos {version} at {url}"))
    }

    async fn hosts(&self) -> Result<Vec<Host>, EngineError> {
        let agents = self.operator().await?.agents().await?;
        Ok(agents.into_iter().map(host).collect())
    }

    async fn locate(&self) -> Result<LeaderUrl, EngineError> {
        Ok(self.leader().await.map_err(MesosError::from)?.url)
    }

    async fn observe(
        &self,
        leader: &LeaderUrl,
        frameworks: &[FrameworkId],
    ) -> Result<Vec<FrameworkSeen>, EngineError> {
        let ids: Vec<_> = frameworks.iter().map(translate::framework_id).collect();
        let pages = pages(leader);
        let found = Operator::new(self.http.clone(), leader.clone()).frameworks(&ids).await?;
        let seen = |(framework, id)| {
            seen(found.iter().find(|found| found.id == id), pages.page(framework))
        };
        Ok(frameworks.iter().zip(ids).map(seen).collect())
    }

    async fn absent_hosts(&self) -> Result<AbsentHosts, EngineError> {
        let operator = self.operator().await?;
        if operator.missing_agents().await? > 0 {
            return Ok(AbsentHosts::Known);
        }
        let uptime = operator.uptime_without_registry().await?;
        let young = uptime.is_some_and(|uptime| uptime < RETURN);
        Ok(if young { AbsentHosts::Perhaps } else { AbsentHosts::None })
    }

    async fn find(&self, labels: &[(String, String)]) -> Result<Vec<FrameworkId>, EngineError> {
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let found = self.operator().await?.frameworks_by_labels(&labels).await?;
        let living = found.into_iter().filter(|state| !state.completed);
        Ok(living.map(|state| FrameworkId(state.id.0)).collect())
    }

    async fn tear_down(&self, framework: &FrameworkId) -> Result<(), EngineError> {
        self.operator().await?.teardown(&translate::framework_id(framework)).await?;
        Ok(())
    }

    async fn wait_until_gone(
        &self,
        framework: &FrameworkId,
        until: Instant,
    ) -> Result<(), EngineError> {
        loop {
            let state = match self.state_of(framework).await {
                Err(MesosError::Http(
                    HttpError::Unauthorized { .. } | HttpError::Forbidden { .. },
                )) => return Ok(()),
                other => other?,
            };
            let Some(state) = state.filter(|state| !state.completed) else { return Ok(()) };
            if Instant::now() + PAUSE >= until {
                let tasks = state.tasks.len();
                let what = format!("it has {tasks} tasks, connected: {}", state.connected);
                let framework = state.id;
                return Err(MesosError::Lingering { framework, what }.into());
            }
            sleep(PAUSE).await;
        }
    }

    async fn remembered(&self, framework: &FrameworkId) -> Result<Vec<Remembered>, EngineError> {
        let Some(state) = self.state_of(framework).await? else { return Ok(Vec::new()) };
        let hosts = self.hosts().await?;
        let tasks =
            state.tasks.iter().chain(&state.unreachable_tasks).chain(&state.completed_tasks);
        Ok(tasks.map(|task| remembered(framework, task, &hosts)).collect())
    }

    fn sandbox(&self, place: &TaskPlace) -> Option<MesosSandbox> {
        let (host, port) = place.address.as_deref()?.rsplit_once(':')?;
        let agent = LeaderUrl::new(self.agent_scheme(), host, port.parse().ok()?)?;
        // A command task's executor has the task's own id.
        let executor = place.task_id.as_str().into();
        let framework = translate::framework_id(&place.framework);
        Some(MesosSandbox(mesos::Sandbox::new(self.http.clone(), agent, framework, executor)))
    }
}

/// The sandbox of a command task.
#[derive(Debug)]
pub struct MesosSandbox(mesos::Sandbox);

impl Sandbox for MesosSandbox {
    async fn tail(&self, file: &str, bytes: u64) -> Result<String, EngineError> {
        Ok(self.0.tail(file, bytes).await?.text())
    }

    async fn list(&self, directory: &str) -> Result<Vec<FileEntry>, EngineError> {
        match self.0.list(directory).await {
            Ok(files) => Ok(files.into_iter().map(entry).collect()),
            Err(SandboxError::NoFile { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    async fn read(&self, file: &str, offset: u64, length: u64) -> Result<Vec<u8>, EngineError> {
        match self.0.read(file, offset, length).await {
            Ok(piece) => Ok(piece.data),
            Err(SandboxError::NoFile { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}

fn entry(file: FileInfo) -> FileEntry {
    // Of no time that a clock can show, nothing is known.
    let modified = Duration::try_from_secs_f64(file.mtime).unwrap_or_default();
    FileEntry {
        is_plain: file.mode.starts_with('-'),
        path: file.path,
        size: file.size,
        modified: Millis::try_from(modified.as_millis()).unwrap_or_default(),
    }
}

fn remembered(framework: &FrameworkId, task: &TaskSummary, hosts: &[Host]) -> Remembered {
    let host = hosts.iter().find(|host| host.id.as_str() == task.agent_id.as_str());
    let place = TaskPlace {
        framework: framework.clone(),
        task_id: TaskId(task.id.0.clone()),
        host_id: task.agent_id.as_str().into(),
        address: host.map(|host| host.address.clone()).filter(|address| !address.is_empty()),
    };
    let host = host.map_or_else(|| task.agent_id.to_string(), |host| host.name.clone());
    Remembered { place, host }
}

fn host(agent: AgentSummary) -> Host {
    let address = agent.pid.rsplit_once('@').map_or("", |(_, address)| address).to_owned();
    Host {
        id: agent.id.0.into(),
        name: agent.hostname,
        attributes: agent
            .attributes
            .iter()
            .map(|(name, value)| (name.clone(), translate::attribute_value(value)))
            .collect(),
        address,
        is_active: agent.active,
        ports: agent.resources.port_count(),
        port_ranges: agent.resources.port_ranges().collect(),
        all: translate::sums(&agent.resources),
        used: translate::sums(&agent.used_resources),
    }
}

/// Where a master shows its frameworks.
fn pages(master: &LeaderUrl) -> WebPages {
    WebPages { base: format!("{master}/#/frameworks/") }
}

fn seen(found: Option<&FrameworkState>, page: String) -> FrameworkSeen {
    let Some(state) = found else {
        let condition = FrameworkCondition::Unknown;
        return FrameworkSeen { condition, page, tasks: BTreeMap::new() };
    };
    let condition = match state {
        state if state.completed => FrameworkCondition::Gone,
        state if state.connected => FrameworkCondition::Connected,
        _ => FrameworkCondition::Waiting,
    };
    // A task stands in one list at a time; where it doesn't, what is known of it now is in a later one.
    let task = |task: &TaskSummary| (TaskId(task.id.0.clone()), translate::state(&task.state));
    let tasks = state.completed_tasks.iter().chain(&state.unreachable_tasks).chain(&state.tasks);
    FrameworkSeen { condition, page, tasks: tasks.map(task).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::task::TaskState;

    fn state(document: serde_json::Value) -> FrameworkState {
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn a_framework_is_connected_waiting_gone_or_unknown() {
        let condition = |state: Option<&FrameworkState>| seen(state, String::new()).condition;
        assert_eq!(condition(None), FrameworkCondition::Unknown);
        let connected = || state(json!({"id": "f", "active": true, "connected": true}));
        assert_eq!(condition(Some(&connected())), FrameworkCondition::Connected);
        let recovered = json!({"id": "f", "connected": false, "recovered": true});
        assert_eq!(condition(Some(&state(recovered))), FrameworkCondition::Waiting);
        let gone = FrameworkState { completed: true, ..connected() };
        assert_eq!(condition(Some(&gone)), FrameworkCondition::Gone);
    }

    #[test]
    fn tasks_of_every_list_are_seen() {
        let task = |id: &str, state: &str| json!({"id": id, "slave_id": "a", "state": state});
        let framework = state(json!({
            "id": "f", "tasks": [task("t-1-1", "TASK_RUNNING")], "unreachable_tasks": [task("t-2-1", "TASK_UNREACHABLE")],
            "completed_tasks": [task("t-0-1", "TASK_FAILED"), task("t-1-1", "TASK_LOST")],
        }));
        let tasks = seen(Some(&framework), String::new()).tasks;
        let states: Vec<_> = tasks.iter().map(|(id, state)| (id.as_str(), state)).collect();
        assert_eq!(
            states,
            [
                ("t-0-1", &TaskState::Failed),
                ("t-1-1", &TaskState::Running),
                ("t-2-1", &TaskState::Unreachable)
            ]
        );
    }

    #[test]
    fn a_host_is_what_the_master_says_of_its_agent() {
        let agent = serde_json::from_value(json!({
            "id": "S1", "hostname": "h", "pid": "slave(1)@10.0.0.7:5051", "active": true,
            "resources": {"cpus": 4.0, "mem": 10.0, "disk": 5.0, "ports": "[1-3, 9-9]"}, "used_resources": {"cpus": 1.5},
        }))
        .unwrap();
        let host = host(agent);
        assert_eq!((host.id.as_str(), host.name.as_str()), ("S1", "h"));
        assert_eq!((host.address.as_str(), host.ports, host.is_active), ("10.0.0.7:5051", 4, true));
        assert_eq!(
            (host.all.mem_mb.to_bits(), host.used.cpus.to_bits()),
            (10_f64.to_bits(), 1.5_f64.to_bits())
        );
    }
}
