//! All rows, and how a name is found among them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::spec::KeySpec;
use super::{cluster, mesos, packages, resources, sandbox, state, supervisors, topology, unused};

/// Keys that belong together.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// The keys, in the order in which they are documented.
    pub keys: &'static [&'static KeySpec],
}

/// The whole table, in the order of the documentation.
pub static GROUPS: &[Group] = &[
    Group { title: "Cluster, role and environment", keys: cluster::TABLE },
    Group { title: "State in ZooKeeper", keys: state::TABLE },
    Group { title: "Mesos", keys: mesos::TABLE },
    Group { title: "Supervisors of the topology's own", keys: supervisors::TABLE },
    Group { title: "Packages and uploading", keys: packages::TABLE },
    Group { title: "Inside the containers", keys: sandbox::TABLE },
    Group { title: "Resources and packing", keys: resources::TABLE },
    Group { title: "The topology's own configuration", keys: topology::TABLE },
    Group { title: "Accepted, without effect here", keys: unused::TABLE },
];

/// Every setting.
pub fn all() -> impl Iterator<Item = &'static KeySpec> {
    GROUPS.iter().flat_map(|group| group.keys).copied()
}

/// What the table knows about a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lookup {
    /// The canonical name.
    Canonical(&'static KeySpec),
    /// Another name of the same setting.
    Alias(&'static KeySpec),
    /// A name with a variable part, such as `mesos.master.uri.<cluster>.<environ>`.
    Pattern(&'static KeySpec),
    /// Not in the table.
    Unknown,
}

impl Lookup {
    /// The setting, if the name is known.
    #[must_use]
    pub fn spec(self) -> Option<&'static KeySpec> {
        match self {
            Self::Canonical(spec) | Self::Alias(spec) | Self::Pattern(spec) => Some(spec),
            Self::Unknown => None,
        }
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static KeySpec>> = LazyLock::new(|| {
    all().flat_map(|spec| spec.spellings().map(move |name| (name, spec))).collect()
});

/// Prefixes of names with a variable part, the longest first.
static BY_PREFIX: LazyLock<Vec<(&'static str, &'static KeySpec)>> = LazyLock::new(|| {
    let names = all().flat_map(|spec| spec.spellings().map(move |name| (name, spec)));
    let mut prefixes: Vec<_> =
        names.filter_map(|(name, spec)| Some((KeySpec::prefix(name)?, spec))).collect();
    prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    prefixes
});

/// Finds a name in the table.
#[must_use]
pub fn lookup(name: &str) -> Lookup {
    if let Some(spec) = BY_NAME.get(name) {
        let canonical = spec.name == name;
        return if canonical { Lookup::Canonical(spec) } else { Lookup::Alias(spec) };
    }
    let longer = |prefix: &str| name.len() > prefix.len() && name.starts_with(prefix);
    let pattern = BY_PREFIX.iter().find(|(prefix, _)| longer(prefix));
    pattern.map_or(Lookup::Unknown, |(_, spec)| Lookup::Pattern(spec))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::cluster::CLUSTER;
    use super::super::mesos::MESOS_MASTER;
    use super::*;

    #[test]
    fn no_name_stands_for_two_settings() {
        let mut seen = HashSet::new();
        for spec in all() {
            for name in spec.spellings() {
                assert!(seen.insert(name), "{name} stands twice in the table");
            }
        }
    }

    #[test]
    fn every_default_is_a_good_value_and_every_text_a_sentence() {
        for spec in all() {
            if let Some(default) = spec.default {
                assert_eq!(spec.kind.check(default), Ok(()), "{}", spec.name);
            }
            assert!(spec.doc.ends_with('.'), "{}: {}", spec.name, spec.doc);
            if let Some(why) = spec.unused {
                assert!(why.ends_with('.'), "{}: {why}", spec.name);
            }
        }
    }

    #[test]
    fn names_are_found() {
        assert_eq!(lookup("dc"), Lookup::Alias(&CLUSTER));
        assert_eq!(lookup("heron.config.cluster"), Lookup::Canonical(&CLUSTER));
        assert_eq!(lookup("mesos.master.uri.example.devel"), Lookup::Pattern(&MESOS_MASTER));
        assert_eq!(lookup("mesos.master.uri"), Lookup::Alias(&MESOS_MASTER));
        assert_eq!(lookup("heron.nonsense"), Lookup::Unknown);
    }
}
