//! From bytes to lines, in bounded memory. Pure.

/// The longest line that is kept whole, in bytes. What goes on beyond is counted only.
pub const LONGEST: usize = 32 << 10;

/// A line, without its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its text; what is no UTF-8 is replaced.
    pub text: String,
    /// How many bytes at its end are left out.
    pub cut: u64,
}

/// Cuts bytes that come in pieces into lines.
#[derive(Clone, Debug, Default)]
pub struct Splitter {
    partial: Vec<u8>,
    cut: u64,
}

impl Splitter {
    /// Takes up more bytes, and hands on each line that they end.
    pub fn feed(&mut self, bytes: &[u8], mut line: impl FnMut(Line)) {
        let mut parts = bytes.split(|byte| *byte == b'\n');
        if let Some(first) = parts.next() {
            self.add(first);
        }
        for part in parts {
            line(self.take());
            self.add(part);
        }
    }

    /// The rest, which no end of a line follows.
    pub fn finish(&mut self) -> Option<Line> {
        (!self.partial.is_empty()).then(|| self.take())
    }

    fn add(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.partial.len());
        let (kept, cut) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
        self.partial.extend_from_slice(kept);
        self.cut = self.cut.saturating_add(cut.len() as u64);
    }

    fn take(&mut self) -> Line {
        let bytes = std::mem::take(&mut self.partial);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(&bytes);
        let text = String::from_utf8_lossy(bytes).into_owned();
        Line { text, cut: std::mem::take(&mut self.cut) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&[u8]]) -> Vec<Line> {
        let (mut splitter, mut found) = (Splitter::default(), Vec::new());
        for piece in pieces {
            splitter.feed(piece, |line| found.push(line));
        }
        found.extend(splitter.finish());
        found
    }

    fn texts(pieces: &[&[u8]]) -> Vec<String> {
        split(pieces).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_end_wherever_pieces_do() {
        assert_eq!(texts(&[b"a\nb", b"c\r\n", b"\nd"]), ["a", "bc", "", "d"]);
        assert_eq!(texts(&[b"l\xc3", b"\xb6ng\n\xff\n"]), ["löng", "\u{fffd}"]);
        assert_eq!(texts(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_memory_than_any_other() {
        let piece = vec![b'x'; 1 << 20];
        let mut splitter = Splitter::default();
        for _ in 0..100 {
            splitter.feed(&piece, |line| panic!("{line:?}"));
            assert!(splitter.partial.capacity() <= 2 * LONGEST);
        }
        let line = splitter.finish().unwrap();
        assert_eq!((line.text.len(), line.cut), (LONGEST, (100 << 20) - LONGEST as u64));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_or_added(bytes in "[a-c\n]{0,60}", at in 0_usize..60) {
            let (first, second) = bytes.as_bytes().split_at(at.min(bytes.len()));
            let joined: String = texts(&[first, second]).iter().map(|line| format!("{line}\n")).collect();
            let expected = if bytes.is_empty() || bytes.ends_with('\n') { bytes.clone() } else { format!("{bytes}\n") };
            proptest::prop_assert_eq!(joined, expected);
        }
    }
}
