//! A session: the one way in which this program gets one.

use std::io;
use std::time::Duration;

use secrecy::ExposeSecret;
use thiserror::Error;
use tokio::time::sleep;
use zookeeper_client::{Client, Connector, Error as ClientError, SaslOptions};

use super::access::{Access, Credentials, Scheme};
use super::address::Ensemble;
use super::dial::Dialer;
use super::guard::{Guard, PROOF_SCHEME};
use super::health::{EndpointReport, Health, list_reports};
use crate::net::deadline::{Deadline, Signal, Stopped};
use crate::net::tls::UNTRUSTED_HINT;

/// Pause before servers that all failed are tried again.
const PAUSE: Duration = Duration::from_millis(250);
/// How long a server that hung up may take to say how it is.
const ASK: Duration = Duration::from_millis(500);

/// How to get a session.
#[derive(Clone, Debug)]
pub struct Options {
    /// The servers.
    pub ensemble: Ensemble,
    /// How long our ephemeral nodes outlive us; the server has limits of its own.
    pub session_timeout: Duration,
    /// How long connecting, and later each request, may take.
    pub connection_timeout: Duration,
    /// Credentials and certificates.
    pub access: Access,
    /// The servers' `jute.maxbuffer`: no request is longer, and no node.
    pub max_buffer: usize,
}

impl Options {
    /// What ZooKeeper servers allow unless they are told otherwise.
    pub const MAX_BUFFER: usize = 0xf_ffff;
    /// How many nodes are read with one request at most, so that its answer is bounded.
    pub const READ_TOGETHER: usize = 64;

    /// Patient, open, and as ZooKeeper is by default.
    #[must_use]
    pub fn new(ensemble: Ensemble) -> Self {
        Self {
            ensemble,
            session_timeout: Duration::from_secs(30),
            connection_timeout: Duration::from_secs(30),
            access: Access::default(),
            max_buffer: Self::MAX_BUFFER,
        }
    }

    /// The longest answer that a server can owe us: as many full nodes as are read together.
    fn frame_limit(&self) -> usize {
        self.max_buffer.saturating_add(1024).saturating_mul(Self::READ_TOGETHER)
    }
}

/// Why there is no session.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No server gave us one.
    #[error("cannot reach ZooKeeper at {connection}: {}", list_reports(endpoints))]
    Unreachable {
        /// The connection string.
        connection: String,
        /// What each server did.
        endpoints: Vec<EndpointReport>,
    },
    /// The servers don't know our credentials.
    #[error("ZooKeeper at {connection} refused the credentials")]
    AuthFailed {
        /// The connection string.
        connection: String,
    },
    /// The servers don't take our certificate, or want one.
    #[error("cannot use ZooKeeper at {connection}: {}", list_reports(endpoints))]
    CertificateRefused {
        /// The connection string.
        connection: String,
        /// What each server did.
        endpoints: Vec<EndpointReport>,
    },
    /// The user wants to leave.
    #[error("{signal} while connecting to ZooKeeper at {connection}")]
    Interrupted {
        /// The connection string.
        connection: String,
        /// How.
        signal: Signal,
    },
    /// There is no port on loopback for the client library.
    #[error("failed to open a port on loopback for the ZooKeeper client")]
    Loopback(#[source] io::Error),
}

impl ConnectError {
    /// Whether we were understood, and not let in.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        matches!(self, Self::AuthFailed { .. } | Self::CertificateRefused { .. })
    }

    /// Whether another attempt may end otherwise without anybody's doing.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { endpoints, .. } => {
                endpoints.iter().any(|report| report.health.may_pass())
            }
            _ => false,
        }
    }

    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { endpoints, .. }
                if endpoints.iter().any(|one| matches!(one.health, Health::Untrusted(_))) =>
            {
                UNTRUSTED_HINT
            }
            Self::Unreachable { .. } => {
                "check the servers' addresses, and that ZooKeeper runs and can be reached from here"
            }
            Self::AuthFailed { .. } => "check the user and password that ZooKeeper is shown",
            Self::CertificateRefused { .. } => {
                "check the client's certificate, and that ZooKeeper trusts its authority"
            }
            Self::Interrupted { .. } => "nothing was changed",
            Self::Loopback(_) => "check the limits on open files and the loopback interface",
        }
    }
}

