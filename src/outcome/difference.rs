//! What differs between a topology that runs and one that is to be submitted.

use serde::{Serialize, Serializer};

use super::topology::TopologyRef;

/// Which part of a topology something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Components, streams and settings, as the main defines them.
    Definition,
    /// The topology file, and the configuration that is packed with it.
    Package,
    /// How and as what containers are started.
    Configuration,
    /// Which instance runs where, and with what.
    Packing,
}

impl Part {
    /// Its name in documents and texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Package => "package",
            Self::Configuration => "configuration",
            Self::Packing => "packing",
        }
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What became of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It isn't there yet.
    Added,
    /// It is to be no more.
    Removed,
    /// It is otherwise.
    Changed,
}

/// One thing that differs. Secrets are masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it belongs to.
    pub part: Part,
    /// What it is: a setting, a component, a container.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// As it runs.
    pub old: Option<String>,
    /// As it is to be.
    pub new: Option<String>,
}

/// Outcome of `diff`, of one topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The topology that runs.
    pub topology: TopologyRef,
    /// Counts the changes of its desired record.
    pub generation: u64,
    /// Whether nothing differs.
    pub same: bool,
    /// What differs, by parts.
    pub differences: Vec<Difference>,
}

/// Outcome of `diff`, of a main with several topologies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedAll {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// In the order of names.
    pub compared: Vec<Compared>,
}

/// The parts that differ, in words: `definition and packing`.
#[must_use]
pub fn parts(differences: &[Difference]) -> String {
    let mut names: Vec<&str> = differences.iter().map(|one| one.part.name()).collect();
    names.dedup();
    match names.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_once() {
        let of = |parts: &[Part]| -> Vec<Difference> {
            let one = |part: &Part| Difference {
                part: *part,
                name: "x".to_owned(),
                change: Change::Added,
                old: None,
                new: None,
            };
            parts.iter().map(one).collect()
        };
        assert_eq!(parts(&of(&[])), "");
        assert_eq!(parts(&of(&[Part::Package, Part::Package])), "package");
        let all = of(&[Part::Definition, Part::Configuration, Part::Packing]);
        assert_eq!(parts(&all), "definition, configuration and packing");
    }
}
