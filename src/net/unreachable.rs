//! Why no answer came, in words that are the same for every connection.

use std::error::Error;
use std::fmt;
use std::io;

use super::cause::{causes, innermost};
use super::redact::redact;
use super::tls::{CertificateFault, UNTRUSTED_HINT, tls_in};

/// Why no answer came. Kept small: it travels in errors that are returned by value.
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
    /// The server's certificate is not trusted; what is wrong with it.
    Untrusted(Box<str>),
    /// The server doesn't accept our certificate, or wants one; its words.
    CertificateRefused(Box<str>),
    /// Something else.
    Other(Box<str>),
}

impl Unreachable {
    /// Whether another attempt may end otherwise without anybody's doing.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::Untrusted(_) | Self::CertificateRefused(_))
    }

    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused => "check that the process runs and listens on that port",
            Self::NoSuchHost => "check the host name, and that this machine can resolve it",
            Self::TimedOut => {
                "check the network and firewalls between this machine and that address"
            }
            Self::Untrusted(_) => UNTRUSTED_HINT,
            Self::CertificateRefused(_) => {
                "give a client certificate that the server's authorities have signed"
            }
            Self::Closed | Self::Other(_) => {
                "check the scheme (http or https), the certificates and the port"
            }
        }
    }

    fn of_io(error: &io::Error) -> Option<Self> {
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

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("connection refused"),
            Self::NoSuchHost => f.write_str("no such host"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Closed => f.write_str("connection closed before an answer"),
            Self::Untrusted(why) => write!(f, "the server's certificate is not trusted: {why}"),
            Self::CertificateRefused(why) => {
                write!(f, "the server does not accept our certificate, or wants one ({why})")
            }
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

impl From<CertificateFault> for Unreachable {
    fn from(fault: CertificateFault) -> Self {
        match fault {
            CertificateFault::Untrusted(why) => Self::Untrusted(why.into()),
            CertificateFault::Refused(word) => Self::CertificateRefused(word.into()),
        }
    }
}

impl From<&reqwest::Error> for Unreachable {
    fn from(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        Self::of(error)
    }
}

impl Unreachable {
    /// What is at the bottom of an error.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        for cause in std::iter::once(error).chain(causes(error)) {
            let text = cause.to_string();
            if text.contains("dns error") || text.contains("lookup address") {
                return Self::NoSuchHost;
            }
            let io = cause.downcast_ref::<io::Error>();
            let tls = cause.downcast_ref().or_else(|| io.and_then(tls_in));
            let fault = tls.and_then(CertificateFault::of).map(Self::from);
            if let Some(known) = fault.or_else(|| io.and_then(Self::of_io)) {
                return known;
            }
        }
        match innermost(error).to_string().as_str() {
            "connection closed before message completed" => Self::Closed,
            other => Self::Other(redact(other).into()),
        }
    }
}
