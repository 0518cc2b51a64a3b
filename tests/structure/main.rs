//! The structure of `src`: no circles between files, the layers of `docs/architecture.md`, nothing too long, no folder too
//! large (tests in `src` are left out of all of it); and the pages of the documentation: [`pages`].

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod graph;
mod pages;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use graph::Graph;
use source::Source;

/// Lines of a function, with its signature.
const FUNCTION: usize = 80;
/// Lines of a file, without its tests.
const FILE: usize = 400;

/// Circles that are known. One that is gone must be taken out; the list is to become empty.
const CIRCLES: &[&[&str]] = &[];
/// Longer files, and functions as `file: name`, that are known. One that is gone must be taken out.
const LONG: &[&str] = &[];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "tests" || name == "tests.rs" {
            continue;
        }
        if path.is_dir() {
            collect(&path, sources);
        } else if Path::new(&name).extension().is_some_and(|ending| ending == "rs")
            && name != "main.rs"
            && name != "lib.rs"
        {
            let file =
                path.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
            sources.push(Source::new(&file, &std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(&root().join("src"), &mut sources);
    assert!(sources.len() > 50, "src was not found");
    sources
}

/// The first part of a file's path: a folder, or the name of a file beside the folders.
fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// Fails with one line per violation.
fn check(what: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{what}:\n  {}\n", violations.join("\n  "));
}

#[test]
fn there_are_no_circles_between_files() {
    let sources = sources();
    let circles: BTreeSet<Vec<String>> = Graph::new(&sources).circles().into_iter().collect();
    let known: BTreeSet<Vec<String>> = CIRCLES
        .iter()
        .map(|circle| circle.iter().map(|file| (*file).to_owned()).collect())
        .collect();
    let new = circles.difference(&known).map(|circle| format!("new: {}", circle.join(" - ")));
    let gone = known
        .difference(&circles)
        .map(|circle| format!("gone, take it out: {}", circle.join(" - ")));
    check("files that use each other in a circle", &new.chain(gone).collect::<Vec<_>>());
}

/// The table "Layers" of docs/architecture.md: folder, and what it may use; from the bottom up.
fn layers() -> Vec<(String, BTreeSet<String>)> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, section) =
        text.split_once("\n## Layers\n").expect("no section `Layers` in docs/architecture.md");
    let section = section.split("\n## ").next().unwrap();
    let names = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix('|')?.split('|').collect();
        Some((names(cells[0]).into_iter().next()?, names(cells[1]).into_iter().collect()))
    };
    section.lines().filter_map(row).collect()
}

#[test]
fn the_layers_of_the_architecture_hold() {
    let rows = layers();
    let graph = Graph::new(&sources());
    let mut violations = BTreeSet::new();
    for (index, (room, allowed)) in rows.iter().enumerate() {
        let above: Vec<&String> = rows[..index].iter().map(|(room, _)| room).collect();
        let wrong = allowed.iter().filter(|used| !above.contains(used));
        violations
            .extend(wrong.map(|used| format!("in the table `{used}` must stand above `{room}`")));
    }
    let layers: BTreeMap<String, BTreeSet<String>> = rows.into_iter().collect();
    let mut unused = layers.clone();
    for (file, used) in &graph.edges {
        let Some(allowed) = layers.get(room(file)) else {
            violations.insert(format!("`{}` is not in the table", room(file)));
            continue;
        };
        let others = used.iter().filter(|other| room(other) != room(file));
        if let Some(unused) = unused.get_mut(room(file)) {
            unused.retain(|room_used| used.iter().all(|other| room(other) != room_used));
        }
        for other in others.filter(|other| !allowed.contains(room(other))) {
            violations.insert(format!(
                "src/{file} uses {other}: `{}` may not use `{}`",
                room(file),
                room(other)
            ));
        }
    }
    for (room, unused) in unused {
        violations.extend(
            unused
                .iter()
                .map(|used| format!("`{room}` doesn't use `{used}`: take it out of its row")),
        );
    }
    check("layers of docs/architecture.md", &violations.into_iter().collect::<Vec<_>>());
}

#[test]
fn no_function_and_no_file_is_too_long() {
    let mut long = BTreeMap::new();
    for source in sources() {
        let file = source.file;
        for (name, line, lines) in source.functions.iter().filter(|(_, _, lines)| *lines > FUNCTION)
        {
            let what =
                format!("src/{file}:{line}: `{name}` has {lines} lines, more than {FUNCTION}");
            long.insert(format!("{file}: {name}"), what);
        }
        if source.lines > FILE {
            let what = format!("src/{file} has {} lines, more than {FILE}", source.lines);
            long.insert(file, what);
        }
    }
    let new = long.iter().filter(|(which, _)| !LONG.contains(&which.as_str()));
    let new = new.map(|(_, what)| what.clone());
    let gone = LONG.iter().filter(|which| !long.contains_key(**which));
    let gone = gone.map(|which| format!("`{which}` is short enough now, take it out of the list"));
    check("too long", &new.chain(gone).collect::<Vec<_>>());
}

#[test]
fn no_folder_holds_a_fifth_of_the_code() {
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources() {
        *rooms.entry(room(&source.file).to_owned()).or_default() += source.lines;
    }
    let total: usize = rooms.values().sum();
    let large = rooms.iter().filter(|(_, lines)| **lines * 5 >= total);
    let large: Vec<_> =
        large.map(|(room, lines)| format!("src/{room} has {lines} of {total} lines")).collect();
    check("folders with a fifth of the code or more", &large);
}
