//! A server for the unit tests beside the code: takes requests on loopback and answers with given bytes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::mesos::http::{Http, HttpSettings};
use crate::mesos::master::{LeaderUrl, Scheme};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Method and target.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What is answered.
pub(crate) enum Reply {
    /// These bytes; the connection stays open.
    Bytes(Vec<u8>),
    /// These bytes in pieces of that size, each flushed.
    Pieces(Vec<u8>, usize),
    /// These bytes, then the connection is closed.
    Last(Vec<u8>),
    /// These bytes, then nothing for ever.
    Hang(Vec<u8>),
}

/// An answer with status and text, as Mesos writes them.
pub(crate) fn text(status: &str, text: &str) -> Reply {
    answer(status, "Content-Type: text/plain; charset=utf-8\r\n", text.as_bytes())
}

/// An answer with a document.
pub(crate) fn json(document: &str) -> Reply {
    answer("200 OK", "Content-Type: application/json\r\n", document.as_bytes())
}

/// A redirect.
pub(crate) fn redirect(location: &str) -> Reply {
    answer("307 Temporary Redirect", &format!("Location: {location}\r\n"), b"")
}

pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Reply {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    Reply::Bytes([head.as_bytes(), body].concat())
}

pub(crate) struct TestServer {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl TestServer {
    pub(crate) async fn start<F>(handler: F) -> Self
    where
        F: Fn(&Request) -> Reply + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let handler = Arc::new(handler);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (handler, seen) = (Arc::clone(&handler), Arc::clone(&seen));
                tokio::spawn(serve(stream, move |request| {
                    seen.lock().expect("a lock").push(request.clone());
                    handler(request)
                }));
            }
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self) -> LeaderUrl {
        LeaderUrl::new(Scheme::Http, "127.0.0.1", self.port).expect("a URL")
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("a lock").clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(|request| request.line().to_owned()).collect()
    }
}

/// A port on which nobody listens.
pub(crate) async fn dead_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}

pub(crate) fn http() -> Http {
    http_with(HttpSettings::default())
}

pub(crate) fn http_with(settings: HttpSettings) -> Http {
    Http::new(settings).expect("settings")
}

/// A client that gives up soon.
pub(crate) fn hasty() -> Http {
    http_with(HttpSettings {
        request_timeout: Duration::from_millis(200),
        ..HttpSettings::default()
    })
}

async fn serve(mut stream: TcpStream, handler: impl Fn(&Request) -> Reply) {
    stream.set_nodelay(true).expect("an option");
    while let Some(request) = read(&mut stream).await {
        let written = match handler(&request) {
            Reply::Bytes(bytes) => stream.write_all(&bytes).await,
            Reply::Pieces(bytes, size) => {
                let mut written = Ok(());
                for piece in bytes.chunks(size) {
                    written = stream.write_all(piece).await;
                    tokio::task::yield_now().await;
                }
                written
            }
            Reply::Last(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Reply::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                // Until the client goes away.
                let mut scratch = [0; 1024];
                while stream.read(&mut scratch).await.is_ok_and(|count| count > 0) {}
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut request = Request { head, body: bytes.split_off(end + 4) };
    let length = request.header("content-length").map_or(0, |n| n.parse().expect("a length"));
    while request.body.len() < length {
        if stream.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}
