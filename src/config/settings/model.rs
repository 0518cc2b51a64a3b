//! The settings as plain values.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::stores::Uploader;
use crate::config::engine::Engine;
use crate::config::units::Bytes;
use crate::constraint::Constraint;
use crate::net::redact::redact;

/// Everything that a command may want to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The cluster's name.
    pub cluster: String,
    /// The Heron role.
    pub role: String,
    /// The environment; empty where `cluster/role` was given without it.
    pub environ: String,
    /// The user who is recorded as submitter.
    pub submit_user: String,
    /// What runs the containers.
    pub engine: Engine,
    /// Where Heron's state is.
    pub state: State,
    /// How to reach Mesos; `None` where no master is known and none is needed.
    pub mesos: Option<Mesos>,
    /// The URI of the core package; empty where it isn't known and isn't needed.
    pub core_uri: String,
    /// The URI of the topology package, where one is configured.
    pub topology_uri: Option<String>,
    /// How large a topology file or package may be.
    pub package_max: Bytes,
    /// How many revisions of a topology are kept, the one that runs included.
    pub history: usize,
    /// Whether files with secrets may go into the package.
    pub package_secrets: bool,
    /// How long the topology's main may run.
    pub main_timeout: Duration,
    /// How the topology package gets to the agents.
    pub uploader: Uploader,
    /// Supervisors of the topology's own.
    pub supervisors: SupervisorSettings,
    /// What a container looks like inside.
    pub sandbox: SandboxSettings,
    /// How much of what.
    pub resources: ResourceSettings,
    /// The packing algorithm's class.
    pub packing_class: String,
    /// The class of the algorithm that packs again for `update`.
    pub repacking_class: String,
    /// `disabled`, or how the metrics cache manager runs.
    pub metricscache_mode: String,
    /// `disabled`, or how the health manager runs.
    pub healthmgr_mode: String,
    /// The release in the core package, and how it is recorded.
    pub release: ReleaseSettings,
    /// `topology.*`: for the topology's own configuration. Byte amounts are plain numbers.
    pub topology_config: BTreeMap<String, String>,
    /// What the containers' `override.yaml` must say.
    pub container_overrides: BTreeMap<String, String>,
}

/// Where Heron's state is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// ZooKeeper or files.
    pub backend: Backend,
    /// The root, without a slash at its end.
    pub root: String,
    /// The journal's root, without a slash at its end; one child for each topology.
    pub journal_root: String,
    /// After how long ZooKeeper drops a silent client.
    pub session_timeout: Duration,
    /// How long to try to reach ZooKeeper.
    pub connection_timeout: Duration,
    /// How ZooKeeper lets us in.
    pub access: ZooKeeperAccess,
    /// Whether missing directories are created.
    pub initialize_tree: bool,
    /// The servers' `jute.maxbuffer`.
    pub max_buffer: Bytes,
}

/// How ZooKeeper lets us in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZooKeeperAccess {
    /// The user of `auth_file` is one that the servers know (SASL); otherwise it is a digest.
    pub sasl: bool,
    /// The file with user and password; see [`read_secret`](crate::config::read_secret).
    pub auth_file: Option<PathBuf>,
    /// The authorities of the servers' certificates; with it, TLS is spoken.
    pub ca_file: Option<PathBuf>,
    /// The file with our certificate and its key.
    pub client_certificate_file: Option<PathBuf>,
}

/// What keeps the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// A ZooKeeper ensemble.
    ZooKeeper {
        /// As the containers reach it.
        connection: String,
        /// As this machine reaches it.
        client_connection: String,
    },
    /// Files of one machine.
    LocalFiles,
}

impl Backend {
    /// The connection text that executors get.
    #[must_use]
    pub fn connection(&self) -> &str {
        match self {
            Self::ZooKeeper { connection, .. } => connection,
            Self::LocalFiles => "LOCALMODE",
        }
    }
}

/// A text that may hold a password; shown without it.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterText(String);

impl MasterText {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text with its password; never to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MasterText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(&self.0))
    }
}

impl fmt::Debug for MasterText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", redact(&self.0))
    }
}

/// How to reach Mesos and what to tell it.
#[derive(Debug, Clone)]
pub struct Mesos {
    /// The master: `zk://…/path`, `http(s)://…` or `host:port[,host:port…]`.
    pub master: MasterText,
    /// How to speak with a master whose text doesn't say.
    pub https: bool,
    /// Certificates of the authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// This client's certificate and key.
    pub client_certificate_file: Option<PathBuf>,
    /// The principal to authenticate as.
    pub principal: Option<String>,
    /// The file with the principal's secret; see [`read_secret`](crate::config::read_secret).
    pub secret_file: Option<PathBuf>,
    /// The roles to take resources of.
    pub roles: Vec<String>,
    /// The user the containers run as.
    pub task_user: String,
    /// How long the containers survive without a scheduler.
    pub failover_timeout: Duration,
    /// How long a container may take to stop.
    pub kill_grace: Duration,
    /// How long before its maintenance an agent is left alone.
    pub maintenance_lead: Duration,
    /// Which agents containers may run on.
    pub constraints: Vec<Constraint>,
    /// Agents that get containers only where there is no other.
    pub avoid: Vec<String>,
    /// How long a supervisor waits for an agent that can't be reached.
    pub unreachable: Duration,
    /// Whether `update` gives the TManager's container a new task at once.
    pub relaunch_tmanager: bool,
}

/// Supervisors of the topology's own.
#[derive(Debug, Clone, PartialEq)]
pub struct SupervisorSettings {
    /// How many.
    pub instances: u32,
    /// Where agents fetch their program; none: this program, from the package store.
    pub uri: Option<String>,
    /// Cores of each.
    pub cpu: f64,
    /// Memory of each.
    pub ram: Bytes,
    /// Where agents have the files that the configuration names.
    pub files: Option<PathBuf>,
}

/// What a container looks like inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxSettings {
    /// The core package's directory, `./heron-core`.
    pub core_directory: String,
    /// The configuration's directory, `./heron-conf`.
    pub conf_directory: String,
    /// Programs and class paths that are elsewhere inside the container, by their keys
    /// ([`sandbox_paths`](crate::config::keys::sandbox_paths)).
    pub paths: BTreeMap<&'static str, String>,
    /// Where Java is.
    pub java_home: String,
    /// The directory for logs, without a slash at its end.
    pub logging_directory: String,
    /// Class path of the user's own storage for checkpoints; may be empty.
    pub storage_classpath: String,
    /// More classpath entries of the instances; may be empty.
    pub additional_classpath: String,
    /// Whether Java logs its garbage collection.
    pub verbose_gc: bool,
}

/// How much of what.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceSettings {
    /// Cores of an instance.
    pub instance_cpu: f64,
    /// Memory of an instance.
    pub instance_ram: Bytes,
    /// Disk space of an instance.
    pub instance_disk: Bytes,
    /// Memory of a checkpoint manager.
    pub ckptmgr_ram: Bytes,
    /// Cores of container 0.
    pub tmanager_cpu: f64,
    /// Memory of container 0.
    pub tmanager_ram: Bytes,
    /// Disk space of container 0.
    pub tmanager_disk: Bytes,
}

/// The release in the core package, and how it is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseSettings {
    /// `heron.release.version`: decides how heron-executor is started.
    pub dialect: Option<String>,
    /// Recorded as the release's user.
    pub user: String,
    /// Recorded as the release's tag; empty since 0.14.
    pub tag: String,
    /// Recorded as the release's version.
    pub version: String,
}
