//! Every key keeps what it promises: something reads it, or it says why nothing does.

use std::path::Path;

use super::repository;
use crate::config::keys;

/// Keys that are read by their names' beginnings, and why that is enough.
const PASSED_ON: [(&str, &str); 2] = [
    ("topology.", "the topology's own configuration holds them, and packing reads them there"),
    ("heron.statefulstorage.", "they travel in stateful.yaml, and typed ones in override.yaml"),
];

/// The text of all source files below a directory, tests left out.
fn sources(directory: &Path, text: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let table = directory.ends_with("config/keys");
        if name == "tests" || name == "tests.rs" || table {
            continue;
        }
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Names of rows in the files of the table, with their keys.
fn rows() -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(repository("src/config/keys")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let row = line
                .split_once(" = \"")
                .and_then(|(name, rest)| Some((name, rest.split('"').next()?)));
            let upper = |name: &str| {
                !name.is_empty()
                    && name
                        .chars()
                        .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
            };
            if let Some((name, key)) =
                row.filter(|(name, key)| upper(name) && keys::lookup(key).spec().is_some())
            {
                rows.push((name.to_owned(), key.to_owned()));
            }
        }
    }
    rows
}

fn is_word(text: &str, word: &str) -> bool {
    let edge = |char: Option<char>| !char.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next())
    })
}

#[test]
fn every_key_is_read_by_something() {
    let mut text = String::new();
    sources(&repository("src"), &mut text);
    let rows = rows();
    assert_eq!(rows.len(), keys::all().count(), "every row of the table is looked at");
    let unread = rows.iter().filter(|(name, key)| {
        let spec = keys::lookup(key).spec().unwrap();
        // These two lists are read as a whole.
        let listed =
            keys::internals().contains(&spec) || keys::sandbox_paths().any(|path| path == spec);
        let passed_on = listed || PASSED_ON.iter().any(|(prefix, _)| spec.name.starts_with(prefix));
        spec.unused.is_none() && !passed_on && !is_word(&text, &format!("keys::{name}"))
    });
    let unread: Vec<_> = unread.map(|(_, key)| key).collect();
    assert!(unread.is_empty(), "nothing reads {unread:?}: drop them, or say why with `unused`");
}

/// A setting that nothing outside of the configuration looks at is a promise that nobody keeps.
#[test]
fn every_setting_is_used() {
    let mut text = String::new();
    for entry in std::fs::read_dir(repository("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("config") {
            sources(&path, &mut text);
        }
    }
    let mut looked_at = 0;
    for file in ["model.rs", "stores.rs"] {
        let model = std::fs::read_to_string(repository("src/config/settings").join(file)).unwrap();
        for line in model.lines().filter_map(|line| line.trim().strip_prefix("pub ")) {
            let Some((field, _)) = line.split_once(": ").filter(|(name, _)| !name.contains(' '))
            else {
                continue;
            };
            looked_at += 1;
            assert!(is_word(&text, field), "nothing uses the setting {field}");
        }
    }
    assert!(looked_at > 40, "{looked_at} settings");
}
