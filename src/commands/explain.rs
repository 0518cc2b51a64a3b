//! `explain`: the pages of `docs/troubleshooting.md`, for where there is no browser.

use thiserror::Error;

use crate::near::distance;
use crate::outcome::exit::Exit;
use crate::outcome::{Outcome, SCHEMA, Text};

const PAGES: &str = include_str!("../../docs/troubleshooting.md");

/// A kind of error that there isn't.
#[derive(Debug, Error)]
#[error("`{word}` is no kind of error, nor an exit code of one")]
pub struct NoSuchKind {
    word: String,
    nearest: Option<&'static str>,
}

impl NoSuchKind {
    /// What to do next.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let meant = self.nearest.map(|kind| format!("did you mean `heron-cli explain {kind}`?"));
        let all = "`heron-cli explain` lists them".to_owned();
        meant.into_iter().chain([all]).collect()
    }
}

/// The page of one kind of error; without a word, all kinds.
pub fn explain(word: Option<&str>) -> Result<Outcome, NoSuchKind> {
    let text = match word {
        None => list(),
        Some(word) => page(kind(word)?),
    };
    Ok(Outcome::Text(Text { schema: SCHEMA, text }))
}

fn kind(word: &str) -> Result<Exit, NoSuchKind> {
    let by_code = || Exit::ALL.into_iter().find(|exit| exit.code().to_string() == word);
    Exit::of_name(word)
        .or_else(by_code)
        .ok_or_else(|| NoSuchKind { word: word.to_owned(), nearest: nearest(word) })
}

fn nearest(word: &str) -> Option<&'static str> {
    let word: Vec<char> = word.chars().collect();
    let far = |name: &'static str| {
        let letters: Vec<char> = name.chars().collect();
        Some((distance(&word, &letters, 3)?, name))
    };
    Exit::ALL.map(Exit::name).into_iter().filter_map(far).min().map(|(_, name)| name)
}

fn list() -> String {
    let line = |exit: Exit| format!("{:>3}  {}\n", exit.code(), exit.name());
    Exit::ALL.into_iter().map(line).collect()
}

/// A section with its headline. References to other pages keep their words.
fn page(exit: Exit) -> String {
    let headline = format!("## {}\n", exit.name());
    let section = PAGES.split_once(&headline).map_or("", |(_, rest)| rest);
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    format!("{} (exit code {})\n\n{}\n", exit.name(), exit.code(), without_links(section.trim()))
}

/// `[words](target)` is `words`.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        let link = after.split_once("](").and_then(|(words, target)| {
            let (_, behind) = target.split_once(')')?;
            Some((words, behind))
        });
        let (words, behind) = link.unwrap_or(("[", after));
        plain.push_str(words);
        rest = behind;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(word: Option<&str>) -> String {
        match explain(word) {
            Ok(Outcome::Text(text)) => text.text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_kind_has_a_page() {
        for exit in Exit::ALL {
            let page = text(Some(exit.name()));
            assert_eq!(page, text(Some(&exit.code().to_string())));
            assert!(page.lines().count() >= 3 && !page.contains("## "), "{page}");
            assert!(!page.contains("]("), "{page}");
            assert!(text(None).contains(&format!(" {}\n", exit.name())));
        }
    }

    #[test]
    fn what_is_no_kind_is_told_with_the_nearest() {
        let Err(error) = explain(Some("unreachabel")) else { panic!() };
        assert!(error.hints().iter().any(|hint| hint.contains("explain unreachable")), "{error:?}");
        assert!(explain(Some("0")).is_err());
    }
}
