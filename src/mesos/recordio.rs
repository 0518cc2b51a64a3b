//! RecordIO, the framing of the event stream (`docs/mesos.md#recordio`), as a pure incremental decoder.
//!
//! A record is its length in decimal digits, a line feed, and that many bytes. Records know nothing of HTTP chunks:
//! bytes may come in any pieces. Lengths are bounded, so that a server gone mad can't fill the memory.

/// The longest record that is taken: an OFFERS event of a big cluster has a few megabytes.
pub const MAX_RECORD: usize = 64 * 1024 * 1024;

/// More digits than any 64-bit length has.
const MAX_DIGITS: usize = 20;

/// Why a stream can't be read on. After one of these the decoder yields nothing more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A byte that is neither a digit nor the line feed.
    #[error("record length holds byte 0x{found:02x} after {digits} digits")]
    NotANumber {
        /// The byte.
        found: u8,
        /// Digits that came before it.
        digits: usize,
    },
    /// A length line without end.
    #[error("record length has more than {MAX_DIGITS} digits")]
    TooManyDigits,
    /// A record beyond the bound.
    #[error("record of {length} bytes is longer than the {limit} bytes allowed")]
    TooLong {
        /// Its announced length.
        length: u128,
        /// The bound.
        limit: usize,
    },
    /// The stream ended inside a record.
    #[error("stream ended inside a record: {got} of {wanted} bytes arrived")]
    Truncated {
        /// Bytes of the record (or digits of its length) that arrived.
        got: usize,
        /// Bytes it should have; 0 while its length is not complete.
        wanted: usize,
    },
}

/// Cuts a stream of bytes into records.
///
/// [`Iterator::next`] says `None` when more bytes are needed; it may say `Some` again after the next [`push`].
///
/// [`push`]: Decoder::push
#[derive(Debug, Default)]
pub struct Decoder {
    input: Vec<u8>,
    /// How much of `input` has been used.
    used: usize,
    /// Length of the record whose bytes are awaited.
    wanted: Option<usize>,
    limit: Option<usize>,
    failed: Option<RecordError>,
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A decoder with another bound than [`MAX_RECORD`].
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if self.used > 0 {
            self.input.drain(..self.used);
            self.used = 0;
        }
        self.input.extend_from_slice(bytes);
    }

    /// Says whether the stream may end here.
    pub fn finish(&self) -> Result<(), RecordError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let got = self.input.len().saturating_sub(self.used);
        match self.wanted {
            Some(wanted) => Err(RecordError::Truncated { got, wanted }),
            None if self.rest().iter().any(|byte| *byte != b'\n') => {
                Err(RecordError::Truncated { got, wanted: 0 })
            }
            None => Ok(()),
        }
    }

    fn rest(&self) -> &[u8] {
        self.input.get(self.used..).unwrap_or_default()
    }

    /// Reads a length line, if it is complete. Empty lines before it are skipped.
    fn length(&mut self) -> Result<Option<usize>, RecordError> {
        let blank = self.rest().iter().take_while(|byte| **byte == b'\n').count();
        self.used += blank;
        let rest = self.rest();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > MAX_DIGITS {
            return Err(RecordError::TooManyDigits);
        }
        match rest.get(digits) {
            None => return Ok(None),
            Some(b'\n') => {}
            Some(found) => return Err(RecordError::NotANumber { found: *found, digits }),
        }
        // 20 digits fit into 128 bits.
        let length = rest
            .iter()
            .take(digits)
            .fold(0u128, |sum, digit| sum * 10 + u128::from(digit.wrapping_sub(b'0')));
        let limit = self.limit.unwrap_or(MAX_RECORD);
        self.used += digits + 1;
        match usize::try_from(length) {
            Ok(length) if length <= limit => Ok(Some(length)),
            _ => Err(RecordError::TooLong { length, limit }),
        }
    }

    fn step(&mut self) -> Result<Option<Vec<u8>>, RecordError> {
        if self.wanted.is_none() {
            self.wanted = self.length()?;
        }
        let Some(wanted) = self.wanted else { return Ok(None) };
        let Some(record) = self.rest().get(..wanted).map(<[u8]>::to_vec) else { return Ok(None) };
        self.used += wanted;
        self.wanted = None;
        Ok(Some(record))
    }
}

impl Iterator for Decoder {
    type Item = Result<Vec<u8>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed.is_some() {
            return None;
        }
        self.step()
            .inspect_err(|error| {
                self.failed = Some(error.clone());
                self.input = Vec::new();
                self.used = 0;
            })
            .transpose()
    }
}

#[cfg(test)]
mod tests;
