//! Tells a TManager what to do: never before the physical plan exists (docs/heron.md, "Hazards"), and over its restarts.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::net::deadline::{Signal, Stopped};
use crate::outcome::TopologyRef;
use crate::proto::api::TopologyState as Wanted;
use crate::proto::tmanager::TManagerLocation;
use crate::state::{StateError, TopologyState};
use crate::tmanager::controller::{Changed, Controller, ControllerError};

/// Between looks at a TManager that is just being restarted.
const PAUSE: Duration = Duration::from_millis(500);

/// What a TManager is to do.
#[derive(Clone, Copy, Debug)]
pub enum TManagerRequest<'a> {
    /// Bring the topology into a state; being in it already is a success.
    SetState(Wanted),
    /// Change settings of the running topology; each is `[component:]key:value`.
    SetConfig(&'a [String]),
}

/// What became of a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The topology and its state now.
    pub topology: TopologyRef,
    /// Whether there was nothing to do.
    pub already: bool,
}

impl TManagerRequest<'_> {
    /// The verb, for messages.
    fn verb(self) -> &'static str {
        match self {
            Self::SetState(Wanted::Paused) => "deactivate",
            Self::SetState(_) => "activate",
            Self::SetConfig(_) => "configure",
        }
    }

    async fn send(
        self,
        location: &TManagerLocation,
        deadline: Instant,
    ) -> Result<Changed, ControllerError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let controller = Controller::of(location, left)?;
        match self {
            Self::SetState(Wanted::Paused) => controller.deactivate().await,
            Self::SetState(_) => controller.activate().await,
            Self::SetConfig(items) => {
                controller.runtime_config(items).await.map(|()| Changed::Done)
            }
        }
    }
}

/// Gives a request, waiting for the physical plan and for a TManager that is just being restarted.
///
/// `found` is what the caller has read already, for the first try.
pub async fn ask_tmanager(
    context: &Context<'_>,
    state: &StateTree,
    found: TopologyState,
    request: TManagerRequest<'_>,
    deadline: Instant,
) -> anyhow::Result<Answer> {
    let name = found.name.clone();
    let started = Instant::now();
    let sent = Cell::new(false);
    let asking = Asking { context, state, name: &name, request, started, deadline, sent };
    let mut problem =
        "its physical plan does not exist yet: its containers are still coming up".to_owned();
    let mut topology = found;
    loop {
        context.check_place(state, &topology)?;
        let planned = topology.physical_plan.as_ref().map(|found| found.message()).transpose()?;
        if let Some(plan) = planned {
            let now = Wanted::try_from(plan.topology.state).unwrap_or(Wanted::Running);
            let answer = |already| {
                let state =
                    if let TManagerRequest::SetState(wanted) = request { wanted } else { now };
                let (name, id) = (name.clone(), Some(plan.topology.id.clone()));
                let topology = TopologyRef { name, id, state: state.name().to_owned() };
                Ok(Answer { topology, already })
            };
            if matches!(request, TManagerRequest::SetState(wanted) if plan.topology.state == wanted as i32)
            {
                return answer(true);
            }
            match asking.try_once(&topology).await? {
                None => return answer(false),
                Some(why) => problem = why,
            }
            context.reporter.step("waiting for the TManager");
            asking.pause(&problem).await?;
        } else {
            context.reporter.step("waiting for the physical plan");
            asking.wait_for_plan(&problem).await?;
        }
        topology = TopologyState::read(&state.zk, &state.tree, &name).await?;
    }
}

struct Asking<'a> {
    context: &'a Context<'a>,
    state: &'a StateTree,
    name: &'a str,
    request: TManagerRequest<'a>,
    started: Instant,
    deadline: Instant,
    /// Whether a request may have arrived.
    sent: Cell<bool>,
}

