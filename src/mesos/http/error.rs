//! Why a request got no answer, or not the one it wanted.

use std::time::Duration;

use reqwest::StatusCode;
use url::Url;

use crate::mesos::master::LeaderUrl;
use crate::net::deadline::Signal;
use crate::net::unreachable::Unreachable;

/// Redirects that are followed for one request; masters may point at each other during a failover.
pub(super) const MAX_HOPS: usize = 5;

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
    /// The user wants to leave. A request that changes something may have been carried out.
    #[error("{signal} while waiting for {url}")]
    Interrupted {
        /// What was asked.
        url: Url,
        /// How.
        signal: Signal,
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
    /// 429, 500, 502–504, and 404 where a route isn't there yet: to be tried again.
    #[error("{url}: not ready ({status}): {text}")]
    NotReady {
        /// What was asked.
        url: Url,
        /// The status.
        status: u16,
        /// The server's text.
        text: String,
        /// Seconds that it wants to be left alone, if it says so.
        retry_after: Option<u16>,
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
    /// How long the server wants to be left alone, if it says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NotReady { retry_after, .. } => {
                retry_after.map(|seconds| Duration::from_secs(seconds.into()))
            }
            _ => None,
        }
    }

    /// Whether the same request may succeed later, without any change of settings.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { cause, .. } => cause.may_pass(),
            Self::Interrupted { .. }
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

    /// Whether it is sure that asking again won't help: the certificate of either side is refused, or we are.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Unreachable { cause, .. } => !cause.may_pass(),
            other => other.is_denial(),
        }
    }

    /// Whether we are refused, or our certificate is.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized { .. }
                | Self::Forbidden { .. }
                | Self::Unreachable { cause: Unreachable::CertificateRefused(_), .. }
        )
    }

    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Setup { .. } => "correct the setting",
            Self::Unreachable { cause, .. } => cause.hint(),
            Self::Interrupted { .. } => "nothing was changed",
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
