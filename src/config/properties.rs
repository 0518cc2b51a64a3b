//! Java properties files, read exactly as `java.util.Properties.load(InputStream)` reads them.
//!
//! Bytes are ISO-8859-1. Lines end at CR, LF or CRLF; a line that ends with an odd number of
//! backslashes goes on in the next one. Everything that `.conf` files mean rests on this module, so
//! it does not interpret: no trimming, no quotes, no comments behind values. What often surprises
//! people is reported beside the entries as [`Note`]s.
//!
//! Source of facts: `docs/heron.md#properties-files` and the recorded results in `tests/data/properties`.

use std::fmt;
use std::ops::Range;

/// One key and its value, in the order of the file; repeated keys appear repeatedly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, unescaped.
    pub key: Text,
    /// The value, unescaped. Trailing blanks belong to it.
    pub value: Text,
    /// The line the entry starts in, from 1.
    pub line: usize,
    /// Where the key stands in the file, as it is written there (escapes included).
    pub key_span: Range<usize>,
    /// Where the value stands in the file; empty when there is none.
    pub value_span: Range<usize>,
}

/// A Java string: UTF-16 code units, which need not form valid Unicode.
///
/// Nearly every text is plain and is held as a `String`. A text with an unpaired surrogate
/// (`\ud800`) keeps its code units beside a readable form with U+FFFD in the places that no Rust
/// string can hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Text {
    readable: String,
    utf16: Option<Vec<u16>>,
}

impl Text {
    fn from_units(units: Vec<u16>) -> Self {
        match String::from_utf16(&units) {
            Ok(readable) => Self { readable, utf16: None },
            Err(_) => Self { readable: String::from_utf16_lossy(&units), utf16: Some(units) },
        }
    }

    /// The text; U+FFFD stands for each unpaired surrogate.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.readable
    }

    /// The UTF-16 code units, only where the text has unpaired surrogates.
    #[must_use]
    pub fn unpaired(&self) -> Option<&[u16]> {
        self.utf16.as_deref()
    }

    /// The readable form.
    #[must_use]
    pub fn into_string(self) -> String {
        self.readable
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.readable)
    }
}

/// A `\u` that is not followed by four hexadecimal digits; Java refuses the whole file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed \\uXXXX escape: four hexadecimal digits must follow \\u")]
pub struct MalformedEscape {
    /// The line of the backslash, from 1.
    pub line: usize,
    /// The column of the backslash in bytes, from 1.
    pub column: usize,
}

/// Something that is read as Java reads it, but is seldom meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line, from 1.
    pub line: usize,
    /// What was noticed.
    pub kind: NoteKind,
}

/// What a [`Note`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// The file starts with a UTF-8 byte order mark, which becomes part of the first key.
    ByteOrderMark,
    /// A NUL byte stands in a key or a value.
    Nul,
    /// The bytes form UTF-8, but are read as ISO-8859-1.
    Utf8ReadAsLatin1,
    /// The value holds ` #`: there are no comments behind values.
    CommentInValue,
    /// The value ends with blanks, which belong to it.
    TrailingBlanks,
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrderMark => {
                "the file starts with a byte order mark, which becomes part of the first key; \
                 save the file without it"
            }
            Self::Nul => "a NUL byte stands here; is this a text file?",
            Self::Utf8ReadAsLatin1 => {
                "this is UTF-8, but a properties file is read as ISO-8859-1; write \\uXXXX escapes"
            }
            Self::CommentInValue => {
                "`#` after a value does not start a comment; it is part of the value"
            }
            Self::TrailingBlanks => "blanks at the end of the line are part of the value",
        })
    }
}

/// A whole file, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Every entry that could be read, in the order of the file.
    pub entries: Vec<Entry>,
    /// Every escape that could not; Java would have refused the file at the first.
    pub malformed: Vec<MalformedEscape>,
    /// What is legal but seldom meant.
    pub notes: Vec<Note>,
}

