//! Finding the leading master (`docs/mesos.md#redirects`, `docs/mesos.md#leader`): in ZooKeeper, or by asking masters
//! that are known by name.
//!
//! One look, no waiting: who needs a leader looks again after a pause. Nothing is ever created in ZooKeeper.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::{Method, StatusCode};
use tokio::time::Instant;

use super::election::{Elected, ElectionError, Look, elected};
use super::http::{Http, HttpError, location};
use super::master::{Endpoint, LeaderUrl, MasterAddress, MasterError, Scheme};
use crate::net::deadline::{Signal, Stopped};
use crate::net::zookeeper::Known;

/// Masters that pass a question on to each other.
const MAX_HOPS: usize = 5;

/// How a leader is looked for.
#[derive(Clone, Debug)]
pub struct LeaderOptions {
    /// Scheme of masters that are found in ZooKeeper or named without one.
    pub scheme: Scheme,
    /// Take the host name instead of the address, for certificates that name hosts only.
    pub prefer_hostname: bool,
    /// For all of it.
    pub timeout: Duration,
    /// The ensemble that is known to want credentials or TLS, where the masters elect in the same.
    pub known: Known,
}

impl Default for LeaderOptions {
    fn default() -> Self {
        Self {
            scheme: Scheme::Http,
            prefer_hostname: false,
            timeout: Duration::from_secs(10),
            known: Known::default(),
        }
    }
}

/// The leading master, as far as one can know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    /// Where it is.
    pub url: LeaderUrl,
    /// Who says so: a znode or a master. For messages, when nobody answers there.
    pub source: String,
}

/// A server that was asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The server.
    pub endpoint: String,
    /// What went wrong.
    pub reason: String,
    /// Whether asking again may help.
    pub may_pass: bool,
    /// Whether it refuses us, or our certificate.
    pub denied: bool,
    /// What to do about it, where nothing but that helps.
    pub hint: Option<&'static str>,
}

/// Why there is no leader to be found.
#[derive(Debug, thiserror::Error)]
pub enum LeaderError {
    /// ZooKeeper doesn't tell.
    #[error(transparent)]
    Election(ElectionError),
    /// A leader is named but doesn't answer: its node outlives it by the session timeout.
    #[error("no leading master: {named_by} names {url}, which does not answer: {source}")]
    Stale {
        /// The master named.
        url: LeaderUrl,
        /// Who names it.
        named_by: String,
        /// What came instead.
        source: Box<HttpError>,
    },
    /// None of the masters leads or knows who does.
    #[error("no leading master: {}", Listed(attempts))]
    NoneLeads {
        /// Every master asked.
        attempts: Vec<Attempt>,
    },
    /// The file of a `file://` address.
    #[error("file {path} with the address of the master: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// What the file holds.
    #[error("file {path} with the address of the master: {source}")]
    FileContent {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: MasterError,
    },
    /// The user wants to leave.
    #[error("{signal} while looking for the leading master at {address}")]
    Interrupted {
        /// What was asked.
        address: String,
        /// How.
        signal: Signal,
    },
    /// No answer in time.
    #[error("{address}: no leading master found within {:.1} s", after.as_secs_f32())]
    TimedOut {
        /// What was asked.
        address: String,
        /// How long it was looked for.
        after: Duration,
    },
}