/// Gets a session. It ends with the last clone of the client, or with [`Client`]'s own means.
///
/// Servers that are silent, refuse or lack a quorum are tried again until the connection timeout or the deadline; what
/// can't pass by itself, such as a certificate that is not trusted, fails at once.
pub async fn connect(options: &Options, deadline: &Deadline) -> Result<Client, ConnectError> {
    let dialer = Dialer::new(options.access.tls.clone());
    let endpoints = &options.ensemble.endpoints;
    let guard = Guard::start(endpoints, dialer.clone(), options.frame_limit()).await;
    let guard = guard.map_err(ConnectError::Loopback)?;
    let connector = connector(options, &guard);
    let connection = || options.ensemble.to_string();
    let establishing = establish(&connector, &dialer, &guard);
    let what = || waiting(&connection(), &guard);
    match deadline.run_saying(options.connection_timeout, what, establishing).await {
        Ok(Ok(client)) => {
            keep(guard, &client);
            Ok(client)
        }
        Ok(Err(Failed::Credentials)) => Err(ConnectError::AuthFailed { connection: connection() }),
        Ok(Err(Failed::Servers)) | Err(Stopped::TimedOut) => {
            let endpoints = guard.reports();
            let refused =
                |report: &EndpointReport| matches!(report.health, Health::CertificateRefused(_));
            let connection = connection();
            if endpoints.iter().any(refused) {
                return Err(ConnectError::CertificateRefused { connection, endpoints });
            }
            Err(ConnectError::Unreachable { connection, endpoints })
        }
        Err(Stopped::Signal(signal)) => {
            Err(ConnectError::Interrupted { connection: connection(), signal })
        }
    }
}

/// What is waited for, and what is known of it so far.
fn waiting(connection: &str, guard: &Guard) -> String {
    let failed = guard.failures().into_iter().filter_map(|(endpoint, health)| {
        let health = health?;
        Some(EndpointReport { endpoint, health })
    });
    let failed: Vec<_> = failed.collect();
    if failed.is_empty() {
        return format!("waiting for ZooKeeper at {connection}");
    }
    format!("waiting for ZooKeeper at {connection}: {}", list_reports(&failed))
}

/// What ends the attempts.
enum Failed {
    /// The servers don't know our credentials.
    Credentials,
    /// What [`Guard::reports`] tells can't pass by itself.
    Servers,
}

async fn establish(
    connector: &Connector,
    dialer: &Dialer,
    guard: &Guard,
) -> Result<Client, Failed> {
    loop {
        match connector.clone().connect(&guard.address()).await {
            Ok(client) => return Ok(client),
            Err(ClientError::AuthFailed) => return Err(Failed::Credentials),
            Err(error) => tracing::debug!("no session with ZooKeeper: {error}"),
        }
        let failures = guard.failures();
        if failures.iter().any(|(_, failed)| failed.is_none()) {
            // Its neighbours are still to be tried.
            sleep(PAUSE / 10).await;
            continue;
        }
        for (endpoint, failed) in &failures {
            if *failed == Some(Health::HungUp) {
                let asked = tokio::time::timeout(ASK, dialer.ask(endpoint)).await;
                guard.set(endpoint, &asked.unwrap_or(Health::TimedOut));
            }
        }
        if !guard.reports().iter().any(|report| report.health.may_pass()) {
            return Err(Failed::Servers);
        }
        sleep(PAUSE).await;
    }
}

fn connector(options: &Options, guard: &Guard) -> Connector {
    let mut connector = Client::connector()
        .with_session_timeout(options.session_timeout)
        .with_fail_eagerly()
        .with_auth(PROOF_SCHEME, guard.secret());
    if let Some(Credentials { scheme, user, password }) = &options.access.credentials {
        let password = password.expose_secret();
        connector = match scheme {
            Scheme::Digest => {
                connector.with_auth("digest", format!("{user}:{password}").as_bytes())
            }
            Scheme::Sasl => {
                connector.with_sasl(SaslOptions::digest_md5(user.clone(), password.to_owned()))
            }
        };
    }
    connector
}

/// Keeps the way open for as long as the session lives.
fn keep(guard: Guard, client: &Client) {
    let mut states = client.state_watcher();
    tokio::spawn(async move {
        while !states.peek_state().is_terminated() {
            states.changed().await;
        }
        drop(guard);
    });
}

#[cfg(test)]
mod tests;
