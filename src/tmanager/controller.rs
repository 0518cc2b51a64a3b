//! Requests to a TManager.
//!
//! **Never call a controller before `pplans/<topology>` exists:** a TManager without a physical plan dies of any request
//! that carries a topology id (`docs/heron.md#a-request-before-the-plan`).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, StatusCode, Url};
use thiserror::Error;
use tokio::net::TcpStream;

use super::answer;
use crate::net::http::{self, BodyError, ClientError, Options};
use crate::net::unreachable::Unreachable;
use crate::proto::check;
use crate::proto::system::PhysicalPlan;
use crate::proto::tmanager::TManagerLocation;
use crate::state::records::{Record, RecordError};

/// What became of a change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The TManager changed it.
    Done,
    /// It was so already.
    Already,
}

/// Why a request to a TManager has failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ControllerError {
    /// The location that the TManager registered is no address.
    #[error("the TManager registered an unusable address '{host}:{port}'")]
    BadLocation {
        /// Host as registered.
        host: String,
        /// Port as registered.
        port: i32,
    },
    /// No connection: nothing was changed.
    #[error("cannot reach the TManager at {url}: {why}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What the system said.
        why: String,
    },
    /// The request was sent and no answer came: it may have been carried out.
    #[error("no answer from the TManager at {url}: {why}")]
    NoAnswer {
        /// What was asked for.
        url: String,
        /// What happened instead.
        why: String,
    },
    /// The TManager runs another submission of the topology.
    #[error("the TManager at {url} does not run the topology id '{topology_id}'")]
    NoSuchTopologyId {
        /// What was asked for.
        url: String,
        /// The id that it does not know.
        topology_id: String,
    },
    /// The TManager answered that it won't.
    #[error("the TManager at {url} answered {status}: {reason}")]
    Refused {
        /// What was asked for.
        url: String,
        /// Status code.
        status: u16,
        /// The reason in its page; may be empty.
        reason: String,
    },
    /// The answer is no physical plan.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// How long a connection may take that is only tried.
const PROBE: Duration = Duration::from_secs(2);
/// The most that is read of an answer: a physical plan of thousands of instances is a few MiB.
const ANSWER_LIMIT: usize = 64 << 20;

/// A TManager's HTTP controller.
#[derive(Clone, Debug)]
pub struct Controller {
    client: Client,
    base: Url,
    topology_id: String,
    deadline: Duration,
}

impl Controller {
    /// The controller of a registered TManager; each request may take as long as `deadline`.
    pub fn of(location: &TManagerLocation, deadline: Duration) -> Result<Self, ControllerError> {
        let bad = || ControllerError::BadLocation {
            host: location.host.clone(),
            port: location.controller_port,
        };
        let port = u16::try_from(location.controller_port).ok().filter(|port| *port != 0);
        Self::new(&location.host, port.ok_or_else(bad)?, &location.topology_id, deadline)
    }

    /// The controller at an address.
    pub fn new(
        host: &str,
        port: u16,
        topology_id: &str,
        deadline: Duration,
    ) -> Result<Self, ControllerError> {
        let bad = || ControllerError::BadLocation { host: host.to_owned(), port: i32::from(port) };
        let named = if host.contains(':') && !host.starts_with('[') {
            format!("http://[{host}]:{port}/")
        } else {
            format!("http://{host}:{port}/")
        };
        let base = Url::parse(&named).map_err(|_| bad())?;
        if base.path() != "/" || !base.username().is_empty() || base.query().is_some() {
            return Err(bad());
        }
        let client = plain_client(deadline / 2).map_err(|_| bad())?;
        Ok(Self { client, base, topology_id: topology_id.to_owned(), deadline })
    }

    /// Lets the spouts emit.
    pub async fn activate(&self) -> Result<Changed, ControllerError> {
        self.change("activate").await
    }

    /// Silences the spouts.
    pub async fn deactivate(&self) -> Result<Changed, ControllerError> {
        self.change("deactivate").await
    }

