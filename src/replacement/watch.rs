//! A replacement of a topology that somebody drives without an end: it is asked for, and watched.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::begin::begin;
use super::replacing::{RUNS_AGAIN, Replaced, Replacing, not_replaced};
use super::wish::Wish;
use crate::context::{CommandError, StateTree};
use crate::controller::journal::{Journalled, load, load_desired};
use crate::controller::lease::Lease;
use crate::controller::request;
use crate::controller::take::{Requested, Wait, Waited};
use crate::controller::verdict::failure_in_words;
use crate::net::deadline::UNDO;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::update::Update;
use crate::scheduler::update_steps;
use crate::update::apply::refuse_without_framework;
use crate::update::job::{in_the_way, not_ours, patience};

/// Between looks whether what ran before runs again.
const LOOK: Duration = Duration::from_millis(300);

/// What became of a replacement that was asked for.
pub(super) enum Seen {
    /// It is done, whoever did it; none: nothing was to be done.
    Done(Option<Box<Replaced>>),
    /// Whoever drove it has left: it is ours to go on with.
    Ours(Box<Lease>),
}

/// Asks for a replacement, and watches whoever drives. `state` is closed, unless it is the lease's.
pub(super) async fn watch<W: Wish>(
    replacing: &Replacing<'_, W>,
    state: StateTree,
) -> anyhow::Result<Seen> {
    match replacing.ask(&state).await {
        Ok(Some((update, resumed))) => replacing.watch(state, &update, resumed).await,
        Ok(None) => {
            state.close().await;
            Ok(Seen::Done(None))
        }
        Err(error) => {
            state.close().await;
            Err(error)
        }
    }
}

impl<W: Wish> Replacing<'_, W> {
    /// What stands in the record after asking, and whether it did so before; none if nothing is to be done.
    async fn ask(&self, state: &StateTree) -> anyhow::Result<Option<(Update, bool)>> {
        let Self { context, name, wish, .. } = *self;
        let desired = load_desired(&state.zk, &state.journal(name)).await?;
        let desired = desired.ok_or_else(|| not_ours(name))?;
        refuse_without_framework(context, name, &desired.framework.id).await?;
        if let Some(update) = desired.update {
            if self.goes_on_with(&update) {
                return Ok(Some((update, true)));
            }
            return Err(in_the_way(state, name, &update).await);
        }
        let begun = begin(context, state, None, name, wish).await;
        if let Err(error) = &begun {
            wish.undo(error).await;
        }
        let begun = begun?;
        if begun.is_some() {
            context.reporter.step(&format!("{} topology {name}", wish.doing()));
        }
        Ok(begun.map(|update| (update, false)))
    }

    async fn watch(
        &self,
        state: StateTree,
        update: &Update,
        resumed: bool,
    ) -> anyhow::Result<Seen> {
        let Self { context, name, deadline, .. } = *self;
        let requested = Requested {
            doing: self.doing(),
            unfinished: format!("topology `{name}` is not replaced yet"),
            patience: patience(context),
            next: vec![
                "it is asked for: whoever drives the topology carries it out".to_owned(),
                format!("`heron-cli status {name}` shows how far it came"),
            ],
        };
        let wait = Wait { context, topology: name, deadline, requested: Some(&requested) };
        let done = async |state: &StateTree| self.is_done(state, update, resumed).await;
        match wait.lease_or(state, done).await {
            Ok(Waited::Done(replaced)) => Ok(Seen::Done(Some(Box::new(replaced)))),
            Ok(Waited::Leased(lease)) => Ok(Seen::Ours(lease)),
            Err(error) => Err(Box::pin(self.give_up_watching(error)).await),
        }
    }

    /// Whether the replacement is over, and well; an error if it was taken back.
    async fn is_done(
        &self,
        state: &StateTree,
        update: &Update,
        resumed: bool,
    ) -> anyhow::Result<Option<Replaced>> {
        let paths = state.journal(self.name);
        let Some(desired) = load_desired(&state.zk, &paths).await? else {
            let (topology, place) = (self.name.to_owned(), state.place());
            return Err(CommandError::NoSuchTopology { topology, place }.into());
        };
        if desired.goal == Goal::Killed {
            return Err(CommandError::Killed { topology: self.name.to_owned() }.into());
        }
        if desired.update.is_some() {
            return Ok(None);
        }
        let to = update.replacement.as_ref().map(|replacement| replacement.to);
        if to == Some(desired.revisions.current()) {
            return Ok(Some(Replaced { desired, update: update.clone(), resumed }));
        }
        Err(self.taken_back(&load(&state.zk, &paths).await?))
    }

    /// The error for a replacement that whoever drives has taken back.
    fn taken_back(&self, journalled: &Journalled) -> anyhow::Error {
        let failed = journalled.containers.iter().find_map(|record| {
            let failure = record.last_failure.as_ref()?;
            Some(format!("container {} failed: {}", record.id, failure_in_words(failure)))
        });
        let why = failed.unwrap_or_else(|| "whoever drives it has taken it back".to_owned());
        let (topology, next) = (self.name.to_owned(), vec![RUNS_AGAIN.to_owned()]);
        CommandError::NotReplaced { topology, why, next }.into()
    }

    /// What the end of the time means: whoever drives is asked to bring back what ran before.
    async fn give_up_watching(&self, error: anyhow::Error) -> anyhow::Error {
        let late = matches!(error.downcast_ref(), Some(CommandError::TimedOut { .. }));
        if !late || self.context.whole.signals().seen().is_some() {
            return error;
        }
        let name = self.name;
        let doing = format!("bringing what ran before back in place of topology {name}");
        let context = self.context.undoing(&doing);
        let undone = context.with_state(async |state| {
            let record = state.journal(name).record;
            let ask = |desired: &Desired| Ok(update_steps::ask_undo(desired));
            let asked = request::change(&state.zk, &record, None, &context.writer(), ask).await?;
            let is_asked =
                asked.and_then(|desired| desired.update).is_some_and(|update| update.undo);
            if !is_asked {
                return Ok(None);
            }
            let until = Instant::now() + UNDO;
            while Instant::now() < until && !context.whole.is_over() {
                let desired = load_desired(&state.zk, &state.journal(name)).await?;
                if desired.is_none_or(|desired| desired.update.is_none()) {
                    return Ok(Some(true));
                }
                sleep(LOOK).await;
            }
            Ok(Some(false))
        });
        match undone.await {
            Ok(Some(true)) => self.with_next(not_replaced(name, error), &[RUNS_AGAIN]),
            Ok(Some(false)) => CommandError::PartlyDone {
                what: format!("{error:#}"),
                why: "what ran before does not run again yet".to_owned(),
                next: vec![
                    "whoever drives the topology goes on with that".to_owned(),
                    format!("`heron-cli status {name}` shows how far it came"),
                ],
            }
            .into(),
            Ok(None) => error,
            Err(why) => error.context(format!("failed to ask for what ran before: {why:#}")),
        }
    }
}
