//! Replays the clients' side of recordings of a real Mesos against this cluster, and compares what comes back:
//! status lines, headers, texts, members and their order, forms of numbers.
//!
//! Ids differ from run to run. Wherever the recording has one, the id in its place is learned, must be the same
//! from then on, and is put into what the client sends.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::compare::{Ids, compare_json, compare_text};
use crate::boot::Boot;
use crate::cluster::Sim;
use crate::options::Options;
use crate::ports::Claims;

/// What a connection says.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// The head of a chunked answer.
    Head(String, BTreeMap<String, String>),
    /// A whole answer with a length.
    Whole(String, BTreeMap<String, String>, Vec<u8>),
    /// A record of a stream.
    Record(Value),
    /// The last chunk.
    End,
}

/// Takes bytes apart, of a recording or of a connection.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    chunked: bool,
    records: Vec<u8>,
}

impl Decoder {
    /// Takes bytes in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next item, if it is complete.
    pub fn next(&mut self) -> Option<Item> {
        if !self.chunked {
            return self.answer();
        }
        loop {
            if let Some(record) = self.record() {
                return Some(record);
            }
            let line = find(&self.bytes, b"\r\n")?;
            let text = std::str::from_utf8(&self.bytes[..line]).unwrap();
            let size = usize::from_str_radix(text, 16).unwrap();
            let end = line + 2 + size;
            if self.bytes.len() < end + 2 {
                return None;
            }
            self.records.extend_from_slice(&self.bytes[line + 2..end]);
            self.bytes.drain(..end + 2);
            if size == 0 {
                self.chunked = false;
                return Some(Item::End);
            }
        }
    }

    fn answer(&mut self) -> Option<Item> {
        let end = find(&self.bytes, b"\r\n\r\n")?;
        let text = String::from_utf8(self.bytes[..end].to_vec()).unwrap();
        let mut lines = text.split("\r\n");
        let status = lines.next().unwrap().to_owned();
        let headers: BTreeMap<String, String> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        if headers.contains_key("Transfer-Encoding") {
            self.bytes.drain(..end + 4);
            self.chunked = true;
            return Some(Item::Head(status, headers));
        }
        let length: usize = headers["Content-Length"].parse().unwrap();
        if self.bytes.len() < end + 4 + length {
            return None;
        }
        let body = self.bytes[end + 4..end + 4 + length].to_vec();
        self.bytes.drain(..end + 4 + length);
        Some(Item::Whole(status, headers, body))
    }

    fn record(&mut self) -> Option<Item> {
        let line = find(&self.records, b"\n")?;
        let size: usize = std::str::from_utf8(&self.records[..line]).unwrap().parse().unwrap();
        let end = line + 1 + size;
        let record = serde_json::from_slice(self.records.get(line + 1..end)?).unwrap();
        self.records.drain(..end);
        Some(Item::Record(record))
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The bytes of a recording are written as Latin-1 text.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// One connection: the recorded one beside the real one.
#[derive(Default)]
struct Connection {
    socket: Option<TcpStream>,
    recorded: Decoder,
    real: Decoder,
    waiting: VecDeque<Item>,
}

/// When offers are made during a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    /// Whenever they are due; more than were recorded are no difference.
    Free,
    /// Whenever they are due, and as many as were recorded.
    Counted,
    /// Only when one was recorded: a task of the recording has then ended here as well.
    Held,
}

/// A cluster under replay.
pub struct Replay {
    /// The cluster.
    pub boot: Boot,
    /// Learned ids.
    pub ids: Ids,
    /// Members of JSON answers that are not compared.
    pub ignored: Vec<&'static str>,
    /// Texts to be replaced in what the client sends.
    pub texts: Vec<(String, String)>,
    /// When offers are made.
    pub offers: Offers,
    connections: BTreeMap<String, Connection>,
    _claims: Claims,
    _directory: tempfile::TempDir,
}

impl Replay {
    /// Starts a cluster with these arguments.
    pub async fn start(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let work_dir = directory.path().to_str().unwrap();
        // The recorded clients take their ports from this range; nobody binds them.
        let ports = "[31000-32000]";
        let fixed = ["test-cluster", "--allocation-interval-ms", "20", "--ports", ports];
        let fixed = [&fixed[..], &["--work-dir", work_dir]].concat();
        let options = Options::parse_from(fixed.iter().chain(arguments));
        let sim = Sim::new(options.settings().unwrap(), true);
        let boot = Boot { sim: Arc::clone(&sim), options, zk: None };
        for index in 0..boot.options.masters {
            boot.start_master(index).await.unwrap();
        }
        boot.elect_without_zookeeper();
        let mut claims = Claims::default();
        boot.start_agents(&mut claims).await.unwrap();
        tokio::spawn(crate::allocate(sim));
        Self {
            boot,
            ids: Ids::default(),
            ignored: Vec::new(),
            texts: Vec::new(),
            offers: Offers::Free,
            connections: BTreeMap::new(),
            _claims: claims,
            _directory: directory,
        }
    }

