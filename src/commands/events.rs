//! `events`: what has happened to a topology, as its journal remembers it, and what happens.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use crate::cli::EventsArgs;
use crate::clock::{Millis, rfc3339};
use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::{JournalNodes, Journalled};
use crate::controller::lease::is_session_loss;
use crate::net::cause::chain;
use crate::net::deadline::{Signal, Stopped};
use crate::net::redact::redact;
use crate::outcome::event::{Event, EventContainer};
use crate::outcome::logs::LogTopology;
use crate::outcome::stream::{Item, ReaderGone, Streamed};
use crate::outcome::{Outcome, SCHEMA};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::history::{Change, Turn};
use crate::scheduler::member::{number_of, shown};
use crate::state::TopologyState;

/// Between looks for what is new.
const PAUSE: Duration = Duration::from_secs(1);

/// An event, and when it was, to the millisecond.
type Dated = (Millis, Event);

/// Tells what has happened, and what happens if that is wanted.
pub async fn events(
    context: &Context<'_>,
    args: &EventsArgs,
    topology: &str,
) -> anyhow::Result<Outcome> {
    let mut history = History { context, topology, told: BTreeSet::new() };
    let state = context.open().await?;
    let found = history.read(&state).await;
    state.close().await;
    let mut found = found?;
    let since = args.since.map(|since| since.at((context.machine.clock)()));
    history.told.extend(found.iter().map(key));
    found.retain(|(at, _)| since.is_none_or(|since| *at >= since));
    let last = found.split_off(found.len().saturating_sub(args.lines));
    let done = Outcome::Streamed(Streamed);
    if history.tell(&last).is_err() || !args.follow {
        return Ok(done);
    }
    match context.whole.run_through(Box::pin(history.follow())).await {
        Ok(ended) => ended.map(|()| done),
        Err(Stopped::TimedOut | Stopped::Signal(Signal::Interrupted)) => Ok(done),
        Err(Stopped::Signal(signal)) => {
            let doing = format!("following what happens to topology {topology}");
            Err(CommandError::Interrupted { signal, doing, next: Vec::new() }.into())
        }
    }
}

/// What tells an event from every other.
fn key((at, event): &Dated) -> (Millis, String) {
    let container = event.container.as_ref().map(|one| one.id);
    (*at, format!("{container:?} {}", event.text))
}

struct History<'a> {
    context: &'a Context<'a>,
    topology: &'a str,
    /// What was told already.
    told: BTreeSet<(Millis, String)>,
}

impl History<'_> {
    /// All that the journal remembers, in order.
    async fn read(&self, state: &StateTree) -> anyhow::Result<Vec<Dated>> {
        let paths = state.journal(self.topology);
        let tree = TopologyState::read(&state.zk, &state.tree, self.topology);
        let nodes = JournalNodes::find(&state.zk, &paths);
        let (tree, nodes) = futures_util::future::join(tree, nodes).await;
        let (journalled, unreadable) = nodes?.read(&state.zk, &paths).await?;
        for error in &unreadable {
            self.context.reporter.warn_once(&chain(error));
        }
        let records: Vec<ContainerRecord> = journalled.records().cloned().collect();
        let Journalled { desired, .. } = journalled;
        let Some(desired) = desired else {
            self.context.check_exists(state, &tree?)?;
            let what = "no journal remembers what happened to it".to_owned();
            let topology = self.topology.to_owned();
            return Err(CommandError::NotOurs { topology, what }.into());
        };
        let changes = desired.history.iter().map(|change| self.changed(change));
        let turns = records.iter().flat_map(|record| {
            record.history.iter().map(|turn| self.turned(record, turn)).collect::<Vec<_>>()
        });
        let mut all: Vec<Dated> = changes.chain(turns).collect();
        // Of one moment, what was asked for comes before what came of it.
        all.sort_by_key(|(at, _)| *at);
        Ok(all)
    }

    fn changed(&self, change: &Change) -> Dated {
        let event = Event {
            schema: SCHEMA,
            topology: LogTopology { name: self.topology.to_owned() },
            at: rfc3339(change.at),
            kind: "request",
            by: Some(change.by.clone()),
            text: redact(&change.what),
            container: None,
        };
        (change.at, event)
    }

    fn turned(&self, record: &ContainerRecord, turn: &Turn) -> Dated {
        let Turn { at, attempt, state, host, by, reason, message, .. } = turn;
        let text = format!("{}, attempt {attempt}: {state} on host {host}", shown(record.id));
        let is_container = number_of(record.id).is_none();
        let event = Event {
            schema: SCHEMA,
            topology: LogTopology { name: self.topology.to_owned() },
            at: rfc3339(*at),
            kind: "task",
            by: by.clone(),
            text,
            container: is_container.then(|| EventContainer {
                id: record.id,
                attempt: *attempt,
                host: host.clone(),
                state: state.to_string(),
                reason: reason.clone(),
                message: message.as_deref().map(redact),
            }),
        };
        (*at, event)
    }

    fn tell(&self, events: &[Dated]) -> Result<(), ReaderGone> {
        events.iter().try_for_each(|(_, event)| self.context.answers.show(&Item::Event(event)))
    }

    /// Tells what is new, until the topology is gone, or nobody reads any more.
    async fn follow(&mut self) -> anyhow::Result<()> {
        let mut session = None;
        loop {
            sleep(PAUSE).await;
            let state = match session.take() {
                Some(state) => state,
                None => self.context.open().await?,
            };
            let found = match self.read(&state).await {
                Ok(found) => found,
                Err(error) => {
                    state.close().await;
                    if is_session_loss(&error) {
                        let lost = format!("{error:#}; going on with a new session");
                        self.context.reporter.warn_once(&lost);
                        continue;
                    }
                    return self.ended(error);
                }
            };
            session = Some(state);
            let all: BTreeSet<_> = found.iter().map(key).collect();
            let new: Vec<Dated> =
                found.into_iter().filter(|one| !self.told.contains(&key(one))).collect();
            // What is forgotten in the journal needn't be remembered here.
            self.told = all;
            if self.tell(&new).is_err() {
                return Ok(());
            }
        }
    }

    /// The end of a topology that was there is no failure.
    fn ended(&self, error: anyhow::Error) -> anyhow::Result<()> {
        if matches!(error.downcast_ref(), Some(CommandError::NoSuchTopology { .. })) {
            self.context.reporter.warn(&format!("topology {} is gone", self.topology));
            return Ok(());
        }
        Err(error)
    }
}
