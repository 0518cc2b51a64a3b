//! The one table of keys: every name that Heron ever gave a setting, its type, default and meaning.
//!
//! Typed settings, `config check`, `config convert`, `config keys` and `docs/configuration.md` all
//! come from here. The canonical name of a setting is the one of Heron's last release, where that
//! release had it.
//!
//! Source of facts: facts/heron.md §8.1.1, §8.3.1, §9.4–9.6, §10.

mod cluster;
mod kind;
mod mesos;
mod nearest;
mod packages;
mod resources;
mod state;
mod topology;
mod unused;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use cluster::*;
pub use kind::{Kind, parse_bool};
pub use mesos::*;
pub use nearest::nearest;
pub use packages::*;
pub use resources::*;
pub use state::*;
pub use topology::*;
pub use unused::*;

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeySpec {
    /// The canonical name. `<…>` in it stands for a part that differs.
    pub name: &'static str,
    /// Its other names, of every era.
    pub aliases: &'static [&'static str],
    /// What a value looks like.
    pub kind: Kind,
    /// The value where none is given.
    pub default: Option<&'static str>,
    /// What the default is where it isn't one text.
    pub default_note: Option<&'static str>,
    /// Why the key has no effect here, where it has none; and what to use instead.
    pub unused: Option<&'static str>,
    /// What it means, in full sentences.
    pub doc: &'static str,
}

impl KeySpec {
    const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        let (aliases, default) = (&[] as &[&str], None);
        Self { name, aliases, kind, default, default_note: None, unused: None, doc }
    }

    const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn default_note(mut self, note: &'static str) -> Self {
        self.default_note = Some(note);
        self
    }

    const fn unused(mut self, why: &'static str) -> Self {
        self.unused = Some(why);
        self
    }

    /// All names, the canonical one first.
    pub fn spellings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The fixed text before the first `<…>`, for names that have one.
    fn prefix(name: &'static str) -> Option<&'static str> {
        name.split_once('<').map(|(prefix, _)| prefix)
    }
}

/// Defines keys and the table they stand in, in the order of the documentation.
macro_rules! keys {
    ($( $id:ident = $name:literal, $kind:expr, $doc:literal $(, $method:ident($arg:expr))* ;)*) => {
        $(
            #[doc = $doc]
            pub static $id: KeySpec = KeySpec::new($name, $kind, $doc)$(.$method($arg))*;
        )*
        pub(super) static TABLE: &[&KeySpec] = &[$(&$id),*];
    };
}
use keys;

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
    Group { title: "Packages and uploading", keys: packages::TABLE },
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
