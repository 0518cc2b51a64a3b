//! `config check`: everything wrong or doubtful at once, with the line quoted and marked.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::judge::judge;
use super::layer::Origin;
use super::load::{Files, LoadError, LoadErrors, Loaded, Sources, load};
use super::problem::{Problem, Problems, Warning, WarningKind};
use super::settings::{Need, Resolved};
use crate::net::redact::{is_secret, redact};

/// The findings of a check; it failed if there is an error among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Errors first, then warnings, each in the order of the files.
    pub findings: Vec<Finding>,
}

/// Something wrong or doubtful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether the configuration works in spite of it.
    pub severity: Severity,
    /// The key, where it is about one.
    pub key: Option<String>,
    /// The place, where there is one.
    pub origin: Option<Origin>,
    /// What is wrong, and what to write.
    pub text: String,
    /// The line it is about, where a file has one.
    pub quote: Option<Quote>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration can't be used.
    Error,
    /// The configuration can be used.
    Warning,
}

/// A line of a file with the part that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The line, without its end.
    pub line: String,
    /// How many characters stand before the part.
    pub before: usize,
    /// How many characters the part has, at least 1.
    pub length: usize,
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Tabs keep their width where a tab stands above.
        let indent: String = self
            .line
            .chars()
            .take(self.before)
            .map(|char| if char == '\t' { '\t' } else { ' ' })
            .collect();
        write!(f, "{}\n{indent}{}", self.line, "^".repeat(self.length))
    }
}

impl Report {
    /// Whether the configuration can be used.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Warning)
    }
}

/// Reads a configuration and judges it for a command that needs so much of it.
#[must_use]
pub fn check(sources: &Sources, need: Need) -> Report {
    match load(sources) {
        Ok(loaded) => check_loaded(&loaded, need),
        Err(errors) => check_errors(&errors),
    }
}

/// Judges a configuration that was read.
#[must_use]
pub fn check_loaded(loaded: &Loaded, need: Need) -> Report {
    let Resolved { settings, warnings, .. } = judge(loaded, need);
    let problems = settings.err().map(|Problems(list)| list).unwrap_or_default();
    let mut lines = Lines::new(&loaded.files);
    let mut findings: Vec<_> = problems.iter().map(|p| of_problem(p, &mut lines)).collect();
    findings.extend(warnings.iter().map(|warning| of_warning(warning, &mut lines)));
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Report { findings }
}

/// Errors first; then files, each from its first line, then flags, then what is missing.
fn order(finding: &Finding) -> (Severity, u8, Option<&Path>, usize) {
    match &finding.origin {
        Some(Origin::File { file, line, .. }) => (finding.severity, 0, Some(file), *line),
        Some(_) => (finding.severity, 1, None, 0),
        None => (finding.severity, 2, None, 0),
    }
}

/// Judges a configuration that can't be read.
#[must_use]
pub fn check_errors(errors: &LoadErrors) -> Report {
    let mut lines = Lines::new(&errors.files);
    let findings = errors.list.iter().map(|error| of_error(error, &mut lines));
    Report { findings: findings.collect() }
}

fn of_problem(problem: &Problem, lines: &mut Lines) -> Finding {
    let text = match &problem.value {
        Some(_) => problem.reason.clone(),
        None => format!("not set: {}", problem.reason),
    };
    let quote = problem.origin.as_ref().and_then(|at| quote(at, Some(&problem.key), lines));
    Finding {
        severity: Severity::Error,
        key: Some(problem.key.clone()),
        origin: problem.origin.clone(),
        text,
        quote,
    }
}

fn of_warning(warning: &Warning, lines: &mut Lines) -> Finding {
    let key = warning.key.as_deref();
    let mut quote = warning.origin.as_ref().and_then(|at| quote(at, key, lines));
    if matches!(warning.kind, WarningKind::UnknownKey | WarningKind::Unused) {
        mark_key(quote.as_mut(), key);
    }
    Finding {
        severity: Severity::Warning,
        key: warning.key.clone(),
        origin: warning.origin.clone(),
        text: warning.text.clone(),
        quote,
    }
}

