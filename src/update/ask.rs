//! An update of a topology that somebody drives without an end: it is asked for, and watched.

use super::apply::refuse_without_framework;
use super::change::{change, plan_of};
use super::job::{Job, different, in_the_way, patience};
use super::request::Request;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::journal::{Journalled, load, load_desired};
use crate::controller::lease::Lease;
use crate::controller::request;
use crate::controller::sessions::over_sessions;
use crate::controller::take::{Requested, Wait, Waited};
use crate::controller::verdict::failure_in_words;
use crate::net::deadline::UNDO;
use crate::outcome::Updated;
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::member::shown;
use crate::scheduler::record::Desired;
use crate::scheduler::update::Update;
use crate::scheduler::update_steps;

/// What became of an update that was asked for.
pub enum Asked {
    /// It is done, whoever did it.
    Done(Updated),
    /// Whoever drove it has left: it is ours to go on with.
    Ours(Box<Lease>),
}

/// Asks for an update, and watches whoever drives.
pub async fn ask(
    context: &Context<'_>,
    mut state: StateTree,
    name: &str,
    request: &Request,
) -> anyhow::Result<Asked> {
    let deadline = context.deadline(patience(context));
    let job = Job { context, name, request: Some(request), deadline };
    let mut is_ours = false;
    let asking = async |state: &StateTree| Box::pin(job.ask(state, &mut is_ours)).await;
    let begun = match over_sessions(context, &mut state, deadline, asking).await {
        Ok(Begun::Update { update, resumed }) => (update, resumed),
        Ok(Begun::Already) => {
            let look = async |state: &StateTree| job.outcome(state, None, false).await;
            let updated = over_sessions(context, &mut state, deadline, look).await;
            state.close().await;
            return Ok(Asked::Done(updated?));
        }
        Err(error) => {
            state.close().await;
            return Err(error);
        }
    };
    Box::pin(job.watch(state, &begun.0, begun.1)).await
}

/// What stands in the record after asking.
enum Begun {
    /// Nothing: the topology is as it was asked for already.
    Already,
    /// An update; whether it was there before.
    Update { update: Box<Update>, resumed: bool },
}

