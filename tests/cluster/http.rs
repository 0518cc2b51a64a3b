//! A small HTTP/1.1 server written for this test tool, so that every byte on the wire is under its
//! control: chunk borders, silence in the middle of a stream, connections cut or never answered.
//!
//! A streaming answer never ends the reading of the connection, and nothing that a client sends on it afterwards is
//! ever answered (`docs/mesos.md#connections`).

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

/// Heads longer than this are refused, as http-parser does.
const MAX_HEAD: usize = 80 * 1024;

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, upper case as it came.
    pub method: String,
    /// The path, percent-decoded, without the query.
    pub path: String,
    /// The query as it came, without the question mark.
    pub query: String,
    /// The headers by lower-case name.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// What a stream is told to put on the wire.
#[derive(Debug)]
pub enum Piece {
    /// One chunk.
    Chunk(Vec<u8>),
    /// The last chunk: the answer is over, the connection stays open.
    End,
    /// Close the connection without a last chunk.
    Cut,
}

/// An answer that fits in memory.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers other than `Date` and `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a handler wants done.
pub enum Answer {
    /// A plain answer.
    Full(Response),
    /// A chunked answer. `closed` runs when the client goes away or the stream is cut.
    Stream {
        /// Headers other than `Date` and `Transfer-Encoding`.
        headers: Vec<(&'static str, String)>,
        /// The chunks to come.
        pieces: UnboundedReceiver<Piece>,
        /// Put everything that is ready into one chunk.
        merge: bool,
        /// Told once when the connection is over.
        closed: Box<dyn FnOnce() + Send>,
    },
    /// Close the connection without an answer.
    Hangup,
    /// Never answer.
    Silence,
}

/// The type of handlers.
pub type Handler = Arc<dyn Fn(Request) -> BoxFuture<'static, Answer> + Send + Sync>;

impl Response {
    /// A text answer, as libprocess writes errors.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        let headers = vec![("Content-Type", "text/plain; charset=utf-8".to_owned())];
        Self { status, headers, body: text.into().into_bytes() }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A JSON answer.
    pub fn json(body: Vec<u8>) -> Self {
        let headers = vec![("Content-Type", "application/json".to_owned())];
        Self { status: 200, headers, body }
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(0, (name, value.into()));
        self
    }

    fn encode(self, head_only: bool) -> Vec<u8> {
        let mut out = head(self.status, &self.headers);
        let _ = write!(out, "Content-Length: {}\r\n\r\n", self.body.len());
        if !head_only {
            out.extend_from_slice(&self.body);
        }
        out
    }
}

/// Accepts connections until the future is dropped; all connections end with it.
pub async fn serve(listener: TcpListener, handler: Handler) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    let _ = socket.set_nodelay(true);
                    connections.spawn(connection(socket, Arc::clone(&handler)));
                }
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(mut socket: TcpStream, handler: Handler) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut socket, &mut buffer).await {
        let Ok(request) = request else {
            let _ = socket.write_all(&Response::empty(400).encode(false)).await;
            return;
        };
        let head_only = request.method == "HEAD";
        let last = request.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
        match handler(request).await {
            Answer::Full(response) => {
                if socket.write_all(&response.encode(head_only)).await.is_err() || last {
                    return;
                }
            }
            Answer::Stream { headers, pieces, merge, closed } => {
                stream(&mut socket, &headers, pieces, merge).await;
                closed();
                return;
            }
            Answer::Hangup => return,
            Answer::Silence => {
                drain(&mut socket).await;
                return;
            }
        }
    }
}

async fn drain(socket: &mut TcpStream) {
    let mut scratch = [0; 1024];
    while matches!(socket.read(&mut scratch).await, Ok(n) if n > 0) {}
}

