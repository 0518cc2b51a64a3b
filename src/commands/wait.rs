//! `wait`: until a topology is as it should be.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use tokio::time::sleep;

use crate::cli::Awaited;
use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::lease::is_session_loss;
use crate::health::look::look;
use crate::health::{Progress, assess, progress};
use crate::net::deadline::Stopped;
use crate::outcome::{Outcome, SCHEMA, TopologyRef, Waited};
use crate::state::StateError;

/// How long is waited where nobody says it.
const PATIENCE: Duration = Duration::from_mins(5);
/// Between looks for what no znode tells.
const PAUSE: Duration = Duration::from_secs(2);

/// Waits until a topology is as it should be.
pub async fn wait(
    context: &Context<'_>,
    awaited: Awaited,
    topology: &str,
) -> anyhow::Result<Outcome> {
    let waiting = Waiting { context, awaited, topology, last: RefCell::default() };
    let state = awaited.name();
    context.reporter.step(&format!("waiting until topology {topology} is {state}"));
    let limit = context.timeout.unwrap_or(PATIENCE);
    match context.whole.run(limit, Box::pin(waiting.reached())).await {
        Ok(Ok(waited)) => Ok(Outcome::Waited(waited)),
        // What it asked had no more time than it.
        Ok(Err(_)) | Err(Stopped::TimedOut) if waiting.is_over() => Err(waiting.timed_out(limit)),
        Ok(Err(error)) => Err(error),
        Err(Stopped::TimedOut) => Err(waiting.timed_out(limit)),
        Err(Stopped::Signal(signal)) => {
            let doing = format!("waiting until topology {topology} is {state}");
            Err(CommandError::Interrupted { signal, doing, next: vec![waiting.shows()] }.into())
        }
    }
}

struct Waiting<'a> {
    context: &'a Context<'a>,
    awaited: Awaited,
    topology: &'a str,
    /// Why it wasn't so when it was looked at last.
    last: RefCell<String>,
}

impl Waiting<'_> {
    fn is_over(&self) -> bool {
        self.context.whole.is_over() && self.context.whole.signals().seen().is_none()
    }

    fn timed_out(&self, limit: Duration) -> anyhow::Error {
        let why = self.last.borrow();
        let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
        let (topology, state) = (self.topology, self.awaited.name());
        let what = format!("topology `{topology}` is not {state}{why}");
        CommandError::TimedOut { what, after: seconds(limit), next: vec![self.shows()] }.into()
    }

    fn shows(&self) -> String {
        format!("`heron-cli status {}` shows how it is", self.topology)
    }

    async fn reached(&self) -> anyhow::Result<Waited> {
        let mut state = self.context.open().await?;
        loop {
            let reached = self.reached_in(&state).await;
            state.close().await;
            match reached {
                Err(error) if is_session_loss(&error) => {
                    let lost = format!("{error:#}; going on with a new session");
                    self.context.reporter.warn_once(&lost);
                    state = self.context.open().await?;
                }
                other => return other,
            }
        }
    }

    async fn reached_in(&self, state: &StateTree) -> anyhow::Result<Waited> {
        loop {
            let changed = self.watch(state).await?;
            let facts = look(self.context, state, self.topology).await?;
            let assessed = assess(&facts);
            match progress(self.awaited, &facts, &assessed) {
                Progress::Reached => {
                    let id = facts.topology.current_topology().map(|current| current.id.clone());
                    let name = self.topology.to_owned();
                    let is_gone = self.awaited == Awaited::Gone;
                    let state = if is_gone { "GONE" } else { assessed.state.name() };
                    return Ok(Waited {
                        schema: SCHEMA,
                        topology: TopologyRef { name, id, state: state.to_owned() },
                        health: (!is_gone).then(|| assessed.health.name()),
                        waited_for: self.awaited.name(),
                    });
                }
                Progress::Never(why) => return Err(self.never(why)),
                Progress::NotYet(why) => {
                    self.context.reporter.waiting(Some(&why));
                    *self.last.borrow_mut() = why;
                }
            }
            tokio::select! {
                () = changed => {}
                () = sleep(PAUSE) => {}
            }
        }
    }

    fn never(&self, why: String) -> anyhow::Error {
        let (topology, awaited) = (self.topology.to_owned(), self.awaited.name());
        CommandError::NeverSo { topology, awaited, why }.into()
    }

    /// Waits for a change of what tells most of a topology. It is watched from now on, before it is looked at.
    async fn watch(&self, state: &StateTree) -> Result<impl Future<Output = ()>, StateError> {
        let (tree, name) = (&state.tree, self.topology);
        let paths = [tree.topology(name), tree.physical_plan(name), state.journal(name).record];
        let watches = join_all(paths.iter().map(|path| state.zk.watch_exists(path))).await;
        let watches: Result<Vec<_>, _> = watches.into_iter().collect();
        let changes = watches?.into_iter().map(|(_, watch)| {
            Box::pin(async move {
                // A session that is lost shows at the next look.
                let _ = watch.changed().await;
            })
        });
        let any = select_all(changes);
        Ok(async {
            any.await;
        })
    }
}
