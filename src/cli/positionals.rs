//! Tells the positionals of a verb apart by their content: overrides, topology, class, arguments.

use super::usage::UsageError;
use crate::names::{self, Named};
use crate::net::redact::redact;
use crate::topology::file_kind::FileKind;
use crate::topology::location::{is_uri, path_of};

/// The positionals of a verb, whatever it is about.
pub trait Positionals {
    /// Overrides of any form.
    fn overrides(&self) -> Option<&str>;

    /// The topology that is named.
    fn topology(&self) -> Option<&str> {
        None
    }
}

/// The positionals of `submit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitPositionals {
    /// Overrides of any form.
    pub overrides: Option<String>,
    /// The topology's file, or a URI.
    pub file: String,
    /// Its class; none for a `.defn`.
    pub class: Option<String>,
    /// Words for its main.
    pub arguments: Vec<String>,
}

/// The positionals of a verb that names a topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopologyPositionals {
    /// Overrides of any form.
    pub overrides: Option<String>,
    /// The topology.
    pub topology: String,
    /// A container, for `restart`; none means all.
    pub container: Option<u32>,
}

/// The positionals of a verb that names any number of topologies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamesPositionals {
    /// Overrides of any form.
    pub overrides: Option<String>,
    /// The topologies.
    pub names: Vec<String>,
}

/// The positionals of `logs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsPositionals {
    /// Overrides of any form but a bare cluster.
    pub overrides: Option<String>,
    /// The topology.
    pub topology: String,
    /// What is wanted of it.
    pub targets: Vec<String>,
}

/// The positionals of a verb that takes overrides alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverridesAlone {
    /// Overrides of any form.
    pub overrides: Option<String>,
}

impl Positionals for SubmitPositionals {
    fn overrides(&self) -> Option<&str> {
        self.overrides.as_deref()
    }
}

impl Positionals for TopologyPositionals {
    fn overrides(&self) -> Option<&str> {
        self.overrides.as_deref()
    }

    fn topology(&self) -> Option<&str> {
        Some(&self.topology)
    }
}

impl Positionals for NamesPositionals {
    fn overrides(&self) -> Option<&str> {
        self.overrides.as_deref()
    }
}

impl Positionals for LogsPositionals {
    fn overrides(&self) -> Option<&str> {
        self.overrides.as_deref()
    }

    fn topology(&self) -> Option<&str> {
        Some(&self.topology)
    }
}

impl Positionals for OverridesAlone {
    fn overrides(&self) -> Option<&str> {
        self.overrides.as_deref()
    }
}

/// Whether a word names a topology's file: by its ending, or because it is a URI and so nothing else.
fn is_topology_file(word: &str) -> bool {
    is_uri(word) || has_known_ending(word)
}

fn has_known_ending(word: &str) -> bool {
    let path = path_of(word);
    FileKind::is_definition(path) || FileKind::of(path).is_ok()
}

/// Whether a word can only be overrides: properties, a list of path parts, or the empty string of 2016.
#[must_use]
pub fn is_overrides(word: &str) -> bool {
    is_properties(word) || word.contains('/')
}

/// Whether a word is a list of properties, or the empty one of 2016.
fn is_properties(word: &str) -> bool {
    word.is_empty() || (word.contains([':', '=']) && !is_uri(word))
}

/// The positionals of `submit`: `[overrides] <file> [class] [arguments…]`.
pub fn submit(words: &[String]) -> Result<SubmitPositionals, UsageError> {
    let (overrides, rest) = match words {
        [] => return Err(UsageError::Missing { what: "topology file" }),
        [first, second, ..]
            if (is_properties(first) && (!is_topology_file(first) || is_topology_file(second)))
                || (!is_topology_file(first) && is_topology_file(second)) =>
        {
            (Some(first.clone()), words.get(1..).unwrap_or_default())
        }
        [first] if is_properties(first) && !is_topology_file(first) => {
            return Err(UsageError::Missing { what: "topology file" });
        }
        _ => (None, words),
    };
    let (file, rest) = rest.split_first().ok_or(UsageError::Missing { what: "topology file" })?;
    if FileKind::is_definition(path_of(file)) {
        return match rest.first() {
            Some(word) => Err(UsageError::TooMany { word: redact(word) }),
            None => Ok(SubmitPositionals {
                overrides,
                file: file.clone(),
                class: None,
                arguments: Vec::new(),
            }),
        };
    }
    let (class, arguments) = match rest.split_first() {
        Some((class, arguments)) => (Some(class.clone()), arguments.to_vec()),
        // What is there may be a definition: who fetches it will see.
        None if is_uri(file) && !has_known_ending(file) => (None, Vec::new()),
        None => return Err(UsageError::NoClass { file: redact(file) }),
    };
    Ok(SubmitPositionals { overrides, file: file.clone(), class, arguments })
}

