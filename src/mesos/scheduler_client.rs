//! The scheduler's two sides (`docs/mesos.md#scheduler-endpoint`): the event stream of a SUBSCRIBE on a connection of
//! its own, and calls on others.
//!
//! Nothing is tried again here, and no leader is looked for: who drives decides that. A stream that ended stays ended;
//! offers, stream id and calls under way end with it.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::call::{Body, Call, FrameworkInfo, Subscribe};
use super::event::{DEFAULT_HEARTBEAT_SECONDS, Event, EventError};
use super::http::{Http, HttpError, bad_answer, location};
use super::master::LeaderUrl;
use super::recordio::{Decoder, RecordError};
use crate::net::http::send;
use crate::net::unreachable::Unreachable;

const PATH: &str = "/api/v1/scheduler";
const STREAM_ID: &str = "Mesos-Stream-Id";
const JSON: &str = "application/json";
/// Heartbeats that may be missed in a row.
const MISSED_HEARTBEATS: u32 = 5;

/// Why there is no stream any more.
#[derive(Debug, thiserror::Error)]
#[error("event stream of {leader} ended: {reason}")]
pub struct Disconnected {
    /// The master.
    pub leader: LeaderUrl,
    /// Why.
    pub reason: DisconnectReason,
}

/// What ended a stream.
#[derive(Debug, thiserror::Error)]
pub enum DisconnectReason {
    /// The master closed it: after an ERROR, a TEARDOWN, or because it stopped.
    #[error("the master closed it")]
    Closed,
    /// The connection broke.
    #[error("{0}")]
    Broken(Unreachable),
    /// Nothing came for several heartbeats.
    #[error("no heartbeat for {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// What came is no RecordIO.
    #[error("{0}")]
    Framing(#[from] RecordError),
    /// The answer to the subscription itself can't be read.
    #[error("{0}")]
    Unreadable(#[from] EventError),
}

/// Why a call wasn't taken.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The subscription that the call belongs to is over: subscribe again.
    #[error("{leader}: the subscription is over: {text}")]
    SubscriptionDead {
        /// The master.
        leader: LeaderUrl,
        /// What it said.
        text: String,
    },
    /// Anything else. After [`HttpError::Unreachable`] the call may have been carried out.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// An open event stream. Dropping it disconnects the framework.
#[derive(Debug)]
pub struct Subscription {
    http: Http,
    leader: LeaderUrl,
    stream_id: HeaderValue,
    response: Response,
    decoder: Decoder,
    subscribed: bool,
    size: usize,
    heard: Instant,
    patience: Duration,
}

impl Subscription {
    /// Subscribes. `info.id` goes into the envelope as well; `suppressed` are roles without offers.
    ///
    /// Problems of the `FrameworkInfo` come as [`Event::Error`], not here.
    pub async fn open(
        http: &Http,
        leader: &LeaderUrl,
        info: FrameworkInfo,
        suppressed: Vec<String>,
    ) -> Result<Self, HttpError> {
        let url = leader.join(PATH, &[]);
        let framework_id = info.id.clone();
        let subscribe = Subscribe { framework_info: info, suppressed_roles: suppressed };
        let call = Call { framework_id, body: Body::Subscribe { subscribe } };
        let request = http
            .stream(Method::POST, url.clone())?
            .header(CONTENT_TYPE, JSON)
            .header(ACCEPT, JSON)
            .body(encode(&url, &call)?);
        let response = http.wait(&url, send(request)).await?;
        if response.status().is_redirection() {
            let leader = Box::new(location(leader, &url, &response)?);
            return Err(HttpError::Redirected { url, leader });
        }
        if response.status() != StatusCode::OK {
            return Err(not_ready_yet(http.failure(&url, response).await));
        }
        let Some(stream_id) = response.headers().get(STREAM_ID).cloned() else {
            return Err(bad_answer(&url, format!("200 without {STREAM_ID}")));
        };
        Ok(Self {
            http: http.clone(),
            leader: leader.clone(),
            stream_id,
            response,
            decoder: Decoder::new(),
            subscribed: false,
            size: 0,
            heard: Instant::now(),
            patience: patience(DEFAULT_HEARTBEAT_SECONDS),
        })
    }

    /// The master that the stream comes from.
    #[must_use]
    pub fn leader(&self) -> &LeaderUrl {
        &self.leader
    }

    /// The id of the stream, which every call carries.
    #[must_use]
    pub fn stream_id(&self) -> &str {
        self.stream_id.to_str().unwrap_or_default()
    }

    /// For the calls of this subscription.
    #[must_use]
    pub fn caller(&self) -> CallSender {
        CallSender {
            http: self.http.clone(),
            leader: self.leader.clone(),
            stream_id: self.stream_id.clone(),
        }
    }

    /// The next event. May be dropped and asked again (in a `select!`) without loss.
    ///
    /// After an error there is nothing more to come. A record that can't be read is skipped with a warning: it may be of
    /// a later version of Mesos, and what matters is sent again or reconciled.
    pub async fn next_event(&mut self) -> Result<Event, Disconnected> {
        loop {
            while let Some(record) = self.decoder.next() {
                let record = record.map_err(|error| self.lost(error.into()))?;
                // Tolerated, as Mesos's own decoder does.
                if record.is_empty() {
                    continue;
                }
                self.size = record.len();
                match Event::parse(&record) {
                    Ok(event) => {
                        self.notice(&event);
                        return Ok(event);
                    }
                    Err(error) if self.subscribed => {
                        tracing::warn!(leader = %self.leader, %error, "an event is skipped");
                    }
                    Err(error) => return Err(self.lost(error.into())),
                }
            }
            match timeout_at(self.heard + self.patience, self.response.chunk()).await {
                Err(_) => return Err(self.lost(DisconnectReason::Silent(self.patience))),
                Ok(Ok(Some(bytes))) => {
                    self.heard = Instant::now();
                    self.decoder.push(&bytes);
                }
                Ok(Ok(None)) => {
                    let end = self.decoder.finish();
                    return Err(self.lost(end.err().map_or(DisconnectReason::Closed, Into::into)));
                }
                Ok(Err(error)) => {
                    return Err(self.lost(DisconnectReason::Broken((&error).into())));
                }
            }
        }
    }

    /// How many bytes the last event came in.
    #[must_use]
    pub fn last_size(&self) -> usize {
        self.size
    }

    fn notice(&mut self, event: &Event) {
        if let Event::Subscribed { heartbeat_interval_seconds, .. } = event {
            self.subscribed = true;
            self.patience = patience(*heartbeat_interval_seconds);
        }
    }

    fn lost(&self, reason: DisconnectReason) -> Disconnected {
        Disconnected { leader: self.leader.clone(), reason }
    }
}

/// Sends the calls of a subscription, each on a pooled connection that isn't the stream's.
///
/// There is no order between calls unless one is awaited before the next is sent.
#[derive(Clone, Debug)]
pub struct CallSender {
    http: Http,
    leader: LeaderUrl,
    stream_id: HeaderValue,
}

impl CallSender {
    /// Sends a call; `Ok` means that the master took it over, no more.
    pub async fn send(&self, call: &Call) -> Result<(), CallError> {
        let url = self.leader.join(PATH, &[]);
        let request = self
            .http
            .request(Method::POST, url.clone())?
            .header(CONTENT_TYPE, JSON)
            .header(STREAM_ID, self.stream_id.clone())
            .body(encode(&url, call)?);
        let response = self.http.wait(&url, send(request)).await?;
        if response.status().is_success() {
            return Ok(());
        }
        if response.status().is_redirection() {
            return Err(self.dead("this master does not lead any more".into()));
        }
        match not_ready_yet(self.http.failure(&url, response).await) {
            HttpError::Rejected { status: 400, text, .. } | HttpError::Forbidden { text, .. }
                if ends_subscription(&text) =>
            {
                Err(self.dead(text))
            }
            error => Err(error.into()),
        }
    }

    fn dead(&self, text: String) -> CallError {
        CallError::SubscriptionDead { leader: self.leader.clone(), text }
    }
}

/// Texts of `docs/mesos.md#answers-to-calls` that say that this stream is not, or not any more, the framework's.
fn ends_subscription(text: &str) -> bool {
    matches!(
        text,
        "Framework cannot be found"
            | "Framework is not subscribed"
            | "Framework is not connected via HTTP"
    ) || text.starts_with("The stream ID '")
}

/// A master that has just started listens before it has its routes.
fn not_ready_yet(error: HttpError) -> HttpError {
    match error {
        HttpError::NotFound { url, text } => {
            HttpError::NotReady { url, status: 404, text, retry_after: None }
        }
        other => other,
    }
}

fn encode(url: &url::Url, call: &Call) -> Result<Vec<u8>, HttpError> {
    serde_json::to_vec(call)
        .map_err(|error| bad_answer(url, format!("call can't be written: {error}")))
}

fn patience(heartbeat_seconds: f64) -> Duration {
    Duration::from_secs_f64(heartbeat_seconds.clamp(0.01, 3600.0)) * MISSED_HEARTBEATS
}

#[cfg(test)]
mod tests;
