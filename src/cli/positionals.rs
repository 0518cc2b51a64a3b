//! Tells the positionals of a verb apart by their content: overrides, topology, class, arguments (design §5).

use thiserror::Error;

use crate::net::redact::redact;
use crate::topology::file_kind::FileKind;
use crate::topology::location::{is_uri, path_of};

/// The positionals of `submit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitPositionals {
    /// Overrides of any form.
    pub overrides: Option<String>,
    /// The topology's file, or a URI.
    pub file: String,
    /// Its class; none for a `.defn`.
    pub class: Option<String>,
    /// Words for its main.
    pub arguments: Vec<String>,
}

/// The positionals of a verb that names a topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopologyPositionals {
    /// Overrides of any form.
    pub overrides: Option<String>,
    /// The topology.
    pub topology: String,
    /// A container, for `restart`; none means all.
    pub container: Option<u32>,
}

/// The positionals don't fit the verb.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UsageError {
    /// Something is missing.
    #[error("no {what} was given")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// A topology's file needs a class.
    #[error("no class was given for `{file}`; for a .pex, `-` runs its own entry point")]
    NoClass {
        /// The file.
        file: String,
    },
    /// More words than the verb takes.
    #[error("`{word}` is one word too many")]
    TooMany {
        /// The first of them.
        word: String,
    },
    /// A container's id is no number.
    #[error("`{word}` is no container id: write a number from 0, or nothing (or -1) for all")]
    NoContainer {
        /// What was given.
        word: String,
    },
}

/// Whether a word names a topology's file: by its ending, or because it is a URI and so nothing else.
fn is_topology_file(word: &str) -> bool {
    is_uri(word) || has_known_ending(word)
}

fn has_known_ending(word: &str) -> bool {
    let path = path_of(word);
    FileKind::is_definition(path) || FileKind::of(path).is_ok()
}

/// Whether a word can only be overrides: properties, a list of path parts, or the empty string of 2016.
fn is_overrides(word: &str) -> bool {
    is_properties(word) || word.contains('/')
}

/// Whether a word is a list of properties, or the empty one of 2016.
fn is_properties(word: &str) -> bool {
    word.is_empty() || (word.contains([':', '=']) && !is_uri(word))
}

/// The positionals of `submit`: `[overrides] <file> [class] [arguments…]`.
pub fn submit(words: &[String]) -> Result<SubmitPositionals, UsageError> {
    let (overrides, rest) = match words {
        [] => return Err(UsageError::Missing { what: "topology file" }),
        [first, second, ..]
            if (is_properties(first) && (!is_topology_file(first) || is_topology_file(second)))
                || (!is_topology_file(first) && is_topology_file(second)) =>
        {
            (Some(first.clone()), words.get(1..).unwrap_or_default())
        }
        [first] if is_properties(first) && !is_topology_file(first) => {
            return Err(UsageError::Missing { what: "topology file" });
        }
        _ => (None, words),
    };
    let (file, rest) = rest.split_first().ok_or(UsageError::Missing { what: "topology file" })?;
    if FileKind::is_definition(path_of(file)) {
        return match rest.first() {
            Some(word) => Err(UsageError::TooMany { word: redact(word) }),
            None => Ok(SubmitPositionals {
                overrides,
                file: file.clone(),
                class: None,
                arguments: Vec::new(),
            }),
        };
    }
    let (class, arguments) = match rest.split_first() {
        Some((class, arguments)) => (Some(class.clone()), arguments.to_vec()),
        // What is there may be a definition; whoever fetches it is told.
        None if is_uri(file) && !has_known_ending(file) => (None, Vec::new()),
        None => return Err(UsageError::NoClass { file: redact(file) }),
    };
    Ok(SubmitPositionals { overrides, file: file.clone(), class, arguments })
}

/// The positionals of a verb that names a topology: `[overrides] <topology>`.
pub fn topology(words: &[String]) -> Result<TopologyPositionals, UsageError> {
    match words {
        [] => Err(UsageError::Missing { what: "topology" }),
        [topology] => Ok(named(None, topology, None)),
        [overrides, topology] => Ok(named(Some(overrides), topology, None)),
        [_, _, word, ..] => Err(UsageError::TooMany { word: word.clone() }),
    }
}

/// The positionals of `restart`: `[overrides] <topology> [container]`.
pub fn restart(words: &[String]) -> Result<TopologyPositionals, UsageError> {
    match words {
        [] => Err(UsageError::Missing { what: "topology" }),
        [topology] => Ok(named(None, topology, None)),
        [first, second] if is_overrides(first) => Ok(named(Some(first), second, None)),
        [topology, id] if id.parse::<i64>().is_ok() => Ok(named(None, topology, container(id)?)),
        [cluster, topology] => Ok(named(Some(cluster), topology, None)),
        [overrides, topology, id] => Ok(named(Some(overrides), topology, container(id)?)),
        [_, _, _, word, ..] => Err(UsageError::TooMany { word: word.clone() }),
    }
}

