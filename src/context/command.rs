//! What every command has at hand.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::configure::TypedPlace;
use super::state_tree::StateTree;
use super::zookeeper;
use crate::clock::rfc3339;
use crate::config::Settings;
use crate::config::settings::{Backend, Mesos};
use crate::context::CommandError;
use crate::engine::configured::{ConfiguredEngine, configured};
use crate::env::{Env, Machine};
use crate::net::deadline::{Deadline, Signals};
use crate::report::Reporter;
use crate::scheduler::model::Policy;
use crate::state::holder::Holder;
use crate::state::{StateError, TopologyState, Tree, Zk};

/// What every command has at hand.
pub struct Context<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// The user's own directory of Heron's YAML files, if the configuration is one.
    pub yaml_directory: Option<&'a Path>,
    /// The place that was typed in front of the topology.
    pub place: &'a TypedPlace,
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
    /// When the command as a whole stops waiting: made of the two above when it started.
    pub whole: Deadline,
    /// The verb, for those who wait for us.
    pub verb: &'static str,
}

impl Context<'_> {
    /// Opens the state tree.
    pub async fn open(&self) -> anyhow::Result<StateTree> {
        let state = &self.settings.state;
        let Backend::ZooKeeper { client_connection, .. } = &state.backend else {
            let what = "a state tree in local files".to_owned();
            return Err(CommandError::Unsupported { what }.into());
        };
        let options = zookeeper::options(client_connection, state)?;
        let tree = Tree::new(&state.root).map_err(StateError::from)?;
        let zk = Zk::connect(&options, &self.whole).await?;
        let zk = zk.with_rules(zookeeper::rules(&tree, state));
        Ok(StateTree { zk, tree, journal_root: state.journal_root.clone() })
    }

    /// How to reach Mesos; configured for every command that needs it.
    pub fn mesos(&self) -> Result<&Mesos, CommandError> {
        self.settings.mesos.as_ref().ok_or_else(|| CommandError::Unsupported {
            what: format!("`{}` without a Mesos master in the configuration", self.verb),
        })
    }

    /// How a topology is driven. `failure_limit`: failures in a row of one container after which that is of no use.
    #[must_use]
    pub fn policy(&self, failure_limit: Option<u32>) -> Policy {
        let default = Policy::default();
        let lead = self.settings.mesos.as_ref().map(|mesos| mesos.maintenance_lead);
        let maintenance_ms = lead.map_or(default.maintenance_ms, |lead| {
            i64::try_from(lead.as_millis()).unwrap_or(i64::MAX)
        });
        Policy { failure_limit, maintenance_ms, ..default }
    }

    /// The way to the place where containers run. Doubts about its settings are told.
    pub fn engine(&self) -> anyhow::Result<ConfiguredEngine> {
        let known = zookeeper::known(&self.settings.state)?;
        let (engine, warnings) = configured(self.mesos()?, known, &self.whole)?;
        for warning in &warnings {
            self.reporter.warn(&warning.to_string());
        }
        Ok(engine)
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

    /// When to give up waiting.
    #[must_use]
    pub fn deadline(&self, default: Duration) -> Instant {
        self.whole.at().unwrap_or_else(|| Instant::now() + default)
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

    /// Makes sure that a topology exists, wherever it runs: enough for verbs that only read.
    pub fn check_exists(&self, state: &StateTree, topology: &TopologyState) -> anyhow::Result<()> {
        if topology.exists() {
            return Ok(());
        }
        let (topology, place) = (topology.name.clone(), state.place());
        Err(CommandError::NoSuchTopology { topology, place }.into())
    }

    /// Makes sure that a topology exists, and at the place that the command was given.
    pub fn check_place(&self, state: &StateTree, topology: &TopologyState) -> anyhow::Result<()> {
        self.check_exists(state, topology)?;
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

    /// A future's result, unless the user wants to leave: nothing has been changed by then.
    pub async fn or_interrupted<T, E>(
        &self,
        doing: String,
        future: impl Future<Output = Result<T, E>>,
    ) -> anyhow::Result<T>
    where
        anyhow::Error: From<E>,
    {
        tokio::select! {
            result = future => Ok(result?),
            signal = self.signals.wait() => {
                let next = vec!["nothing was changed".to_owned()];
                Err(CommandError::Interrupted { signal, doing, next }.into())
            }
        }
    }
}
