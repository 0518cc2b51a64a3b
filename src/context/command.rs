//! What every command has at hand.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::configure::TypedPlace;
use super::state_tree::StateTree;
use super::writer::Writer;
use super::zookeeper;
use crate::clock::{rfc3339, seconds};
use crate::config::Settings;
use crate::config::settings::{Backend, Mesos};
use crate::context::CommandError;
use crate::engine::configured::{ConfiguredEngine, configured};
use crate::env::{Env, Machine};
use crate::net::deadline::{Deadline, Stopped, UNDO};
use crate::net::zookeeper::Opened;
use crate::outcome::stream::Stream;
use crate::report::Reporter;
use crate::scheduler::history::Author;
use crate::scheduler::ids::TaskId;
use crate::scheduler::model::Policy;
use crate::state::holder::Holder;
use crate::state::{StateError, TopologyState, Tree, Zk};

/// What every command has at hand.
#[derive(Clone)]
pub struct Context<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// The user's own directory of Heron's YAML files, if the configuration is one.
    pub yaml_directory: Option<&'a Path>,
    /// The place that was typed in front of the topology.
    pub place: &'a TypedPlace,
    /// Who listens.
    pub reporter: Arc<dyn Reporter>,
    /// Who gets answers that come line by line.
    pub answers: Arc<dyn Stream>,
    /// The machine and the user.
    pub machine: &'a Machine,
    /// The environment, for what is looked for there and nowhere else: credentials of package stores.
    pub env: &'a Env,
    /// `--timeout`.
    pub timeout: Option<Duration>,
    /// When the command as a whole stops waiting: after the time above, which began with it, or when the user wants to leave.
    pub whole: Deadline,
    /// The session of the state tree that is open, in which the engine's leader is looked for where it is known there.
    pub opened: Opened,
    /// The verb, for those who wait for us.
    pub verb: &'static str,
    /// Which supervisor this is, if a topology's own.
    pub member: Option<Member>,
}

/// One of a topology's own supervisors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The id of the topology.
    pub topology_id: String,
    /// Its task, as far as its environment tells.
    pub task: Option<TaskId>,
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
        self.opened.note(zk.shared());
        Ok(StateTree { zk, tree, journal_root: state.journal_root.clone() })
    }

    /// How to reach Mesos; configured for every command that needs it.
    pub fn mesos(&self) -> Result<&Mesos, CommandError> {
        self.settings.mesos.as_ref().ok_or_else(|| CommandError::Unsupported {
            what: format!("`{}` without a Mesos master in the configuration", self.verb),
        })
    }

    /// How a topology is driven by a command: who types that asks for it now, so that what is out of reach is waited for no
    /// longer. `failure_limit`: failures in a row of one container after which driving is of no use.
    #[must_use]
    pub fn policy(&self, failure_limit: Option<u32>) -> Policy {
        let default = Policy::default();
        let lead = self.settings.mesos.as_ref().map(|mesos| mesos.maintenance_lead);
        let maintenance_ms = lead.map_or(default.maintenance_ms, |lead| {
            i64::try_from(lead.as_millis()).unwrap_or(i64::MAX)
        });
        let own = self.member.as_ref().and_then(|member| member.task.clone());
        Policy { failure_limit, maintenance_ms, unreachable_ms: 0, own, ..default }
    }

    /// The way to the place where containers run. Doubts about its settings are told.
    pub fn engine(&self) -> anyhow::Result<ConfiguredEngine> {
        let known = zookeeper::known(&self.settings.state, &self.opened)?;
        let (engine, warnings) = configured(self.mesos()?, known, &self.whole)?;
        for warning in &warnings {
            self.reporter.warn_once(&warning.to_string());
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

    /// The same for what undoes or restores, which begins now and is told with its bound.
    #[must_use]
    pub fn undoing(&self, doing: &str) -> Self {
        let bound = UNDO.as_secs();
        self.reporter.step(&format!("{doing} (for at most {bound} s; Ctrl-C leaves it undone)"));
        Self { whole: self.whole.undoing(), ..self.clone() }
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
            member: self.member.is_some(),
            doing: None,
        }
    }

    /// Who we are, for what is remembered of a topology.
    #[must_use]
    pub fn writer(&self) -> Writer {
        let author = Author {
            command: self.verb.to_owned(),
            user: self.machine.user.clone(),
            host: self.machine.host.clone(),
            pid: self.machine.pid,
        };
        Writer { author, clock: self.machine.clock }
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

    /// Whoever has left while something was looked at that could be done without doesn't want the rest.
    pub fn unless_left(&self, doing: &str) -> Result<(), CommandError> {
        let Some(signal) = self.whole.signals().seen() else { return Ok(()) };
        let next = vec!["nothing was changed".to_owned()];
        Err(CommandError::Interrupted { signal, doing: doing.to_owned(), next })
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
            biased;
            result = future => Ok(result?),
            signal = self.whole.signals().wait() => {
                let next = vec!["nothing was changed".to_owned()];
                Err(CommandError::Interrupted { signal, doing, next }.into())
            }
        }
    }

    /// The same, also if the time is up.
    pub async fn in_time<T>(
        &self,
        doing: String,
        future: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let next = vec!["nothing was changed".to_owned()];
        match self.whole.run_through(future).await {
            Ok(result) => result,
            Err(Stopped::Signal(signal)) => {
                Err(CommandError::Interrupted { signal, doing, next }.into())
            }
            Err(Stopped::TimedOut) => {
                let after = seconds(self.timeout.unwrap_or_default());
                let what = format!("{doing} was not done");
                Err(CommandError::TimedOut { what, after, next }.into())
            }
        }
    }
}
