//! User and password in front of a host.

use std::ops::Range;

use super::pairs;

/// Where `user:password` stands in a text, with a scheme before it or without.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(|char: char| char.is_whitespace() || matches!(char, '"' | '<' | '>')) {
        let addresses = addresses(word);
        let bare = addresses.first().map_or(word.len(), |first| first.start);
        let bare = word.get(..bare).and_then(without_scheme);
        let userinfos = addresses.into_iter().filter_map(|address| {
            let length = userinfo(word.get(address.clone())?)?;
            Some(address.start..address.start + length)
        });
        found.extend(bare.into_iter().chain(userinfos).map(|at| start + at.start..start + at.end));
        start += word.len();
        start += text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    found
}

/// What follows each `scheme://` of a word, up to the next one that a comma separates from it.
fn addresses(word: &str) -> Vec<Range<usize>> {
    let starts: Vec<usize> = word.match_indices("://").map(|(at, mark)| at + mark.len()).collect();
    let mut addresses: Vec<Range<usize>> = Vec::new();
    for start in starts {
        let before = word.get(..start - "://".len()).unwrap_or_default();
        let scheme = before.trim_end_matches(|char: char| {
            char.is_ascii_alphanumeric() || matches!(char, '+' | '.' | '-')
        });
        match addresses.last_mut() {
            Some(last) if !scheme.ends_with([',', ';']) => last.end = word.len(),
            Some(last) => {
                last.end = scheme.len() - 1;
                addresses.push(start..word.len());
            }
            None => addresses.push(start..word.len()),
        }
    }
    addresses
}

/// How much of what follows `scheme://` is user and password.
///
/// A password may hold what ends a host, and an @ too: what stands before the last @ counts if it can be a password.
fn userinfo(address: &str) -> Option<usize> {
    let last = address.rfind('@')?;
    let before = address.get(..last)?;
    let authority = before.find(['/', '?', '#']).map_or(before, |end| &before[..end]);
    let host_with_query = || {
        let (_, port) = authority.split_once(':').unwrap_or((authority, ""));
        let plain = !authority.contains('@') && port.bytes().all(|byte| byte.is_ascii_digit());
        plain && pairs::has_parameter(before.get(authority.len()..).unwrap_or_default())
    };
    if before.contains(':') && !host_with_query() {
        return Some(last);
    }
    let end = address.find(['/', '?', '#']).unwrap_or(address.len());
    address.get(..end)?.rfind('@')
}

/// `user:password` before the last @ of a word that has no scheme.
fn without_scheme(word: &str) -> Option<Range<usize>> {
    let last = word.rfind('@')?;
    let host = word.get(last + 1..)?.chars().next();
    host.filter(|char| char.is_alphanumeric() || matches!(char, '[' | '_'))?;
    let before = word.get(..last)?;
    let colon = before.find(':').filter(|colon| colon + 1 < last)?;
    let user = before.get(..colon)?;
    let start = user.trim_end_matches(|char: char| {
        char.is_alphanumeric() || matches!(char, '.' | '_' | '-' | '~' | '%' | '+' | '@' | '*')
    });
    Some(start.len()..last)
}