/// The positionals of `list`: `[overrides]`.
pub fn list(words: &[String]) -> Result<Option<String>, UsageError> {
    match words {
        [] => Ok(None),
        [overrides] => Ok(Some(overrides.clone())),
        [_, word, ..] => Err(UsageError::TooMany { word: word.clone() }),
    }
}

fn named(
    overrides: Option<&String>,
    topology: &str,
    container: Option<u32>,
) -> TopologyPositionals {
    TopologyPositionals { overrides: overrides.cloned(), topology: topology.to_owned(), container }
}

/// −1 means all, as it did for every heron-cli.
fn container(word: &str) -> Result<Option<u32>, UsageError> {
    match word.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(id) => u32::try_from(id)
            .map(Some)
            .map_err(|_| UsageError::NoContainer { word: word.to_owned() }),
        Err(_) => Err(UsageError::NoContainer { word: word.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        shlex::split(line).unwrap()
    }

    fn submitted(line: &str) -> (Option<String>, String, Option<String>, usize) {
        let found = submit(&words(line)).unwrap();
        (found.overrides, found.file, found.class, found.arguments.len())
    }

    #[test]
    fn submit_tells_overrides_from_files() {
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            ("'' t.jar C a b", (some(""), "t.jar".into(), some("C"), 2)),
            ("t.jar C", (None, "t.jar".into(), some("C"), 0)),
            ("local/me/devel t.jar C", (some("local/me/devel"), "t.jar".into(), some("C"), 0)),
            ("local t.tar.gz C", (some("local"), "t.tar.gz".into(), some("C"), 0)),
            ("./x/t.jar C", (None, "./x/t.jar".into(), some("C"), 0)),
            ("k=v t.pex -", (some("k=v"), "t.pex".into(), some("-"), 0)),
            (
                "heron.topology.pkg.uri:file:///p/topology.tar.gz t.jar C",
                (
                    some("heron.topology.pkg.uri:file:///p/topology.tar.gz"),
                    "t.jar".into(),
                    some("C"),
                    0,
                ),
            ),
            ("http://h:1/t.jar C 5", (None, "http://h:1/t.jar".into(), some("C"), 1)),
            ("http://h/t.jar?a=b:c C", (None, "http://h/t.jar?a=b:c".into(), some("C"), 0)),
            ("http://h/t.jar?x y.jar a", (None, "http://h/t.jar?x".into(), some("y.jar"), 1)),
            ("k=v file:///t.so ./p", (some("k=v"), "file:///t.so".into(), some("./p"), 0)),
            ("c/r/e http://h/9?x=1 C", (some("c/r/e"), "http://h/9?x=1".into(), some("C"), 0)),
            ("http://u:p@h/t.defn?s=1", (None, "http://u:p@h/t.defn?s=1".into(), None, 0)),
            ("https://h/artifact", (None, "https://h/artifact".into(), None, 0)),
            ("c/r/e t.JAR C", (some("c/r/e"), "t.JAR".into(), some("C"), 0)),
            ("a.defn", (None, "a.defn".into(), None, 0)),
            ("c/r/e a.defn", (some("c/r/e"), "a.defn".into(), None, 0)),
            // What this file is can't be told; that error is about the file, not about the class.
            ("x/y.zip C", (None, "x/y.zip".into(), some("C"), 0)),
        ];
        for (line, expected) in &cases {
            assert_eq!(submitted(line), *expected, "{line}");
        }
        assert!(matches!(submit(&words("x/y.zip")), Err(UsageError::NoClass { .. })));
        assert!(matches!(submit(&words("")), Err(UsageError::Missing { .. })));
        assert!(matches!(submit(&words("k=v")), Err(UsageError::Missing { .. })));
        assert!(matches!(submit(&words("t.jar")), Err(UsageError::NoClass { .. })));
        assert!(matches!(submit(&words("a.defn C")), Err(UsageError::TooMany { .. })));
        let error = submit(&words("http://u:hunter2@h/t.jar?sig=hunter2")).unwrap_err().to_string();
        assert!(
            error.contains("`http://********@h/t.jar?sig=********`") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn restart_tells_containers_from_topologies() {
        let case = |line: &str| {
            let found = restart(&words(line)).unwrap();
            (found.overrides.unwrap_or_default(), found.topology, found.container)
        };
        assert_eq!(case("t"), (String::new(), "t".into(), None));
        assert_eq!(case("t 3"), (String::new(), "t".into(), Some(3)));
        assert_eq!(case("t -1"), (String::new(), "t".into(), None));
        assert_eq!(case("a/b/c t"), ("a/b/c".into(), "t".into(), None));
        assert_eq!(case("a/b/c 7"), ("a/b/c".into(), "7".into(), None));
        assert_eq!(case("local t 0"), ("local".into(), "t".into(), Some(0)));
        assert!(matches!(restart(&words("a t x")), Err(UsageError::NoContainer { .. })));
        assert!(matches!(restart(&words("a t -2")), Err(UsageError::NoContainer { .. })));
        assert!(matches!(restart(&words("a t 1 2")), Err(UsageError::TooMany { .. })));
    }
}