impl Asking<'_> {
    /// Sends the request; returns why it is to be tried again, if it is.
    async fn try_once(&self, topology: &TopologyState) -> anyhow::Result<Option<String>> {
        let location =
            topology.tmanager_location.as_ref().map(|found| found.message()).transpose()?;
        let Some(location) = location else {
            return Ok(Some("its TManager is not registered".to_owned()));
        };
        let at = format!("{}:{}", location.host, location.controller_port);
        let what = || format!("waiting for the TManager at {at}");
        let limit = self.deadline.saturating_duration_since(Instant::now());
        let sent = self.request.send(location, self.deadline);
        match self.context.whole.run_saying(limit, what, sent).await {
            Ok(Ok(Changed::Done)) => Ok(None),
            // It says so when the state is already as wanted; the plan read before may have been older.
            Ok(Ok(Changed::Already)) => {
                Ok(Some("its TManager says that nothing is to be done".to_owned()))
            }
            Ok(Err(
                error @ (ControllerError::Unreachable { .. } | ControllerError::NoAnswer { .. }),
            )) => {
                if matches!(error, ControllerError::NoAnswer { .. }) {
                    self.sent.set(true);
                }
                Ok(Some(error.to_string()))
            }
            Ok(Err(error)) => Err(CommandError::Refused {
                topology: self.name.to_owned(),
                verb: self.request.verb(),
                why: error.to_string(),
            }
            .into()),
            Err(stopped) => {
                self.sent.set(true);
                match stopped {
                    Stopped::TimedOut => Ok(Some(format!("its TManager at {at} does not answer"))),
                    Stopped::Signal(signal) => Err(self.interrupted(signal)),
                }
            }
        }
    }

    /// Waits for the physical plan, or for the end of the topology.
    async fn wait_for_plan(&self, problem: &str) -> anyhow::Result<()> {
        let StateTree { zk, tree, .. } = self.state;
        let path = tree.physical_plan(self.name);
        let waited = tokio::select! {
            biased;
            waited = zk.wait_for(&path, self.deadline) => waited.map(|plan| plan.is_some()),
            gone = self.end_of_topology() => gone.map(|()| true),
        };
        match waited {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.timed_out(problem)),
            Err(StateError::Interrupted { signal, .. }) => Err(self.interrupted(signal)),
            Err(error) => Err(error.into()),
        }
    }

    async fn end_of_topology(&self) -> Result<(), StateError> {
        let path = self.state.tree.topology(self.name);
        loop {
            match self.state.zk.watch_exists(&path).await {
                Ok((Some(_), watch)) => watch.changed().await?,
                Ok((None, _)) => return Ok(()),
                Err(StateError::ConnectionLost { .. }) => sleep(PAUSE).await,
                Err(error) => return Err(error),
            }
        }
    }

    async fn pause(&self, problem: &str) -> anyhow::Result<()> {
        if Instant::now() + PAUSE >= self.deadline {
            return Err(self.timed_out(problem));
        }
        match self.context.whole.run_through(sleep(PAUSE)).await {
            Ok(()) => Ok(()),
            Err(Stopped::TimedOut) => Err(self.timed_out(problem)),
            Err(Stopped::Signal(signal)) => Err(self.interrupted(signal)),
        }
    }

    fn timed_out(&self, problem: &str) -> anyhow::Error {
        let (name, verb) = (self.name, self.request.verb());
        CommandError::TimedOut {
            what: format!("topology `{name}` could not be told to {verb}: {problem}"),
            after: seconds(Duration::from_secs(self.started.elapsed().as_secs().max(1))),
            next: vec![self.truth(), "give it more time with --timeout".to_owned()],
        }
        .into()
    }

    fn interrupted(&self, signal: Signal) -> anyhow::Error {
        CommandError::Interrupted {
            signal,
            doing: format!("waiting to {} topology `{}`", self.request.verb(), self.name),
            next: vec![self.truth()],
        }
        .into()
    }

    /// What is true of the topology when this ends without an answer.
    fn truth(&self) -> String {
        let (name, verb) = (self.name, self.request.verb());
        if self.sent.get() {
            format!(
                "its TManager was asked to {verb} it, and may have done so: `heron-cli status {name}` shows its state"
            )
        } else {
            format!("the state is as it was: `heron-cli status {name}` shows its containers")
        }
    }
}
