//! The connection to Mesos as the driver and the commands want it: the leading master, subscriptions, and what can be
//! asked of masters and agents besides.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use tokio::time::{Instant, sleep, timeout};

use super::link::MesosLink;
use super::observation::{FrameworkCondition, FrameworkSeen};
use crate::config::keys;
use crate::config::problem::WarningKind;
use crate::config::secret::SecretError;
use crate::config::settings::Mesos;
use crate::config::{Warning, read_secret};
use crate::mesos::call::{Capability, FrameworkInfo};
use crate::mesos::event::{Label, Labels};
use crate::mesos::http::{Authorization, Http, HttpError, HttpSettings};
use crate::mesos::ids::{AgentId, FrameworkId, TaskId};
use crate::mesos::leader::{Leader, LeaderError, LeaderOptions};
use crate::mesos::master::{LeaderUrl, MasterAddress, MasterError, Scheme};
use crate::mesos::operator::{AgentSummary, FrameworkState, Operator, TaskSummary, Teardown};
use crate::mesos::sandbox::Sandbox;
use crate::mesos::scheduler_client::Subscription;
use crate::net::deadline::Deadline;
use crate::net::zookeeper::Known;
use crate::scheduler::container::TaskFailure;
use crate::scheduler::driver::{BoxError, ConnectError, Connector};
use crate::scheduler::record::Framework;

/// What a framework of ours understands (docs/mesos.md, "Frameworks").
const CAPABILITIES: [&str; 4] =
    ["MULTI_ROLE", "RESERVATION_REFINEMENT", "PARTITION_AWARE", "TASK_KILLING_STATE"];
/// How long a sandbox may take to answer.
const SANDBOX_LIMIT: Duration = Duration::from_secs(5);
/// Between looks at what the master knows.
const PAUSE: Duration = Duration::from_millis(200);

