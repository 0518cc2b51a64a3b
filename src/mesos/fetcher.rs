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

/// The name in the sandbox of what a URI fetches.
#[must_use]
pub fn sandbox_name(uri: &Uri) -> &str {
    uri.output_file.as_deref().unwrap_or_else(|| file_name(&uri.value))
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAILED: &str = "\
I1123 16:26:39.100000  4711 fetcher.cpp:562] Fetcher Info: {\"items\":[]}
I1123 16:26:39.200000  4711 fetcher.cpp:459] Fetching URI 'http://h/heron-core.tar.gz'
W1123 16:26:39.300000  4711 fetcher.cpp:332] Copying instead of extracting resource
E1123 16:26:41.350000  4711 fetcher.cpp:613] EXIT with status 1: Failed to fetch 'http://h/heron-core.tar.gz': 404
";

    #[test]
    fn archives_are_told_by_their_names() {
        for name in
            ["a.tar", "a.tgz", "a.tar.gz", "a.tbz2", "a.tar.bz2", "a.txz", "a.tar.xz", "a.zip"]
        {
            assert!(is_archive(name), "{name}");
        }
        for name in ["a", "a.gz", "a.pex", "a.jar", "a.tar.gz?sig=x", "a.TGZ", "tar", ""] {
            assert!(!is_archive(name), "{name}");
        }
    }

    #[test]
    fn what_is_not_called_an_archive_gets_such_a_name_and_no_cache() {
        let named = archive("http://h/core-0.20.5.tar.gz", "core.tar.gz", true);
        assert_eq!((named.extract, named.cache, named.output_file), (true, true, None));
        let query = archive("http://h/core-0.20.5.tar.gz?token=1", "core.tar.gz", true);
        assert_eq!((query.extract, query.cache), (true, false));
        assert_eq!(sandbox_name(&query), "core.tar.gz");
        let bare = archive("http://h/0.20.5/core", "core.tar.gz", true);
        assert_eq!((bare.cache, bare.output_file.as_deref()), (false, Some("core.tar.gz")));
        assert_eq!(sandbox_name(&archive("file:///a/b.tgz", "c.tar.gz", false)), "b.tgz");
    }

    #[test]
    fn a_complaint_is_what_is_no_information() {
        assert_eq!(
            complaint(FAILED).unwrap(),
            "Copying instead of extracting resource\n\
             EXIT with status 1: Failed to fetch 'http://h/heron-core.tar.gz': 404"
        );
        assert_eq!(complaint("sh: 1: hadoop: not found\n").unwrap(), "sh: 1: hadoop: not found");
        assert_eq!(complaint("I1123 16:26:39.1 1 fetcher.cpp:562] Fetched\n"), None);
        assert_eq!(complaint(""), None);
    }

    #[test]
    fn the_time_is_taken_from_the_log() {
        assert!((seconds(FAILED).unwrap() - 2.25).abs() < 1e-6);
        assert_eq!(seconds("I1123 16:26:39.1 1 fetcher.cpp:562] one line\n"), None);
        let midnight =
            "I1123 23:59:59.5 1 fetcher.cpp:1] a\nI1124 00:00:00.75 1 fetcher.cpp:1] b\n";
        assert!((seconds(midnight).unwrap() - 1.25).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn any_log_is_read(text in "([IWEF]?[0-9]{0,9} ?[0-9:.]{0,16} ?[a-z.:0-9]{0,20}\\]? ?.{0,20}\n){0,4}") {
            let _ = (complaint(&text), seconds(&text));
        }
    }
}