fn of_error(error: &LoadError, lines: &mut Lines) -> Finding {
    let file = |file: &Arc<Path>, line, column| Origin::File { file: file.clone(), line, column };
    let (origin, text) = match error {
        LoadError::Properties { file: path, escape } => {
            (Some(file(path, escape.line, escape.column)), escape.to_string())
        }
        LoadError::Yaml { file: path, source } => {
            (Some(file(path, source.line, source.column)), source.to_string())
        }
        LoadError::Cycle { origin, source, .. } => (Some(origin.clone()), source.to_string()),
        LoadError::ConfigProperty { origin, source } => (Some(origin.clone()), source.to_string()),
        LoadError::Bind { origin, key, property } => {
            (Some(origin.clone()), format!("{key} stands for {property}, which is not set"))
        }
        LoadError::Secret { origin, source, .. } => (Some(origin.clone()), source.to_string()),
        other => (None, other.to_string()),
    };
    let key = match error {
        LoadError::Cycle { key, .. } | LoadError::Secret { key, .. } => Some(key.clone()),
        _ => None,
    };
    let quote = origin.as_ref().and_then(|at| quote(at, key.as_deref(), lines));
    Finding { severity: Severity::Error, key, origin, text, quote }
}

/// No line of a configuration is worth more room.
const WIDEST: usize = 160;

/// Files, with the places of their lines.
struct Lines<'a> {
    files: &'a Files,
    bounds: HashMap<Arc<Path>, Vec<Range<usize>>>,
}

impl<'a> Lines<'a> {
    fn new(files: &'a Files) -> Self {
        Self { files, bounds: HashMap::new() }
    }

    /// A line of a file, from 1.
    fn get(&mut self, file: &Arc<Path>, line: usize) -> Option<&'a [u8]> {
        let bytes = self.files.get(file)?;
        let bounds = self.bounds.entry(file.clone()).or_insert_with(|| lines(bytes));
        bytes.get(bounds.get(line.checked_sub(1)?)?.clone())
    }
}

/// The line of a place; a line with a secret is not quoted.
fn quote(origin: &Origin, key: Option<&str>, lines: &mut Lines) -> Option<Quote> {
    let Origin::File { file, line, column } = origin else { return None };
    if key.is_some_and(is_secret) {
        return None;
    }
    let line = lines.get(file, *line)?;
    // Columns count bytes; properties files are ISO-8859-1, so text that is no UTF-8 is as well.
    let (text, before) = match std::str::from_utf8(line) {
        Ok(text) => {
            let head = text.get(..column.saturating_sub(1)).unwrap_or_default();
            (text.to_owned(), head.chars().count())
        }
        Err(_) => (line.iter().map(|&byte| char::from(byte)).collect(), column.saturating_sub(1)),
    };
    let shown = redact(&text);
    if shown != text {
        return Some(Quote { length: shown.chars().count().max(1), line: shown, before: 0 });
    }
    let width = text.trim_end().chars().count();
    let line: String = text.chars().take(WIDEST).map(visible).collect();
    let before = before.min(width).min(WIDEST);
    Some(Quote { line, before, length: width.min(WIDEST).saturating_sub(before).max(1) })
}

/// Marks the key instead of its value, where the line begins with it as it is.
fn mark_key(quote: Option<&mut Quote>, key: Option<&str>) {
    let (Some(quote), Some(key)) = (quote, key) else { return };
    let blanks = quote.line.len() - quote.line.trim_start().len();
    if !key.is_empty() && quote.line.get(blanks..).is_some_and(|line| line.starts_with(key)) {
        quote.before = quote.line.get(..blanks).map_or(0, |blanks| blanks.chars().count());
        quote.length = key.chars().count();
    }
}

/// Control characters would upset a terminal.
fn visible(char: char) -> char {
    if char.is_control() && char != '\t' { '\u{fffd}' } else { char }
}

/// The lines of a file without their ends, which are CR, LF or CRLF.
fn lines(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut after_cr = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' if after_cr => start = at + 1,
            b'\n' | b'\r' => {
                lines.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
        after_cr = *byte == b'\r';
    }
    lines.push(start..bytes.len());
    lines
}

#[cfg(test)]
mod tests;
