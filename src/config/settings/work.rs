//! A resolution under way: what is read, what is known, and what was found.

use super::reader::Reader;
use crate::config::keys::KeySpec;
use crate::config::loader::Loader;
use crate::config::problem::{Problem, Warning};

/// What settings need to know of the world besides the configuration.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The user who runs heron-cli.
    pub user: String,
    /// The user's home directory.
    pub home: String,
    /// The loader, where one was named.
    pub loader: Option<Loader>,
}

/// How much of a configuration a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The state tree: `activate`, `deactivate`, `list`, `status`.
    State,
    /// The engine too: `restart`, `kill`, `logs`, `supervise`.
    Engine,
    /// Packages and the uploader too: `submit`, `update`.
    Launch,
}

/// A resolution under way.
pub(super) struct Work<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) facts: &'a Facts,
    pub(super) need: Need,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
}

impl Work<'_> {
    pub(super) fn missing(&mut self, key: &KeySpec, reason: impl Into<String>) {
        self.problems.push(Problem::missing(key, reason));
    }

    /// A directory of the topology below the home directory, as Heron lays them out.
    pub(super) fn in_home(&self, what: &str, cluster: &str, role: &str) -> String {
        format!("{}/.herondata/{what}/{cluster}/{role}/${{TOPOLOGY}}", self.facts.home)
    }
}
