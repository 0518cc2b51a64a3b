//! Feeds the state machine from the network and carries out what it says.
//!
//! The driver owns the order of things: journal writes of a batch go first and together, calls to the engine follow.
//! It knows neither ZooKeeper nor HTTP; both are behind traits, [`Journal`], [`Connector`] and [`Link`].

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, sleep_until};

use super::batch::Batch;
use super::call::Call;
use super::connection::{BoxError, CallError, ConnectError, Connector, Link, Opening};
use super::errand::{Doing, Errand, ErrandFailed, Errands, fails_at_last, finished};
use super::journal::{Journal, Written};
use super::model::Model;
use super::run::{DriverError, End, News, RunLimits};
use super::step::{Action, Event};
use crate::clock::Millis;

/// Pauses between attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// By how much a clock and what has passed may differ before that is a jump: clocks that are adjusted run faster or slower.
const JUMP_MS: Millis = 5_000;

/// Drives one topology.
pub struct Driver<'a, J, C: Connector> {
    model: Model,
    journal: &'a mut J,
    connector: &'a C,
    link: Option<C::Link>,
    /// A connection that is being opened. It outlives whatever else is heard meanwhile: dropped, it might have been let in already,
    /// and its answer would be lost.
    opening: Option<Opening<'a, C::Link>>,
    clock: fn() -> Millis,
    /// What is to be done beside the engine, until that is begun.
    errand: Option<Errand>,
    /// When the clock was looked at last, and what it showed.
    looked: (Instant, Millis),
    pause: Duration,
    connect_at: Instant,
    ever_connected: bool,
    /// Why the last attempt to subscribe failed.
    last_problem: Option<BoxError>,
}

impl<'a, J: Journal, C: Connector> Driver<'a, J, C> {
    /// A driver that is not connected yet. `clock` tells milliseconds since the epoch.
    pub fn new(model: Model, journal: &'a mut J, connector: &'a C, clock: fn() -> Millis) -> Self {
        Self {
            model,
            journal,
            connector,
            link: None,
            opening: None,
            clock,
            errand: None,
            looked: (Instant::now(), clock()),
            pause: FIRST_PAUSE,
            connect_at: Instant::now(),
            ever_connected: false,
            last_problem: None,
        }
    }

    /// The state machine, for showing what it knows.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The state machine, when the driving is over.
    #[must_use]
    pub fn into_model(self) -> Model {
        self.model
    }

    /// Why Mesos could not be reached last.
    #[must_use]
    pub fn last_problem(&self) -> Option<&BoxError> {
        self.last_problem.as_ref()
    }

