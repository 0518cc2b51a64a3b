//! `/healthz` and `/metrics` of a supervisor, over HTTP.
//!
//! A responder of our own, which knows GET and two paths, reads no body, and closes each connection: a server of a crate would bring
//! more code along than all of this supervisor.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::error::SupervisionError;
use super::exposition::{self, MEDIA_TYPE};
use super::figures::Board;

/// How long a client may take, for all of it.
const LIMIT: Duration = Duration::from_secs(5);
/// The longest head of a request.
const MOST_BYTES: usize = 8 << 10;
/// Connections at once; more wait in the system's queue.
const MOST_CLIENTS: usize = 32;
/// Pause after a connection that could not be taken, such as for want of descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// Listens at an address, `host:port`.
///
/// # Errors
/// It can't be listened at.
pub async fn listen(address: &str) -> Result<TcpListener, SupervisionError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| SupervisionError::Listen { address: address.to_owned(), source })
}

/// Answers for as long as it is asked.
pub async fn serve(listener: &TcpListener, board: &Board) -> Infallible {
    let mut clients = FuturesUnordered::new();
    loop {
        tokio::select! {
            taken = listener.accept(), if clients.len() < MOST_CLIENTS => match taken {
                Ok((stream, _)) => clients.push(async move {
                    match timeout(LIMIT, answer(stream, board)).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => tracing::debug!("a client of the metrics: {error}"),
                        Err(_) => tracing::debug!("a client of the metrics took too long"),
                    }
                }),
                Err(error) => {
                    tracing::info!("failed to take a connection: {error}");
                    sleep(PAUSE).await;
                }
            },
            Some(()) = clients.next(), if !clients.is_empty() => {}
        }
    }
}

async fn answer(mut stream: TcpStream, board: &Board) -> io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !is_whole(&head) {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        head.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if head.len() > MOST_BYTES {
            break;
        }
    }
    let reply = reply(&head, board);
    stream.write_all(reply.to_http().as_bytes()).await?;
    stream.shutdown().await
}

fn is_whole(head: &[u8]) -> bool {
    head.windows(4).any(|window| window == b"\r\n\r\n")
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
struct Reply {
    status: &'static str,
    media_type: &'static str,
    body: String,
    /// Whether the body is only measured.
    is_head: bool,
}

impl Reply {
    fn plain(status: &'static str, body: impl Into<String>) -> Self {
        let media_type = "text/plain; charset=utf-8";
        Self { status, media_type, body: body.into(), is_head: false }
    }

    fn to_http(&self) -> String {
        let Self { status, media_type, body, is_head } = self;
        let shown = if *is_head { "" } else { body };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{shown}",
            body.len()
        )
    }
}

/// What a request is answered with, by its head.
fn reply(head: &[u8], board: &Board) -> Reply {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).unwrap_or_default();
    let mut words = line.split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    let (Some(method), Some(target), Some(version)) = (method, target, version) else {
        return Reply::plain("400 Bad Request", "this is no request of HTTP/1\n");
    };
    if !is_whole(head) || !version.starts_with("HTTP/1.") {
        return Reply::plain("400 Bad Request", "this is no request of HTTP/1\n");
    }
    if !matches!(method, "GET" | "HEAD") {
        return Reply::plain("405 Method Not Allowed", "GET only\n");
    }
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let reply = match path {
        "/healthz" => health(board),
        "/metrics" => {
            let body = exposition::text(board);
            Reply { status: "200 OK", media_type: MEDIA_TYPE, body, is_head: false }
        }
        _ => Reply::plain("404 Not Found", "/healthz and /metrics are there\n"),
    };
    Reply { is_head: method == "HEAD", ..reply }
}

/// Whether the supervisor can do its work: Mesos comes and goes, but without ZooKeeper it leads nothing.
fn health(board: &Board) -> Reply {
    let (_, is_open) = board.sessions();
    if !is_open {
        return Reply::plain("503 Service Unavailable", "no session with ZooKeeper\n");
    }
    let topologies = board.topologies();
    let leads = topologies.values().filter(|figures| figures.is_held).count();
    Reply::plain("200 OK", format!("ok, drives {leads} of {} topologies\n", topologies.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(request: &str, board: &Board) -> Reply {
        reply(format!("{request}\r\nHost: h\r\n\r\n").as_bytes(), board)
    }

    #[test]
    fn health_is_the_session() {
        let board = Board::default();
        assert_eq!(asked("GET /healthz HTTP/1.1", &board).status, "503 Service Unavailable");
        board.session(true);
        board.note("t", |figures| figures.is_held = true);
        board.note("u", |_| {});
        let reply = asked("GET /healthz?x=y HTTP/1.0", &board);
        assert_eq!(
            (reply.status, reply.body.as_str()),
            ("200 OK", "ok, drives 1 of 2 topologies\n")
        );
    }

    #[test]
    fn metrics_are_told_and_a_head_has_no_body() {
        let board = Board::default();
        let reply = asked("GET /metrics HTTP/1.1", &board);
        assert!(reply.body.contains("heron_zookeeper_connected 0"));
        let head = asked("HEAD /metrics HTTP/1.1", &board).to_http();
        assert!(head.ends_with("\r\n\r\n"));
        assert!(head.contains(&format!("Content-Length: {}\r\n", reply.body.len())));
    }

    #[test]
    fn anything_else_is_refused() {
        let board = Board::default();
        for (request, status) in [
            ("POST /metrics HTTP/1.1", "405 Method Not Allowed"),
            ("GET / HTTP/1.1", "404 Not Found"),
            ("GET /metrics/../etc HTTP/1.1", "404 Not Found"),
            ("GET /metrics", "400 Bad Request"),
            ("GET /metrics SSH-2.0", "400 Bad Request"),
            ("", "400 Bad Request"),
        ] {
            assert_eq!(asked(request, &board).status, status, "{request}");
        }
        assert_eq!(reply(b"GET /metrics HTTP/1.1\r\nX: ", &board).status, "400 Bad Request");
        assert_eq!(reply(b"\xff\xfe\r\n\r\n", &board).status, "400 Bad Request");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(head in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
            let text = reply(&head, &Board::default()).to_http();
            proptest::prop_assert!(text.starts_with("HTTP/1.1 "));
        }
    }
}
