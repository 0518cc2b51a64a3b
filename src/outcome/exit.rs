//! The exit codes (`docs/exit-codes.md`).

use crate::net::deadline::Signal;

/// The exit codes. They are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// The operation failed; what was done was undone, or the message lists what is left.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// The configuration is wrong.
    Configuration = 3,
    /// The user's topology failed: its main, its package, its definition.
    Topology = 4,
    /// No such topology.
    NotFound = 5,
    /// It exists already, or somebody else is changing it.
    Conflict = 6,
    /// ZooKeeper, Mesos, the TManager or the package store can't be reached.
    Unreachable = 7,
    /// Not authenticated or not authorized.
    NotAllowed = 8,
    /// Timed out waiting; the operation goes on.
    TimedOut = 9,
    /// Partly done.
    PartlyDone = 10,
    /// No agent has room.
    NoPlacement = 11,
    /// It differs from what was asked for, or is not well.
    Differs = 20,
    /// Interrupted (SIGINT).
    Interrupted = 130,
    /// Terminated (SIGTERM).
    Terminated = 143,
}

impl Exit {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Failed,
        Self::Usage,
        Self::Configuration,
        Self::Topology,
        Self::NotFound,
        Self::Conflict,
        Self::Unreachable,
        Self::NotAllowed,
        Self::TimedOut,
        Self::PartlyDone,
        Self::NoPlacement,
        Self::Differs,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The exit code of a signal.
    #[must_use]
    pub const fn of_signal(signal: Signal) -> Self {
        match signal {
            Signal::Interrupted => Self::Interrupted,
            Signal::Terminated => Self::Terminated,
        }
    }

    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The exit code of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|exit| exit.name() == name)
    }

    /// Whether a message is to say where more of it stands; the others say all there is.
    #[must_use]
    pub const fn is_worth_explaining(self) -> bool {
        !matches!(self, Self::Usage | Self::Differs | Self::Interrupted | Self::Terminated)
    }

    /// The name in JSON, and that of its page in `docs/troubleshooting.md`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Configuration => "configuration",
            Self::Topology => "topology",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Unreachable => "unreachable",
            Self::NotAllowed => "not_allowed",
            Self::TimedOut => "timed_out",
            Self::PartlyDone => "partly_done",
            Self::NoPlacement => "no_placement",
            Self::Differs => "differs",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_has_its_place_in_the_page() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exit-codes.md");
        let page = std::fs::read_to_string(page).unwrap();
        for exit in Exit::ALL {
            let (code, name) = (exit.code(), exit.name());
            let row = format!("\n| {code} | [`{name}`](troubleshooting.md#{name}) |");
            assert!(page.contains(&row), "{code} {name}");
        }
    }
}
