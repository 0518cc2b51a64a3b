//! The two packages that every container of a topology fetches.

use crate::topology::core_package::carries_version;

/// What a core package is called in a sandbox if its URI does not end like an archive. The tools that unpack it look at
/// its content, so that other compressions are right under this name too.
const CORE_NAME: &str = "heron-core.tar.gz";
/// What Heron calls the topology's package.
const TOPOLOGY_NAME: &str = "topology.tar.gz";

/// A package that is fetched and unpacked into the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedPackage {
    /// Where it is.
    pub uri: String,
    /// Its name in the sandbox, if its URI does not end like an archive.
    pub name: &'static str,
    /// Whether agents may keep it.
    pub cache: bool,
}

impl FetchedPackage {
    /// The core package. Agents keep it when its URI tells its version, since every container of every topology wants it.
    #[must_use]
    pub fn core(uri: &str) -> Self {
        Self { uri: uri.to_owned(), name: CORE_NAME, cache: carries_version(uri) }
    }

    /// The topology's package, which an agent fetches once per container and then never again.
    #[must_use]
    pub fn topology(uri: &str) -> Self {
        Self { uri: uri.to_owned(), name: TOPOLOGY_NAME, cache: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_core_package_with_a_version_is_kept_by_agents() {
        assert!(FetchedPackage::core("http://h/heron-core-0.20.5.tar.gz").cache);
        assert!(!FetchedPackage::core("http://h/heron-core.tar.gz").cache);
        assert!(!FetchedPackage::topology("http://h/topology-0.20.5.tar.gz").cache);
    }
}
