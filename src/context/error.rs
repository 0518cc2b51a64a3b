//! What commands find wrong that no module below them can know.

use std::fmt;

use thiserror::Error;

use crate::engine::EngineError;
use crate::net::deadline::Signal;

/// A command can't be carried out, or was not carried out to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no topology of that name.
    #[error("there is no topology `{topology}` in {place}")]
    NoSuchTopology {
        /// The name.
        topology: String,
        /// ZooKeeper and root.
        place: String,
    },
    /// The name is taken.
    #[error("topology `{topology}` exists already: {what}")]
    Exists {
        /// The name.
        topology: String,
        /// Since when, by whom, in what state.
        what: String,
        /// Whether it was compared, and differs.
        differs: bool,
    },
    /// The topology belongs to another cluster, role or environ.
    #[error("topology `{topology}` runs at {runs}, not at {asked}")]
    Elsewhere {
        /// The name.
        topology: String,
        /// Where it runs.
        runs: String,
        /// Where the command looks.
        asked: String,
    },
    /// Another tool started it.
    #[error("topology `{topology}` was not started by heron-cli: {what}")]
    NotOurs {
        /// The name.
        topology: String,
        /// What is known of its scheduler.
        what: String,
    },
    /// A record that the command needs is missing.
    #[error("topology `{topology}` is incomplete: {what}")]
    Incomplete {
        /// The name.
        topology: String,
        /// What is missing.
        what: String,
    },
    /// The topology has no such container.
    #[error("topology `{topology}` has no container {container}, only 0 to {last}")]
    NoSuchContainer {
        /// The name.
        topology: String,
        /// What was asked for.
        container: u32,
        /// The highest id.
        last: u32,
    },
    /// Waiting took too long.
    #[error("{what} after {after}")]
    TimedOut {
        /// What has not come about, and why as far as known.
        what: String,
        /// How long it was waited for.
        after: String,
        /// What is true now and how to go on.
        next: Vec<String>,
    },
    /// Somebody has asked for the topology's end while it was being changed.
    #[error("topology `{topology}` was killed by another command meanwhile")]
    Killed {
        /// The topology.
        topology: String,
    },
    /// A container fails again and again, or Mesos refuses it.
    #[error("{container} of topology `{topology}` {what}")]
    Container {
        /// The topology.
        topology: String,
        /// What it is called: `container 3`.
        container: String,
        /// What happens to it, with Mesos's words and the end of its stderr.
        what: String,
        /// What was undone, or what is left.
        next: Vec<String>,
    },
    /// No agent has room.
    #[error("no agent has room for topology `{topology}`:\n{}", why.join("\n"))]
    NoPlacement {
        /// The topology.
        topology: String,
        /// A line per kind of container.
        why: Vec<String>,
        /// What was undone, or what is left.
        next: Vec<String>,
    },
    /// What was to take the place of a topology did not come to run.
    #[error("topology `{topology}` was not replaced: {why}")]
    NotReplaced {
        /// The topology.
        topology: String,
        /// What has not come about.
        why: String,
        /// What runs now, and how to go on.
        next: Vec<String>,
    },
    /// There is nothing that a topology could go back to.
    #[error("topology `{topology}` can't be rolled back: {why}")]
    NothingBefore {
        /// The topology.
        topology: String,
        /// Why.
        why: String,
    },
    /// A stateful topology would lose its checkpoints.
    #[error(
        "topology `{topology}` has checkpoints that don't fit what is to take its place: {why}"
    )]
    StateDiffers {
        /// The topology.
        topology: String,
        /// What differs.
        why: String,
    },
    /// The framework is gone.
    #[error("Mesos ended the framework of topology `{topology}`: {message}")]
    FrameworkEnded {
        /// The topology.
        topology: String,
        /// Mesos's words.
        message: String,
        /// How to go on.
        next: Vec<String>,
    },
    /// Something failed half-way, and what was done could not be undone.
    #[error("{what}; what was done could not be undone: {why}")]
    PartlyDone {
        /// What failed.
        what: String,
        /// Why it could not be undone.
        why: String,
        /// The command that finishes it.
        next: Vec<String>,
    },
    /// The user wants to leave.
    #[error("{signal} while {doing}")]
    Interrupted {
        /// `interrupted` or `terminated`.
        signal: Signal,
        /// What was going on.
        doing: String,
        /// What is true now and how to go on.
        next: Vec<String>,
    },
    /// What is waited for can't come about by itself any more.
    #[error("topology `{topology}` will not be {awaited}: {why}")]
    NeverSo {
        /// The topology.
        topology: String,
        /// What was waited for.
        awaited: &'static str,
        /// Why.
        why: String,
    },
    /// The TManager refuses.
    #[error("the TManager of topology `{topology}` refused to {verb} it: {why}")]
    Refused {
        /// The topology.
        topology: String,
        /// activate, deactivate.
        verb: &'static str,
        /// Its words.
        why: String,
    },
    /// Its TManager does not run, and nobody is at work on another.
    #[error("topology `{topology}` is down: the container of its TManager does not run")]
    Down {
        /// The topology.
        topology: String,
        /// What is wrong, and what to do about it.
        problems: Vec<String>,
    },
    /// Mesos can't be asked about a topology that is to be killed.
    #[error("topology `{topology}` can't be ended without Mesos")]
    EngineAway {
        /// The topology.
        topology: String,
        /// Why it can't be asked.
        source: Box<EngineError>,
    },
    /// The record of a topology names the framework of something else.
    #[error("topology `{topology}` is left alone: {what}")]
    ForeignFramework {
        /// The topology.
        topology: String,
        /// What is wrong.
        what: String,
    },
    /// What this version can't do.
    #[error("{what} is not supported")]
    Unsupported {
        /// What.
        what: String,
    },
}

