//! What Mesos's fetcher makes of a URI, and what it says in a sandbox (`docs/mesos.md#fetcher`). Pure.

use super::call::Uri;

/// Names that the fetcher unpacks into the sandbox, all else stays as it is. A lone `.gz` is only uncompressed.
const ARCHIVES: [&str; 8] =
    [".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".zip"];
/// How many of the fetcher's lines are worth showing.
const WORDS: usize = 4;

/// The name that a fetched file gets: all behind the last slash, a query included.
#[must_use]
pub fn file_name(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or_default()
}

/// Whether the fetcher unpacks a file of this name.
#[must_use]
pub fn is_archive(name: &str) -> bool {
    ARCHIVES.iter().any(|ending| name.ends_with(ending))
}

/// An archive that is to be unpacked into the sandbox.
///
/// One whose URI does not end like an archive is saved under `name`, which must. The agents' cache then can't be used:
/// what lies there is judged by the URI's own name, and would not be unpacked.
#[must_use]
pub fn archive(uri: &str, name: &str, cache: bool) -> Uri {
    let named = is_archive(file_name(uri));
    Uri {
        value: uri.to_owned(),
        extract: true,
        cache: cache && named,
        output_file: (!named).then(|| name.to_owned()),
    }
}

/// The name in the sandbox of what a URI fetches, unless that is saved as `output_file`.
#[must_use]
pub fn sandbox_name<'a>(uri: &'a str, output_file: Option<&'a str>) -> &'a str {
    output_file.unwrap_or_else(|| file_name(uri))
}

/// What the fetcher says went wrong: the lines of a `stderr` that are no mere information, without their heads.
#[must_use]
pub fn complaint(stderr: &str) -> Option<String> {
    let lines: Vec<&str> =
        stderr.lines().filter_map(wrong).filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(WORDS)..)?;
    (!last.is_empty()).then(|| last.join("\n"))
}

/// The line's text, unless it is glog's of the level I.
fn wrong(line: &str) -> Option<&str> {
    match glog(line) {
        Some(('I', ..)) => None,
        Some((_, _, text)) => Some(text),
        None => Some(line),
    }
}

/// Seconds between the fetcher's first line and its last.
#[must_use]
pub fn seconds(stderr: &str) -> Option<f64> {
    let mut times = stderr
        .lines()
        .filter(|line| line.contains(" fetcher.cpp:"))
        .filter_map(|line| Some(glog(line)?.1));
    let first = times.next()?;
    let last = times.next_back()?;
    // Over midnight.
    Some(if last < first { last + 86_400.0 - first } else { last - first })
}

/// Level, seconds of the day and text of a line such as `I0102 15:04:05.123456  4711 fetcher.cpp:562] text`.
fn glog(line: &str) -> Option<(char, f64, &str)> {
    let level = line.chars().next().filter(|level| "IWEF".contains(*level))?;
    let (head, text) = line.get(1..)?.split_once("] ")?;
    let mut words = head.split_whitespace();
    let date = words.next()?;
    if !(4..=8).contains(&date.len()) || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut seconds = 0.0;
    for part in words.next()?.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok().filter(|part| part.is_finite())?;
    }
    Some((level, seconds, text))
}

#[cfg(test)]
mod tests;
