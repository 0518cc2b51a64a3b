//! Where the real systems are, as the environment says.

use std::fmt::Write as _;

/// What must be set, and what for.
const NEEDED: &[(&str, &str)] = &[
    ("HERON_E2E_MESOS", "a Mesos master, host:port"),
    ("HERON_E2E_ZK", "ZooKeeper's connect string, host:port,…"),
    ("HERON_E2E_CORE", "the address of a real heron-core.tar.gz that agents can fetch"),
    (
        "HERON_E2E_STORE",
        "where packages go: a directory that all agents have, or an http address that takes PUT, GET, DELETE",
    ),
    (
        "HERON_E2E_LOSE",
        "a command that, given an agent as host:port, ends it and all that runs there at once",
    ),
    ("HERON_E2E_BACK", "a command that brings such an agent back"),
];

/// The real systems.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A master's `host:port`.
    pub mesos: String,
    /// ZooKeeper's connect string.
    pub zookeeper: String,
    /// The core package's URI.
    pub core: String,
    /// The store for packages: a directory or an address.
    pub store: String,
    /// The command that loses an agent.
    pub lose: String,
    /// The command that brings it back.
    pub back: String,
    /// The Mesos and Unix user, which the tasks run as.
    pub user: String,
    /// More lines of configuration.
    pub more: String,
}

impl Settings {
    /// Reads the environment by way of `value`; the error is a text that names everything that is missing.
    pub fn from_env(value: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let value = |name: &str| {
            value(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let missing: Vec<_> = NEEDED.iter().filter(|(name, _)| value(name).is_none()).collect();
        if !missing.is_empty() {
            let mut text =
                "the tests on real systems did not run; not set in the environment:\n".to_owned();
            for (name, meaning) in missing {
                let _ = writeln!(text, "  {name:<16} {meaning}");
            }
            text.push_str("tests/e2e-real/README.md says what these systems must be like.");
            return Err(text);
        }
        let more = match value("HERON_E2E_CONFIG") {
            Some(file) => std::fs::read_to_string(&file)
                .map_err(|error| format!("HERON_E2E_CONFIG: {file} can't be read: {error}"))?,
            None => String::new(),
        };
        let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
        let user = value("HERON_E2E_USER")
            .or(user.map(|user| user.name))
            .ok_or("HERON_E2E_USER is not set, and you have no name here")?;
        let needed = |name: &str| value(name).unwrap_or_default();
        Ok(Self {
            mesos: needed("HERON_E2E_MESOS"),
            zookeeper: needed("HERON_E2E_ZK"),
            core: needed("HERON_E2E_CORE"),
            store: needed("HERON_E2E_STORE"),
            lose: needed("HERON_E2E_LOSE"),
            back: needed("HERON_E2E_BACK"),
            user,
            more,
        })
    }

    /// The configuration for a state root.
    pub fn configuration(&self, root: &str) -> String {
        let Self { mesos, zookeeper, core, store, user, more, .. } = self;
        let store = if store.contains("://") {
            format!(
                "heron.class.uploader: HttpUploader\nheron.uploader.http.uri: {store}\nheron.uploader.http.method: PUT"
            )
        } else {
            format!(
                "heron.class.uploader: LocalFileSystemUploader\nheron.uploader.localfs.file.system.directory: {store}"
            )
        };
        format!(
            "heron.statemgr.connection.string: {zookeeper}\nheron.statemgr.root.path: {root}\n\
             heron.mesos.master.uri: {mesos}\nheron.package.core.uri: {core}\n{store}\n\
             heron.config.cluster: e2e\nheron.config.role: {user}\nheron.config.environ: real\n\
             heron.resources.instance.ram: 256MB\nheron.mesos.tmanager.container.ram: 256MB\n{more}\n"
        )
    }
}