impl Job<'_> {
    /// May be asked again after a lost session, when `is_ours` says that what is found journalled may be so by us.
    async fn ask(&self, state: &StateTree, is_ours: &mut bool) -> anyhow::Result<Begun> {
        self.wait_for_plan(state).await?;
        loop {
            let desired = self.desired(state).await?;
            refuse_without_framework(self.context, self.name, &desired.framework.id).await?;
            if let Some(update) = &desired.update {
                return self.joined(state, update, *is_ours).await;
            }
            let Some(request) = self.request else { return Ok(Begun::Already) };
            let found = self.found(state).await?;
            let change = change(self.context, &found, &desired, request)?;
            if change.is_none() {
                return Ok(Begun::Already);
            }
            let begin = |now: &Desired| {
                let same = now.generation == desired.generation;
                Ok(if same { change.begin(now) } else { now.clone() })
            };
            let record = state.journal(self.name).record;
            *is_ours = true;
            let written =
                request::change(&state.zk, &record, None, &self.context.writer(), begin).await?;
            let update = written.and_then(|written| written.update);
            if let Some(update) = update.filter(|update| *update == change.update) {
                change.warn_of_lost_settings(self.context);
                self.context.reporter.step(&format!("updating topology {}", self.name));
                return Ok(Begun::Update { update: Box::new(update), resumed: false });
            }
            // Somebody else was faster: decide by what they have left.
            *is_ours = false;
        }
    }

    /// The same update that is under way already; another one is in the way.
    async fn joined(
        &self,
        state: &StateTree,
        update: &Update,
        is_ours: bool,
    ) -> anyhow::Result<Begun> {
        if self.is_same(update) || (is_ours && self.is_asked_for(update)) {
            return Ok(Begun::Update { update: Box::new(update.clone()), resumed: !is_ours });
        }
        Err(in_the_way(state, self.name, update).await)
    }

    async fn watch(
        &self,
        state: StateTree,
        update: &Update,
        resumed: bool,
    ) -> anyhow::Result<Asked> {
        let Self { context, name, deadline, .. } = *self;
        let requested = Requested {
            doing: self.doing(),
            unfinished: format!("topology `{name}` is not updated yet"),
            patience: patience(context),
            next: vec![
                "the update is asked for: whoever drives the topology carries it out".to_owned(),
                format!("`heron-cli status {name}` shows how far it came"),
            ],
        };
        let wait = Wait { context, topology: name, deadline, requested: Some(&requested) };
        let done = async |state: &StateTree| self.is_done(state, update, resumed).await;
        match wait.lease_or(state, done).await {
            Ok(Waited::Done(updated)) => Ok(Asked::Done(updated)),
            Ok(Waited::Leased(lease)) => Ok(Asked::Ours(lease)),
            Err(error) => Err(Box::pin(self.unless_placed(update, error)).await),
        }
    }

    /// Whether the update is over, and well; an error if it was taken back.
    async fn is_done(
        &self,
        state: &StateTree,
        update: &Update,
        resumed: bool,
    ) -> anyhow::Result<Option<Updated>> {
        let paths = state.journal(self.name);
        let Some(desired) = load_desired(&state.zk, &paths).await? else {
            let (topology, place) = (self.name.to_owned(), state.place());
            return Err(CommandError::NoSuchTopology { topology, place }.into());
        };
        self.unless_killed(&desired)?;
        if desired.update.is_some() {
            return Ok(None);
        }
        let found = self.found(state).await?;
        if plan_of(&found) == update.new_plan {
            return Ok(Some(self.updated(desired, &found, Some(update), resumed)));
        }
        Err(self.taken_back(update, &load(&state.zk, &paths).await?))
    }

    /// The error for an update that whoever drives has taken back.
    fn taken_back(&self, update: &Update, journalled: &Journalled) -> anyhow::Error {
        let launched = update.launched_anew();
        let needed = |record: &&ContainerRecord| {
            update.added.contains(&record.id) || launched.contains(&record.id)
        };
        let failed = journalled.containers.iter().filter(needed).find_map(|record| {
            let failure = record.last_failure.as_ref().filter(|_| record.failures > 0)?;
            Some((record.id, failure))
        });
        let undone = "what was done has been undone: the topology is as it was".to_owned();
        match failed {
            Some((container, failure)) => CommandError::Container {
                topology: self.name.to_owned(),
                container: shown(container),
                what: format!("fails again and again: {}", failure_in_words(failure)),
                next: vec![undone],
            }
            .into(),
            None => different(self.name, "its update was taken back by whoever drives it").into(),
        }
    }

    /// What the end of the time means: an update for which there is no room is taken back; one that is slow goes on.
    async fn unless_placed(&self, update: &Update, error: anyhow::Error) -> anyhow::Error {
        let late = matches!(error.downcast_ref(), Some(CommandError::TimedOut { .. }));
        if !late || self.context.whole.signals().seen().is_some() {
            return error;
        }
        let name = self.name;
        let context = self.context.undoing(&format!("taking the update of topology {name} back"));
        let undone = context.with_state(async |state| {
            let paths = state.journal(name);
            let why = without_room(update, &load(&state.zk, &paths).await?);
            if why.is_empty() {
                return Ok(None);
            }
            let ask = |desired: &Desired| Ok(update_steps::ask_undo(desired));
            request::change(&state.zk, &paths.record, None, &context.writer(), ask).await?;
            let until = tokio::time::Instant::now() + UNDO;
            while tokio::time::Instant::now() < until {
                let desired = load_desired(&state.zk, &paths).await?;
                if desired.is_none_or(|desired| desired.update.is_none()) {
                    return Ok(Some((why, true)));
                }
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            }
            Ok(Some((why, false)))
        });
        match undone.await {
            Ok(Some((why, is_over))) => {
                let next = if is_over {
                    "what was done has been undone: the topology is as it was"
                } else {
                    "it is to be undone: whoever drives it carries that out"
                };
                let (topology, next) = (name.to_owned(), vec![next.to_owned()]);
                CommandError::NoPlacement { topology, why, next }.into()
            }
            Ok(None) => error,
            Err(why) => error.context(format!("failed to look what it waits for: {why:#}")),
        }
    }
}

/// Containers that an update needs and that have no task, in words; none if it can't be taken back any more.
fn without_room(update: &Update, journalled: &Journalled) -> Vec<String> {
    let now = journalled.desired.as_ref().and_then(|desired| desired.update.as_ref());
    if now.is_none_or(|now| !now.can_be_undone()) {
        return Vec::new();
    }
    let live =
        |id: u32| journalled.containers.iter().any(|record| record.id == id && !record.is_over());
    let waits = update.added.iter().chain(&update.relaunched).filter(|id| !live(**id));
    let ids: Vec<u32> = waits.copied().collect();
    if ids.is_empty() {
        return Vec::new();
    }
    vec![format!("{}: no agent has made an offer that fits", crate::controller::told::list(&ids))]
}
