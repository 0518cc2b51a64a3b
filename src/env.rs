//! The process's surroundings, read once and passed in, so that nothing below depends on them unseen.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::clock;
use crate::program::SearchPath;

/// How long the system may take to say what a user is called.
const LOOKUP: Duration = Duration::from_secs(5);
/// More than any line of a user database.
const MOST_BYTES: u64 = 4096;

/// The machine and the user, as far as others are told of them, and where the machine's programs are.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Host name.
    pub host: String,
    /// Login name; of a user without one, the id.
    pub user: String,
    /// Process id.
    pub pid: u32,
    /// The file of this program.
    pub program: PathBuf,
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
    /// What the system calls the user, once it was asked.
    account: OnceLock<Option<String>>,
}

impl Env {
    /// The surroundings of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(std::env::vars_os().collect(), std::env::current_dir().unwrap_or_default())
    }

    /// Surroundings with these variables.
    #[must_use]
    pub fn new(variables: BTreeMap<OsString, OsString>, directory: PathBuf) -> Self {
        Self { variables, directory, account: OnceLock::new() }
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
            user: self.user().or_else(user_id).unwrap_or_default(),
            pid: std::process::id(),
            program: std::env::current_exe().unwrap_or_default(),
            clock: clock::now,
            path: self.path(),
            hadoop_home: self.get("HADOOP_HOME").map(PathBuf::from),
        }
    }

    /// The login name: as the environment has it, else as the system knows the user of this process. `None`: a user
    /// without a name.
    #[must_use]
    pub fn user(&self) -> Option<String> {
        let named = self.get("USER").or_else(|| self.get("LOGNAME")).map(str::to_owned);
        named.or_else(|| self.account.get_or_init(|| name_of(&user_id()?, &self.path())).clone())
    }

    /// Where temporary files go.
    #[must_use]
    pub fn temporary(&self) -> PathBuf {
        self.get("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
    }

    /// `PATH`.
    #[must_use]
    pub fn path(&self) -> SearchPath {
        SearchPath(self.variables.get(OsStr::new("PATH")).cloned())
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}

/// The user that this process works as.
fn user_id() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_whitespace().nth(1).map(str::to_owned)
}

/// The name of a user as the system knows it, directories such as LDAP included, which files alone don't tell.
fn name_of(id: &str, path: &SearchPath) -> Option<String> {
    let program = path.find("getent", None).ok()?;
    let mut asked = Command::new(program)
        .args(["passwd", id])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let started = Instant::now();
    while asked.try_wait().ok()?.is_none() {
        if started.elapsed() > LOOKUP {
            // Nothing is left of it to be waited for; that it is gone already is no matter.
            let _ = asked.kill();
            let _ = asked.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut line = String::new();
    asked.stdout?.take(MOST_BYTES).read_to_string(&mut line).ok()?;
    line.split(':').next().map(str::to_owned).filter(|name| !name.is_empty())
}
