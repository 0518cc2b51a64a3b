//! Tells a TManager what to do: never before the physical plan exists (docs/heron.md, "Hazards"), and over its restarts.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::clock::seconds;
use crate::context::{CommandError, Context, Signal, StateTree};
use crate::outcome::TopologyRef;
use crate::proto::api::TopologyState as Wanted;
use crate::proto::tmanager::TManagerLocation;
use crate::state::TopologyState;
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

/// Gives an request, waiting for the physical plan and for a TManager that is just being restarted.
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
    let asking = Asking { context, state, name: &name, request, started, deadline };
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
}

impl Asking<'_> {
    /// Sends the request; returns why it is to be tried again, if it is.
    async fn try_once(&self, topology: &TopologyState) -> anyhow::Result<Option<String>> {
        let location =
            topology.tmanager_location.as_ref().map(|found| found.message()).transpose()?;
        let Some(location) = location else {
            return Ok(Some("its TManager is not registered".to_owned()));
        };
        match self.request.send(location, self.deadline).await {
            Ok(Changed::Done) => Ok(None),
            // It says so when the state is already as wanted; the plan read before may have been older.
            Ok(Changed::Already) => {
                Ok(Some("its TManager says that nothing is to be done".to_owned()))
            }
            Err(
                error @ (ControllerError::Unreachable { .. } | ControllerError::NoAnswer { .. }),
            ) => Ok(Some(error.to_string())),
            Err(error) => Err(CommandError::Refused {
                topology: self.name.to_owned(),
                verb: self.request.verb(),
                why: error.to_string(),
            }
            .into()),
        }
    }

    async fn wait_for_plan(&self, problem: &str) -> anyhow::Result<()> {
        let path = self.state.tree.physical_plan(self.name);
        tokio::select! {
            signal = self.context.signals.wait() => Err(self.interrupted(signal)),
            found = self.state.zk.wait_for(&path, self.deadline) => match found? {
                Some(_) => Ok(()),
                None => Err(self.timed_out(problem)),
            },
        }
    }

    async fn pause(&self, problem: &str) -> anyhow::Result<()> {
        if Instant::now() + PAUSE >= self.deadline {
            return Err(self.timed_out(problem));
        }
        tokio::select! {
            signal = self.context.signals.wait() => Err(self.interrupted(signal)),
            () = sleep(PAUSE) => Ok(()),
        }
    }

    fn timed_out(&self, problem: &str) -> anyhow::Error {
        let (name, verb) = (self.name, self.request.verb());
        CommandError::TimedOut {
            what: format!("topology `{name}` could not be told to {verb}: {problem}"),
            after: seconds(Duration::from_secs(self.started.elapsed().as_secs().max(1))),
            next: vec![
                format!("`heron-cli status {name}` shows its containers; the state is as it was"),
                "give it more time with --timeout".to_owned(),
            ],
        }
        .into()
    }

    fn interrupted(&self, signal: Signal) -> anyhow::Error {
        CommandError::Interrupted {
            signal,
            doing: format!("waiting to {} topology `{}`", self.request.verb(), self.name),
            next: vec!["nothing was changed".to_owned()],
        }
        .into()
    }
}
