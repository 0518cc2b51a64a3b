//! What the desired record says of the revisions of its topology: which there are, and which runs.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::package::StoredPackage;

/// What the desired record says of a topology's revisions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Revisions {
    /// The number of what runs.
    pub running: u32,
    /// Those of which a node holds more, in the order in which they ran; the last is what runs, or is to run. Their packages are
    /// still in their store.
    pub kept: Vec<KeptRevision>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A revision that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRevision {
    /// Its number.
    pub number: u32,
    /// Its topology id.
    pub topology_id: String,
    /// Its package, where heron-cli has brought it into its store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Box<StoredPackage>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Revisions {
    /// Whether the topology was never replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.running == 0 && self.extra.is_empty()
    }

    /// The number of what runs.
    #[must_use]
    pub fn current(&self) -> u32 {
        self.running.max(1)
    }

    /// The number of a revision that is new.
    #[must_use]
    pub fn next(&self) -> u32 {
        let highest = self.kept.iter().map(|one| one.number).max().unwrap_or(0);
        highest.max(self.current()).saturating_add(1)
    }

    /// What ran before what runs now, if that is kept.
    #[must_use]
    pub fn before(&self) -> Option<&KeptRevision> {
        self.kept.iter().rev().find(|one| one.number != self.current())
    }

    /// One that is kept.
    #[must_use]
    pub fn find(&self, number: u32) -> Option<&KeptRevision> {
        self.kept.iter().find(|one| one.number == number)
    }

    /// Adds one, or what is known of it now; its place stays.
    pub fn note(&mut self, kept: KeptRevision) {
        match self.kept.iter_mut().find(|one| one.number == kept.number) {
            Some(known) => *known = kept,
            None => self.kept.push(kept),
        }
    }

    /// What runs now is this one.
    pub fn run(&mut self, number: u32) {
        self.running = number;
        if let Some(at) = self.kept.iter().position(|one| one.number == number) {
            let one = self.kept.remove(at);
            self.kept.push(one);
        }
    }

    /// Forgets some.
    pub fn forget(&mut self, numbers: &BTreeSet<u32>) {
        self.kept.retain(|one| !numbers.contains(&one.number));
    }

    /// Those that are beyond the so many latest.
    #[must_use]
    pub fn beyond(&self, most: usize) -> BTreeSet<u32> {
        let beyond = self.kept.len().saturating_sub(most.max(1));
        let runs = self.current();
        self.kept.iter().take(beyond).map(|one| one.number).filter(|one| *one != runs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(number: u32) -> KeptRevision {
        KeptRevision { number, topology_id: format!("t{number}"), package: None, extra: Map::new() }
    }

    fn numbers(revisions: &Revisions) -> Vec<u32> {
        revisions.kept.iter().map(|one| one.number).collect()
    }

    #[test]
    fn what_ran_last_comes_last_and_the_oldest_goes_first() {
        let mut revisions = Revisions::default();
        assert!(revisions.is_empty() && revisions.before().is_none());
        assert_eq!((revisions.current(), revisions.next()), (1, 2));
        for number in 1..=3 {
            revisions.note(kept(number));
            revisions.run(number);
        }
        assert_eq!((revisions.before().map(|one| one.number), revisions.next()), (Some(2), 4));
        assert_eq!(revisions.beyond(2), BTreeSet::from([1]));
        revisions.run(2);
        assert_eq!((numbers(&revisions), revisions.next()), (vec![1, 3, 2], 4));
        assert_eq!(revisions.before().map(|one| one.number), Some(3));
        revisions.forget(&revisions.beyond(1));
        assert_eq!((numbers(&revisions), revisions.beyond(0)), (vec![2], BTreeSet::new()));
    }

    #[test]
    fn what_is_noted_again_stays_where_it_is() {
        let mut revisions = Revisions::default();
        revisions.note(kept(1));
        revisions.note(kept(2));
        revisions.note(KeptRevision { topology_id: "other".to_owned(), ..kept(1) });
        assert_eq!(numbers(&revisions), [1, 2]);
        assert_eq!(revisions.find(1).map(|one| one.topology_id.as_str()), Some("other"));
    }
}
