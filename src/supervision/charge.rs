//! One topology that a supervisor sees to: waits for its lease, drives it, ends it when that is asked for, and lets it go when there is
//! nothing more to be done for it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::figures::Board;
use super::heals::{Change, Heals, count};
use super::voice::Voice;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::attend::{Attended, attend, is_kill_requested};
use crate::controller::lease::{Lease, is_session_loss};
use crate::controller::obey::finish;
use crate::controller::removal::{PATIENCE, kill_containers};
use crate::controller::verdict::is_out_of_reach;
use crate::engine::ConfiguredEngine;
use crate::net::cause::chain;
use crate::scheduler::closed::{Closed, ClosedReason};
use crate::scheduler::journal::decode_desired;
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::update::Update;
use crate::scheduler::update_steps;
use crate::state::reads::Watch;

/// Pauses between attempts at a topology that fail.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What all topologies of a session have in common.
pub(super) struct Shared<'a> {
    pub context: &'a Context<'a>,
    pub state: &'a StateTree,
    pub engine: &'a ConfiguredEngine,
    pub policy: &'a Policy,
    pub board: &'a Board,
}

/// A topology that is seen to.
pub(super) struct Charge<'a> {
    shared: &'a Shared<'a>,
    name: String,
    voice: Arc<Voice>,
    /// The record for which nothing more can be done: its topology id and generation.
    let_go: RefCell<Option<(String, u64)>>,
    /// Whether it was told that it is another supervisor's.
    is_foreign: Cell<bool>,
}

/// What comes next.
enum Next {
    /// To look again.
    Again,
    /// To look again when its record has changed.
    Changed(Watch),
    /// Nothing: it is gone.
    Gone,
    /// Nothing: the user wants to leave.
    Left,
}

impl<'a> Charge<'a> {
    pub fn new(shared: &'a Shared<'a>, name: &str) -> Self {
        let voice = Arc::new(Voice::of(name, &shared.context.reporter));
        Self {
            shared,
            name: name.to_owned(),
            voice,
            let_go: RefCell::default(),
            is_foreign: Cell::default(),
        }
    }

    /// Sees to it until it is gone, or the user wants to leave. Whoever has the session ends this when that is lost.
    pub async fn see_to(&self) -> String {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            let error = match self.once().await {
                Ok(Next::Gone) => {
                    self.shared.board.forget(&self.name);
                    break;
                }
                Ok(Next::Left) => break,
                Ok(Next::Again) => continue,
                Ok(Next::Changed(watch)) => {
                    match self.shared.context.whole.run_through(watch.changed()).await {
                        Ok(Ok(())) => continue,
                        Ok(Err(error)) => error.into(),
                        Err(_) => break,
                    }
                }
                Err(error) => error,
            };
            if self.shared.context.whole.is_over() {
                break;
            }
            if is_session_loss(&error) {
                tracing::info!("{}: {error:#}", self.name);
            } else {
                let text = format!("{}; trying again", chain(error.as_ref()));
                self.shared.context.reporter.warn(&format!("{}: {text}", self.name));
            }
            if began.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            let _ = self.shared.context.whole.run(pause, std::future::pending::<()>()).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.name.clone()
    }

    async fn once(&self) -> anyhow::Result<Next> {
        let Shared { context, state, .. } = self.shared;
        if context.whole.is_over() {
            return Ok(Next::Left);
        }
        let record = state.journal(&self.name).record;
        let (node, watch) = state.zk.watch(&record).await?;
        let Some(node) = node else { return Ok(Next::Gone) };
        let desired = match decode_desired(&record, &node.data) {
            Ok(Some(desired)) if self.is_another(&desired) => return Ok(Next::Gone),
            Ok(Some(desired)) => desired,
            Ok(None) if context.member.is_some() => return self.give_back().await,
            // A name that is reserved.
            Ok(None) => return Ok(Next::Changed(watch)),
            Err(error) => {
                self.shared.context.reporter.warn_once(&chain(&error));
                return Ok(Next::Changed(watch));
            }
        };
        let let_go = self.let_go.borrow().as_ref() == Some(&mark(&desired));
        if let_go || !self.is_ours(&desired) {
            return Ok(Next::Changed(watch));
        }
        self.shared.board.note(&self.name, |figures| figures.wanted = desired.containers.len());
        let mut lease = Lease::queued(context, (*state).clone(), &self.name).await?;
        self.shared.board.note(&self.name, |figures| figures.is_held = true);
        let result = self.hold(&mut lease).await;
        lease.release(context).await;
        self.shared.board.note(&self.name, |figures| {
            figures.is_held = false;
            figures.connected(false);
        });
        result
    }

