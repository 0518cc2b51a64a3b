//! As much of HTTP/1.1 as the TManager's controller and heron-shell speak: what libevent's server reads and writes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest head and longest body that are read.
const LIMIT: usize = 1 << 20;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// Arguments in order, decoded. Those of a form's body replace those of the URL, as in Heron.
    pub arguments: Vec<(String, String)>,
    /// Whether the client asked to close the connection.
    pub close: bool,
}

impl Request {
    /// Puts a request together; `content_type` is empty when there is none.
    pub fn new(method: &str, target: &str, content_type: &str, body: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let form = content_type.is_empty()
            || content_type.starts_with("application/x-www-form-urlencoded");
        let source = if matches!(method, "POST" | "PUT") && form { body } else { query };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            arguments: arguments(source),
            close: false,
        }
    }

    /// The first argument of a name.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Reason; often empty.
    pub reason: String,
    /// Body of a success; errors carry HTML made from the reason.
    pub body: String,
}

impl Response {
    /// 200 with a text and, as libevent does it for Heron, an empty reason.
    pub fn success(body: &str) -> Self {
        Self { status: 200, reason: String::new(), body: body.to_owned() }
    }

    /// An error, whose reason stands in the status line and in the HTML.
    pub fn failure(status: u16, reason: &str) -> Self {
        let body = format!(
            "<HTML><HEAD>\n<TITLE>{status} {reason}</TITLE>\n</HEAD><BODY>\n<H1>{reason}</H1>\n</BODY></HTML>\n"
        );
        Self { status, reason: reason.to_owned(), body }
    }

    /// The bytes on the wire, headers in libevent's order.
    pub fn bytes(&self, date: &str, head_only: bool) -> Vec<u8> {
        let status = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason);
        let length = format!("Content-Length: {}\r\n", self.body.len());
        let length = if head_only && self.status != 200 { "" } else { &length };
        let headers = if self.status == 200 {
            format!("Date: {date}\r\n{length}Content-Type: text/html; charset=ISO-8859-1\r\n")
        } else {
            format!("Content-Type: text/html\r\nConnection: close\r\nDate: {date}\r\n{length}")
        };
        let body = if head_only { "" } else { &self.body };
        let text = format!("{status}{headers}\r\n{body}");
        text.into_bytes()
    }
}

/// Reads one request; `None` at the end of the connection.
pub async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Request>> {
    let end = loop {
        if let Some(position) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break position;
        }
        ensure!(buffer.len() < LIMIT, "the head is too long");
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head: Vec<u8> = buffer.drain(..end.saturating_add(4)).collect();
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        bail!("bad request line in {head:?}");
    };
    let header = |name: &str| {
        head.split("\r\n").skip(1).filter_map(|line| line.split_once(':')).find_map(
            |(key, value)| key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned()),
        )
    };
    let length: usize = match header("content-length") {
        Some(text) => text.parse().with_context(|| format!("bad Content-Length: {text}"))?,
        None => 0,
    };
    ensure!(length < LIMIT, "the body is too long");
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body: Vec<u8> = buffer.drain(..length).collect();
    let content_type = header("content-type").unwrap_or_default();
    let mut request = Request::new(method, target, &content_type, &String::from_utf8_lossy(&body));
    request.close = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok(Some(request))
}

/// Writes an answer. True if the connection stays open.
pub async fn write(stream: &mut TcpStream, request: &Request, response: &Response) -> Result<bool> {
    let bytes = response.bytes(&date_now(), request.method == "HEAD");
    stream.write_all(&bytes).await?;
    stream.flush().await?;
    Ok(response.status == 200 && !request.close)
}

fn arguments(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .filter_map(|part| part.split_once('='))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let escaped =
            digits.filter(|_| first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(if first == b'+' { b' ' } else { first });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn date_now() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = i64::try_from(now.as_secs()).unwrap_or_default();
    let format = "%a, %d %b %Y %H:%M:%S GMT";
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.strftime(format).to_string())
        .unwrap_or_default()
}
