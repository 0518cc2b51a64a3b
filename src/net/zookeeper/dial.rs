//! TCP and TLS to one server, and the question how it is.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::access::Tls;
use super::address::Endpoint;
use super::health::Health;

/// The most that is read of an answer to `srvr`.
const ANSWER: u64 = 4096;

/// A connection to a server, plain or TLS.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Connects to servers.
#[derive(Clone, Debug)]
pub struct Dialer {
    tls: Option<Tls>,
}

impl Dialer {
    /// Speaks TLS if told how.
    #[must_use]
    pub fn new(tls: Option<Tls>) -> Self {
        Self { tls }
    }

    /// Connects to a server.
    ///
    /// # Errors
    /// What it did instead.
    pub async fn dial(&self, endpoint: &Endpoint) -> Result<Box<dyn Stream>, Health> {
        let found = lookup_host((endpoint.host.as_str(), endpoint.port)).await;
        let addresses: Vec<_> =
            found.map_err(|error| Health::NoSuchHost(without_prefix(&error)))?.collect();
        if addresses.is_empty() {
            return Err(Health::NoSuchHost("no addresses".to_owned()));
        }
        let stream = TcpStream::connect(addresses.as_slice()).await;
        let stream = stream.map_err(|error| Health::of_io(&error))?;
        // Requests are small, and one must not wait for the acknowledgement of the one before.
        stream.set_nodelay(true).map_err(|error| Health::of_io(&error))?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from(endpoint.host.clone());
        let name = name.map_err(|error| Health::Untrusted(error.to_string()))?;
        let connector = TlsConnector::from(Arc::clone(&tls.config));
        let stream = connector.connect(name, stream).await;
        Ok(Box::new(stream.map_err(|error| Health::of_io(&error))?))
    }

    /// Asks a server that gave no session how it is, with ZooKeeper's command `srvr`.
    pub async fn ask(&self, endpoint: &Endpoint) -> Health {
        let mut stream = match self.dial(endpoint).await {
            Ok(stream) => stream,
            Err(health) => return health,
        };
        let mut answer = Vec::new();
        let talked = async {
            stream.write_all(b"srvr").await?;
            stream.flush().await?;
            stream.take(ANSWER).read_to_end(&mut answer).await
        };
        match talked.await {
            // Java's TLS ends without a farewell.
            Err(error) if answer.is_empty() && error.kind() != io::ErrorKind::ConnectionReset => {
                Health::of_io(&error)
            }
            _ => of_answer(&String::from_utf8_lossy(&answer)),
        }
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

fn of_answer(answer: &str) -> Health {
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
    use tokio::net::TcpListener;

    use super::*;

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

    #[tokio::test]
    async fn answers_are_told_apart() {
        let health = async |answer| Dialer::new(None).ask(&answering(answer).await).await;
        let version =
            "Zookeeper version: 3.8.0-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on 2022\n";
        assert_eq!(health(version).await, Health::Serving(Some("3.8.0".to_owned())));
        let text = "This ZooKeeper instance is not currently serving requests\n";
        assert_eq!(health(text).await, Health::NotServing);
        let text = "srvr is not executed because it is not in the whitelist.\n";
        assert_eq!(health(text).await, Health::Serving(None));
        assert_eq!(health("HTTP/1.1 400\r\n").await, Health::NotZooKeeper);
        assert_eq!(health("").await, Health::NotZooKeeper);
    }

    #[tokio::test]
    async fn failures_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let closed = Endpoint { host: "127.0.0.1".to_owned(), port };
        assert_eq!(Dialer::new(None).ask(&closed).await, Health::Refused);
        let nowhere = Endpoint { host: "no-such-host.invalid".to_owned(), port: 2181 };
        let health = Dialer::new(None).ask(&nowhere).await;
        assert!(matches!(health, Health::NoSuchHost(_)), "{health}");
    }
}