    /// Whether a record is of a topology that this supervisor's configuration is for: another cluster's master would take its
    /// framework, and know nothing of its tasks.
    fn is_ours(&self, desired: &Desired) -> bool {
        let context = self.shared.context;
        let labels = &desired.framework.labels;
        let label = |wanted: &str| {
            labels.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str())
        };
        let place = ["heron.cluster", "heron.role", "heron.environ"].map(label);
        let settings = context.settings;
        let ours = place[0].is_none_or(|cluster| cluster == settings.cluster)
            && place[2].is_none_or(|environ| environ == settings.environ)
            && context.place.means(place);
        if !ours && !self.is_foreign.replace(true) {
            let at = place.map(|part| part.unwrap_or("?")).join("/");
            self.voice.say(&format!("left alone: it is at {at}"));
        }
        ours
    }

    /// Drives the topology for as long as its lease is ours.
    async fn hold(&self, lease: &mut Lease) -> anyhow::Result<Next> {
        let Shared { context, engine, policy, .. } = *self.shared;
        let voice: Arc<dyn crate::report::Reporter> = self.voice.clone();
        let own = Context { reporter: voice, ..context.clone() };
        let mirrored = lease.mirrored(&own);
        loop {
            let journalled = lease.journal().await?;
            let Some(desired) = journalled.desired else {
                lease.unreserve().await?;
                return Ok(Next::Again);
            };
            if desired.goal == Goal::Killed && context.member.is_some() {
                return self.end_with_it(&mirrored, lease, &desired).await;
            }
            if desired.goal == Goal::Killed {
                self.voice.say("killing it, as somebody has asked for");
                let done = Box::pin(finish(&mirrored, lease, &self.name)).await?;
                self.voice.say(if done { "killed" } else { "its containers are ended" });
                return Ok(Next::Again);
            }
            self.voice.say(&taken_up(&desired));
            let heals = RefCell::new(Heals::default());
            let observe = |model: &Model| self.observe(&heals, model);
            let attended = attend(&mirrored, engine, lease, &self.name, policy, &observe).await;
            match attended {
                Ok(Attended::Left) => return Ok(Next::Again),
                Ok(Attended::Closed(closed, model)) => return self.closed(&closed, &model),
                Err(error) if is_kill_requested(&error) => {}
                Err(error) if self.takes_back(lease, &error).await? => {
                    let why = chain(error.as_ref());
                    self.voice.say(&format!("taking its change back: {why}"));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a record is of another topology than the one whose own supervisor this is.
    fn is_another(&self, desired: &Desired) -> bool {
        let member = self.shared.context.member.as_ref();
        member.is_some_and(|member| member.topology_id != desired.topology_id)
    }

    /// Gives the name of a topology that is gone back, if nobody else has taken it.
    async fn give_back(&self) -> anyhow::Result<Next> {
        let Shared { context, state, .. } = self.shared;
        let lease = Lease::queued(context, (*state).clone(), &self.name).await?;
        let given_back = lease.unreserve().await;
        lease.release(context).await;
        given_back?;
        Ok(Next::Gone)
    }

    /// Ends the topology whose own supervisor this is, and itself with its framework, unless whoever asked for that waits to do it. What
    /// else is left, the package and the state, is for the next `kill`: nobody is there to remove it.
    async fn end_with_it(
        &self,
        context: &Context<'_>,
        lease: &mut Lease,
        desired: &Desired,
    ) -> anyhow::Result<Next> {
        if lease.is_awaited().await? {
            return Ok(Next::Again);
        }
        self.voice.say("ending it, as somebody has asked for, and this supervisor with it");
        Box::pin(kill_containers(context, lease, &self.name, &[], context.deadline(PATIENCE)))
            .await?;
        *self.let_go.borrow_mut() = Some(mark(desired));
        Ok(Next::Again)
    }

    /// Whether an update has failed for good that can be taken back; if so, that is asked for.
    async fn takes_back(&self, lease: &Lease, error: &anyhow::Error) -> anyhow::Result<bool> {
        let passes = is_session_loss(error)
            || is_out_of_reach(error)
            || matches!(error.downcast_ref(), Some(CommandError::TimedOut { .. }))
            || self.shared.context.whole.is_over();
        if passes {
            return Ok(false);
        }
        let desired = lease.journal().await?.desired;
        let update = desired.and_then(|desired| desired.update);
        let may = update.is_some_and(|update: Update| update.can_be_undone() && !update.undo);
        if may {
            lease.change(&self.name, |desired| Ok(update_steps::ask_undo(desired))).await?;
        }
        Ok(may)
    }

    /// The engine has closed the connection for good.
    fn closed(&self, closed: &Closed, model: &Model) -> anyhow::Result<Next> {
        let Closed { reason, message } = closed;
        let name = &self.name;
        match reason {
            ClosedReason::Removed => {
                self.voice.say(&format!(
                    "let go: Mesos has removed its framework ({message}); `heron-cli kill {name}` removes what is left of it"
                ));
            }
            ClosedReason::Superseded => {
                self.voice.say(&format!(
                    "let go: somebody else drives its framework ({message}), who doesn't hold its lock"
                ));
            }
            ClosedReason::NotAllowed | ClosedReason::Refused => {
                let what = format!("Mesos refuses its framework: {message}");
                return Err(anyhow::anyhow!(what));
            }
        }
        *self.let_go.borrow_mut() = Some(mark(model.desired()));
        Ok(Next::Again)
    }

    fn observe(&self, heals: &RefCell<Heals>, model: &Model) {
        let now = (self.shared.context.machine.clock)();
        let changes = heals.borrow_mut().look(now, model);
        self.shared.board.note(&self.name, |figures| {
            figures.connected(model.is_connected());
            if model.is_connected() {
                let count = count(model);
                figures.wanted = count.wanted;
                figures.running = count.running;
                figures.looping = count.looping;
            }
        });
        for change in changes {
            match change {
                Change::Told(text) => self.voice.say(&text),
                Change::Healed(seconds) => {
                    self.shared.board.note(&self.name, |figures| figures.healed(seconds));
                }
            }
        }
    }
}

/// What tells a record from every other.
fn mark(desired: &Desired) -> (String, u64) {
    (desired.topology_id.clone(), desired.generation)
}

fn taken_up(desired: &Desired) -> String {
    let containers = desired.containers.len();
    let update = desired.update.as_ref();
    let update = update.map(|update| format!(", and its {} ({})", update.noun(), update.request));
    let update = update.unwrap_or_default();
    format!("driving its {containers} containers{update}")
}
