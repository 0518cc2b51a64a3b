//! Why no answer came, in words that are the same for every connection.

use std::error::Error;
use std::fmt;
use std::io;

use tokio_rustls::rustls::{self, AlertDescription, CertificateError};

use super::cause::{causes, innermost};
use super::redact::redact;

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
            Self::Untrusted(_) => {
                "put the certificate of the server's authority, or the server's own, into the CA file, and use a name \
                 that stands in its certificate"
            }
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

    fn of_tls(error: &rustls::Error) -> Option<Self> {
        use AlertDescription as Alert;
        match error {
            rustls::Error::InvalidCertificate(why) => {
                Some(Self::Untrusted(of_certificate(why).into()))
            }
            rustls::Error::AlertReceived(
                alert @ (Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::CertificateRequired
                | Alert::UnknownCA
                | Alert::AccessDenied),
            ) => Some(Self::CertificateRefused(format!("{alert:?}").into())),
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
            let known = tls.and_then(Self::of_tls);
            if let Some(known) = known.or_else(|| io.and_then(Self::of_io)) {
                return known;
            }
        }
        match innermost(error).to_string().as_str() {
            "connection closed before message completed" => Self::Closed,
            other => Self::Other(redact(other).into()),
        }
    }
}

/// The TLS error inside of an I/O error. Those stand inside of each other, and pass what they hold over when they are asked
/// for their cause.
fn tls_in(mut error: &io::Error) -> Option<&rustls::Error> {
    loop {
        let inner = error.get_ref()?;
        match inner.downcast_ref::<io::Error>() {
            Some(next) => error = next,
            None => return inner.downcast_ref(),
        }
    }
}

/// What is wrong with a certificate, by name.
fn of_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet, or this machine's clock is wrong".to_owned()
        }
        // Somebody of the same name as one who is trusted has signed it.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "nobody who is trusted has issued it".to_owned()
        }
        CertificateError::NotValidForName => "it is for another host name".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = if presented.is_empty() { "no name".into() } else { presented.join(", ") };
            format!("it is not for {} but for {names}", expected.to_str())
        }
        CertificateError::Revoked => "it has been revoked".to_owned(),
        other => other.to_string(),
    }
}
