//! What a YAML file may hold, and what each mistake is called.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Vec<(String, String, usize)> {
    let entries = parse(text.as_bytes()).unwrap();
    entries.into_iter().map(|entry| (entry.key, entry.value, entry.line)).collect()
}

#[track_caller]
fn means(text: &str, expected: &[(&str, &str, usize)]) {
    let expected: Vec<_> =
        expected.iter().map(|(k, v, l)| ((*k).to_owned(), (*v).to_owned(), *l)).collect();
    assert_eq!(read(text), expected, "{text}");
}

#[test]
fn scalars_keep_their_text() {
    means(
        "# c\na.b: True\n\nn: 0.20\nx: 0x10\ne:\nq: \"127.0.0.1:5050\"\nt:   a b  # c\n",
        &[
            ("a.b", "True", 2),
            ("n", "0.20", 4),
            ("x", "0x10", 5),
            ("q", "127.0.0.1:5050", 7),
            ("t", "a b", 8),
        ],
    );
}

#[test]
fn maps_lists_and_repeated_keys() {
    means(
        "m:\n  k.l: \"\"\n  n: 1\nl: [a, 2]\nk: 1\nk: 2\n",
        &[("m.k.l", "", 2), ("m.n", "1", 3), ("l", "a,2", 4), ("k", "1", 5), ("k", "2", 6)],
    );
}

#[test]
fn files_without_entries() {
    means("", &[]);
    means("# only\n\n  # comments\n", &[]);
    means("\u{feff}a: 1\n", &[("a", "1", 1)]);
}

#[test]
fn mistakes_have_a_line() {
    let line = |bytes: &[u8]| parse(bytes).unwrap_err().line;
    assert_eq!(line(b"a: 1\nb: [1\nc: 2\n"), 3);
    assert_eq!(line(b"just text\n"), 1);
    assert_eq!(line(b"a: 1\nb: \xff\n"), 2);
    assert_eq!(line(b"a: 1\nb: \0\n"), 2);
    assert_eq!(line(b"a: b: c\n"), 1);
}

#[test]
fn recorded_files_are_read() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/yaml-0.20.5-mesos");
    for (name, entries) in [
        ("client", 0),
        ("packing", 2),
        ("scheduler", 9),
        ("statemgr", 4),
        ("stateful", 11),
        ("uploader", 2),
        ("heron_internals", 75),
    ] {
        let bytes = std::fs::read(format!("{directory}/{name}.yaml")).unwrap();
        assert_eq!(parse(&bytes).unwrap().len(), entries, "{name}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[ab:{}\\[\\]&*!|>'\"#%@,\n -]{0,40}") {
        if let Ok(entries) = parse(text.as_bytes()) {
            prop_assert!(entries.iter().all(|entry| entry.line >= 1));
        }
    }
}
