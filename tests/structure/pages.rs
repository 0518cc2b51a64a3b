//! The documentation: every link leads somewhere, and every test that it names is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::root;

/// A page: its path below the root, and its lines outside of code blocks.
struct Page {
    path: PathBuf,
    lines: Vec<String>,
}

fn pages() -> Vec<Page> {
    let entries =
        std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    let is_page = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    entries.filter(is_page).chain(top).map(Page::read).collect()
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut in_code = false;
        let outside = |line: &&str| {
            let is_fence = line.trim_start().starts_with("```");
            in_code ^= is_fence;
            !in_code && !is_fence
        };
        let lines = text.lines().filter(outside).map(str::to_owned).collect();
        Self { path, lines }
    }

    /// What its links lead to.
    fn links(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flat_map(|line| {
            line.split("](")
                .skip(1)
                .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        })
    }

    /// The names under which its headlines can be linked to.
    fn anchors(&self) -> BTreeSet<String> {
        let headlines = self.lines.iter().filter(|line| line.starts_with('#'));
        headlines.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
    }
}

/// As GitHub makes it: lower case, blanks are hyphens, other punctuation goes.
fn anchor(headline: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    headline.chars().filter(kept).collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    let mut followed = 0;
    for page in pages() {
        for link in page.links().filter(|link| !link.contains("://")) {
            followed += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let here = page.path.parent().unwrap_or(Path::new("."));
            let target = if file.is_empty() { page.path.clone() } else { here.join(file) };
            let there = target.exists()
                && (anchor.is_empty() || Page::read(target).anchors().contains(anchor));
            if !there {
                broken.push(format!("{}: {link}", page.path.display()));
            }
        }
    }
    assert!(followed > 30, "only {followed} links were found");
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn tests_that_are_named_are_there() {
    let mut sources = String::new();
    read_all(&root().join("tests/it"), &mut sources);
    read_all(&root().join("src"), &mut sources);
    let pages = ["failure-modes.md", "comparison.md"]
        .map(|page| Page::read(root().join("docs").join(page)));
    let lines = pages.iter().flat_map(|page| &page.lines);
    let words = lines.flat_map(|line| line.split('`'));
    let named: BTreeSet<&str> =
        words.filter(|word| word.contains("::") && !word.contains(' ')).collect();
    assert!(named.len() > 60, "only {} tests were found", named.len());
    let is_missing = |name: &&&str| {
        let function = name.rsplit("::").next().unwrap_or(name);
        !sources.contains(&format!("fn {function}()"))
    };
    let missing: Vec<_> = named.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}

#[test]
fn every_page_has_its_place_in_the_book() {
    let summary = Page::read(root().join("docs/SUMMARY.md"));
    let places: BTreeSet<&str> = summary.links().collect();
    let name = |page: &Page| page.path.file_name().unwrap().to_string_lossy().into_owned();
    let is_in = |page: &&Page| {
        let name = name(page);
        name == "SUMMARY.md" || places.iter().any(|place| place.trim_start_matches("../") == name)
    };
    let pages = pages();
    let left_out: Vec<String> = pages.iter().filter(|page| !is_in(page)).map(name).collect();
    assert!(left_out.is_empty(), "not in docs/SUMMARY.md: {left_out:?}");
}

/// Command lines of code blocks, up to what a shell or a pipeline makes of their end.
fn command_lines(text: &str) -> Vec<String> {
    let mut in_code = false;
    let mut found = Vec::new();
    for line in text.replace("\\\n", " ").lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if let Some((_, rest)) = line.split_once("heron-cli ").filter(|_| in_code) {
            let end = rest.find(['\'', '>', '|', '#', '`', ';']).unwrap_or(rest.len());
            found.push(rest[..end].trim().to_owned());
        }
    }
    found
}

#[test]
fn command_lines_of_the_documentation_are_understood() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page.path).unwrap();
        for line in command_lines(&text) {
            tried += 1;
            let words = line.split_whitespace().map(|word| word.trim_matches(['"', ',']).into());
            let argv = std::iter::once("heron-cli".into()).chain(words);
            if let Err(error) = heron_cli::verbs::parse(argv) {
                wrong.push(format!("{}: {line}: {error:?}", page.path.display()));
            }
        }
    }
    assert!(tried > 20, "only {tried} command lines were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn read_all(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
