//! What `activate` and `deactivate` do.
//!
//! A TManager answers for itself alone: it is as content with no container as with all of them. So what Mesos says of the
//! containers is asked for meanwhile, and told beside the answer; and where the TManager's own container is dead, nobody
//! waits for it.

use std::time::Duration;

use futures_util::future::join;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::context::{CommandError, Context, StateTree};
use crate::controller::sessions::in_sessions;
use crate::controller::tmanager_request::{Answer, TManagerRequest, ask_tmanager};
use crate::health::asked::{Sought, meanwhile, seek};
use crate::health::look::{First, look};
use crate::health::{Facts, Level, assess};
use crate::outcome::{Outcome, SCHEMA, StateChanged};
use crate::proto::api::TopologyState as Wanted;
use crate::update::settle::{is_mentioned, settle_for};

/// How long a topology that is just coming up is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much longer than the TManager Mesos may take: scripts are not to be kept by a master that they don't need.
const GRACE: Duration = Duration::from_millis(300);
/// Between looks whether there is a TManager to be waited for.
const LOOK: Duration = Duration::from_secs(2);

/// Brings a topology into the state that is wanted; being in it already is a success. An update that was interrupted is
/// finished or undone first: its end would bring the state back that the topology had before.
pub(super) async fn bring(
    context: &Context<'_>,
    topology: &str,
    wanted: Wanted,
) -> anyhow::Result<Outcome> {
    let asking = async |state: &StateTree| {
        let sought = seek(context);
        let first = meanwhile(&sought, Box::pin(First::look(context, state, topology))).await?;
        if first.journal.record.as_ref().is_some_and(|node| is_mentioned(&node.data)) {
            return Ok(None);
        }
        Box::pin(ask(context, state, &sought, first, wanted)).await.map(Some)
    };
    let (answer, facts) = match in_sessions(context, context.deadline(PATIENCE), asking).await? {
        Some(asked) => asked,
        None => (Box::pin(settle_for(context, topology, wanted)).await?, None),
    };
    let assessed = facts.as_ref().map(assess);
    Ok(Outcome::StateChanged(StateChanged {
        schema: SCHEMA,
        topology: answer.topology,
        already: answer.already,
        health: assessed.as_ref().map_or(Level::Unknown, |assessed| assessed.health).name(),
        problems: assessed.map(|assessed| assessed.problems).unwrap_or_default(),
    }))
}

/// Asks the TManager, and meanwhile Mesos.
async fn ask(
    context: &Context<'_>,
    state: &StateTree,
    sought: &Sought<'_>,
    first: First,
    wanted: Wanted,
) -> anyhow::Result<(Answer, Option<Facts>)> {
    let found = first.topology.clone();
    let deadline = context.deadline(PATIENCE);
    let mut request =
        Box::pin(ask_tmanager(context, state, found, TManagerRequest::SetState(wanted), deadline));
    let name = first.topology.name.clone();
    let (reading, read) = oneshot::channel::<()>();
    let mut looking = Box::pin(async move {
        let nodes = meanwhile(sought, Box::pin(first.rest(context, state))).await?;
        // Whoever asks Mesos needs to know where it is, and no session.
        sought.clone().await;
        drop(reading);
        anyhow::Ok(nodes.observed(context, sought).await)
    });
    let facts = tokio::select! {
        biased;
        answer = &mut request => {
            let answer = answer?;
            let closing = async {
                let _ = read.await;
                state.close().await;
            };
            let (facts, ()) = join(timeout(GRACE, looking), closing).await;
            return Ok((answer, facts.ok().and_then(Result::ok)));
        }
        facts = &mut looking => facts.ok(),
    };
    if let Some(dead) = facts.as_ref().and_then(without_tmanager) {
        return Err(dead.into());
    }
    tokio::select! {
        biased;
        answer = request => Ok((answer?, facts)),
        dead = death_of_tmanager(context, state, &name) => Err(dead.into()),
    }
}

/// Waits until the TManager's container is dead, and stays so for a while: somebody may be about to launch another.
async fn death_of_tmanager(
    context: &Context<'_>,
    state: &StateTree,
    topology: &str,
) -> CommandError {
    let mut was_dead = false;
    loop {
        sleep(LOOK).await;
        let facts = Box::pin(look(context, state, topology)).await.ok();
        match facts.as_ref().and_then(without_tmanager) {
            Some(dead) if was_dead => return dead,
            dead => was_dead = dead.is_some(),
        }
    }
}

/// The error for a topology whose TManager's container is dead, with nobody at work on another.
fn without_tmanager(facts: &Facts) -> Option<CommandError> {
    let assessed = assess(facts);
    let container = assessed.containers.iter().find(|container| container.id == 0)?;
    let is_dead = container.is_current && !container.is_running() && facts.driver.is_none();
    is_dead.then(|| CommandError::Down {
        topology: facts.topology.name.clone(),
        problems: assessed.problems.clone(),
    })
}
