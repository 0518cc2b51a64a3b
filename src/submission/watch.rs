//! A submission that was interrupted, and that somebody who stays goes on with.

use std::time::Duration;

use tokio::time::Instant;

use super::plan::Plan;
use super::preflight::taken;
use crate::cli::{SubmitArgs, WaitFor};
use crate::context::{Context, StateTree};
use crate::controller::journal::load;
use crate::controller::take::{Requested, Wait, Waited};
use crate::scheduler::container::DesiredContainer;
use crate::scheduler::record::{Desired, Phase};
use crate::scheduler::task::TaskState;

/// How long a submission is waited for.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// Watches the submission of the same content, which somebody drives without an end, until it has come as far as is waited for; or until
/// it is ours to go on with.
pub(super) async fn watch(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    deadline: Instant,
) -> anyhow::Result<Waited<Desired>> {
    let name = &plan.name;
    context.reporter.step(&format!("taking up the interrupted submission of {name}"));
    let requested = Requested {
        doing: doing(name),
        unfinished: format!("topology `{name}` is not running yet"),
        patience: PATIENCE,
        next: vec![
            "whoever drives it goes on with it".to_owned(),
            format!("`heron-cli status {name}` shows its containers"),
        ],
    };
    let wait = Wait { context, topology: name, deadline, requested: Some(&requested) };
    let done = async |state: &StateTree| {
        let journalled = load(&state.zk, &state.journal(name)).await?;
        let Some(desired) = journalled.desired else { return Ok(None) };
        let is_new = desired.phase == Phase::Launching;
        if is_new {
            taken(context, args, state, plan).await?;
        }
        let runs = |wanted: &DesiredContainer| {
            let record = journalled.containers.iter().find(|record| record.id == wanted.id);
            record.is_some_and(|record| record.state == TaskState::Running)
        };
        let is_done = match args.wait {
            WaitFor::Running => !is_new,
            WaitFor::Launched | WaitFor::None => desired.containers.iter().all(runs),
        };
        Ok(is_done.then_some(desired))
    };
    let state = context.open().await?;
    wait.lease_or(state, done).await
}

/// What is being done, for messages.
pub(super) fn doing(name: &str) -> String {
    format!("submitting topology `{name}`")
}
