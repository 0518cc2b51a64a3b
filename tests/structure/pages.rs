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
    let page = Page::read(root().join("docs/failure-modes.md"));
    let words = page.lines.iter().flat_map(|line| line.split('`'));
    let named: BTreeSet<&str> =
        words.filter(|word| word.contains("::") && !word.contains(' ')).collect();
    assert!(named.len() > 30, "only {} tests were found", named.len());
    let is_missing = |name: &&&str| {
        let function = name.rsplit("::").next().unwrap_or(name);
        !sources.contains(&format!("fn {function}()"))
    };
    let missing: Vec<_> = named.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
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
