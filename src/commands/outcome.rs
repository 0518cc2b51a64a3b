//! What commands return: plain values, which `ui` shows as text or JSON.

use serde::Serialize;
use serde_json::Value;

use crate::scheduler::update::UpdateStep;

use super::config::{
    CheckedConfig, ContextDetails, Contexts, ConvertedFile, KeyList, ShownConfig, UsedContext,
};
use super::planned::Planned;
use super::release::ReleaseInfo;

/// What a command found or did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// `submit`.
    Submitted(Submitted),
    /// `submit` of a main with several topologies.
    SubmittedAll(SubmittedAll),
    /// `submit --dry-run` and `update --dry-run`.
    Planned(Planned),
    /// `activate` and `deactivate`.
    Switched(Switched),
    /// `restart`.
    Restarted(Restarted),
    /// `update` of a packing plan.
    Updated(Updated),
    /// `update` of settings.
    Configured(Configured),
    /// `kill`.
    Killed(Killed),
    /// `list`.
    Listed(Listed),
    /// `status`.
    Status(Box<Status>),
    /// `check fetch`.
    FetchChecked(FetchChecked),
    /// `config show`.
    ConfigShown(ShownConfig),
    /// `config check`.
    ConfigChecked(CheckedConfig),
    /// `config convert`.
    ConfigConverted(ConvertedFile),
    /// `config keys`.
    ConfigKeys(KeyList),
    /// `config context list`.
    Contexts(Contexts),
    /// `config context show`.
    ContextShown(Box<ContextDetails>),
    /// `config context use`.
    ContextUsed(UsedContext),
    /// `version`.
    Version(Version),
    /// Text that is itself the answer: completions, the class path.
    Text(Text),
}

/// The version of every JSON document.
pub const SCHEMA: u32 = 1;

/// Outcome of `submit`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Submitted {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The topology.
    pub topology: TopologyRef,
    /// The Heron release that its containers run, and how that is known.
    pub release: ReleaseInfo,
    /// Number of containers, container 0 included.
    pub containers: usize,
    /// The framework that they belong to.
    pub framework_id: String,
    /// A page about the framework.
    pub page: Option<String>,
    /// Whether an interrupted submission of the same content was finished.
    pub resumed: bool,
    /// What was waited for.
    pub waited_for: &'static str,
}

/// Outcome of `submit`, of a main with several topologies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubmittedAll {
    /// [`SCHEMA`].
    pub schema: u32,
    /// In the order of names.
    pub submitted: Vec<Submitted>,
}

/// Names a topology and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopologyRef {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// RUNNING or PAUSED.
    pub state: String,
}

/// Outcome of `activate` and `deactivate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Switched {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The topology and its state now.
    pub topology: TopologyRef,
    /// Whether it was in that state before.
    pub already: bool,
}

/// Outcome of `restart`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restarted {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The topology.
    pub topology: TopologyRef,
    /// The containers that were restarted.
    pub containers: Vec<u32>,
}

/// Outcome of `update` of a packing plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Updated {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The topology and its state now.
    pub topology: TopologyRef,
    /// Whether it was so before.
    pub already: bool,
    /// Whether an interrupted update was finished.
    pub resumed: bool,
    /// Number of containers now, container 0 included.
    pub containers: usize,
    /// Containers that are new.
    pub added: Vec<u32>,
    /// Containers that are gone.
    pub removed: Vec<u32>,
    /// Containers whose tasks were replaced by ones with other room.
    pub relaunched: Vec<u32>,
}

/// Outcome of `update --runtime-config`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Configured {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The topology.
    pub topology: TopologyRef,
    /// The settings, `[component:]key:value`.
    pub settings: Vec<String>,
    /// Whether nothing was done.
    pub dry_run: bool,
}

/// Outcome of `kill`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Killed {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The topology's name.
    pub topology: String,
    /// Whether there was anything of it.
    pub found: bool,
    /// The framework that was removed.
    pub framework_id: Option<String>,
    /// The znodes that were removed.
    pub removed: Vec<String>,
}

/// Outcome of `list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// [`SCHEMA`].
    pub schema: u32,
    /// By name.
    pub topologies: Vec<ListedTopology>,
}

/// A line of `list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedTopology {
    /// Its name.
    pub name: String,
    /// RUNNING, PAUSED; STARTING before the physical plan exists.
    pub state: String,
    /// Its cluster.
    pub cluster: Option<String>,
    /// Its role.
    pub role: Option<String>,
    /// Its environ.
    pub environ: Option<String>,
    /// Number of containers, container 0 included.
    pub containers: Option<usize>,
    /// When it was submitted, RFC 3339.
    pub submitted_at: Option<String>,
}

