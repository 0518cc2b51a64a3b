//! The outcome of `check fetch`.

use serde::Serialize;

use super::error::ErrorMember;
use super::exit::Exit;
use super::release::ReleaseInfo;

/// Outcome of `check fetch`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FetchChecked {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// Whether every URI was fetched on every agent, and is as it should be.
    pub good: bool,
    /// The Heron release that the core package is to be, and how that is known.
    pub release: ReleaseInfo,
    /// The framework of the check, which is removed.
    pub framework_id: String,
    /// The agents, by host.
    pub agents: Vec<FetchAgent>,
    /// What every document of a failed command has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorMember>,
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
    /// What else of it may trouble containers.
    pub warnings: Vec<String>,
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

impl FetchResult {
    /// Whether a container would find what it needs.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Good)
    }

    /// The exit code of one that is not good.
    #[must_use]
    pub const fn exit(self) -> Exit {
        match self {
            Self::TimedOut => Exit::TimedOut,
            Self::NoOffer => Exit::NoPlacement,
            _ => Exit::Failed,
        }
    }

    /// The worst of several that are not good: what failed tells more than what nobody could try.
    #[must_use]
    pub fn worst(results: impl Iterator<Item = Self>) -> Option<Self> {
        results.filter(|result| !result.is_good()).min_by_key(|result| match result {
            Self::TimedOut => 1,
            Self::NoOffer => 2,
            _ => 0,
        })
    }
}