/// Mesos can't be asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MesosError {
    /// The address of the master can't be read.
    #[error("the Mesos master `{address}` can't be used")]
    Address {
        /// As configured, without credentials.
        address: String,
        /// Why not.
        #[source]
        source: MasterError,
    },
    /// A secret can't be read.
    #[error("failed to read the secret for Mesos")]
    Secret(#[from] SecretError),
    /// A certificate can't be read.
    #[error("failed to read `{}`", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// There is no leading master, or it can't be found.
    #[error("failed to find the leading Mesos master")]
    Leader(#[from] LeaderError),
    /// A request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A framework that was torn down is still there.
    #[error("framework {framework} is still there: {what}")]
    Lingering {
        /// The framework.
        framework: FrameworkId,
        /// What the master says of it.
        what: String,
    },
}

/// The way to Mesos.
#[derive(Debug)]
pub struct MesosConnector {
    http: Http,
    address: MasterAddress,
    options: LeaderOptions,
    /// For everything that is waited for.
    deadline: Deadline,
    /// Doubts about the settings, such as a secret that others can read.
    pub warnings: Vec<Warning>,
}

impl MesosConnector {
    /// Reads the secrets and certificates that the settings name. The deadline bounds every look for the leader.
    pub fn new(mesos: &Mesos, known: Known, deadline: &Deadline) -> Result<Self, MesosError> {
        let address = mesos
            .master
            .expose()
            .parse()
            .map_err(|source| MesosError::Address { address: mesos.master.to_string(), source })?;
        let mut warnings = Vec::new();
        let mut settings = HttpSettings::default();
        if let (Some(principal), Some(file)) = (&mesos.principal, &mesos.secret_file) {
            let (secret, warning) = read_secret(file)?;
            warnings.extend(warning);
            settings.authorization = Authorization::Basic { principal: principal.clone(), secret };
        }
        if let Some(path) = &mesos.ca_file {
            let read = std::fs::read(path);
            settings.tls.ca_pem = Some(read.map_err(|source| {
                let path = path.clone();
                MesosError::Certificate { path, source }
            })?);
        }
        if let Some(file) = &mesos.client_certificate_file {
            let (identity, warning) = read_secret(file)?;
            warnings.extend(warning);
            settings.tls.identity_pem = Some(identity);
        }
        let scheme = if mesos.https { Scheme::Https } else { Scheme::Http };
        let options = LeaderOptions { scheme, known, ..LeaderOptions::default() };
        if !matches!(settings.authorization, Authorization::None) {
            warnings.extend(unencrypted(mesos, &address, scheme));
        }
        let deadline = deadline.clone();
        Ok(Self { http: Http::new(settings)?, address, options, deadline, warnings })
    }

    /// Looks once for the leading master.
    pub async fn leader(&self) -> Result<Leader, LeaderError> {
        Leader::find(&self.http, &self.address, &self.options, &self.deadline).await
    }

    /// Looks for a leading master that answers, for as long as looking again may help.
    pub async fn wait_for_leader(&self, deadline: Instant) -> Result<Leader, MesosError> {
        let looking = self.look_for_leader(deadline);
        let signal = self.deadline.signals().next();
        tokio::select! {
            found = looking => found,
            signal = signal => {
                let address = self.address.to_string();
                Err(LeaderError::Interrupted { address, signal }.into())
            }
        }
    }

    async fn look_for_leader(&self, deadline: Instant) -> Result<Leader, MesosError> {
        loop {
            let found = async {
                let leader = self.leader().await?;
                leader.check(&self.http).await?;
                Ok(leader)
            };
            match found.await {
                Err(error)
                    if LeaderError::is_transient(&error) && Instant::now() + PAUSE < deadline =>
                {
                    sleep(PAUSE).await;
                }
                other => return Ok(other?),
            }
        }
    }

    async fn operator(&self) -> Result<Operator, MesosError> {
        let leader = self.leader().await?;
        Ok(Operator::new(self.http.clone(), leader.url))
    }

    /// The agents, and what they have.
    pub async fn agents(&self) -> Result<Vec<AgentSummary>, MesosError> {
        Ok(self.operator().await?.agents().await?)
    }

    /// Frameworks that live and carry all of these labels.
    pub async fn find_by_labels(
        &self,
        labels: &[(String, String)],
    ) -> Result<Vec<FrameworkId>, MesosError> {
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let found = self.operator().await?.frameworks_by_labels(&labels).await?;
        Ok(found.into_iter().filter(|state| !state.completed).map(|state| state.id).collect())
    }

    /// What the master says of each of these frameworks, in one request.
    pub async fn observe(
        &self,
        frameworks: &[FrameworkId],
    ) -> Result<Vec<FrameworkSeen>, MesosError> {
        let found = self.operator().await?.frameworks(frameworks).await?;
        let seen = |id: &FrameworkId| seen(found.iter().find(|framework| framework.id == *id));
        Ok(frameworks.iter().map(seen).collect())
    }

    /// Removes a framework that never launched anything.
    pub async fn teardown(&self, framework: &FrameworkId) -> Result<Teardown, MesosError> {
        Ok(self.operator().await?.teardown(framework).await?)
    }

    /// Waits until the master has a framework among the removed ones, with no task alive.
    pub async fn wait_until_gone(
        &self,
        framework: &FrameworkId,
        deadline: Instant,
    ) -> Result<(), MesosError> {
        loop {
            let state = match self.operator().await?.framework(framework).await {
                // Who may not look can't be told more.
                Err(HttpError::Unauthorized { .. } | HttpError::Forbidden { .. }) => return Ok(()),
                other => other?,
            };
            let Some(state) = state.filter(|state| !state.completed) else { return Ok(()) };
            if Instant::now() + PAUSE >= deadline {
                let tasks = state.tasks.len();
                let what = format!("it has {tasks} tasks, connected: {}", state.connected);
                return Err(MesosError::Lingering { framework: framework.clone(), what });
            }
            sleep(PAUSE).await;
        }
    }

    /// Subscribes a framework at the leading master.
    pub async fn subscribe(&self, info: FrameworkInfo) -> Result<Subscription, MesosError> {
        let leader = self.leader().await?;
        Ok(Subscription::open(&self.http, &leader.url, info, Vec::new()).await?)
    }

    /// The sandbox of a command task on the agent at `host:port`. `None`: that is no address.
    #[must_use]
    pub fn sandbox(
        &self,
        address: &str,
        framework: &FrameworkId,
        task: &TaskId,
    ) -> Option<Sandbox> {
        let (host, port) = address.rsplit_once(':')?;
        let agent = LeaderUrl::new(self.agent_scheme(), host, port.parse().ok()?)?;
        let executor = task.as_str().into();
        Some(Sandbox::new(self.http.clone(), agent, framework.clone(), executor))
    }

    /// Agents get the master's scheme at least: where that speaks TLS, a plain agent would be told its secret.
    fn agent_scheme(&self) -> Scheme {
        if self.http.has_spoken_tls() { Scheme::Https } else { self.options.scheme }
    }

    /// The end of a failed task's stderr, if its agent still tells.
    pub async fn stderr_tail(
        &self,
        framework: &FrameworkId,
        failure: &TaskFailure,
        bytes: u64,
    ) -> Option<String> {
        let address = failure.agent_address.as_deref()?;
        let sandbox = self.sandbox(address, framework, &failure.task_id)?;
        match timeout(SANDBOX_LIMIT, sandbox.tail("stderr", bytes)).await {
            Ok(Ok(piece)) => Some(piece.text()),
            Ok(Err(error)) => {
                tracing::info!("failed to read the sandbox: {error}");
                None
            }
            Err(_) => None,
        }
    }
}

/// A secret that others can read on its way.
fn unencrypted(mesos: &Mesos, address: &MasterAddress, scheme: Scheme) -> Option<Warning> {
    let plain = match address {
        MasterAddress::ZooKeeper(_) | MasterAddress::File(_) => scheme == Scheme::Http,
        MasterAddress::Masters(masters) => masters.iter().any(|master| {
            let here = matches!(master.host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
            master.scheme.unwrap_or(scheme) == Scheme::Http && !here
        }),
    };
    plain.then(|| Warning {
        kind: WarningKind::Secret,
        key: Some(keys::MESOS_SECRET.name.to_owned()),
        origin: None,
        text: format!(
            "the secret crosses the network in readable form, because {} is asked by http; see heron.mesos.scheme",
            mesos.master
        ),
    })
}

fn seen(found: Option<&FrameworkState>) -> FrameworkSeen {
    let Some(state) = found else {
        return FrameworkSeen { condition: FrameworkCondition::Unknown, tasks: BTreeMap::new() };
    };
    let condition = match state {
        state if state.completed => FrameworkCondition::Gone,
        state if state.connected => FrameworkCondition::Connected,
        _ => FrameworkCondition::Waiting,
    };
    // A task stands in one list at a time; where it doesn't, what is known of it now is in a later one.
    let task = |task: &TaskSummary| (task.id.clone(), task.state.clone());
    let tasks = state.completed_tasks.iter().chain(&state.unreachable_tasks).chain(&state.tasks);
    FrameworkSeen { condition, tasks: tasks.map(task).collect() }
}

/// The page of a framework in the master's web interface.
#[must_use]
pub fn page(leader: &Leader, framework: &FrameworkId) -> String {
    format!("{}/#/frameworks/{framework}", leader.url)
}

/// What every framework of ours understands.
#[must_use]
pub fn capabilities() -> Vec<Capability> {
    CAPABILITIES.map(|name| Capability { name: name.to_owned() }).to_vec()
}

fn framework_info(framework: &Framework) -> FrameworkInfo {
    let label =
        |(key, value): &(String, String)| Label { key: key.clone(), value: Some(value.clone()) };
    FrameworkInfo {
        user: framework.user.clone(),
        name: framework.name.clone(),
        id: Some(framework.id.clone()),
        failover_timeout: framework.failover_timeout_seconds,
        checkpoint: true,
        roles: framework.roles.clone(),
        hostname: None,
        principal: framework.principal.clone(),
        webui_url: None,
        capabilities: capabilities(),
        labels: Some(Labels { labels: framework.labels.iter().map(label).collect() }),
    }
}

impl Connector for MesosConnector {
    type Link = MesosLink;

    async fn connect(
        &mut self,
        framework: &Framework,
        suppressed: bool,
    ) -> Result<MesosLink, ConnectError> {
        let leader = self.leader().await.map_err(|error| {
            let passing = error.is_transient();
            let error = Box::new(error);
            if passing { ConnectError::Passing(error) } else { ConnectError::Final(error) }
        })?;
        let roles = if suppressed { framework.roles.clone() } else { Vec::new() };
        let opened =
            Subscription::open(&self.http, &leader.url, framework_info(framework), roles).await;
        let subscription = opened.map_err(|error| {
            let passing = error.is_transient();
            let error = Box::new(error);
            if passing { ConnectError::Passing(error) } else { ConnectError::Final(error) }
        })?;
        Ok(MesosLink::new(subscription, framework.id.clone(), suppressed))
    }

    async fn live_tasks(
        &mut self,
        framework: &FrameworkId,
    ) -> Result<Vec<(TaskId, Option<AgentId>)>, BoxError> {
        let tasks = self.operator().await?.tasks(framework).await?;
        let live = tasks.into_iter().filter(|task| !task.state.is_terminal());
        Ok(live.map(|task| (task.id, Some(task.agent_id))).collect())
    }
}
