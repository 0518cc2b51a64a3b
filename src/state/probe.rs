//! Finds out why a ZooKeeper ensemble can't be reached, endpoint by endpoint.
//!
//! The client library only says that no host was available. So after a failure, and only then, every endpoint is asked at
//! the same time: does its name resolve, does it accept a connection, and what does it answer to `srvr`?

use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::endpoints::Endpoint;

/// What one endpoint did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointReport {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What it did.
    pub health: Health,
}

impl fmt::Display for EndpointReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.endpoint, self.health)
    }
}

/// What became of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// The name does not resolve; the resolver's words.
    NoSuchHost(String),
    /// The host is there, and nothing listens on the port.
    Refused,
    /// No answer: to the connection attempt or to the question.
    TimedOut,
    /// The connection failed otherwise, such as "no route to host".
    Unreachable(String),
    /// A ZooKeeper server without a quorum.
    NotServing,
    /// A ZooKeeper server that serves, with its version if it told.
    Serving(Option<String>),
    /// Something that is no ZooKeeper server, or one that hung up.
    NotZooKeeper,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchHost(why) => write!(f, "no such host ({why})"),
            Self::Refused => f.write_str("refused the connection"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Unreachable(why) => f.write_str(why),
            Self::NotServing => f.write_str("answers, but is not serving (no quorum)"),
            Self::Serving(Some(version)) => {
                write!(f, "answers (version {version}), but gave us no session")
            }
            Self::Serving(None) => f.write_str("answers, but gave us no session"),
            Self::NotZooKeeper => {
                f.write_str("accepts connections, but does not answer as ZooKeeper does")
            }
        }
    }
}

/// The reports as one line.
pub(super) fn list_reports(reports: &[EndpointReport]) -> String {
    let lines: Vec<_> = reports.iter().map(EndpointReport::to_string).collect();
    lines.join("; ")
}

/// Asks all endpoints at once; takes no longer than `limit`.
pub async fn probe(endpoints: &[Endpoint], limit: Duration) -> Vec<EndpointReport> {
    join_all(endpoints.iter().map(|endpoint| async move {
        let health = timeout(limit, probe_one(endpoint)).await.unwrap_or(Health::TimedOut);
        EndpointReport { endpoint: endpoint.clone(), health }
    }))
    .await
}

async fn probe_one(endpoint: &Endpoint) -> Health {
    let addresses: Vec<_> = match lookup_host((endpoint.host.as_str(), endpoint.port)).await {
        Ok(addresses) => addresses.collect(),
        Err(error) => return Health::NoSuchHost(without_prefix(&error)),
    };
    if addresses.is_empty() {
        return Health::NoSuchHost("no addresses".to_owned());
    }
    let mut stream = match TcpStream::connect(addresses.as_slice()).await {
        Ok(stream) => stream,
        Err(error) => return from_connect_error(&error),
    };
    let mut answer = Vec::new();
    let talked = async {
        stream.write_all(b"srvr").await?;
        (&mut stream).take(4096).read_to_end(&mut answer).await
    };
    match talked.await {
        Ok(_) => from_answer(&String::from_utf8_lossy(&answer)),
        Err(_) => Health::NotZooKeeper,
    }
}

/// The C library's resolver errors come with a prefix that says nothing.
fn without_prefix(error: &io::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("failed to lookup address information: ") {
        Some(rest) => rest.to_lowercase(),
        None => text,
    }
}

fn from_connect_error(error: &io::Error) -> Health {
    match error.kind() {
        ErrorKind::ConnectionRefused => Health::Refused,
        ErrorKind::TimedOut => Health::TimedOut,
        ErrorKind::HostUnreachable => Health::Unreachable("no route to host".to_owned()),
        ErrorKind::NetworkUnreachable => Health::Unreachable("network is unreachable".to_owned()),
        _ => Health::Unreachable(error.to_string()),
    }
}

fn from_answer(answer: &str) -> Health {
    if let Some(rest) = answer.trim_start().strip_prefix("Zookeeper version: ") {
        let version = rest.split(['-', ',', '\n', ' ']).next().map(str::to_owned);
        Health::Serving(version.filter(|version| !version.is_empty()))
    } else if answer.contains("not currently serving requests") {
        Health::NotServing
    } else if answer.contains("not in the whitelist") {
        Health::Serving(None)
    } else {
        Health::NotZooKeeper
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn answering(answer: &'static str) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut question = [0; 4];
                let _ = stream.read_exact(&mut question).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Endpoint { host: "127.0.0.1".to_owned(), port }
    }

    async fn health_of(endpoint: Endpoint) -> Health {
        let reports = probe(&[endpoint], Duration::from_secs(5)).await;
        reports.into_iter().next().unwrap().health
    }

    #[tokio::test]
    async fn answers_are_told_apart() {
        let version =
            "Zookeeper version: 3.8.0-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on 2022\n";
        let serving = health_of(answering(version).await).await;
        assert_eq!(serving, Health::Serving(Some("3.8.0".to_owned())));
        let text = "This ZooKeeper instance is not currently serving requests\n";
        assert_eq!(health_of(answering(text).await).await, Health::NotServing);
        let text = "srvr is not executed because it is not in the whitelist.\n";
        assert_eq!(health_of(answering(text).await).await, Health::Serving(None));
        assert_eq!(health_of(answering("HTTP/1.1 400\r\n").await).await, Health::NotZooKeeper);
        assert_eq!(health_of(answering("").await).await, Health::NotZooKeeper);
    }

    #[tokio::test]
    async fn failures_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let silent = Endpoint { host: "127.0.0.1".to_owned(), port };
        let reports = probe(&[silent], Duration::from_millis(100)).await;
        assert_eq!(reports[0].health, Health::TimedOut);
        drop(listener);
        let closed = Endpoint { host: "127.0.0.1".to_owned(), port };
        assert_eq!(health_of(closed).await, Health::Refused);
        let nowhere = Endpoint { host: "no-such-host.invalid".to_owned(), port: 2181 };
        assert!(matches!(health_of(nowhere).await, Health::NoSuchHost(_)));
    }
}
