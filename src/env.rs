//! The process's surroundings, read once and passed in, so that nothing below depends on them unseen.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::clock;
use crate::program::SearchPath;

/// The machine and the user, as far as others are told of them, and where the machine's programs are.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Host name.
    pub host: String,
    /// Login name.
    pub user: String,
    /// Process id.
    pub pid: u32,
    /// i64econds since the epoch.
    pub clock: fn() -> clock::Millis,
    /// Where programs are.
    pub path: SearchPath,
    /// `HADOOP_HOME`.
    pub hadoop_home: Option<PathBuf>,
}

/// Environment variables, and who and where we are.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// The variables.
    pub variables: BTreeMap<OsString, OsString>,
    /// The working directory.
    pub directory: PathBuf,
}

impl Env {
    /// The surroundings of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
            directory: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// A variable that is set, not empty and text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(&OsString::from(name))?;
        value.to_str().filter(|value| !value.is_empty())
    }

    /// The user's home directory.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }

    /// The directory of the user's own configuration files.
    #[must_use]
    pub fn config_home(&self) -> Option<PathBuf> {
        let given = self.get("XDG_CONFIG_HOME").map(PathBuf::from);
        given.or_else(|| self.home().map(|home| home.join(".config")))
    }

    /// The machine and the user.
    #[must_use]
    pub fn machine(&self) -> Machine {
        Machine {
            host: host_name(),
            user: self.user(),
            pid: std::process::id(),
            clock: clock::now,
            path: SearchPath(self.variables.get(OsStr::new("PATH")).cloned()),
            hadoop_home: self.get("HADOOP_HOME").map(PathBuf::from),
        }
    }

    /// The login name; of a user without one in the environment, the name that their id has.
    #[must_use]
    pub fn user(&self) -> String {
        let named = self.get("USER").or_else(|| self.get("LOGNAME")).map(str::to_owned);
        named.or_else(user_of_process).unwrap_or_else(|| "unknown".to_owned())
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}

/// The owner of our own process entry, looked up in the user database.
fn user_of_process() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let id = ids.split_whitespace().next()?;
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    })
}
