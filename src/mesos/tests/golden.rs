//! The recordings of a real Mesos (`tests/data/mesos`) for the unit tests beside the code.

use std::fs;

use serde_json::Value;

use crate::mesos::recordio::Decoder;

/// The recorded scenarios.
pub(crate) const FILES: [&str; 10] = [
    "01-lifecycle",
    "02-call-errors",
    "03-takeover",
    "04-tasks-that-fail",
    "05-operator-and-files",
    "06-offers-over-time",
    "07-leader-and-redirect",
    "08-agent-lost-and-back",
    "09-heron-topology",
    "10-heron-topology-killed",
];

/// A recorded line with bytes.
pub(crate) struct Line {
    pub(crate) connection: String,
    pub(crate) from_client: bool,
    pub(crate) note: String,
    pub(crate) data: Vec<u8>,
}

/// The lines of a recording that hold bytes.
pub(crate) fn lines(file: &str) -> Vec<Line> {
    let path = format!("{}/tests/data/mesos/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"))
        .filter_map(|line| {
            // Bytes are recorded as Latin-1 text.
            let data = line["data"].as_str()?.chars().map(|c| c as u8).collect();
            Some(Line {
                connection: line["conn"].as_str().unwrap_or_default().to_owned(),
                from_client: line["dir"] == "c2s",
                note: line["note"].as_str().unwrap_or_default().to_owned(),
                data,
            })
        })
        .collect()
}

/// All bytes of one connection in one direction.
pub(crate) fn bytes(file: &str, connection: &str, from_client: bool) -> Vec<u8> {
    let all: Vec<u8> = lines(file)
        .into_iter()
        .filter(|line| line.connection == connection && line.from_client == from_client)
        .flat_map(|line| line.data)
        .collect();
    assert!(!all.is_empty(), "{file} has no connection {connection}");
    all
}

/// The answer to the first request whose head starts so.
pub(crate) fn answer_to(file: &str, request: &str) -> Vec<u8> {
    let asked = lines(file)
        .into_iter()
        .find(|line| line.from_client && line.data.starts_with(request.as_bytes()))
        .unwrap_or_else(|| panic!("{file} has no request {request}"));
    bytes(file, &asked.connection, false)
}

/// Head and body of a message.
pub(crate) fn split(message: &[u8]) -> (String, &[u8]) {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n").expect("an end of the head");
    (String::from_utf8_lossy(&message[..end]).into_owned(), &message[end + 4..])
}

/// Takes the chunk framing off.
pub(crate) fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).expect("hex"), 16)
            .expect("hex");
        plain.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    plain
}

/// Names of the connections of a recording that carry an event stream.
pub(crate) fn streams(file: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in lines(file) {
        let opens = line.data.windows(17).any(|part| part == b"Mesos-Stream-Id: ");
        if opens && !line.from_client && !names.contains(&line.connection) {
            names.push(line.connection);
        }
    }
    names
}

/// The records of a stream.
pub(crate) fn records(file: &str, stream: &str) -> Vec<Vec<u8>> {
    let message = bytes(file, stream, false);
    let mut decoder = Decoder::new();
    decoder.push(&unchunk(split(&message).1));
    let records = decoder.by_ref().map(|record| record.expect("a record")).collect();
    decoder.finish().expect("a whole last record");
    records
}
