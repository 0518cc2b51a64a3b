//! What commands ask of the place where containers run.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::error::EngineError;
use super::observation::{AbsentHosts, FrameworkSeen};
use crate::clock::Millis;
use crate::scheduler::connection::Connector;
use crate::scheduler::container::{ContainerRecord, TaskFailure};
use crate::scheduler::ids::{FrameworkId, HostId, TaskId};
use crate::scheduler::offer::Resources;

/// The place where containers run. Driving a topology goes over the [`Connector`]; here is the rest.
#[allow(async_fn_in_trait)] // implementations are few and used by one task
pub trait Engine: Connector {
    /// The sandbox of a task.
    type Sandbox: Sandbox;
    /// Who answers for the engine at the moment.
    type Seat;

    /// Waits until it can be reached, for as long as trying again may help; tells where its frameworks are shown.
    async fn reach(&self, until: Instant) -> Result<WebPages, EngineError>;

    /// What it is, and of which version, in words.
    async fn version(&self) -> Result<String, EngineError>;

    /// All hosts, as far as we may see them.
    async fn hosts(&self) -> Result<Vec<Host>, EngineError>;

    /// Looks once who answers for the engine.
    async fn locate(&self) -> Result<Self::Seat, EngineError>;

    /// What there is now of these frameworks, in their order; asked once for all of them.
    async fn observe(
        &self,
        seat: &Self::Seat,
        frameworks: &[FrameworkId],
    ) -> Result<Vec<FrameworkSeen>, EngineError>;

    /// Whether hosts are still to come back to an engine that has started anew: what runs on them is not known until then.
    async fn absent_hosts(&self) -> Result<AbsentHosts, EngineError>;

    /// Frameworks that live and carry all of these labels.
    async fn find(&self, labels: &[(String, String)]) -> Result<Vec<FrameworkId>, EngineError>;

    /// Removes a framework with all that runs of it, whoever drives it. One that is not known is a success.
    async fn tear_down(&self, framework: &FrameworkId) -> Result<(), EngineError>;

    /// Waits until a framework is removed, with no task alive. Who may not look can't be told more, and doesn't wait.
    async fn wait_until_gone(
        &self,
        framework: &FrameworkId,
        until: Instant,
    ) -> Result<(), EngineError>;

    /// Where the engine remembers tasks of a framework, ended ones included.
    async fn remembered(&self, framework: &FrameworkId) -> Result<Vec<Remembered>, EngineError>;

    /// The sandbox of a task; `None` if the host told no address.
    fn sandbox(&self, place: &TaskPlace) -> Option<Self::Sandbox>;
}

/// The files of a task.
#[allow(async_fn_in_trait)]
pub trait Sandbox {
    /// The last bytes of a file, as text.
    async fn tail(&self, file: &str, bytes: u64) -> Result<String, EngineError>;

    /// What is in a directory, `""` being the sandbox itself, and not what is below. One that isn't there is empty.
    async fn list(&self, directory: &str) -> Result<Vec<FileEntry>, EngineError>;

    /// Bytes of a file from an offset on, at most `length` of them, and fewer where the host gives no more at once. Beyond the
    /// end, and of a file that isn't there: none.
    async fn read(&self, file: &str, offset: u64, length: u64) -> Result<Vec<u8>, EngineError>;
}

/// A file of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its path in the sandbox.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed last.
    pub modified: Millis,
    /// Whether it is a plain file: neither a directory nor a link.
    pub is_plain: bool,
}

/// Where frameworks are shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPages {
    /// What the page's address begins with.
    pub(super) base: String,
}

impl WebPages {
    /// The page of a framework.
    #[must_use]
    pub fn page(&self, framework: &FrameworkId) -> String {
        format!("{}{framework}", self.base)
    }
}

/// A host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// Its id.
    pub id: HostId,
    /// Its name.
    pub name: String,
    /// `address:port` of what starts tasks there; empty if that is not known.
    pub address: String,
    /// What its operator says of it.
    pub attributes: BTreeMap<String, String>,
    /// Whether it makes offers: it answers, and is not being drained.
    pub is_active: bool,
    /// Everything it has.
    pub all: Resources,
    /// How many ports it has.
    pub ports: u64,
    /// These ports, as ranges with both ends.
    pub port_ranges: Vec<(u16, u16)>,
    /// Of that, what tasks have.
    pub used: Resources,
}

/// Where a task ran.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskPlace {
    /// Its framework.
    pub framework: FrameworkId,
    /// Its id.
    pub task_id: TaskId,
    /// The host.
    pub host_id: HostId,
    /// `host:port` of the host's HTTP endpoints, if known.
    pub address: Option<String>,
}

/// A task that the engine remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// Where it is, or was; without an address if its host is gone.
    pub place: TaskPlace,
    /// Name of the host, or its id if that is gone.
    pub host: String,
}

impl TaskPlace {
    /// Where the present task of a container is.
    #[must_use]
    pub fn of_record(framework: &FrameworkId, record: &ContainerRecord) -> Self {
        Self {
            framework: framework.clone(),
            task_id: record.task_id.clone(),
            host_id: record.host_id.clone(),
            address: record.address.clone(),
        }
    }

    /// Where a task was that failed.
    #[must_use]
    pub fn of_failure(framework: &FrameworkId, failure: &TaskFailure) -> Self {
        Self {
            framework: framework.clone(),
            task_id: failure.task_id.clone(),
            host_id: failure.host_id.clone(),
            address: failure.address.clone(),
        }
    }
}