/// The positionals of a verb that names a topology: `[overrides] <topology>`.
pub fn topology(words: &[String]) -> Result<TopologyPositionals, UsageError> {
    match words {
        [] => Err(UsageError::Missing { what: "topology" }),
        [topology] => named(None, topology, None),
        [overrides, topology] => named(Some(overrides), topology, None),
        [_, _, word, ..] => Err(UsageError::TooMany { word: word.clone() }),
    }
}

/// The positionals of `restart`: `[overrides] <topology> [container]`.
pub fn restart(words: &[String]) -> Result<TopologyPositionals, UsageError> {
    match words {
        [] => Err(UsageError::Missing { what: "topology" }),
        [topology] => named(None, topology, None),
        [first, second] if is_overrides(first) => named(Some(first), second, None),
        [topology, id] if id.parse::<i64>().is_ok() => named(None, topology, container(id)?),
        [cluster, topology] => named(Some(cluster), topology, None),
        [overrides, topology, id] => named(Some(overrides), topology, container(id)?),
        [_, _, _, word, ..] => Err(UsageError::TooMany { word: word.clone() }),
    }
}

/// The positionals of `supervise`: `[overrides] <topology>…`. A bare word is a topology.
pub fn names(words: &[String]) -> Result<NamesPositionals, UsageError> {
    let (overrides, names) = match words {
        [first, rest @ ..] if is_overrides(first) => (Some(first.clone()), rest),
        names => (None, names),
    };
    for name in names {
        names::check_reference(Named::Topology, name)?;
    }
    Ok(NamesPositionals { overrides, names: names.to_vec() })
}

/// The positionals of `logs`: `[overrides] <topology> [what…]`. A word behind a bare one is what is wanted of that topology.
pub fn logs(words: &[String]) -> Result<LogsPositionals, UsageError> {
    let (overrides, rest) = match words {
        [first, rest @ ..] if is_overrides(first) && !rest.is_empty() => (Some(first), rest),
        words => (None, words),
    };
    let (topology, targets) = rest.split_first().ok_or(UsageError::Missing { what: "topology" })?;
    let TopologyPositionals { overrides, topology, .. } = named(overrides, topology, None)?;
    Ok(LogsPositionals { overrides, topology, targets: targets.to_vec() })
}

/// The positionals of `list`: `[overrides]`.
pub fn list(words: &[String]) -> Result<OverridesAlone, UsageError> {
    match words {
        [] => Ok(OverridesAlone { overrides: None }),
        [overrides] => Ok(OverridesAlone { overrides: Some(overrides.clone()) }),
        [_, word, ..] => Err(UsageError::TooMany { word: word.clone() }),
    }
}

/// What can't be a topology's name in any release is refused here. Names that only this one refuses to submit may be in the
/// tree already, and must be removable.
fn named(
    overrides: Option<&String>,
    topology: &str,
    container: Option<u32>,
) -> Result<TopologyPositionals, UsageError> {
    names::check_reference(Named::Topology, topology)?;
    let (overrides, topology) = (overrides.cloned(), topology.to_owned());
    Ok(TopologyPositionals { overrides, topology, container })
}

/// −1 means all, as it did for every heron-cli.
fn container(word: &str) -> Result<Option<u32>, UsageError> {
    match word.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(id) => u32::try_from(id)
            .map(Some)
            .map_err(|_| UsageError::NoContainer { word: word.to_owned() }),
        Err(_) => Err(UsageError::NoContainer { word: word.to_owned() }),
    }
}

#[cfg(test)]
mod tests;
