//! What Mesos' fetcher is told of a package, and what it says in a sandbox. Pure.

use serde_json::Map;

use crate::deployment::package::FetchedPackage;
use crate::deployment::supervisor::{ARCHIVE_NAME, FetchedProgram, NAME};
use crate::mesos::{call, fetcher};
use crate::scheduler::uri::Uri;

/// What the fetcher is told of a package.
#[must_use]
pub fn uri(package: &FetchedPackage) -> Uri {
    let call::Uri { value, extract, cache, output_file } =
        fetcher::archive(&package.uri, package.name, package.cache);
    Uri { value, extract, cache, output_file, extra: Map::new() }
}

/// What the fetcher is told of the supervisors' program.
#[must_use]
pub fn program_uri(program: &FetchedProgram) -> Uri {
    let FetchedProgram { uri, cache, packed } = program;
    if *packed {
        let call::Uri { value, extract, cache, output_file } =
            fetcher::archive(uri, ARCHIVE_NAME, *cache);
        return Uri { value, extract, cache, output_file, extra: Map::new() };
    }
    Uri {
        value: uri.clone(),
        extract: false,
        cache: *cache,
        output_file: Some(NAME.to_owned()),
        extra: Map::new(),
    }
}

/// Whether a URI names an archive, whatever is asked of its server.
#[must_use]
pub fn names_archive(uri: &str) -> bool {
    let path = uri.split_once('?').map_or(uri, |(path, _)| path);
    fetcher::is_archive(fetcher::file_name(path))
}

/// The name in the sandbox of what a URI fetches.
#[must_use]
pub fn sandbox_name(uri: &Uri) -> &str {
    fetcher::sandbox_name(&uri.value, uri.output_file.as_deref())
}

/// What the fetcher says in a task's stderr went wrong, if anything did.
#[must_use]
pub fn complaint(stderr: &str) -> Option<String> {
    fetcher::complaint(stderr)
}

/// How many seconds the fetching took, by a task's stderr.
#[must_use]
pub fn seconds(stderr: &str) -> Option<f64> {
    fetcher::seconds(stderr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_keep_only_what_they_would_unpack_again() {
        assert!(uri(&FetchedPackage::core("http://h/heron-core-0.20.5.tar.gz")).cache);
        assert!(!uri(&FetchedPackage::core("http://h/0.20.5/core")).cache);
    }

    #[test]
    fn what_is_fetched_is_called_as_asked_or_as_its_uri_ends() {
        let named = uri(&FetchedPackage::core("http://h/0.20.5/core"));
        assert_eq!(sandbox_name(&named), "heron-core.tar.gz");
        let plain = uri(&FetchedPackage::core("file:///a/b.tgz"));
        assert_eq!(sandbox_name(&plain), "b.tgz");
    }
}
