//! What a path in ZooKeeper may be: one rule for roots, chroots and names that become parts of paths.

/// Whether ZooKeeper refuses a character anywhere in a path.
#[must_use]
pub fn is_refused(character: char) -> bool {
    character.is_control() || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{ffff}')
}

/// Checks a path that begins with a slash, or an empty one. What is wrong is said as what follows "it".
pub fn check(path: &str) -> Result<(), &'static str> {
    if path.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
        return Err("has a part that is empty, '.' or '..'");
    }
    if path.contains(is_refused) {
        return Err("contains a character that ZooKeeper refuses in a path");
    }
    Ok(())
}

/// The root of a tree without slashes at its end. What is wrong is said as what follows "it".
pub fn root(text: &str) -> Result<&str, &'static str> {
    let root = text.trim_end_matches('/');
    if text.is_empty() {
        return Err("is empty");
    }
    if !text.starts_with('/') {
        return Err("does not start with '/'");
    }
    if root.is_empty() {
        return Err("names no node: Heron needs one of its own, such as '/heron'");
    }
    check(root).map(|()| root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_absolute_and_plain() {
        for (text, expected) in [("/heron", "/heron"), ("/a/b//", "/a/b"), ("/a b", "/a b")] {
            assert_eq!(root(text), Ok(expected), "{text}");
        }
        for bad in ["", "/", "//", "heron", "/a//b", "/a/./b", "/a/..", "/a\0b", "/a\u{e000}"] {
            assert!(root(bad).is_err(), "{bad:?}");
        }
    }
}