    /// Drives until what runs is what is desired and the condition holds, or one of the other ends comes. `news` is open for as
    /// long as this runs.
    pub async fn run(
        &mut self,
        news: &mut UnboundedReceiver<News>,
        errands: &impl Errands,
        limits: RunLimits<'_>,
        mut observe: impl FnMut(&Model, Option<&BoxError>),
    ) -> Result<End, DriverError> {
        let goal = self.model.desired().goal;
        let mut condition_holds = !limits.has_condition;
        let mut doing: Option<(Errand, Doing<'_>)> = None;
        loop {
            if let Some(errand) = self.errand.take() {
                doing = Some((errand, Box::pin(errands.run(errand))));
            }
            if self.model.has_lost_lease() {
                return Err(DriverError::LeaseLost);
            }
            if self.model.desired().goal != goal {
                return Err(DriverError::KillRequested);
            }
            if condition_holds && (limits.reached)(&self.model) {
                return Ok(End::Settled);
            }
            if let Some(verdict) = self.model.verdict() {
                return Ok(End::Verdict(verdict));
            }
            let look_in = (limits.look_in)();
            // Only waiting is raced: what an event led to is carried out whole.
            let events = tokio::select! {
                biased;
                Some(heard) = news.recv() => match heard {
                    News::Interrupted => return Ok(End::Interrupted),
                    News::ConditionHolds => {
                        condition_holds = true;
                        continue;
                    }
                    News::DesiredChanged => self.desired_changed().await?,
                    News::LeaseLost => vec![Event::LeaseLost],
                    News::Removed => return Err(DriverError::Removed),
                },
                () = sleep_until(limits.deadline) => {
                    if fails_at_last(&mut doing).await {
                        return Err(DriverError::Errand);
                    }
                    return self.timed_out();
                }
                done = finished(&mut doing) => {
                    let done = done.map_err(|ErrandFailed| DriverError::Errand)?;
                    let mut events = self.desired_changed().await?;
                    events.push(Event::ErrandDone(done));
                    events
                }
                events = self.wait() => events?,
                () = pass(look_in) => vec![Event::Tick],
            };
            self.handle(events).await?;
            observe(&self.model, self.last_problem.as_ref().filter(|_| self.link.is_none()));
        }
    }

    async fn desired_changed(&mut self) -> Result<Vec<Event>, DriverError> {
        let changed = self.journal.changed().await.map_err(DriverError::Journal)?;
        Ok(changed.into_iter().map(|desired| Event::DesiredChanged(Box::new(desired))).collect())
    }

    /// The end of a run that took too long. Without any connection nothing was tried at all.
    fn timed_out(&mut self) -> Result<End, DriverError> {
        if self.ever_connected {
            return Ok(End::TimedOut);
        }
        Err(self.last_problem.take().map_or(DriverError::Silent, DriverError::Subscribe))
    }

    /// Waits for something to happen; without a subscription, for one to be opened. Cancel-safe.
    async fn wait(&mut self) -> Result<Vec<Event>, DriverError> {
        let rest = self.model.rest((self.clock)());
        let Some(link) = &mut self.link else {
            self.connect().await?;
            return Ok(Vec::new());
        };
        Ok(tokio::select! {
            biased;
            events = link.events() => events,
            () = sleep(rest) => vec![Event::Tick],
        })
    }

    /// Goes on with opening a connection. Cancel-safe.
    async fn connect(&mut self) -> Result<(), DriverError> {
        if self.opening.is_none() {
            sleep_until(self.connect_at).await;
        }
        let opening = self.opening.get_or_insert_with(|| {
            let connector = self.connector;
            let framework = self.model.desired().framework.clone();
            let suppressed = self.model.wants_no_offers((self.clock)());
            Box::pin(async move { connector.connect(&framework, suppressed).await })
        });
        let opened = opening.await;
        self.opening = None;
        match opened {
            Ok(link) => {
                self.link = Some(link);
                self.ever_connected = true;
                Ok(())
            }
            Err(ConnectError::Final(source)) => Err(DriverError::Subscribe(source)),
            Err(ConnectError::Passing { source, retry_after }) => {
                self.put_off(source, retry_after);
                Ok(())
            }
        }
    }

    /// Leaves the engine alone for a while, longer each time until it takes a call again.
    fn put_off(&mut self, why: BoxError, retry_after: Option<Duration>) {
        tracing::info!("no connection to the engine, trying again: {why}");
        self.last_problem = Some(why);
        self.connect_at = Instant::now() + retry_after.unwrap_or_default().max(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    async fn handle(&mut self, events: Vec<Event>) -> Result<(), DriverError> {
        let over = events.iter().any(Event::ends_connection);
        for event in &events {
            if let Event::TurnedAway(why) = event {
                self.put_off(why.clone().into(), None);
            }
        }
        let framework = self.model.desired().framework.clone();
        let now = (self.clock)();
        let events = self.clock_jumped(now).into_iter().chain(events);
        let actions = self.model.handle_all(now, events);
        // The calls of a connection carry the id that it was opened with, and its offers are for the roles.
        let is = &self.model.desired().framework;
        if over || is.id != framework.id || is.roles != framework.roles {
            (self.link, self.opening) = (None, None);
        }
        self.carry_out(actions).await
    }

    /// Whether the clock shows another time than it should by what has passed.
    fn clock_jumped(&mut self, now: Millis) -> Option<Event> {
        let (at, shown) = std::mem::replace(&mut self.looked, (Instant::now(), now));
        let passed = Millis::try_from(at.elapsed().as_millis()).unwrap_or(Millis::MAX);
        let by = now.saturating_sub(shown).saturating_sub(passed);
        (by.saturating_abs() >= JUMP_MS).then_some(Event::ClockJumped(by))
    }

    /// Carries out actions, and those that follow from their outcome.
    async fn carry_out(&mut self, actions: Vec<Action>) -> Result<(), DriverError> {
        let mut batch = Batch::default();
        batch.add(actions);
        loop {
            while std::mem::take(&mut batch.desired) {
                let desired = self.model.desired();
                let written = self.journal.write_desired(desired).await;
                if written.map_err(DriverError::Journal)? == Written::Changed {
                    let events = self.desired_changed().await?;
                    batch.desired = events.is_empty();
                    batch.add(self.model.handle_all((self.clock)(), events));
                }
            }
            if !batch.containers.is_empty() {
                let containers = std::mem::take(&mut batch.containers).into_values().collect();
                let written = self.journal.write_containers(containers).await;
                written.map_err(DriverError::Journal)?;
            }
            if std::mem::take(&mut batch.tmanager_ended) {
                self.journal.tmanager_ended().await.map_err(DriverError::Journal)?;
            }
            self.errand = batch.errand.take().or(self.errand);
            let mut follow = self.send(std::mem::take(&mut batch.calls)).await?;
            if std::mem::take(&mut batch.list_tasks) {
                follow.extend(self.list_tasks().await);
            }
            if follow.is_empty() {
                return Ok(());
            }
            batch.add(follow);
        }
    }

    async fn send(&mut self, calls: Vec<Call>) -> Result<Vec<Action>, DriverError> {
        let Some(link) = self.link.as_mut().filter(|_| !calls.is_empty()) else {
            return Ok(Vec::new());
        };
        match link.send(calls).await {
            Ok(()) => {
                self.pause = FIRST_PAUSE;
                Ok(Vec::new())
            }
            Err(CallError::Final(source)) => Err(DriverError::Call(source)),
            Err(CallError::Resubscribe { source, retry_after }) => {
                self.link = None;
                self.put_off(source, retry_after);
                Ok(self.model.step((self.clock)(), Event::Disconnected))
            }
        }
    }

    async fn list_tasks(&mut self) -> Vec<Action> {
        let framework = self.model.desired().framework.id.clone();
        let tasks = match self.connector.live_tasks(&framework).await {
            Ok(tasks) => tasks,
            Err(source) => {
                // Who may not list can still kill: every task that was ever launched is in the journal.
                tracing::warn!("failed to list the framework's tasks: {source}");
                Vec::new()
            }
        };
        self.model.step((self.clock)(), Event::TasksListed(tasks))
    }
}

/// Lasts as long as it says, or for ever.
async fn pass(time: Option<Duration>) {
    match time {
        Some(time) => sleep(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
