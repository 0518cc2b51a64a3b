//! The command line: what can be typed, and nothing of what it does.
//!
//! Words go through three steps: [`rewrite`] brings historical forms (flags anywhere, abbreviations, `--verbose True`)
//! into one order, clap parses that, and [`positionals`] tells overrides, topology and arguments apart. A verb's
//! arguments are one file here; the table of the verbs is [`crate::verbs`].

mod activate;
mod check;
mod classpath;
mod completions;
mod config;
mod deactivate;
mod diff;
mod doctor;
mod dry_run;
mod events;
mod explain;
mod flags;
mod global;
mod kill;
mod legacy;
mod list;
mod logs;
mod man;
pub mod positionals;
mod restart;
pub mod rewrite;
mod rollback;
mod status;
mod submit;
mod supervise;
mod update;
mod usage;
mod version;
mod wait;
mod words;

pub use activate::ActivateArgs;
pub use check::{ClusterCheck, ClusterCheckArgs, FetchArgs};
pub use classpath::ClasspathArgs;
pub use completions::CompletionsArgs;
pub use config::{
    CheckArgs, ConfigArgs, ConfigCommand, ContextAddArgs, ContextArgs, ContextCommand,
    ContextNameArgs, ContextShowArgs, ConvertArgs, GetArgs, InitArgs, KeysArgs, ShowArgs,
};
pub use deactivate::DeactivateArgs;
pub use diff::DiffArgs;
pub use doctor::DoctorArgs;
pub use dry_run::DryRunFormat;
pub use events::EventsArgs;
pub use explain::ExplainArgs;
pub use global::{ColorChoice, Global, OutputFormat};
pub use kill::KillArgs;
pub use legacy::Legacy;
pub use list::ListArgs;
pub use logs::{LineCount, LogsArgs, Since};
pub use man::ManArgs;
pub use restart::RestartArgs;
pub use rollback::RollbackArgs;
pub use status::StatusArgs;
pub use submit::{SubmitArgs, TopologySource, WaitFor};
pub use supervise::SuperviseArgs;
pub use update::UpdateArgs;
pub use usage::{ParseError, UsageError};
pub use version::VersionArgs;
pub use wait::{Awaited, WaitArgs};
pub use words::Words;

/// The arguments of a verb from its own words, for tests of what is done with them.
///
/// # Panics
/// On words that the verb doesn't take.
#[must_use]
#[cfg(test)]
pub fn arguments<A: clap::Args>(words: &[&str]) -> A {
    let command = A::augment_args(clap::Command::new("test").no_binary_name(true));
    A::from_arg_matches(&command.try_get_matches_from(words).unwrap()).unwrap()
}
