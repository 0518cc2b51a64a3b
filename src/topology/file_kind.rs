//! What kind of file a user's topology is in, by its name.
//!
//! Source of facts: `docs/heron.md#user-program` and `docs/heron.md#topology-package`.

use std::path::Path;

/// Kind of a topology file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Java, everything in one jar.
    Jar,
    /// Java, jars in a tar.
    Tar,
    /// Java, jars in a compressed tar.
    TarGz,
    /// Python.
    Pex,
    /// C++ on Linux.
    So,
    /// C++ on macOS.
    Dylib,
}

/// A file name that says nothing of the kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a kind of topology file that Heron runs; known are {known}", known = known())]
pub struct UnknownKind(pub String);

/// Suffixes and what they mean.
const SUFFIXES: [(&str, FileKind); 7] = [
    (".jar", FileKind::Jar),
    (".tar", FileKind::Tar),
    (".tar.gz", FileKind::TarGz),
    (".tgz", FileKind::TarGz),
    (".pex", FileKind::Pex),
    (".so", FileKind::So),
    (".dylib", FileKind::Dylib),
];

fn known() -> String {
    SUFFIXES.map(|(suffix, _)| suffix).join(", ")
}

impl FileKind {
    /// The kind of the file with this name, in small or capital letters.
    pub fn of(file: &str) -> Result<Self, UnknownKind> {
        split(file).map(|(_, kind)| kind).ok_or_else(|| UnknownKind(file.to_owned()))
    }

    /// Whether a file with this name is a ready definition, and so of none of these kinds.
    #[must_use]
    pub fn is_definition(file: &str) -> bool {
        let base = file.strip_suffix(".defn");
        base.is_some_and(|base| !base.is_empty() && !base.ends_with('/'))
    }

    /// The kind of the file at this path.
    pub fn of_path(path: &Path) -> Result<Self, UnknownKind> {
        Self::of(&path.to_string_lossy())
    }

    /// `--pkg-type`: what the executor is to do with it.
    ///
    /// A `.tar.gz` is a `tar`, which stock Heron gets wrong; the executor's `tar` finds out about the compression itself.
    #[must_use]
    pub fn package_type(self) -> &'static str {
        match self {
            Self::Jar => "jar",
            Self::Tar | Self::TarGz => "tar",
            Self::Pex => "pex",
            Self::So => "so",
            Self::Dylib => "dylib",
        }
    }
}

/// The name without its suffix, and the kind.
fn split(file: &str) -> Option<(&str, FileKind)> {
    let lower = file.to_ascii_lowercase();
    SUFFIXES.iter().find_map(|(suffix, kind)| {
        let base = lower.strip_suffix(suffix).and_then(|base| file.get(..base.len()))?;
        let is_name = !base.is_empty() && !base.ends_with('/');
        is_name.then_some((base, *kind))
    })
}

/// The jar that a tar holds beside its libraries, by the name of the tar.
#[must_use]
pub fn jar_in_tar(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let base = match split(name) {
        Some((base, FileKind::TarGz)) => base,
        _ => name,
    };
    format!("{}.jar", base.replace(".tar", ""))
}

/// The class path of the topology's own code in a container.
///
/// For what is no Java this is what Heron makes of it, though nothing reads it. For `X.JAR` and `x.tar.gz` stock Heron's
/// has never worked (`libs/*:X.JAR.jar`, an exception), so these get the one that was meant.
#[must_use]
pub fn classpath(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    match split(name) {
        Some((_, FileKind::Jar)) => name.to_owned(),
        _ => format!("libs/*:{}", jar_in_tar(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_the_suffix() {
        let cases = [
            ("a.jar", "jar"),
            ("dir/A.JAR", "jar"),
            ("a.tar", "tar"),
            ("a.tar.gz", "tar"),
            ("a.tgz", "tar"),
            ("a.pex", "pex"),
            ("liba.so", "so"),
            ("liba.dylib", "dylib"),
        ];
        for (name, package_type) in cases {
            assert_eq!(FileKind::of(name).unwrap().package_type(), package_type, "{name}");
        }
        for name in ["", "wordcount", ".jar", "dir/.tar.gz", "a.gz", "a.zip", "jar", "ü.jar.bak"] {
            assert!(FileKind::of(name).is_err(), "{name}");
        }
        assert_eq!(
            FileKind::of("a.zip").unwrap_err().to_string(),
            "\"a.zip\" is not a kind of topology file that Heron runs; known are .jar, .tar, .tar.gz, .tgz, .pex, .so, .dylib"
        );
    }

    #[test]
    fn class_paths_name_the_jar_that_will_be_there() {
        let cases = [
            ("t.jar", "t.jar"),
            ("T.JAR", "T.JAR"),
            ("build/t.jar", "t.jar"),
            ("t.tar", "libs/*:t.jar"),
            ("t.tar.gz", "libs/*:t.jar"),
            ("t.tgz", "libs/*:t.jar"),
            ("my.tar.t-1.0.tar", "libs/*:my.t-1.0.jar"),
            ("t.pex", "libs/*:t.pex.jar"),
        ];
        for (file, expected) in cases {
            assert_eq!(classpath(file), expected);
        }
    }
}