/// Outcome of `status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The topology.
    pub topology: StatusTopology,
    /// Its TManager, once that has registered.
    pub tmanager: Option<StatusTManager>,
    /// Its framework, if heron-cli started it.
    pub framework: Option<StatusFramework>,
    /// Who drives it at the moment.
    pub supervisor: Option<Value>,
    /// An update that is under way or was interrupted.
    pub update: Option<StatusUpdate>,
    /// Its containers, if heron-cli started it.
    pub containers: Vec<StatusContainer>,
}

/// The topology of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusTopology {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// RUNNING, PAUSED, STARTING.
    pub state: String,
    /// Its cluster.
    pub cluster: Option<String>,
    /// Its role.
    pub role: Option<String>,
    /// Its environ.
    pub environ: Option<String>,
    /// When it was submitted, RFC 3339.
    pub submitted_at: Option<String>,
    /// Who submitted it.
    pub submitted_by: Option<String>,
}

/// The TManager of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusTManager {
    /// Its host.
    pub host: String,
    /// Port of its controller.
    pub controller_port: i32,
}

/// The framework of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusFramework {
    /// Its id.
    pub id: String,
    /// Whether a scheduler is connected; none if the master could not be asked.
    pub connected: Option<bool>,
}

/// The update of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusUpdate {
    /// What was asked for.
    pub request: String,
    /// How far it has come: BEGUN, RESIZED, WRITTEN.
    pub step: UpdateStep,
    /// Whether the next command undoes it, if nobody is at it any more; otherwise it finishes it.
    pub can_be_undone: bool,
}

/// A container of a [`Status`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusContainer {
    /// Its id.
    pub id: u32,
    /// The state of its task; PENDING if it has none.
    pub state: String,
    /// Its task.
    pub task_id: Option<String>,
    /// Launches so far.
    pub attempt: u32,
    /// Its agent.
    pub agent_id: Option<String>,
    /// Its host.
    pub host: Option<String>,
    /// Its ports.
    pub ports: Vec<u16>,
    /// Since when it is in that state, RFC 3339.
    pub since: Option<String>,
    /// How it failed last.
    pub last_failure: Option<Value>,
}

/// Outcome of `check fetch`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FetchChecked {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Whether every URI was fetched on every agent, and is as it should be.
    pub good: bool,
    /// The Heron release that the core package is to be, and how that is known.
    pub release: ReleaseInfo,
    /// The framework of the check, which is removed.
    pub framework_id: String,
    /// The agents, by host.
    pub agents: Vec<FetchAgent>,
}

/// An agent of a [`FetchChecked`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FetchAgent {
    /// Its host; `-` if none was found.
    pub host: String,
    /// Its id.
    pub agent_id: Option<String>,
    /// Each URI.
    pub fetches: Vec<Fetched>,
}

/// One URI on one agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fetched {
    /// `core` or `topology`.
    pub kind: &'static str,
    /// The URI, without credentials.
    pub uri: String,
    /// What came of it.
    pub result: FetchResult,
    /// Size of what was fetched, unless it came from the agent's cache.
    pub bytes: Option<u64>,
    /// How long it took, unpacking included.
    pub seconds: Option<f64>,
    /// The version in the `release.yaml` that was unpacked.
    pub release: Option<String>,
    /// What a container needs and does not find in it.
    pub missing: Vec<String>,
    /// What is wrong, in the fetcher's own words where it is the fetcher's.
    pub problem: Option<String>,
    /// The task that fetched it.
    pub task_id: Option<String>,
}

/// What came of fetching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FetchResult {
    /// It was fetched, and a container finds what it needs.
    Good,
    /// The fetcher failed.
    Failed,
    /// It was fetched, but a container would not find what it needs.
    WrongLayout,
    /// It was fetched, but is another release than command lines are written for.
    WrongRelease,
    /// Mesos refused the task.
    Refused,
    /// The agent was lost meanwhile.
    AgentLost,
    /// It was not over in time.
    TimedOut,
    /// The agent made no fitting offer.
    NoOffer,
}

/// Outcome of `version`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Version of heron-cli.
    pub version: &'static str,
    /// The Heron release whose command lines it writes unless told otherwise.
    pub heron: &'static str,
}

/// Text that is itself the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The text.
    pub text: String,
}