    /// Replays a recording; notes that tell of deeds go to `deed`.
    pub async fn play(&mut self, name: &str, mut deed: impl AsyncFnMut(&Boot, &Ids, &str)) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mesos").join(name);
        let text = std::fs::read_to_string(file.with_extension("jsonl")).unwrap();
        for (number, line) in text.lines().enumerate().skip(1) {
            let entry: Value = serde_json::from_str(line).unwrap();
            let place = format!("{name}:{}", number + 1);
            match (entry["dir"].as_str(), entry["note"].as_str()) {
                (Some("c2s"), _) => self.send(&entry).await,
                (Some(_), _) => self.receive(&entry, &place).await,
                (None, Some(note)) => {
                    if let Some((stream, "closed by the client")) = note.split_once(": ") {
                        self.connections.remove(stream);
                        // The master hears of it a moment later.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    deed(&self.boot, &self.ids, note).await;
                }
                _ => panic!("{place}: neither bytes nor note"),
            }
        }
        for (name, connection) in std::mem::take(&mut self.connections) {
            let unexpected = connection.waiting.iter().find(|item| match item {
                Item::Record(record) if record["type"] == "OFFERS" => {
                    self.offers == Offers::Counted
                }
                Item::Record(record) => record["type"] != "HEARTBEAT",
                _ => true,
            });
            assert_eq!(unexpected, None, "{name} said more than was recorded");
        }
    }

    async fn send(&mut self, entry: &Value) {
        let data = entry["data"].as_str().unwrap();
        let (head, body) = data.split_once("\r\n\r\n").unwrap();
        let body = self.translated(body);
        let mut out = String::new();
        let mut port = 0;
        for line in self.translated(head).split("\r\n") {
            match line.split_once(": ") {
                Some(("Host", host)) => {
                    let recorded: u16 = host.rsplit_once(':').unwrap().1.parse().unwrap();
                    port = self.port(recorded);
                    out += &format!("Host: 127.0.0.1:{port}\r\n");
                }
                Some(("Content-Length", _)) => {
                    out += &format!("Content-Length: {}\r\n", body.len());
                }
                _ => out += &format!("{line}\r\n"),
            }
        }
        out += &format!("\r\n{body}");
        let name = entry["conn"].as_str().unwrap().to_owned();
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        socket.write_all(out.as_bytes()).await.unwrap();
        let connection = Connection { socket: Some(socket), ..Connection::default() };
        self.connections.insert(name, connection);
    }

    fn translated(&self, text: &str) -> String {
        let text = self.texts.iter().fold(text.to_owned(), |text, (a, b)| text.replace(a, b));
        self.ids.translate(&text)
    }

    fn port(&self, recorded: u16) -> u16 {
        self.boot.sim.with(|cluster| match recorded {
            5050 => cluster.masters[0].master.port,
            5060 => cluster.masters[1].master.port,
            _ => cluster.agents[0].port,
        })
    }

