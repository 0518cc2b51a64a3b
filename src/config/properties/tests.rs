//! The 83 files whose reading by the JDK was recorded, and what the recordings don't show.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/properties");

/// A text as the recording writes it: code units where no JSON text can hold it.
fn recorded(entry: &Value, name: &str) -> Vec<u16> {
    match entry[name].as_str() {
        Some(text) => text.encode_utf16().collect(),
        None => entry[format!("{name}_utf16")]
            .as_array()
            .unwrap()
            .iter()
            .map(|unit| u16::try_from(unit.as_u64().unwrap()).unwrap())
            .collect(),
    }
}

fn units(text: &Text) -> Vec<u16> {
    text.unpaired().map_or_else(|| text.as_str().encode_utf16().collect(), <[u16]>::to_vec)
}

/// First appearance decides the order, the last value counts, as in the recording.
fn merged(document: &Document) -> Vec<(Vec<u16>, Vec<u16>)> {
    let mut merged: Vec<(Vec<u16>, Vec<u16>)> = Vec::new();
    for entry in &document.entries {
        let (key, value) = (units(&entry.key), units(&entry.value));
        match merged.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => merged.push((key, value)),
        }
    }
    merged
}

#[test]
fn every_recorded_file_reads_as_in_java() {
    let text = std::fs::read_to_string(format!("{DATA}/expected.json")).unwrap();
    let recording: Value = serde_json::from_str(&text).unwrap();
    let cases = recording["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 83);
    for case in cases {
        let file = case["file"].as_str().unwrap();
        let document = parse(&std::fs::read(format!("{DATA}/{file}")).unwrap());
        if case.get("error").is_some() {
            assert!(!document.malformed.is_empty(), "{file} must be refused");
            continue;
        }
        assert_eq!(document.malformed, [], "{file}");
        let expected: Vec<_> = case["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (recorded(entry, "key"), recorded(entry, "value")))
            .collect();
        assert_eq!(merged(&document), expected, "{file}");
    }
}

fn lines(text: &str) -> Vec<(String, usize)> {
    parse(text.as_bytes()).entries.into_iter().map(|e| (e.key.into_string(), e.line)).collect()
}

#[test]
fn entries_know_the_line_they_start_in() {
    let text = "a=1\n\n# no\nb=1\\\n  2\\\n  3\nc=3\r\nd=4\r\re=5";
    let expected = [("a", 1), ("b", 4), ("c", 7), ("d", 8), ("e", 10)];
    assert_eq!(lines(text), expected.map(|(key, line)| (key.to_owned(), line)));
}

#[test]
fn keys_know_where_they_are_written() {
    let text = b"# x\n  old.k\\u0065y : v w \n";
    let document = parse(text);
    assert_eq!(&text[document.entries[0].key_span.clone()], b"old.k\\u0065y");
    assert_eq!(&text[document.entries[0].value_span.clone()], b"v w ");
}

#[test]
fn every_malformed_escape_is_listed_with_its_place() {
    let document = parse(b"a=1\n  b=\\u12G4\nc=\\\\u\nd=\\u00\n");
    let expected = [MalformedEscape { line: 2, column: 5 }, MalformedEscape { line: 4, column: 3 }];
    assert_eq!(document.malformed, expected);
    assert_eq!(document.entries.len(), 2);
}

#[test]
fn surprises_are_noted() {
    let document = parse(b"\xef\xbb\xbfa=1 # one\nb=J\xc3\xb6rg\nc=x\0\nd=1 \n# e=\xc3\xb6\n");
    let notes: Vec<_> = document.notes.iter().map(|note| (note.line, note.kind)).collect();
    let expected = [
        (1, NoteKind::ByteOrderMark),
        (1, NoteKind::CommentInValue),
        (2, NoteKind::Utf8ReadAsLatin1),
        (3, NoteKind::Nul),
        (4, NoteKind::TrailingBlanks),
    ];
    assert_eq!(notes, expected);
}

/// The escapes that `java.util.Properties.store` would write.
fn escaped(text: &str) -> String {
    let escapes: Vec<_> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    escapes.concat()
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse(&bytes).entries.len() <= bytes.len() + 1);
    }

    #[test]
    fn tricky_bytes_never_panic_and_spans_stay_inside(text in "[\\\\u0-9a =:#!\r\n\t\u{c}]{0,60}") {
        for entry in parse(text.as_bytes()).entries {
            prop_assert!(text.as_bytes().get(entry.key_span).is_some());
            prop_assert!(text.as_bytes().get(entry.value_span).is_some());
            prop_assert!(entry.line <= text.lines().count() + text.matches('\r').count());
        }
    }

    #[test]
    fn what_is_escaped_comes_back(key in ".{1,20}", value in ".{0,20}") {
        let document = parse(format!("{}={}\n", escaped(&key), escaped(&value)).as_bytes());
        prop_assert_eq!(document.entries[0].key.as_str(), key);
        prop_assert_eq!(document.entries[0].value.as_str(), value);
    }
}