impl LeaderError {
    /// Whether looking again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Election(error) => return error.is_transient(),
            Self::Stale { source, .. } => return !source.is_final(),
            Self::NoneLeads { attempts } => return attempts.iter().any(|attempt| attempt.may_pass),
            _ => {}
        }
        !matches!(self, Self::Interrupted { .. } | Self::File { .. } | Self::FileContent { .. })
    }

    /// What the end of a wait means that took so long.
    #[must_use]
    pub fn stopped(stopped: Stopped, address: &impl fmt::Display, after: Duration) -> Self {
        let address = address.to_string();
        match stopped {
            Stopped::TimedOut => Self::TimedOut { address, after },
            Stopped::Signal(signal) => Self::Interrupted { address, signal },
        }
    }

    /// Whatever broke off when the user wanted to leave, that is why.
    fn or_interrupted(self, http: &Http, address: &impl fmt::Display) -> Self {
        match http.deadline().signals().seen() {
            Some(signal) => Self::stopped(Stopped::Signal(signal), address, Duration::ZERO),
            None => self,
        }
    }

    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Election(error) => error.hint(),
            Self::Interrupted { .. } => "nothing was changed",
            Self::Stale { source, .. } if source.is_denial() => source.hint(),
            Self::NoneLeads { attempts } => {
                match attempts.iter().find_map(|attempt| attempt.hint) {
                    Some(hint) => hint,
                    None if attempts.iter().any(|attempt| attempt.denied) => {
                        "check the principal, its secret, and what stands before the masters"
                    }
                    None => "check the addresses and that the masters run",
                }
            }
            Self::Stale { .. } => {
                "check that this machine reaches the master's address; if the master has died, another one takes over \
                 within seconds"
            }
            Self::File { .. } | Self::FileContent { .. } => "correct the file",
            Self::TimedOut { .. } => "check the network between this machine and those servers",
        }
    }
}