async fn stream(
    socket: &mut TcpStream,
    headers: &[(&'static str, String)],
    mut pieces: UnboundedReceiver<Piece>,
    merge: bool,
) {
    let mut all = vec![("Transfer-Encoding", "chunked".to_owned())];
    all.extend_from_slice(headers);
    let mut out = head(200, &all);
    out.extend_from_slice(b"\r\n");
    if socket.write_all(&out).await.is_err() {
        return;
    }
    let (mut reader, mut writer) = socket.split();
    let write = async move {
        while let Some(piece) = pieces.recv().await {
            let bytes = match piece {
                Piece::Chunk(mut bytes) => {
                    let mut after = None;
                    while merge && after.is_none() {
                        match pieces.try_recv() {
                            Ok(Piece::Chunk(more)) => bytes.extend_from_slice(&more),
                            Ok(other) => after = Some(other),
                            Err(_) => break,
                        }
                    }
                    let mut out = format!("{:x}\r\n", bytes.len()).into_bytes();
                    out.append(&mut bytes);
                    out.extend_from_slice(b"\r\n");
                    match after {
                        Some(Piece::End) => out.extend_from_slice(b"0\r\n\r\n"),
                        Some(_) => {
                            let _ = writer.write_all(&out).await;
                            return;
                        }
                        None => {}
                    }
                    out
                }
                Piece::End => b"0\r\n\r\n".to_vec(),
                Piece::Cut => return,
            };
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // All senders are gone: the answer is over, and the connection stays open.
        std::future::pending::<()>().await;
    };
    let read = async move {
        let mut scratch = [0; 1024];
        while matches!(reader.read(&mut scratch).await, Ok(n) if n > 0) {}
    };
    tokio::select! { () = write => {}, () = read => {} }
}

fn head(status: u16, headers: &[(&'static str, String)]) -> Vec<u8> {
    let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut out = Vec::with_capacity(256);
    let _ = write!(out, "HTTP/1.1 {status} {}\r\nDate: {date}\r\n", reason(status));
    for (name, value) in headers {
        let _ = write!(out, "{name}: {value}\r\n");
    }
    out
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        415 => "Unsupported Media Type",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

/// Reads one request; `None` when the connection is over.
async fn read_request(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Result<Request, ()>> {
    let end = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at;
        }
        if buffer.len() > MAX_HEAD {
            return Some(Err(()));
        }
        fill(socket, buffer).await?;
    };
    let head: Vec<u8> = buffer.drain(..end + 4).collect();
    let Some(mut request) = parse_head(&String::from_utf8_lossy(&head)) else {
        return Some(Err(()));
    };
    if request.header("expect").is_some_and(|v| v.eq_ignore_ascii_case("100-continue")) {
        socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
    }
    let chunked =
        request.header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
    if chunked {
        request.body = read_chunks(socket, buffer).await?;
    } else if let Some(length) = request.header("content-length") {
        let Ok(length) = length.parse::<usize>() else { return Some(Err(())) };
        while buffer.len() < length {
            fill(socket, buffer).await?;
        }
        request.body = buffer.drain(..length).collect();
    }
    Some(Ok(request))
}

async fn read_chunks(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = find(buffer, b"\r\n") {
                break at;
            }
            fill(socket, buffer).await?;
        };
        let line: Vec<u8> = buffer.drain(..end + 2).collect();
        let text = String::from_utf8_lossy(&line);
        let size = text.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        while buffer.len() < size + 2 {
            fill(socket, buffer).await?;
        }
        body.extend(buffer.drain(..size));
        buffer.drain(..2);
        if size == 0 {
            return Some(body);
        }
    }
}

async fn fill(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    buffer.reserve(16 * 1024);
    match socket.read_buf(buffer).await {
        Ok(n) if n > 0 => Some(()),
        _ => None,
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn parse_head(head: &str) -> Option<Request> {
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HashMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
    }
    Some(Request { method, path: decode(path), query: query.to_owned(), headers, body: Vec::new() })
}

fn decode(path: &str) -> String {
    // A plus sign is a plus sign in a path, unlike in a query.
    let escaped = format!("p={}", path.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
