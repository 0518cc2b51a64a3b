//! The way to a server, on which what clients send is kept.

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::fault_proxy::pass;

/// Passes connections on to a server, and keeps what clients send.
pub struct Wire {
    pub address: String,
    /// By connection.
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Wire {
    /// A way to the server at `host:port`.
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let wire = Self { address, sent: Arc::clone(&sent) };
        let server = server.to_owned();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&server) else { continue };
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let index = {
                    let mut sent: std::sync::MutexGuard<'_, Vec<Vec<u8>>> = sent.lock().unwrap();
                    sent.push(Vec::new());
                    sent.len() - 1
                };
                let sent = Arc::clone(&sent);
                let keep = move |bytes: &[u8]| sent.lock().unwrap()[index].extend_from_slice(bytes);
                std::thread::spawn(move || pass(from, to, keep, || {}));
                std::thread::spawn(move || pass(server, client, |_| {}, || {}));
            }
        });
        wire
    }

    /// Whether a client has sent this.
    pub fn carried(&self, text: &str) -> bool {
        let sent = self.sent.lock().unwrap();
        sent.iter().any(|bytes| String::from_utf8_lossy(bytes).contains(text))
    }

    /// The HTTP requests that clients have sent.
    pub fn requests(&self) -> Vec<Request> {
        self.sent.lock().unwrap().iter().flat_map(|bytes| requests(bytes)).collect()
    }
}

/// The head of an HTTP request.
pub struct Request {
    pub method: String,
    pub target: String,
    /// Names in small letters.
    headers: Vec<(String, String)>,
}

impl Request {
    /// A header's value; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }

    /// All headers.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
}

/// The requests on one connection. Bodies have lengths: nothing here sends any that are chunked.
fn requests(mut bytes: &[u8]) -> Vec<Request> {
    let mut found = Vec::new();
    while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
        let (Some(method), Some(target), Some(_version)) =
            (words.next(), words.next(), words.next())
        else {
            break;
        };
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let request = Request { method, target, headers };
        let length: usize = request.header("content-length").parse().unwrap_or_default();
        bytes = bytes.get(end + 4 + length..).unwrap_or_default();
        found.push(request);
    }
    found
}