    async fn receive(&mut self, entry: &Value, place: &str) {
        let name = entry["conn"].as_str().unwrap();
        let mut connection = self.connections.remove(name).unwrap();
        connection.recorded.push(&latin1(entry["data"].as_str().unwrap()));
        while let Some(expected) = connection.recorded.next() {
            let offers = matches!(&expected, Item::Record(record) if record["type"] == "OFFERS");
            self.hold_offers(!offers);
            let real = connection.matching(&expected, place).await;
            self.hold_offers(true);
            self.compare(&expected, &real, place);
        }
        self.connections.insert(name.to_owned(), connection);
    }

    fn hold_offers(&self, hold: bool) {
        if self.offers == Offers::Held {
            self.boot.sim.with(|cluster| cluster.masters[0].master.hold_offers = hold);
        }
    }

    fn compare(&mut self, expected: &Item, real: &Item, place: &str) {
        match (expected, real) {
            (Item::Head(status, headers), Item::Head(real_status, real_headers)) => {
                assert_eq!(status, real_status, "{place}");
                self.compare_headers(headers, real_headers, place);
            }
            (Item::Whole(status, headers, body), Item::Whole(real_status, real_headers, real)) => {
                let text = String::from_utf8_lossy(real);
                assert_eq!(status, real_status, "{place}: {text}");
                self.compare_headers(headers, real_headers, place);
                let kind = headers.get("Content-Type").map(String::as_str);
                if kind == Some("application/json") {
                    let expected = serde_json::from_slice(body).unwrap();
                    let real = serde_json::from_slice(real).unwrap();
                    compare_json(&mut self.ids, &self.ignored, &expected, &real, place);
                } else if kind != Some("application/octet-stream") {
                    compare_text(&mut self.ids, &String::from_utf8_lossy(body), &text, place);
                }
            }
            (Item::Record(expected), Item::Record(real)) => {
                compare_json(&mut self.ids, &self.ignored, expected, real, place);
            }
            (expected, real) => assert_eq!(expected, real, "{place}"),
        }
    }

    fn compare_headers(
        &mut self,
        expected: &BTreeMap<String, String>,
        real: &BTreeMap<String, String>,
        place: &str,
    ) {
        let names =
            |headers: &BTreeMap<String, String>| headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(expected), names(real), "{place}");
        for (name, value) in expected {
            if name != "Date" && name != "Content-Length" {
                compare_text(&mut self.ids, value, &real[name], &format!("{place}: {name}"));
            }
        }
    }
}

impl Connection {
    /// The next real item of the kind that was recorded. Updates are matched by task and state, since tasks are
    /// not in step; offers and heartbeats come when they like.
    async fn matching(&mut self, expected: &Item, place: &str) -> Item {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let found = self.waiting.iter().position(|item| same_kind(expected, item));
            if let Some(item) = found.and_then(|at| self.waiting.remove(at)) {
                return item;
            }
            let socket = self.socket.as_mut().unwrap();
            let mut scratch = Vec::with_capacity(65_536);
            let read = tokio::time::timeout_at(deadline, socket.read_buf(&mut scratch)).await;
            let read = read.unwrap_or_else(|_| {
                panic!("{place}: waited in vain for {expected:?}, there is {:?}", self.waiting)
            });
            let count = read.unwrap();
            assert!(count > 0, "{place}: closed instead of {expected:?}");
            self.real.push(&scratch);
            while let Some(item) = self.real.next() {
                self.waiting.push_back(item);
            }
        }
    }
}

fn same_kind(expected: &Item, item: &Item) -> bool {
    match (expected, item) {
        (Item::Record(a), Item::Record(b)) => {
            let (x, y) = (&a["update"]["status"], &b["update"]["status"]);
            a["type"] == b["type"] && x["task_id"] == y["task_id"] && x["state"] == y["state"]
        }
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
