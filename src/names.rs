//! What topologies, components, roles, clusters and environments may be called: one rule, asked before anything is
//! touched.
//!
//! A name travels far: it is part of znode paths, file names in containers, labels and roles of Mesos, packages' URIs,
//! command lines that people paste, and lines on terminals. What one of these can't carry is refused where the name
//! enters. Two questions are asked: whether a name may be *given* ([`check`]), and whether a word can at all *be* the name
//! of something ([`check_reference`]), for verbs that act on what others have submitted.

use std::fmt;

use crate::net::redact::redact;
use crate::znode_path;

/// File systems take names of 255 bytes, and a few letters are put in front and behind; an id adds a UUID to the name.
const MAX_BYTES: usize = 200;
const MAX_ID_BYTES: usize = 255;

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// A topology. Heron itself refuses dots.
    Topology,
    /// A spout or bolt. Heron separates entries of component lists by colons and commas.
    Component,
    /// The cluster, first word of `cluster/role/environ`.
    Cluster,
    /// The role, second word.
    Role,
    /// The environment, third word.
    Environ,
    /// Who submits, as the operating system calls him or her.
    User,
    /// The id of a topology, which begins with its name.
    TopologyId,
    /// A context of `config.toml`.
    Context,
}

impl Named {
    /// Signs that may stand in the name beside letters and digits.
    #[must_use]
    pub const fn signs(self) -> &'static str {
        match self {
            Self::Topology => "_-+@",
            // Heron takes anything else; a blank does no harm inside a container.
            Self::Component => "_-+@.$#%= ",
            Self::Cluster | Self::Role | Self::Environ | Self::TopologyId => "_-+@.",
            Self::User => "_-+@.$\\",
            Self::Context => "_-.",
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Topology => "the name of a topology",
            Self::Component => "the name of a component",
            Self::Cluster => "the name of a cluster",
            Self::Role => "the name of a role",
            Self::Environ => "the name of an environment",
            Self::User => "the name of a user",
            Self::TopologyId => "the id of a topology",
            Self::Context => "the name of a context",
        })
    }
}

/// A name that something on the way can't carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{:?} can't be {what}: {fault}", redact(name))]
pub struct NameError {
    /// What is named.
    pub what: Named,
    /// The name; a long one as far as it tells something.
    pub name: String,
    /// What is wrong with it, and what is allowed.
    pub fault: NameFault,
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// There is none.
    Empty,
    /// It has more bytes than this.
    Long(usize),
    /// `.` or `..`, which stand for directories.
    Directory,
    /// It begins with `-`, as an option does.
    Option,
    /// It contains a character that is not allowed.
    Character {
        /// The first such character.
        character: char,
        /// Signs that are allowed beside letters and digits.
        allowed: &'static str,
    },
    /// It contains what no path in ZooKeeper can.
    Path {
        /// The first such character.
        character: char,
    },
    /// It contains what can't be seen on a terminal.
    Invisible {
        /// The first such character.
        character: char,
    },
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Long(most) => write!(f, "it is longer than {most} bytes"),
            Self::Directory => f.write_str("it stands for a directory"),
            Self::Option => f.write_str("it begins with '-', as an option does"),
            Self::Character { character, allowed } => {
                let signs: Vec<String> = allowed.chars().map(|sign| format!("'{sign}'")).collect();
                let signs = signs.join(" ");
                write!(
                    f,
                    "it contains {character:?}; letters, digits and the signs {signs} are allowed"
                )
            }
            Self::Path { character } => {
                write!(f, "it contains {character:?}, which no path in ZooKeeper can")
            }
            Self::Invisible { character } => {
                write!(f, "it contains {character:?}, which a terminal doesn't show")
            }
        }
    }
}

/// Whether something may be called so.
pub fn check(what: Named, name: &str) -> Result<(), NameError> {
    let signs = what.signs();
    let unfit = |character: &char| !character.is_alphanumeric() && !signs.contains(*character);
    let unfit = name.chars().find(unfit);
    let most = if what == Named::TopologyId { MAX_ID_BYTES } else { MAX_BYTES };
    let fault = match (general_fault(name, most), unfit) {
        (Some(fault), _) => fault,
        (None, _) if name.starts_with('-') => NameFault::Option,
        (None, Some(character)) => NameFault::Character { character, allowed: signs },
        (None, None) => return Ok(()),
    };
    Err(NameError { what, name: shortened(name), fault })
}

/// Whether something could be called so by anybody: for verbs that act on what is there already, which Heron's own
/// tools may have submitted under names that we would not give.
pub fn check_reference(what: Named, name: &str) -> Result<(), NameError> {
    let znode = matches!(what, Named::Topology | Named::TopologyId);
    let unfit = |character: char| match character {
        '/' if znode => Some(NameFault::Path { character }),
        _ if znode && znode_path::is_refused(character) => Some(NameFault::Path { character }),
        _ if is_control(character) => Some(NameFault::Invisible { character }),
        _ => None,
    };
    match general_fault(name, MAX_BYTES).or_else(|| name.chars().find_map(unfit)) {
        None => Ok(()),
        Some(fault) => Err(NameError { what, name: shortened(name), fault }),
    }
}

/// What no kind of name may be.
fn general_fault(name: &str, most: usize) -> Option<NameFault> {
    match name {
        "" => Some(NameFault::Empty),
        "." | ".." => Some(NameFault::Directory),
        _ if name.len() > most => Some(NameFault::Long(most)),
        _ => None,
    }
}

/// Whether a character changes what a terminal shows of the text around it: control characters, and those that turn the
/// direction of writing.
#[must_use]
pub fn is_control(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    turns || character.is_control()
}

fn shortened(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    name.chars().take(60).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests;