/// Reads a whole file. Entries with a malformed escape are left out and listed in `malformed`.
#[must_use]
pub fn parse(bytes: &[u8]) -> Document {
    let mut document = Document::default();
    if bytes.starts_with(b"\xef\xbb\xbf") {
        document.notes.push(Note { line: 1, kind: NoteKind::ByteOrderMark });
    }
    let mut reader = LineReader { bytes, at: 0, line: 1, chars: Vec::new() };
    while let Some(start) = reader.read_line() {
        read_entry(&reader.chars, start, &mut document);
    }
    for escape in &mut document.malformed {
        escape.column = column(bytes, escape.column);
    }
    document
}

/// The column of a byte within its line, from 1.
fn column(bytes: &[u8], offset: usize) -> usize {
    let before = bytes.get(..offset).unwrap_or(bytes);
    offset - before.iter().rposition(|&byte| is_line_end(byte)).map_or(0, |end| end + 1) + 1
}

/// A byte of a logical line and where it came from.
#[derive(Clone, Copy)]
struct Char {
    byte: u8,
    offset: usize,
    line: usize,
}

/// Where a logical line starts.
#[derive(Clone, Copy)]
struct Start {
    offset: usize,
    line: usize,
}

/// Joins natural lines to logical ones, in the order of checks of the JDK's own reader.
struct LineReader<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    chars: Vec<Char>,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0c)
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

impl LineReader<'_> {
    /// The next byte; lines are counted at their ends, CRLF as one.
    fn next(&mut self) -> Option<Char> {
        let byte = *self.bytes.get(self.at)?;
        let char = Char { byte, offset: self.at, line: self.line };
        self.at += 1;
        let ends = byte == b'\n' || (byte == b'\r' && self.bytes.get(self.at) != Some(&b'\n'));
        if ends {
            self.line += 1;
        }
        Some(char)
    }

    fn skip_comment(&mut self) {
        while let Some(char) = self.next() {
            if is_line_end(char.byte) {
                break;
            }
        }
    }

    /// Fills `chars` with the next logical line; `None` at the end of the file.
    ///
    /// The line may be empty: a file that ends with a lone backslash has one entry with an empty
    /// key, as in Java.
    fn read_line(&mut self) -> Option<Start> {
        self.chars.clear();
        let mut start = None;
        let mut skip_blanks = true;
        let mut continued = false;
        let mut backslash = false;
        loop {
            let Some(char) = self.next() else {
                return self.end_of_file(start, backslash);
            };
            if skip_blanks {
                if is_blank(char.byte) || (!continued && is_line_end(char.byte)) {
                    continue;
                }
                skip_blanks = false;
                continued = false;
            }
            if self.chars.is_empty() && matches!(char.byte, b'#' | b'!') {
                self.skip_comment();
                skip_blanks = true;
                continue;
            }
            if !is_line_end(char.byte) {
                start.get_or_insert(Start { offset: char.offset, line: char.line });
                self.chars.push(char);
                backslash = char.byte == b'\\' && !backslash;
                continue;
            }
            if self.chars.is_empty() {
                skip_blanks = true;
                continue;
            }
            if !backslash {
                return start;
            }
            if self.at >= self.bytes.len() {
                return self.end_of_file(start, true);
            }
            self.chars.pop();
            (skip_blanks, continued, backslash) = (true, true, false);
            if char.byte == b'\r' && self.bytes.get(self.at) == Some(&b'\n') {
                self.next();
            }
        }
    }

    fn end_of_file(&mut self, start: Option<Start>, backslash: bool) -> Option<Start> {
        if self.chars.is_empty() {
            return None;
        }
        if backslash {
            self.chars.pop();
        }
        start
    }
}

