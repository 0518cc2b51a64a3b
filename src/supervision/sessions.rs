//! The session with ZooKeeper that all topologies of a supervisor share, and which topologies there are.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, timeout};

use super::charge::{Charge, Shared};
use super::error::SupervisionError;
use super::figures::Board;
use crate::context::{Context, StateTree};
use crate::controller::verdict::is_out_of_reach;
use crate::net::cause::chain;
use crate::net::deadline::Deadline;
use crate::scheduler::model::Policy;
use crate::state::StateError;
use crate::state::reads::Watch;

/// Pauses between attempts at a session.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long what is being done when the user wants to leave may take to come to its end.
const HAND_OVER: Duration = Duration::from_secs(2);
/// How long a lost session is told goodbye: it may only be out of reach.
const GOODBYE: Duration = Duration::from_millis(200);

/// Which topologies are to be supervised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All that there are, and will be.
    All,
    /// These, as soon and as long as they are there.
    Named(BTreeSet<String>),
}

impl Wanted {
    /// What a command line asks for.
    ///
    /// # Errors
    /// It asks for nothing, or for what does not go together.
    pub fn of(names: &[String], all: bool) -> Result<Self, SupervisionError> {
        match (names, all) {
            ([], false) => Err(SupervisionError::Nothing),
            ([], true) => Ok(Self::All),
            (_, true) => Err(SupervisionError::Both),
            (names, false) => Ok(Self::Named(names.iter().cloned().collect())),
        }
    }

    fn holds(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

/// Drives topologies until the user wants to leave, over any number of sessions.
///
/// # Errors
/// The configuration can't be used, or ZooKeeper refuses us at the beginning.
pub async fn supervise(
    context: &Context<'_>,
    wanted: &Wanted,
    policy: &Policy,
    board: &Board,
) -> anyhow::Result<()> {
    let mut pause = FIRST_PAUSE;
    let mut has_begun = false;
    while !context.whole.is_over() {
        let state = match context.open().await {
            Ok(state) => state,
            Err(_) if context.whole.is_over() => break,
            Err(error) if has_begun || is_out_of_reach(&error) => {
                context.reporter.warn_once(&chain(error.as_ref()));
                let _ = context.whole.run(pause, std::future::pending::<()>()).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
            Err(error) => return Err(error),
        };
        (pause, has_begun) = (FIRST_PAUSE, true);
        board.session(true);
        let ended = Box::pin(session(context, &state, wanted, policy, board)).await;
        board.session(false);
        hang_up(&state, context.whole.is_over()).await;
        match ended {
            Ok(()) => break,
            Err(error) if context.whole.is_over() => tracing::info!("{error:#}"),
            Err(error) => {
                context.reporter.warn(&format!("{error:#}; taking up again with a new session"));
                let _ = context.whole.run(pause, std::future::pending::<()>()).await;
            }
        }
    }
    Ok(())
}

/// Ends the session, and with it every lock: whoever waits for one goes on at once.
async fn hang_up(state: &StateTree, leaves: bool) {
    let mut zk = state.zk.clone();
    zk.wait_by(&Deadline::never());
    if !zk.close(if leaves { HAND_OVER } else { GOODBYE }).await {
        tracing::info!("ZooKeeper did not confirm the end of the session in time");
    }
}

/// Sees to the topologies until the session ends, or the user wants to leave; a topology's own supervisor until that is gone.
async fn session(
    context: &Context<'_>,
    state: &StateTree,
    wanted: &Wanted,
    policy: &Policy,
    board: &Board,
) -> anyhow::Result<()> {
    let engine = context.engine()?;
    state.zk.ensure_directories(&[&state.journal_root]).await?;
    let shared = Shared { context, state, engine: &engine, policy, board };
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut charges: FuturesUnordered<Pin<Box<dyn Future<Output = String> + '_>>> =
        FuturesUnordered::new();
    let mut listing: Pin<Box<dyn Future<Output = Result<Names, StateError>> + '_>> =
        Box::pin(list(state, None));
    loop {
        tokio::select! {
            biased;
            () = left(context) => {
                // What is being done comes to its end; what only waits is dropped.
                let rest = async { while charges.next().await.is_some() {} };
                let _ = timeout(HAND_OVER, rest).await;
                return Ok(());
            }
            ended = state.zk.ended() => {
                return Err(anyhow::anyhow!("the session with ZooKeeper has ended: {ended:?}"));
            }
            listed = &mut listing => {
                let Names { names, watch } = listed?;
                for name in names {
                    if wanted.holds(&name) && known.insert(name.clone()) {
                        let charge = Charge::new(&shared, &name);
                        charges.push(Box::pin(async move { charge.see_to().await }));
                    }
                }
                if context.member.is_some() && known.is_empty() {
                    return Ok(());
                }
                tell_missing(context, wanted, &known);
                listing = Box::pin(list(state, Some(watch)));
            }
            Some(name) = charges.next(), if !charges.is_empty() => {
                if context.member.is_some() {
                    return Ok(());
                }
                known.remove(&name);
                // It may have come back meanwhile.
                listing = Box::pin(list(state, None));
            }
        }
    }
}

/// The topologies that have a journal, and a watch for more or fewer.
struct Names {
    names: Vec<String>,
    watch: Watch,
}

/// Lists the topologies once something has changed; at once, without a watch. A connection that breaks is waited for.
async fn list(state: &StateTree, watch: Option<Watch>) -> Result<Names, StateError> {
    if let Some(watch) = watch {
        watch.changed().await?;
    }
    loop {
        match state.zk.watch_children(&state.journal_root).await {
            Ok((names, watch)) => return Ok(Names { names: names.unwrap_or_default(), watch }),
            Err(StateError::ConnectionLost { .. } | StateError::TimedOut { .. }) => {
                sleep(FIRST_PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Waits until the user wants to leave.
async fn left(context: &Context<'_>) {
    let _ = context.whole.run_through(std::future::pending::<()>()).await;
}

/// Says of topologies that are named and not there that they are waited for.
fn tell_missing(context: &Context<'_>, wanted: &Wanted, known: &BTreeSet<String>) {
    let Wanted::Named(names) = wanted else { return };
    for name in names.difference(known) {
        context.reporter.warn_once(&format!(
            "there is no topology {name}; it is taken up when it is submitted"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_names_or_all_are_asked_for() {
        let names = ["a".to_owned(), "b".to_owned()];
        assert!(matches!(Wanted::of(&[], false), Err(SupervisionError::Nothing)));
        assert!(matches!(Wanted::of(&names, true), Err(SupervisionError::Both)));
        assert!(Wanted::of(&[], true).unwrap().holds("x"));
        let named = Wanted::of(&names, false).unwrap();
        assert!(named.holds("a") && named.holds("b") && !named.holds("x"));
    }
}
