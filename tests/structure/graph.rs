//! Which file uses which: imports followed to the file that defines what is meant, and the circles in that.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Source;

/// The files of `src` with an edge to each file that they use something of.
pub struct Graph {
    pub edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    pub fn new(sources: &[Source]) -> Self {
        let modules: BTreeMap<&[String], &Source> =
            sources.iter().map(|source| (source.module.as_slice(), source)).collect();
        let edges = sources.iter().map(|source| {
            let used = source.paths.iter().filter_map(|path| defining(&modules, path, 0));
            let used = used.filter(|file| *file != source.file).collect();
            (source.file.clone(), used)
        });
        Self { edges: edges.collect() }
    }

    /// Sets of files that all reach each other.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&String, BTreeSet<&String>> =
            self.edges.keys().map(|file| (file, self.reachable(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, reached) in &reach {
            let circle: Vec<String> = reached
                .iter()
                .filter(|other| reach[**other].contains(file))
                .map(|s| (*s).clone())
                .collect();
            if !circle.is_empty() {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    fn reachable<'a>(&'a self, file: &str) -> BTreeSet<&'a String> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<&String> = self.edges[file].iter().collect();
        while let Some(next) = waiting.pop() {
            if found.insert(next) {
                waiting.extend(&self.edges[next]);
            }
        }
        found
    }
}

/// The file that defines what a path names: re-exports are followed. A module that is only named is none.
fn defining(
    modules: &BTreeMap<&[String], &Source>,
    path: &[String],
    depth: usize,
) -> Option<String> {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let source = modules[&path[..length]];
    let item = path.get(length)?;
    match source.names.get(item) {
        Some(target) if depth < 8 && target != path => {
            let path: Vec<String> = target.iter().chain(&path[length + 1..]).cloned().collect();
            defining(modules, &path, depth + 1)
        }
        _ => Some(source.file.clone()),
    }
}
