//! A subscription as the driver feeds on it.

use futures_util::future::try_join_all;

use tokio::task::JoinHandle;

use super::event_queue::{EventReceiver, EventSender, event_queue};
use crate::mesos::call::{Body, Call};
use crate::mesos::event;
use crate::mesos::ids::FrameworkId;
use crate::mesos::scheduler_client::{self, CallSender, Subscription};
use crate::scheduler::driver::{CallError, Link};
use crate::scheduler::step::Event;

/// Calls under way at once that have no order among each other.
const TOGETHER: usize = 32;
/// Bytes of events that wait to be handled: more than the offers of ten thousand agents at once.
const QUEUED: u32 = 64 << 20;
/// Events that are handled together.
const BATCH: usize = 1024;

/// An open subscription. A task of its own reads the stream, so that the master has to wait for us only if it floods us.
#[derive(Debug)]
pub struct MesosLink {
    framework: FrameworkId,
    caller: CallSender,
    events: EventReceiver<Event>,
    reader: JoinHandle<()>,
}

impl MesosLink {
    pub(super) fn new(
        subscription: Subscription,
        framework: FrameworkId,
        suppressed: bool,
    ) -> Self {
        let caller = subscription.caller();
        let (sender, events) = event_queue(QUEUED);
        let reader = tokio::spawn(read(subscription, suppressed, sender));
        Self { framework, caller, events, reader }
    }

    fn calls(&self, bodies: Vec<Body>) -> Vec<Call> {
        let call = |body| Call { framework_id: Some(self.framework.clone()), body };
        bodies.into_iter().map(call).collect()
    }

    /// Sends calls that have no order among each other.
    async fn send_together(&self, calls: &[Call]) -> Result<(), CallError> {
        for batch in calls.chunks(TOGETHER) {
            try_join_all(batch.iter().map(|call| self.caller.send(call))).await.map_err(sort)?;
        }
        Ok(())
    }
}

impl Drop for MesosLink {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read(mut subscription: Subscription, suppressed: bool, sender: EventSender<Event>) {
    loop {
        let event = match subscription.next_event().await {
            Ok(event) => translate(event, suppressed),
            Err(disconnected) => {
                tracing::info!("{disconnected}");
                Some(Event::Disconnected)
            }
        };
        let over = matches!(event, Some(Event::Disconnected));
        if let Some(event) = event
            && !sender.send(event, subscription.last_size()).await
        {
            return;
        }
        if over {
            return;
        }
    }
}

/// What the state machine wants to know. Offers are answered at once, so that a rescinded one shows in the answer;
/// failures of agents and executors show in the tasks' states.
fn translate(event: event::Event, suppressed: bool) -> Option<Event> {
    match event {
        event::Event::Subscribed { framework_id, .. } => {
            Some(Event::Subscribed { framework_id, suppressed })
        }
        event::Event::Offers(offers) => Some(Event::Offers(offers)),
        event::Event::Update(status) => Some(Event::Update(status)),
        event::Event::Error(message) => Some(Event::Error(message)),
        _ => None,
    }
}

impl Link for MesosLink {
    async fn events(&mut self) -> Vec<Event> {
        let mut events = self.events.take(BATCH).await;
        if events.is_empty() {
            events.push(Event::Disconnected);
        }
        events
    }

    async fn send(&mut self, calls: Vec<Body>) -> Result<(), CallError> {
        let (acknowledgements, ordered): (Vec<Body>, Vec<Body>) =
            calls.into_iter().partition(|body| matches!(body, Body::Acknowledge { .. }));
        self.send_together(&self.calls(acknowledgements)).await?;
        let ordered = self.calls(ordered);
        for run in ordered.chunk_by(|one, next| are_independent(&one.body, &next.body)) {
            self.send_together(run).await?;
        }
        Ok(())
    }
}

/// Whether the master may see two neighbouring calls in either order: launches from different offers, and ends of
/// different tasks.
fn are_independent(one: &Body, next: &Body) -> bool {
    matches!(
        (one, next),
        (Body::Accept { .. }, Body::Accept { .. }) | (Body::Kill { .. }, Body::Kill { .. })
    )
}

fn sort(error: scheduler_client::CallError) -> CallError {
    let passing = match &error {
        scheduler_client::CallError::SubscriptionDead { .. } => true,
        scheduler_client::CallError::Http(error) => error.is_transient(),
    };
    let error = Box::new(error);
    if passing { CallError::Resubscribe(error) } else { CallError::Final(error) }
}