struct Listed<'a>(&'a [Attempt]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Attempt { endpoint, reason, .. }) in self.0.iter().enumerate() {
            write!(f, "{}{endpoint}: {reason}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl Leader {
    /// Looks once for the leader.
    pub async fn find(
        http: &Http,
        address: &MasterAddress,
        options: &LeaderOptions,
    ) -> Result<Self, LeaderError> {
        let looked = Self::look(http, address, options).await;
        looked.map_err(|error| error.or_interrupted(http, address))
    }

    async fn look(
        http: &Http,
        address: &MasterAddress,
        options: &LeaderOptions,
    ) -> Result<Self, LeaderError> {
        let began = Instant::now();
        let from_file;
        let address = match address {
            MasterAddress::File(path) => {
                from_file = read_file(path.clone()).await?;
                &from_file
            }
            other => other,
        };
        match address {
            MasterAddress::ZooKeeper(election) => {
                let look = Look {
                    scheme: options.scheme,
                    prefer_hostname: options.prefer_hostname,
                    timeout: options.timeout,
                    access: options.known.access_to(&election.ensemble),
                    session: options.known.session_with(&election.ensemble),
                };
                match elected(election, look, http.deadline()).await {
                    Ok(Elected { url, znode }) => {
                        Ok(Self { url, source: format!("znode {znode}") })
                    }
                    Err(ElectionError::Stopped(stopped)) => {
                        Err(LeaderError::stopped(stopped, election, began.elapsed()))
                    }
                    Err(error) => Err(LeaderError::Election(error)),
                }
            }
            MasterAddress::Masters(endpoints) => {
                let asked = among(http, endpoints, options);
                let asked = http.deadline().run(options.timeout, asked).await;
                asked.unwrap_or_else(|stopped| {
                    Err(LeaderError::stopped(stopped, address, began.elapsed()))
                })
            }
            MasterAddress::File(path) => Err(LeaderError::FileContent {
                path: path.clone(),
                source: MasterError::BadFile("file:// in a file".into()),
            }),
        }
    }

    /// Whether the master answers at all. Tells a stale znode from a leader.
    pub async fn check(&self, http: &Http) -> Result<(), LeaderError> {
        let url = self.url.join("/health", &[]);
        let answer = async {
            let response = http.send_anonymously(&url).await?;
            // Somebody answers, who wants to know first who asks: the next question says so.
            let guarded =
                matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            if guarded { Ok(response) } else { http.expect_ok(&url, response).await }
        };
        answer.await.map(drop).map_err(|source| {
            let (url, named_by) = (self.url.clone(), self.source.clone());
            let stale = LeaderError::Stale { url, named_by, source: Box::new(source) };
            stale.or_interrupted(http, &self.url)
        })
    }
}

async fn read_file(path: PathBuf) -> Result<MasterAddress, LeaderError> {
    match tokio::fs::read_to_string(&path).await {
        Ok(text) => text.parse().map_err(|source| LeaderError::FileContent { path, source }),
        Err(source) => Err(LeaderError::File { path, source }),
    }
}

/// Asks all masters at once; the first that knows decides.
async fn among(
    http: &Http,
    endpoints: &[Endpoint],
    options: &LeaderOptions,
) -> Result<Leader, LeaderError> {
    let mut asked: FuturesUnordered<_> = endpoints
        .iter()
        .enumerate()
        .map(|(at, endpoint)| async move { (at, ask(http, endpoint, options).await) })
        .collect();
    let mut attempts = Vec::new();
    while let Some((at, answer)) = asked.next().await {
        match answer {
            Ok(leader) => return Ok(leader),
            Err(attempt) => attempts.push((at, attempt)),
        }
    }
    attempts.sort_by_key(|(at, _)| *at);
    Err(LeaderError::NoneLeads {
        attempts: attempts.into_iter().map(|(_, attempt)| attempt).collect(),
    })
}

async fn ask(http: &Http, endpoint: &Endpoint, options: &LeaderOptions) -> Result<Leader, Attempt> {
    let failed = |reason: String, error: Option<&HttpError>| Attempt {
        endpoint: endpoint.to_string(),
        reason,
        // A master that leads nobody yet says so by many statuses: only what is sure is final.
        may_pass: error.is_none_or(|error| !error.is_final()),
        denied: error.is_some_and(HttpError::is_denial),
        hint: error.and_then(certificate_hint),
    };
    let asked = LeaderUrl::of(endpoint, options.scheme)
        .ok_or_else(|| failed("it can't be part of a URL".into(), None))?;
    let mut at = asked.clone();
    for _ in 0..MAX_HOPS {
        match redirect_of(http, &at).await {
            // A leader points to itself.
            Ok(next) if next == at => {
                return Ok(Leader { url: at, source: format!("master {endpoint}") });
            }
            Ok(next) => at = next,
            // The leader tells a name that only the cluster knows, as behind a tunnel: perhaps it is the one asked.
            Err(error) if at != asked => {
                return match leads(http, &asked).await {
                    Ok(()) => Ok(Leader { url: asked, source: format!("master {endpoint}") }),
                    Err(_) => {
                        Err(failed(format!("it points to {at}: {}", plain(&error)), Some(&error)))
                    }
                };
            }
            Err(error) => return Err(failed(plain(&error), Some(&error))),
        }
    }
    Err(failed(format!("redirected more than {MAX_HOPS} times, at last to {at}"), None))
}

/// What to do about a certificate that one side refuses.
fn certificate_hint(error: &HttpError) -> Option<&'static str> {
    match error {
        HttpError::Unreachable { cause, .. } if !cause.may_pass() => Some(cause.hint()),
        _ => None,
    }
}

async fn redirect_of(http: &Http, at: &LeaderUrl) -> Result<LeaderUrl, HttpError> {
    let url = at.join("/redirect", &[]);
    let response = http.send(Method::GET, &url, None).await?;
    if response.status().is_redirection() {
        return location(at, &url, &response);
    }
    Err(http.failure(&url, response).await)
}

/// Non-leaders redirect this question; the leader answers it, briefly.
async fn leads(http: &Http, at: &LeaderUrl) -> Result<(), HttpError> {
    let url = at.join("/frameworks", &[("framework_id", "-")]);
    http.expect_ok(&url, http.send(Method::GET, &url, None).await?).await.map(drop)
}

/// Without the URL, which stands before it already.
fn plain(error: &HttpError) -> String {
    match error {
        HttpError::Unreachable { cause, .. } => cause.to_string(),
        HttpError::Unauthorized { challenge, .. } => {
            format!("not authenticated (401, {challenge})")
        }
        HttpError::Forbidden { text, .. } => format!("not allowed (403): {text}"),
        HttpError::NotFound { text, .. } => format!("not found (404): {text}"),
        HttpError::NotReady { status, text, .. } | HttpError::Rejected { status, text, .. } => {
            format!("{text} ({status})")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
