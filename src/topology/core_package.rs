//! What can be told of a heron-core package: its version by its URI, and its release by the `release.yaml` in it.
//!
//! Nothing is fetched here; who has the bytes passes them in. Source of facts: `docs/heron.md#core-package`.

use std::io::{self, BufReader, Read};

use super::archive::{self, TarError};
use super::yaml;

/// The file that names the release; at the root of the archive.
const RELEASE_FILE: &str = "release.yaml";
const VERSION_KEY: &str = "heron.build.version";
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

/// Reads an archive, compressed by gzip or not, as far as its `release.yaml`, and returns the version in that.
pub fn version(archive: impl Read) -> Result<String, CoreError> {
    let plain = archive::open(BufReader::new(archive))?;
    for entry in tar::Archive::new(plain.take(MOST_UNPACKED)).entries()? {
        let entry = entry?;
        let path = entry.path()?.into_owned();
        if path.strip_prefix(".").unwrap_or(&path).as_os_str() == RELEASE_FILE {
            let mut text = Vec::new();
            entry.take(MOST_RELEASE_BYTES).read_to_end(&mut text)?;
            return version_in(&text).ok_or(CoreError::NoVersion);
        }
    }
    Err(CoreError::NoReleaseFile)
}

/// The version that a `release.yaml` names.
#[must_use]
pub fn version_in(release: &[u8]) -> Option<String> {
    let values = yaml::read(RELEASE_FILE, release).ok()?;
    let version = match values.get(VERSION_KEY)? {
        serde_json::Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    (!version.is_empty()).then_some(version)
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
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            tar.append_data(&mut header, name, *content).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    const RELEASE: &[u8] = b"heron.build.host: h\nheron.build.version: '0.17.8'\n";

    #[test]
    fn the_version_stands_in_the_release_file() {
        for name in ["release.yaml", "./release.yaml"] {
            let tar = tar_of(&[("heron-core/bin/heron-executor", b"x"), (name, RELEASE)]);
            assert_eq!(version(tar.as_slice()).unwrap(), "0.17.8");
            assert_eq!(version(gzip(&tar).as_slice()).unwrap(), "0.17.8");
        }
        assert_eq!(
            version_in(b"heron.build.version: 0.20.5-incubating\n").unwrap(),
            "0.20.5-incubating"
        );
        assert_eq!(version_in(b"heron.build.version: 1.5\n").unwrap(), "1.5");
    }

    #[test]
    fn nothing_is_read_beyond_the_release_file() {
        let mut tar = tar_of(&[("release.yaml", RELEASE), ("big", &vec![7; 100_000])]);
        tar.truncate(20_000);
        assert_eq!(version(tar.as_slice()).unwrap(), "0.17.8");
    }

    #[test]
    fn what_does_not_say_is_told_apart() {
        assert!(matches!(version(b"".as_slice()), Err(CoreError::NoReleaseFile)));
        let none = tar_of(&[("conf/release.yaml", RELEASE), ("heron-core/x", b"")]);
        assert!(matches!(version(none.as_slice()), Err(CoreError::NoReleaseFile)));
        for text in
            [b"heron.build.user: a\n".as_slice(), b"\xff", b"- a\n", b"heron.build.version: ''\n"]
        {
            let tar = tar_of(&[("release.yaml", text)]);
            assert!(matches!(version(tar.as_slice()), Err(CoreError::NoVersion)));
        }
        for (bytes, what) in [
            (
                b"\xfd7zXZ\0\x01\x02".as_slice(),
                "a file compressed by xz; a tar, or a tar compressed by gzip",
            ),
            (b"PK\x03\x04", "a zip archive"),
        ] {
            let error = version(bytes).unwrap_err().to_string();
            assert!(error.contains(what), "{error:?}");
        }
        let html = b"<html>not found</html>".repeat(100);
        assert!(matches!(version(html.as_slice()), Err(CoreError::Unreadable(_))));
        let mut cut = gzip(&tar_of(&[("a", &[1; 9000]), ("release.yaml", RELEASE)]));
        cut.truncate(cut.len() / 2);
        assert!(matches!(version(cut.as_slice()), Err(CoreError::Unreadable(_))));
    }

    #[test]
    fn versions_and_digests_make_a_uri_unchanging() {
        for uri in [
            "http://h/heron-core-0.20.5.tar.gz",
            "http://h/heron/0.17.8/heron-core.tar.gz",
            "http://h/v0.20.3-incubating-rc7/core",
            "file:///srv/heron-core-v0.17.8.11.tgz",
            "/srv/0.20.5/core.tar.gz",
            "hdfs://nn:8020/heron_0.20.5.tar.gz",
            "s3://b/d41d8cd98f00b204e9800998ecf8427e.tar.gz",
        ] {
            assert!(carries_version(uri), "{uri}");
        }
        for uri in [
            "",
            "http://10.0.0.7/heron-core.tar.gz",
            "http://10.0.0.7",
            "http://h/heron-core.tar.gz?v=0.20.5",
            "http://h/heron-core-0.1.0-SNAPSHOT.tar.gz",
            "http://h/latest/heron-core-0.20.5.tar.gz",
            "http://h/heron-core-ubuntu14.04.tar.gz",
            "http://h/heron-core-ubuntu14.04.1.tar.gz",
            "http://h/2.0/heron-core.tar.gz",
            "http://h/heron-core-2016.tar.gz",
            "http://h/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/core.tar.gz",
        ] {
            assert!(!carries_version(uri), "{uri}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert!(version(bytes.as_slice()).is_err());
            let _ = version(gzip(&bytes).as_slice());
        }

        #[test]
        fn any_uri_is_judged(uri in ".{0,60}") {
            let _ = carries_version(&uri);
        }
    }
}