/// Splits a logical line into key and value and unescapes both.
fn read_entry(line: &[Char], start: Start, document: &mut Document) {
    let (key, value) = split(line);
    let key_text = unescape(key, &mut document.malformed);
    let value_text = unescape(value, &mut document.malformed);
    note_surprises(key, value, document);
    let (Some(key_text), Some(value_text)) = (key_text, value_text) else { return };
    let key_span = span(key, start.offset);
    let value_span = span(value, key_span.end);
    let line = start.line;
    document.entries.push(Entry { key: key_text, value: value_text, line, key_span, value_span });
}

fn span(chars: &[Char], otherwise: usize) -> Range<usize> {
    match (chars.first(), chars.last()) {
        (Some(first), Some(last)) => first.offset..last.offset + 1,
        _ => otherwise..otherwise,
    }
}

/// The key ends at the first separator or blank without a backslash before it.
fn split(line: &[Char]) -> (&[Char], &[Char]) {
    let mut backslash = false;
    let mut key_end = line.len();
    for (at, char) in line.iter().enumerate() {
        let separates = matches!(char.byte, b'=' | b':') || is_blank(char.byte);
        if separates && !backslash {
            key_end = at;
            break;
        }
        backslash = char.byte == b'\\' && !backslash;
    }
    let (key, mut rest) = line.split_at(key_end);
    let mut separator_seen = false;
    while let Some((first, tail)) = rest.split_first() {
        let separator = !separator_seen && matches!(first.byte, b'=' | b':');
        if !separator && !is_blank(first.byte) {
            break;
        }
        separator_seen |= separator;
        rest = tail;
    }
    (key, rest)
}

/// Resolves backslash escapes; `None` if one is malformed.
fn unescape(chars: &[Char], malformed: &mut Vec<MalformedEscape>) -> Option<Text> {
    let mut units = Vec::with_capacity(chars.len());
    let mut rest = chars.iter();
    let mut good = true;
    while let Some(char) = rest.next() {
        if char.byte != b'\\' {
            units.push(u16::from(char.byte));
            continue;
        }
        let Some(escaped) = rest.next() else { break };
        match escaped.byte {
            b'u' => {
                if let Some(unit) = hexadecimal(rest.as_slice()) {
                    units.push(unit);
                    rest = rest.as_slice().get(4..).unwrap_or_default().iter();
                } else {
                    good = false;
                    // The offset becomes a column when the whole file is known, see `parse`.
                    malformed.push(MalformedEscape { line: char.line, column: char.offset });
                }
            }
            b't' => units.push(u16::from(b'\t')),
            b'n' => units.push(u16::from(b'\n')),
            b'r' => units.push(u16::from(b'\r')),
            b'f' => units.push(0x0c),
            other => units.push(u16::from(other)),
        }
    }
    good.then(|| Text::from_units(units))
}

fn hexadecimal(chars: &[Char]) -> Option<u16> {
    let digits = chars.get(..4)?;
    digits.iter().try_fold(0u16, |value, char| {
        let digit = char::from(char.byte).to_digit(16)?;
        u16::try_from(digit).ok().map(|digit| (value << 4) | digit)
    })
}

fn note_surprises(key: &[Char], value: &[Char], document: &mut Document) {
    let mut note = |line, kind| document.notes.push(Note { line, kind });
    let bytes: Vec<u8> = key.iter().chain(value).map(|char| char.byte).collect();
    let line = key.iter().chain(value).next().map_or(1, |char| char.line);
    if bytes.contains(&0) {
        note(line, NoteKind::Nul);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    if !text.is_ascii() && std::str::from_utf8(text).is_ok() {
        note(line, NoteKind::Utf8ReadAsLatin1);
    }
    let comment = |pair: &[Char]| matches!(pair, [a, b] if is_blank(a.byte) && b.byte == b'#');
    if value.windows(2).any(comment) {
        note(line, NoteKind::CommentInValue);
    }
    if value.last().is_some_and(|last| is_blank(last.byte)) {
        note(line, NoteKind::TrailingBlanks);
    }
}

#[cfg(test)]
mod tests;
