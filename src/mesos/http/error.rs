//! Why a request got no answer, or not the one it wanted.

use std::fmt;
use std::io;

use reqwest::StatusCode;
use url::Url;

use super::MAX_HOPS;
use crate::mesos::master::LeaderUrl;
use crate::net::cause::{causes, innermost};

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// Nothing listens there.
    Refused,
    /// The name has no address.
    NoSuchHost,
    /// No answer in time.
    TimedOut,
    /// The connection ended before the answer.
    Closed,
    /// Something else, TLS for example.
    Other(String),
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connection refused",
            Self::NoSuchHost => "no such host",
            Self::TimedOut => "timed out",
            Self::Closed => "connection closed before an answer",
            Self::Other(reason) => reason,
        })
    }
}

impl From<&reqwest::Error> for Unreachable {
    fn from(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        for cause in causes(error) {
            let text = cause.to_string();
            if text.contains("dns error") || text.contains("lookup address") {
                return Self::NoSuchHost;
            }
            let io = cause.downcast_ref::<io::Error>();
            if let Some(known) = io.and_then(Self::of_io) {
                return known;
            }
        }
        match innermost(error).to_string().as_str() {
            "connection closed before message completed" => Self::Closed,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Unreachable {
    pub(crate) fn of_io(error: &io::Error) -> Option<Self> {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::TimedOut => Some(Self::TimedOut),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Some(Self::Closed),
            _ if error.to_string().contains("lookup address") => Some(Self::NoSuchHost),
            _ => None,
        }
    }
}

/// Why a request didn't get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The settings can't be used.
    #[error("HTTP client for Mesos: {what}: {reason}")]
    Setup {
        /// Which setting.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// No answer. A request that changes something may have been carried out.
    #[error("{url}: {cause}")]
    Unreachable {
        /// What was asked.
        url: Url,
        /// Why.
        cause: Unreachable,
    },
    /// 307: another master leads.
    #[error("{url}: this master does not lead, it points to {leader}")]
    Redirected {
        /// What was asked.
        url: Url,
        /// Where it points.
        leader: Box<LeaderUrl>,
    },
    /// More redirects than a cluster in order needs.
    #[error("{url}: redirected more than {MAX_HOPS} times")]
    TooManyRedirects {
        /// The last address.
        url: Url,
    },
    /// 401.
    #[error("{url}: not authenticated (401, {challenge})")]
    Unauthorized {
        /// What was asked.
        url: Url,
        /// The `WWW-Authenticate` header, which names the realm.
        challenge: String,
    },
    /// 403.
    #[error("{url}: not allowed (403): {text}")]
    Forbidden {
        /// What was asked.
        url: Url,
        /// The server's text.
        text: String,
    },
    /// 404.
    #[error("{url}: not found (404): {text}")]
    NotFound {
        /// What was asked.
        url: Url,
        /// The server's text.
        text: String,
    },
    /// 500, 502–504, and 404 where a route isn't there yet: to be tried again.
    #[error("{url}: not ready ({status}): {text}")]
    NotReady {
        /// What was asked.
        url: Url,
        /// The status.
        status: u16,
        /// The server's text.
        text: String,
    },
    /// Any other status: trying again is useless.
    #[error("{url}: refused ({status}): {text}")]
    Rejected {
        /// What was asked.
        url: Url,
        /// The status.
        status: u16,
        /// The server's text.
        text: String,
    },
    /// An answer that isn't what Mesos answers.
    #[error("{url}: unexpected answer: {reason}")]
    BadAnswer {
        /// What was asked.
        url: Url,
        /// What is wrong.
        reason: String,
    },
}

impl HttpError {
    /// Whether the same request may succeed later, without any change of settings.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Redirected { .. }
            | Self::TooManyRedirects { .. }
            | Self::NotReady { .. } => true,
            Self::Rejected { status, .. } => *status == StatusCode::CONFLICT.as_u16(),
            Self::Setup { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::BadAnswer { .. } => false,
        }
    }

    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Setup { .. } => "correct the setting",
            Self::Unreachable { cause: Unreachable::Refused, .. } => {
                "check that the process runs and listens on that port"
            }
            Self::Unreachable { cause: Unreachable::NoSuchHost, .. } => {
                "check the host name, and that this machine can resolve it"
            }
            Self::Unreachable { cause: Unreachable::TimedOut, .. } => {
                "check the network and firewalls between this machine and that address"
            }
            Self::Unreachable { .. } => {
                "check the scheme (http or https), the certificates and the port"
            }
            Self::Redirected { .. } | Self::TooManyRedirects { .. } | Self::NotReady { .. } => {
                "an election or recovery may be under way; try again"
            }
            Self::Unauthorized { .. } => "check the principal and the secret for that realm",
            Self::Forbidden { .. } => {
                "ask the cluster's operator for an ACL that allows it to this principal"
            }
            Self::NotFound { .. } => {
                "check the address: it may not be a Mesos process, or the thing is gone"
            }
            Self::Rejected { .. } => "the request itself is refused; the text says why",
            Self::BadAnswer { .. } => {
                "check that the address is a Mesos process and not a proxy's page"
            }
        }
    }
}
