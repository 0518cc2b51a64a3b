//! A subscription: events as RecordIO records, put into chunks one by one or at odd places. Source of facts:
//! `docs/mesos.md#scheduler-endpoint`, `docs/mesos.md#recordio`.

use serde_json::{Map, Value};
use tokio::sync::mpsc::UnboundedSender;

use crate::http::Piece;

/// How records are put into chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// One record per chunk, as a real master does.
    None,
    /// Chunks of so many bytes, whatever they cut through.
    Bytes(usize),
    /// As many records in one chunk as are ready.
    Merge,
}

/// The writing end of one subscription.
#[derive(Debug)]
pub struct Stream {
    /// The value of `Mesos-Stream-Id`.
    pub id: String,
    /// Where chunks go.
    pub pieces: UnboundedSender<Piece>,
    /// How records are put into chunks.
    pub split: Split,
    /// Nothing is written any more, but the connection stays.
    pub silent: bool,
}

impl Stream {
    /// Writes one event.
    pub fn event(&self, kind: &str, body: &Value) {
        let mut event = Map::new();
        event.insert("type".into(), Value::from(kind));
        if !body.is_null() {
            event.insert(kind.to_ascii_lowercase(), body.clone());
        }
        self.record(Value::Object(event).to_string().as_bytes());
    }

    /// Writes one record as it is.
    pub fn record(&self, bytes: &[u8]) {
        let mut record = format!("{}\n", bytes.len()).into_bytes();
        record.extend_from_slice(bytes);
        match self.split {
            Split::Bytes(size) if size > 0 => {
                record.chunks(size).for_each(|part| self.piece(Piece::Chunk(part.to_vec())));
            }
            _ => self.piece(Piece::Chunk(record)),
        }
    }

    /// Writes the first bytes of a record and closes the connection.
    pub fn cut_within(&self, bytes: &[u8], keep: usize) {
        let mut record = format!("{}\n", bytes.len()).into_bytes();
        record.extend_from_slice(bytes);
        record.truncate(keep);
        self.piece(Piece::Chunk(record));
        self.piece(Piece::Cut);
    }

    /// Ends the answer: the last chunk.
    pub fn end(&self) {
        self.piece(Piece::End);
    }

    /// Closes the connection.
    pub fn cut(&self) {
        let _ = self.pieces.send(Piece::Cut);
    }

    fn piece(&self, piece: Piece) {
        if !self.silent {
            // A stream whose client has gone is removed a moment later.
            let _ = self.pieces.send(piece);
        }
    }
}
