//! What can be told of a heron-core package: its version by its URI, and its release by the `release.yaml` in it.
//!
//! Nothing is fetched here; who has the bytes passes them in. Source of facts: `docs/heron.md#core-package`.

use std::io::{self, BufReader, Read};

use super::archive::{self, TarError};
use super::yaml;

/// The file that names the release; at the root of the archive.
const RELEASE_FILE: &str = "release.yaml";
const VERSION_KEY: &str = "heron.build.version";
const USER_KEY: &str = "heron.build.user";
/// Longer ones are no release files.
const MOST_RELEASE_BYTES: u64 = 64 * 1024;
/// What is read of an unpacked archive at most; the largest cores are some hundred megabytes.
const MOST_UNPACKED: u64 = 4 << 30;
/// Words by which a version says that it will be built again.
const MOVING: [&str; 4] = ["snapshot", "latest", "nightly", "live"];

/// Why the release of a package is not known.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// It is no tar, or was cut off. Agents may unpack other archives; their release can't be looked up.
    #[error(transparent)]
    Unreadable(#[from] TarError),
    /// A directory, a pipe or the like.
    #[error("it is no file")]
    NotAFile,
    /// It has no such file.
    #[error("it has no release.yaml")]
    NoReleaseFile,
    /// The file does not say.
    #[error("its release.yaml names no {VERSION_KEY}")]
    NoVersion,
}

impl From<io::Error> for CoreError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.into())
    }
}

/// What a `release.yaml` says of a build of Heron.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Its version.
    pub version: String,
    /// Who built it, where it says so.
    pub user: Option<String>,
}

/// Reads an archive, compressed by gzip or not, as far as its `release.yaml`, and returns what that says.
pub fn build(archive: impl Read) -> Result<Build, CoreError> {
    let plain = archive::open(BufReader::new(archive))?;
    for entry in tar::Archive::new(plain.take(MOST_UNPACKED)).entries()? {
        let entry = entry?;
        let path = entry.path()?.into_owned();
        if path.strip_prefix(".").unwrap_or(&path).as_os_str() == RELEASE_FILE {
            let mut text = Vec::new();
            entry.take(MOST_RELEASE_BYTES).read_to_end(&mut text)?;
            return build_in(&text).ok_or(CoreError::NoVersion);
        }
    }
    Err(CoreError::NoReleaseFile)
}

/// What a `release.yaml` says of the build; nothing if it names no version.
#[must_use]
pub fn build_in(release: &[u8]) -> Option<Build> {
    let values = yaml::read(RELEASE_FILE, release).ok()?;
    let text = |key| {
        let text = match values.get(key)? {
            serde_json::Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        (!text.is_empty()).then_some(text)
    };
    Some(Build { version: text(VERSION_KEY)?, user: text(USER_KEY) })
}

/// Whether what is under a URI stays the same, so that agents may keep it: its path has a version of three numbers or
/// more, or a digest, and says nowhere that it is still to be built again.
///
/// Two numbers are no version of Heron, but often one of the system that it was built for (`ubuntu14.04`).
#[must_use]
pub fn carries_version(uri: &str) -> bool {
    let path = uri.split_once("://").map_or(uri, |(_, rest)| {
        // Hosts may be called by their numbers.
        rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or_default()
    });
    let path = path.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let mut words = path.split(|char: char| !char.is_ascii_alphanumeric());
    let moving = words.any(|word| MOVING.contains(&word));
    !moving && (has_version(&path) || has_digest(&path))
}

/// A run of numbers with dots between them that no letter precedes, except for a `v` of its own.
fn has_version(path: &str) -> bool {
    path.split(|char: char| !char.is_ascii_alphanumeric() && char != '.').any(|word| {
        let word = word.strip_prefix('v').unwrap_or(word);
        let numbers = word
            .split('.')
            .take_while(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        numbers.count() >= 3
    })
}

/// A digest in hexadecimal, of MD5's length or longer.
fn has_digest(path: &str) -> bool {
    path.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| {
        word.len() >= 32
            && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            && word.bytes().any(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;
