//! A subscription as the driver feeds on it.

use futures_util::future::try_join_all;

use tokio::task::JoinHandle;

use super::event_queue::{EventReceiver, EventSender, event_queue};
use super::exchange::Exchange;
use crate::engine::error::EngineError;
use crate::mesos::call::{Body, Call};
use crate::mesos::event as mesos;
use crate::mesos::scheduler_client::{self, CallSender, Subscription};
use crate::scheduler::call;
use crate::scheduler::connection::{CallError, Link};
use crate::scheduler::record::Framework;
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
    exchange: Exchange,
    caller: CallSender,
    events: EventReceiver<Option<mesos::Event>>,
    reader: JoinHandle<()>,
}

impl MesosLink {
    pub(super) fn new(subscription: Subscription, framework: &Framework, suppressed: bool) -> Self {
        let caller = subscription.caller();
        let (sender, events) = event_queue(QUEUED);
        let reader = tokio::spawn(read(subscription, sender));
        Self { exchange: Exchange::new(framework, suppressed), caller, events, reader }
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

/// Hands events over until nobody takes them; the last is none, when the stream has ended.
async fn read(mut subscription: Subscription, sender: EventSender<Option<mesos::Event>>) {
    loop {
        let event = match subscription.next_event().await {
            Ok(mesos::Event::Heartbeat) => continue,
            Ok(event) => Some(event),
            Err(disconnected) => {
                tracing::info!("{disconnected}");
                None
            }
        };
        let over = event.is_none();
        if !sender.send(event, subscription.last_size()).await || over {
            return;
        }
    }
}

impl Link for MesosLink {
    async fn events(&mut self) -> Vec<Event> {
        loop {
            let own = self.exchange.own_events();
            if !own.is_empty() {
                return own;
            }
            let batch = self.events.take(BATCH).await;
            if batch.is_empty() {
                return vec![Event::Disconnected];
            }
            let told = self.exchange.events(batch);
            if !told.is_empty() {
                return told;
            }
        }
    }

    async fn send(&mut self, calls: Vec<call::Call>) -> Result<(), CallError> {
        let (acknowledgements, ordered): (Vec<Call>, Vec<Call>) = self
            .exchange
            .calls(calls)
            .into_iter()
            .partition(|call| matches!(call.body, Body::Acknowledge { .. }));
        self.send_together(&acknowledgements).await?;
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
    let retry_after = match &error {
        scheduler_client::CallError::Http(error) => error.retry_after(),
        scheduler_client::CallError::SubscriptionDead { .. } => None,
    };
    let source = Box::new(EngineError::from(error));
    if passing { CallError::Resubscribe { source, retry_after } } else { CallError::Final(source) }
}
