//! How agents fetch the two packages of a container.

use crate::mesos::call::Uri;
use crate::mesos::fetcher;
use crate::topology::core_package::carries_version;

/// What a core package is called in a sandbox if its URI does not end like an archive. The tools that unpack it look at
/// its content, so that other compressions are right under this name too.
const CORE_NAME: &str = "heron-core.tar.gz";
/// What Heron calls the topology's package.
const TOPOLOGY_NAME: &str = "topology.tar.gz";

/// The core package. Agents keep it when its URI tells its version, since every container of every topology wants it.
#[must_use]
pub fn core_package(uri: &str) -> Uri {
    fetcher::archive(uri, CORE_NAME, carries_version(uri))
}

/// The topology's package, which an agent fetches once per container and then never again.
#[must_use]
pub fn topology_package(uri: &str) -> Uri {
    fetcher::archive(uri, TOPOLOGY_NAME, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_core_package_with_a_version_is_kept_by_agents() {
        assert!(core_package("http://h/heron-core-0.20.5.tar.gz").cache);
        assert!(!core_package("http://h/heron-core.tar.gz").cache);
        assert!(!core_package("http://h/0.20.5/core").cache);
        assert!(!topology_package("http://h/topology-0.20.5.tar.gz").cache);
    }
}
