//! What every command has at hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::error::{CommandError, Signal};
use super::report::Reporter;
use crate::config::Settings;
use crate::config::settings::{Backend, Mesos};
use crate::engine::connector::MesosConnector;
use crate::env::Env;
use crate::program::SearchPath;
use crate::scheduler::journal::JournalPaths;
use crate::scheduler::record::Millis;
use crate::state::lock::Holder;
use crate::state::{ConnectOptions, StateError, TopologyState, Tree, Zk};

/// How long closing a ZooKeeper session may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// What every command has at hand.
pub struct Context<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// The user's own directory of Heron's YAML files, if the configuration is one.
    pub yaml_directory: Option<&'a Path>,
    /// Who listens.
    pub reporter: Arc<dyn Reporter>,
    /// The machine and the user.
    pub machine: &'a Machine,
    /// The environment, for what is looked for there and nowhere else: credentials of package stores.
    pub env: &'a Env,
    /// Says when the user wants to leave.
    pub signals: Signals,
    /// `--timeout`.
    pub timeout: Option<Duration>,
    /// The verb, for those who wait for us.
    pub verb: &'static str,
}

/// The machine and the user, as far as others are told of them, and where the machine's programs are.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Host name.
    pub host: String,
    /// Login name.
    pub user: String,
    /// Process id.
    pub pid: u32,
    /// Milliseconds since the epoch.
    pub clock: fn() -> Millis,
    /// Where programs are.
    pub path: SearchPath,
    /// `HADOOP_HOME`.
    pub hadoop_home: Option<PathBuf>,
}

/// Says when the user wants to leave.
#[derive(Clone, Debug)]
pub struct Signals(pub watch::Receiver<Option<Signal>>);

impl Signals {
    /// Waits for a signal. Without a sender it never comes.
    pub async fn wait(&self) -> Signal {
        let mut receiver = self.0.clone();
        loop {
            if let Some(signal) = *receiver.borrow_and_update() {
                return signal;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The signal that came, if one did.
    #[must_use]
    pub fn seen(&self) -> Option<Signal> {
        *self.0.borrow()
    }
}

/// An open state tree.
#[derive(Clone, Debug)]
pub struct StateTree {
    /// The session.
    pub zk: Zk,
    /// Heron's paths.
    pub tree: Tree,
    /// Root of the journals.
    pub journal_root: String,
}

impl StateTree {
    /// The journal of a topology.
    #[must_use]
    pub fn journal(&self, topology: &str) -> JournalPaths {
        JournalPaths::new(&self.journal_root, topology)
    }

    /// Where it is, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{} at ZooKeeper {}", self.tree.root(), self.zk.ensemble())
    }

    /// Ends the session, so that nothing ephemeral lingers.
    pub async fn close(&self) {
        if !self.zk.close(CLOSE_LIMIT).await {
            tracing::warn!("ZooKeeper did not confirm the end of the session in time");
        }
    }
}

impl Context<'_> {
    /// Opens the state tree.
    pub async fn open(&self) -> anyhow::Result<StateTree> {
        let state = &self.settings.state;
        let Backend::ZooKeeper { client_connection, .. } = &state.backend else {
            let what = "a state tree in local files".to_owned();
            return Err(CommandError::Unsupported { what }.into());
        };
        let options = ConnectOptions {
            connection: client_connection.clone(),
            session_timeout: state.session_timeout,
            connection_timeout: self.bounded(state.connection_timeout),
            auth: None,
        };
        let tree = Tree::new(&state.root).map_err(StateError::from)?;
        let zk = Zk::connect(&options).await?;
        Ok(StateTree { zk, tree, journal_root: state.journal_root.clone() })
    }

    /// How to reach Mesos; configured for every command that needs it.
    pub fn mesos(&self) -> Result<&Mesos, CommandError> {
        self.settings.mesos.as_ref().ok_or_else(|| CommandError::Unsupported {
            what: format!("`{}` without a Mesos master in the configuration", self.verb),
        })
    }

    /// The way to Mesos. Doubts about its settings are told.
    pub fn connector(&self) -> anyhow::Result<MesosConnector> {
        let connector = MesosConnector::new(self.mesos()?).map_err(anyhow::Error::from)?;
        for warning in &connector.warnings {
            self.reporter.warn(&warning.to_string());
        }
        Ok(connector)
    }

    /// Runs a command's body with the state tree open, and closes it whatever comes of it.
    pub async fn with_state<T>(
        &self,
        body: impl AsyncFnOnce(&StateTree) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let state = self.open().await?;
        let result = body(&state).await;
        state.close().await;
        result
    }

    fn bounded(&self, limit: Duration) -> Duration {
        self.timeout.map_or(limit, |timeout| timeout.min(limit))
    }

    /// When to give up waiting.
    #[must_use]
    pub fn deadline(&self, default: Duration) -> Instant {
        Instant::now() + self.timeout.unwrap_or(default)
    }

    /// Who we are, for those who wait for a lock of ours.
    #[must_use]
    pub fn holder(&self) -> Holder {
        Holder {
            host: self.machine.host.clone(),
            pid: self.machine.pid,
            command: self.verb.to_owned(),
            since: rfc3339((self.machine.clock)()),
        }
    }

    /// Makes sure that a topology exists, and at the place that the command was given.
    pub fn check_place(&self, state: &StateTree, topology: &TopologyState) -> anyhow::Result<()> {
        if !topology.exists() {
            return Err(CommandError::NoSuchTopology {
                topology: topology.name.clone(),
                place: state.place(),
            }
            .into());
        }
        let Some(found) = &topology.execution_state else { return Ok(()) };
        let execution = found.message()?;
        let Settings { cluster, role, environ, .. } = self.settings;
        let runs = format!("{}/{}/{}", execution.cluster, execution.role, execution.environ);
        let asked = format!("{cluster}/{role}/{environ}");
        if runs == asked {
            return Ok(());
        }
        Err(CommandError::Elsewhere { topology: topology.name.clone(), runs, asked }.into())
    }
}

/// A time for people and programs.
#[must_use]
pub fn rfc3339(millis: Millis) -> String {
    let seconds = millis.div_euclid(1000);
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| millis.to_string(), |time| time.to_string())
}