    /// Changes settings of the running topology; each item is `[component:]key:value`.
    pub async fn runtime_config(&self, items: &[String]) -> Result<(), ControllerError> {
        let mut url = self.url("runtime_config/update");
        url.query_pairs_mut().extend_pairs(items.iter().map(|item| ("runtime-config", item)));
        let answer = self.get(url).await?;
        self.succeeded(&answer)
    }

    /// The physical plan that the TManager has in mind; unknown before 0.19.
    pub async fn physical_plan(&self) -> Result<PhysicalPlan, ControllerError> {
        let url = self.url("get_current_physical_plan");
        let answer = self.get(url).await?;
        self.succeeded(&answer)?;
        let text: Vec<_> =
            answer.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let bytes = STANDARD.decode(text).map_err(|error| RecordError::Malformed {
            origin: answer.url.clone(),
            message: check::name::<PhysicalPlan>(),
            why: error.to_string(),
        })?;
        Ok(PhysicalPlan::read(&answer.url, &bytes)?)
    }

    async fn change(&self, verb: &str) -> Result<Changed, ControllerError> {
        let answer = self.get(self.url(verb)).await?;
        // "It is so already" is told as an error without a reason.
        if answer.status == StatusCode::BAD_REQUEST && answer::is_empty_page(&answer.text()) {
            return Ok(Changed::Already);
        }
        self.succeeded(&answer).map(|()| Changed::Done)
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url.query_pairs_mut().append_pair("topologyid", &self.topology_id);
        url
    }

    async fn get(&self, url: Url) -> Result<Answer, ControllerError> {
        let text = url.to_string();
        let failed = |error: &reqwest::Error| {
            let why = cause(error, self.deadline);
            let url = text.clone();
            if error.is_connect() {
                ControllerError::Unreachable { url, why }
            } else {
                ControllerError::NoAnswer { url, why }
            }
        };
        let sent = http::send(self.client.get(url).timeout(self.deadline)).await;
        let response = sent.map_err(|error| failed(&error))?;
        let status = response.status();
        let body = http::body(response, ANSWER_LIMIT).await.map_err(|error| {
            let why = match error {
                BodyError::Broken(Unreachable::TimedOut) => {
                    format!("timed out after {} ms", self.deadline.as_millis())
                }
                other => other.to_string(),
            };
            ControllerError::NoAnswer { url: text.clone(), why }
        })?;
        Ok(Answer { url: text, status, body })
    }

    fn succeeded(&self, answer: &Answer) -> Result<(), ControllerError> {
        if answer.status == StatusCode::OK {
            return Ok(());
        }
        let (url, reason) = (answer.url.clone(), answer::reason(&answer.text()));
        if reason.contains("Topology id does not match") {
            let topology_id = self.topology_id.clone();
            return Err(ControllerError::NoSuchTopologyId { url, topology_id });
        }
        Err(ControllerError::Refused { url, status: answer.status.as_u16(), reason })
    }
}

/// Whether nothing listens any more where a TManager registered its controller: a refusal, and no mere silence, which
/// may be the network's.
pub async fn refuses(location: &TManagerLocation) -> bool {
    let Ok(port) = u16::try_from(location.controller_port) else { return false };
    #[cfg(test)]
    if let Some(network) = crate::net::tests::simulated::network() {
        return network.refuses(&location.host, port);
    }
    let connected = TcpStream::connect((location.host.as_str(), port));
    match tokio::time::timeout(PROBE, connected).await {
        Ok(Err(error)) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        Ok(Ok(_)) | Err(_) => false,
    }
}

struct Answer {
    url: String,
    status: StatusCode,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A client for plain HTTP inside the cluster: straight, and each request on a connection of its own.
fn plain_client(connect_timeout: Duration) -> Result<Client, ClientError> {
    http::client(&Options { connect_timeout, reuse: false, ..Options::default() })
}

/// Why no answer came.
fn cause(error: &reqwest::Error, deadline: Duration) -> String {
    match Unreachable::from(error) {
        Unreachable::TimedOut if !error.is_connect() => {
            format!("timed out after {} ms", deadline.as_millis())
        }
        Unreachable::Closed => "it closed the connection without an answer".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