/// What a command was at when something below it failed for good, and what is true now. The failure stands behind it.
#[derive(Clone, Debug)]
pub struct HalfWay {
    /// `restarting topology …`.
    pub doing: String,
    /// What is true now and how to go on.
    pub next: Vec<String>,
}

impl fmt::Display for HalfWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed while {}", self.doing)
    }
}

impl CommandError {
    /// Adds to what is said of the present state, where the error has room for it.
    pub fn add_hint(&mut self, hint: &str) {
        if let Self::TimedOut { next, .. }
        | Self::Container { next, .. }
        | Self::NoPlacement { next, .. }
        | Self::FrameworkEnded { next, .. }
        | Self::NotReplaced { next, .. }
        | Self::PartlyDone { next, .. }
        | Self::Interrupted { next, .. } = self
        {
            next.push(hint.to_owned());
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::TimedOut { next, .. }
            | Self::Container { next, .. }
            | Self::NoPlacement { next, .. }
            | Self::FrameworkEnded { next, .. }
            | Self::NotReplaced { next, .. }
            | Self::PartlyDone { next, .. }
            | Self::Interrupted { next, .. } => next.clone(),
            Self::NoSuchTopology { .. } => {
                vec!["`heron-cli list` shows the topologies that there are".to_owned()]
            }
            Self::Exists { topology, differs, .. } => {
                let differs = differs.then(|| "`heron-cli diff` shows what differs".to_owned());
                let replaces = differs
                    .is_some()
                    .then(|| "`--replace` has it take the place of what runs".to_owned());
                let others = format!(
                    "`heron-cli kill {topology}` removes it; `heron-cli status {topology}` shows it"
                );
                differs.into_iter().chain(replaces).chain([others]).collect()
            }
            Self::Elsewhere { runs, .. } => vec![format!(
                "name its place in front of the topology ({runs}), or set dc, role and environ"
            )],
            Self::NotOurs { .. } => {
                vec![
                    "use the tool that started it; `activate` and `deactivate` work all the same"
                        .to_owned(),
                ]
            }
            Self::Killed { topology } => {
                vec![format!("`heron-cli status {topology}` shows whether anything is left of it")]
            }
            Self::Incomplete { topology, .. } => {
                vec![format!("`heron-cli kill {topology}` removes what is left of it")]
            }
            Self::NoSuchContainer { topology, .. } => {
                vec![format!("`heron-cli status {topology}` shows its containers")]
            }
            Self::NeverSo { topology, .. } => {
                vec![format!("`heron-cli status {topology}` shows how it is")]
            }
            Self::NothingBefore { topology, .. } => {
                vec![format!("`heron-cli status {topology}` shows what runs")]
            }
            Self::StateDiffers { .. } => {
                vec!["`--reset-state` begins without them; nothing was changed".to_owned()]
            }
            Self::Down { problems, .. } => problems.clone(),
            Self::Refused { topology, .. } => {
                vec![format!("`heron-cli status {topology}` shows its state")]
            }
            Self::EngineAway { topology, .. } => vec![format!(
                "`heron-cli kill {topology} --state-only` removes its state alone, where Mesos is gone for good"
            )],
            Self::ForeignFramework { topology, .. } => vec![format!(
                "find out who has changed the record; `heron-cli kill {topology} --state-only` removes the state alone"
            )],
            Self::Unsupported { .. } => Vec::new(),
        }
    }
}
