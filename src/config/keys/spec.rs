//! What the table knows of one setting, and how its rows are written.

use super::kind::Kind;

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
    pub(super) const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        let (aliases, default) = (&[] as &[&str], None);
        Self { name, aliases, kind, default, default_note: None, unused: None, doc }
    }

    pub(super) const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub(super) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn default_note(mut self, note: &'static str) -> Self {
        self.default_note = Some(note);
        self
    }

    pub(super) const fn unused(mut self, why: &'static str) -> Self {
        self.unused = Some(why);
        self
    }

    /// All names, the canonical one first.
    pub fn spellings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The fixed text before the first `<…>`, for names that have one.
    pub(super) fn prefix(name: &'static str) -> Option<&'static str> {
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
pub(super) use keys;
