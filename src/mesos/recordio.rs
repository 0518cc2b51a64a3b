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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(decoder: &mut Decoder) -> Vec<Vec<u8>> {
        decoder.map(|record| record.expect("a record")).collect()
    }

    fn encode(records: &[Vec<u8>]) -> Vec<u8> {
        records.iter().flat_map(|r| [format!("{}\n", r.len()).as_bytes(), r].concat()).collect()
    }

    #[test]
    fn several_records_in_one_piece() {
        let mut decoder = Decoder::new();
        decoder.push(b"20\n{\"type\":\"HEARTBEAT\"}\n\n3\nabc0\n5\nab");
        let records = all(&mut decoder);
        assert_eq!(records, [&b"{\"type\":\"HEARTBEAT\"}"[..], b"abc", b""]);
        assert_eq!(decoder.finish(), Err(RecordError::Truncated { got: 2, wanted: 5 }));
        decoder.push(b"cde");
        assert_eq!(all(&mut decoder), [b"abcde"]);
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn what_is_no_length() {
        let cases: [(&[u8], RecordError); 5] = [
            (b"<html>", RecordError::NotANumber { found: b'<', digits: 0 }),
            (b"12\r\nabc", RecordError::NotANumber { found: b'\r', digits: 2 }),
            (b"-1\n", RecordError::NotANumber { found: b'-', digits: 0 }),
            (b"000000000000000000001\na", RecordError::TooManyDigits),
            (
                b"99999999999999999999\n",
                RecordError::TooLong { length: 99_999_999_999_999_999_999, limit: MAX_RECORD },
            ),
        ];
        for (bytes, error) in cases {
            let mut decoder = Decoder::new();
            decoder.push(bytes);
            assert_eq!(decoder.next(), Some(Err(error.clone())));
            assert_eq!(decoder.next(), None);
            decoder.push(b"3\nabc");
            assert_eq!(decoder.next(), None, "nothing is read after an error");
            assert_eq!(decoder.finish(), Err(error));
        }
    }

    #[test]
    fn the_bound_is_inclusive() {
        let mut decoder = Decoder::with_limit(3);
        decoder.push(b"3\nabc4\n");
        assert_eq!(decoder.next(), Some(Ok(b"abc".to_vec())));
        assert_eq!(decoder.next(), Some(Err(RecordError::TooLong { length: 4, limit: 3 })));
    }

    #[test]
    fn an_end_inside_a_length() {
        let mut decoder = Decoder::new();
        decoder.push(b"12");
        assert_eq!(decoder.next(), None);
        assert_eq!(decoder.finish(), Err(RecordError::Truncated { got: 2, wanted: 0 }));
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..12),
            cuts in prop::collection::vec(1usize..40, 1..40),
        ) {
            let bytes = encode(&records);
            let mut decoder = Decoder::new();
            let mut found = Vec::new();
            let mut rest = &bytes[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                decoder.push(now);
                found.extend(all(&mut decoder));
                rest = later;
            }
            prop_assert_eq!(found, records);
            prop_assert_eq!(decoder.finish(), Ok(()));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let (a, b) = bytes.split_at(cut.min(bytes.len()));
            let mut whole = Decoder::with_limit(64);
            whole.push(&bytes);
            let whole: Vec<_> = whole.collect();
            let mut split = Decoder::with_limit(64);
            split.push(a);
            let mut found: Vec<_> = split.by_ref().collect();
            split.push(b);
            found.extend(split.by_ref());
            prop_assert_eq!(found, whole);
        }
    }
}
