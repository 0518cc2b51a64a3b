//! `activate` and `deactivate`: the TManager is asked, never before the physical plan exists (hazard 1).

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::{Context, StateTree};
use super::error::CommandError;
use super::outcome::{Outcome, SCHEMA, Switched, TopologyRef};
use crate::proto::api::TopologyState as Wanted;
use crate::proto::tmanager::TManagerLocation;
use crate::state::TopologyState;
use crate::tmanager::controller::{Changed, Controller, ControllerError};

/// How long a topology that is just coming up is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between looks at a TManager that is just being restarted.
const PAUSE: Duration = Duration::from_millis(500);

/// Brings a topology into the state that is wanted; being in it already is a success.
pub async fn switch(
    context: &Context<'_>,
    topology: &str,
    wanted: Wanted,
) -> anyhow::Result<Outcome> {
    let deadline = context.deadline(PATIENCE);
    context.with_state(async |state| run(context, state, topology, wanted, deadline).await).await
}

async fn run(
    context: &Context<'_>,
    state: &StateTree,
    name: &str,
    wanted: Wanted,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut problem =
        "its physical plan does not exist yet: its containers are still coming up".to_owned();
    loop {
        let topology = TopologyState::read(&state.zk, &state.tree, name).await?;
        context.check_place(state, &topology)?;
        let planned = topology.physical_plan.as_ref().map(|found| found.message()).transpose()?;
        let Some(plan) = planned else {
            context.reporter.step("waiting for the physical plan");
            wait(context, state, name, deadline, &problem).await?;
            continue;
        };
        let reference = TopologyRef {
            name: name.to_owned(),
            id: plan.topology.id.clone(),
            state: wanted.name().to_owned(),
        };
        if plan.topology.state == wanted as i32 {
            return Ok(switched(reference, true));
        }
        let location =
            topology.tmanager_location.as_ref().map(|found| found.message()).transpose()?;
        match location {
            None => "its TManager is not registered".clone_into(&mut problem),
            Some(location) => match ask(location, wanted, deadline).await {
                Ok(Changed::Done) => return Ok(switched(reference, false)),
                // It says so when the state is already as wanted; the plan read above may have been older.
                Ok(Changed::Already) => {
                    "its TManager says that nothing is to be done".clone_into(&mut problem);
                }
                Err(
                    error
                    @ (ControllerError::Unreachable { .. } | ControllerError::NoAnswer { .. }),
                ) => problem = error.to_string(),
                Err(error) => return Err(refused(name, wanted, &error)),
            },
        }
        context.reporter.step("waiting for the TManager");
        pause(context, name, deadline, &problem).await?;
    }
}

async fn ask(
    location: &TManagerLocation,
    wanted: Wanted,
    deadline: Instant,
) -> Result<Changed, ControllerError> {
    let left = deadline.saturating_duration_since(Instant::now());
    let controller = Controller::of(location, left)?;
    match wanted {
        Wanted::Paused => controller.deactivate().await,
        _ => controller.activate().await,
    }
}

fn refused(name: &str, wanted: Wanted, error: &ControllerError) -> anyhow::Error {
    let verb = if wanted == Wanted::Paused { "deactivate" } else { "activate" };
    CommandError::Refused { topology: name.to_owned(), verb, why: error.to_string() }.into()
}

fn switched(topology: TopologyRef, already: bool) -> Outcome {
    Outcome::Switched(Switched { schema: SCHEMA, topology, already })
}

/// Waits for the physical plan to appear.
async fn wait(
    context: &Context<'_>,
    state: &StateTree,
    name: &str,
    deadline: Instant,
    problem: &str,
) -> anyhow::Result<()> {
    let path = state.tree.physical_plan(name);
    tokio::select! {
        signal = context.signals.wait() => Err(interrupted(context, name, signal)),
        found = state.zk.wait_for(&path, deadline) => match found? {
            Some(_) => Ok(()),
            None => Err(timed_out(context, name, problem)),
        },
    }
}

async fn pause(
    context: &Context<'_>,
    name: &str,
    deadline: Instant,
    problem: &str,
) -> anyhow::Result<()> {
    if Instant::now() + PAUSE >= deadline {
        return Err(timed_out(context, name, problem));
    }
    tokio::select! {
        signal = context.signals.wait() => Err(interrupted(context, name, signal)),
        () = sleep(PAUSE) => Ok(()),
    }
}

fn timed_out(context: &Context<'_>, name: &str, problem: &str) -> anyhow::Error {
    CommandError::TimedOut {
        what: format!("topology `{name}` could not be told to {}: {problem}", context.verb),
        after: seconds(context.timeout.unwrap_or(PATIENCE)),
        next: vec![
            format!("`heron-cli status {name}` shows its containers; the state is as it was"),
            "give it more time with --timeout".to_owned(),
        ],
    }
    .into()
}

fn interrupted(context: &Context<'_>, name: &str, signal: super::error::Signal) -> anyhow::Error {
    CommandError::Interrupted {
        signal,
        doing: format!("waiting to {} topology `{name}`", context.verb),
        next: vec!["nothing was changed".to_owned()],
    }
    .into()
}

/// A length of time for messages.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
