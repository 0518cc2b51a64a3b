//! What commands return: plain values, which `ui` shows as text or JSON.
//!
//! One thing has one shape in every document: a topology is an object with at least `name` ([`topology`]), containers are
//! objects with at least `id` ([`container`]), counts have names of their own, and what failed stands in `error`
//! ([`error`]). Members are added, never changed.

pub mod answer;
pub mod change;
pub mod config;
pub mod container;
pub mod difference;
pub mod doctor;
pub mod error;
pub mod event;
pub mod exit;
pub mod fetch;
pub mod listing;
pub mod logs;
pub mod plan;
pub mod release;
pub mod status;
pub mod stream;
pub mod submission;
pub mod supervision;
pub mod topology;

use serde::Serialize;

pub use answer::{Text, Version};
pub use change::{Killed, Restarted, SettingsChanged, StateChanged, Updated, Waited};
pub use config::{
    ChangedContext, CheckedConfig, ContextDetails, Contexts, ConvertedFile, GotSetting, KeyList,
    ShownConfig, UsedContext, WrittenConfig,
};
pub use fetch::FetchChecked;
pub use listing::TopologyList;
pub use logs::LogFiles;
pub use plan::Planned;
pub use status::Status;
pub use submission::{RolledBack, Submitted, SubmittedAll};
pub use supervision::{Supervised, SupervisorsChanged};
pub use topology::TopologyRef;

/// The version of every JSON document.
pub const SCHEMA: u32 = 1;

/// What a command found or did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// `submit`.
    Submitted(Submitted),
    /// `submit` of a main with several topologies.
    SubmittedAll(SubmittedAll),
    /// `rollback`.
    RolledBack(RolledBack),
    /// `diff`.
    Compared(difference::Compared),
    /// `diff` of a main with several topologies.
    ComparedAll(difference::ComparedAll),
    /// `submit --dry-run` and `update --dry-run`.
    Planned(Planned),
    /// `activate` and `deactivate`.
    StateChanged(StateChanged),
    /// `restart`.
    Restarted(Restarted),
    /// `update` of a packing plan.
    Updated(Updated),
    /// `update` of the topology's own supervisors.
    SupervisorsChanged(SupervisorsChanged),
    /// `update` of settings.
    SettingsChanged(SettingsChanged),
    /// `kill`.
    Killed(Killed),
    /// `supervise`, when it is ended.
    Supervised(Supervised),
    /// `list`.
    Listed(TopologyList),
    /// `status`.
    Status(Box<Status>),
    /// `wait`.
    Waited(Waited),
    /// `doctor`.
    Diagnosed(doctor::Diagnosis),
    /// `logs --list`.
    LogFiles(LogFiles),
    /// What was told line by line: nothing is left to say.
    Streamed(stream::Streamed),
    /// `check fetch`.
    FetchChecked(FetchChecked),
    /// `config show`.
    ConfigShown(ShownConfig),
    /// `config get`.
    ConfigGot(GotSetting),
    /// `config init`.
    ConfigWritten(WrittenConfig),
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
    /// `config context add` and `remove`.
    ContextChanged(ChangedContext),
    /// `version`.
    Version(Version),
    /// Text that is itself the answer: completions, the class path.
    Text(Text),
}

impl Outcome {
    /// What is wrong with what was found: an answer can be a bad one.
    #[must_use]
    pub fn error(&self) -> Option<&error::ErrorMember> {
        match self {
            Self::ConfigChecked(checked) => checked.error.as_ref(),
            Self::FetchChecked(checked) => checked.error.as_ref(),
            Self::Planned(planned) => planned.error.as_ref(),
            _ => None,
        }
    }

    /// The exit code of the answer.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Status(status) if status.check && status.topology.health != "healthy" => {
                exit::Exit::Differs.code()
            }
            Self::Compared(one) if !one.same => exit::Exit::Differs.code(),
            Self::ComparedAll(all) if all.compared.iter().any(|one| !one.same) => {
                exit::Exit::Differs.code()
            }
            Self::Diagnosed(diagnosis) if !diagnosis.passed => exit::Exit::Differs.code(),
            _ => self.error().map_or(0, |error| error.exit),
        }
    }

    /// Texts that may hold command lines, to be completed so that they can be pasted.
    pub fn hints_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let (lines, checks): (&mut [String], &mut [doctor::Check]) = match self {
            Self::Status(status) => (&mut status.topology.problems, &mut []),
            Self::Submitted(submitted) => (&mut submitted.problems, &mut []),
            Self::Planned(Planned { error: Some(error), .. }) => (&mut error.hints, &mut []),
            Self::StateChanged(changed) => (&mut changed.problems, &mut []),
            Self::Diagnosed(diagnosis) => (&mut [], &mut diagnosis.checks),
            _ => (&mut [], &mut []),
        };
        lines.iter_mut().chain(checks.iter_mut().filter_map(|check| check.mend.as_mut()))
    }
}
