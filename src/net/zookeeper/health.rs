//! What became of an attempt at a server, in words.

use std::fmt;
use std::io::{self, ErrorKind};

use super::address::Endpoint;
use super::frames::{FrameError, TooLong};
use crate::net::tls::{CertificateFault, tls_in};

/// What one server did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointReport {
    /// The server.
    pub endpoint: Endpoint,
    /// What it did.
    pub health: Health,
}

impl fmt::Display for EndpointReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.endpoint, self.health)
    }
}

/// Reports in one line.
pub(crate) fn list_reports(reports: &[EndpointReport]) -> String {
    let lines: Vec<_> = reports.iter().map(EndpointReport::to_string).collect();
    lines.join("; ")
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// The name does not resolve; the resolver's words.
    NoSuchHost(String),
    /// The host is there, and nothing listens on the port.
    Refused,
    /// No answer: to the connection attempt or to the request for a session.
    TimedOut,
    /// The connection failed otherwise, such as "no route to host".
    Unreachable(String),
    /// It hung up instead of giving a session.
    HungUp,
    /// A ZooKeeper server without a quorum.
    NotServing,
    /// A ZooKeeper server that serves, with its version if it told.
    Serving(Option<String>),
    /// Something that is no ZooKeeper server.
    NotZooKeeper,
    /// It announced an answer of so many bytes.
    TooLong(u32),
    /// It speaks TLS, which is not configured.
    WantsTls,
    /// TLS is configured, and the server speaks something else, or another version.
    NoTls(String),
    /// The server's certificate is not trusted.
    Untrusted(String),
    /// The server does not accept our certificate, or wants one.
    CertificateRefused(String),
}

impl Health {
    /// Whether another attempt may end otherwise without anybody's doing.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Refused
            | Self::TimedOut
            | Self::Unreachable(_)
            | Self::HungUp
            | Self::NotServing
            | Self::Serving(_) => true,
            Self::NoSuchHost(_)
            | Self::NotZooKeeper
            | Self::TooLong(_)
            | Self::WantsTls
            | Self::NoTls(_)
            | Self::Untrusted(_)
            | Self::CertificateRefused(_) => false,
        }
    }

    /// What a frame that can't be is a sign of: a server of TLS answers a plain connection with an alert, whose first bytes
    /// would be a length.
    pub(super) fn of_length(bytes: u32) -> Self {
        const TLS_ALERT: u32 = 0x1503;
        if bytes >> 16 == TLS_ALERT { Self::WantsTls } else { Self::TooLong(bytes) }
    }

    /// What a failure to read a frame means.
    pub(super) fn of_frame(error: &FrameError) -> Self {
        match error {
            FrameError::TooLong(TooLong(bytes)) => Self::of_length(*bytes),
            FrameError::Io(error) => Self::of_io(error),
        }
    }

    /// What a failure to connect, to secure the connection, or to read from it means.
    pub(super) fn of_io(error: &io::Error) -> Self {
        if let Some(error) = tls_in(error) {
            return match CertificateFault::of(error) {
                Some(CertificateFault::Untrusted(why)) => Self::Untrusted(why),
                Some(CertificateFault::Refused(word)) => Self::CertificateRefused(word),
                None => Self::NoTls(error.to_string()),
            };
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::HostUnreachable => Self::Unreachable("no route to host".to_owned()),
            ErrorKind::NetworkUnreachable => Self::Unreachable("network is unreachable".to_owned()),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                Self::HungUp
            }
            _ => Self::Unreachable(error.to_string()),
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchHost(why) => write!(f, "no such host ({why})"),
            Self::Refused => f.write_str("refused the connection"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Unreachable(why) => f.write_str(why),
            Self::HungUp => f.write_str("hung up instead of giving a session"),
            Self::NotServing => f.write_str("answers, but is not serving (no quorum)"),
            Self::Serving(Some(version)) => {
                write!(f, "answers (version {version}), but gave us no session")
            }
            Self::Serving(None) => f.write_str("answers, but gave us no session"),
            Self::NotZooKeeper => {
                f.write_str("accepts connections, but does not answer as ZooKeeper does")
            }
            Self::TooLong(bytes) => write!(
                f,
                "does not answer as ZooKeeper does: it announced an answer of {bytes} bytes"
            ),
            Self::WantsTls => f.write_str("speaks TLS, which is not configured"),
            Self::NoTls(why) => write!(f, "does not speak TLS as we do ({why})"),
            Self::Untrusted(why) => write!(f, "has a certificate that is not trusted ({why})"),
            Self::CertificateRefused(why) => {
                write!(f, "does not accept this client's certificate, or wants one ({why})")
            }
        }
    }
}
