//! A topology's definition, the content of `<name>.defn`, and whether a cluster could run it.
//!
//! All problems are found at once and before anything is touched: what Heron itself checks (`docs/heron.md#submit`),
//! what its formats can't carry, and what would make every process on the cluster refuse the record. The bytes are kept
//! as they are; see [`super::edit`].

use std::collections::BTreeSet;
use std::fmt;

use super::edit;
pub use super::problem::{Amount, DefinitionProblem, PARALLELISM, RELIABILITY};
use super::problem::{EFFECTIVELY_ONCE, RELIABILITY_MODES};
use crate::names::{self, Named};
use crate::proto::api::{Bolt, Component, Config, Spout, Topology};
use crate::proto::check::{self, Malformed};
use crate::proto::wire::WireError;

/// What else is in a packet, and in the one transaction that a submission is.
const ZOOKEEPER_SLACK: usize = 16 * 1024;
/// The least that the physical plan says of an instance beside the component's name, which it says twice.
const INSTANCE_BYTES: usize = 35;
/// Settings of a topology that give components resources, and what a value is.
const RESOURCE_MAPS: [(&str, Amount); 3] = [
    ("topology.component.rammap", Amount::Bytes),
    ("topology.component.cpumap", Amount::Cores),
    ("topology.component.diskmap", Amount::Bytes),
];

/// A definition that a cluster could run.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// As the user's main wrote it.
    pub bytes: Vec<u8>,
    /// The same, decoded.
    pub topology: Topology,
}

/// A definition that no cluster could run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// It is no topology at all.
    #[error("the definition is corrupt: {0}")]
    Corrupt(String),
    /// It is one, with faults; all of them.
    #[error("the topology definition has {}: {}", count(problems), list(problems))]
    Invalid {
        /// What is wrong, in the order of the definition.
        problems: Vec<DefinitionProblem>,
    },
}

impl From<Malformed> for DefinitionError {
    fn from(error: Malformed) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<WireError> for DefinitionError {
    fn from(error: WireError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

fn count(problems: &[DefinitionProblem]) -> String {
    match problems.len() {
        1 => "a problem".to_owned(),
        many => format!("{many} problems"),
    }
}

fn list(problems: &[DefinitionProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Definition {
    /// Reads and checks a definition.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, DefinitionError> {
        let (topology, faults) = check::decode::<Topology>(&bytes)?;
        let mut problems: Vec<DefinitionProblem> =
            faults.into_iter().map(DefinitionProblem::Incomplete).collect();
        check_names(&topology, &mut problems);
        check_components(&topology, &mut problems);
        check_inputs(&topology, &mut problems);
        check_resource_maps(&topology, &mut problems);
        check_reliability(&topology, &mut problems);
        if problems.is_empty() {
            Ok(Self { bytes, topology })
        } else {
            Err(DefinitionError::Invalid { problems })
        }
    }

    /// Refuses a definition that ZooKeeper servers of this `jute.maxbuffer` can't keep: the physical plan holds the trimmed
    /// definition and every instance, and is the largest record of all.
    pub fn check_size(&self, max_buffer: usize) -> Result<(), DefinitionError> {
        let definition = edit::trimmed(&self.bytes)?.len();
        let mut instances = 0_u64;
        let mut size = definition;
        for (_, _, component) in components(&self.topology) {
            let count = first(&component.config, PARALLELISM).and_then(parallelism).unwrap_or(0);
            let each = component.name.len().saturating_mul(2).saturating_add(INSTANCE_BYTES);
            let all = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(each);
            size = size.saturating_add(all);
            instances = instances.saturating_add(u64::from(count));
        }
        let limit = max_buffer.saturating_sub(ZOOKEEPER_SLACK);
        if size <= limit {
            return Ok(());
        }
        let problems = vec![DefinitionProblem::TooLarge { size, limit, definition, instances }];
        Err(DefinitionError::Invalid { problems })
    }

    /// The topology's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.topology.name
    }

    /// The topology's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.topology.id
    }

    /// The copy for the state tree.
    pub fn trimmed(&self) -> Result<Vec<u8>, WireError> {
        edit::trimmed(&self.bytes)
    }

    /// Whether instances keep state in checkpoints, so that a checkpoint manager runs.
    #[must_use]
    pub fn is_stateful(&self) -> bool {
        self.setting(RELIABILITY) == Some(EFFECTIVELY_ONCE)
    }

    /// A text setting of the whole topology; of one given twice the first counts.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.topology.topology_config.as_ref().and_then(|config| first(config, key))
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.id())
    }
}

/// The first text setting with this key.
fn first<'a>(config: &'a Config, key: &str) -> Option<&'a str> {
    config.kvs.iter().find(|entry| entry.key == key).and_then(|entry| entry.value.as_deref())
}

/// Spouts, then bolts, with a word for which.
fn components(topology: &Topology) -> impl Iterator<Item = (&'static str, usize, &Component)> {
    let spouts = topology.spouts.iter().map(|spout: &Spout| &spout.comp).enumerate();
    let bolts = topology.bolts.iter().map(|bolt: &Bolt| &bolt.comp).enumerate();
    spouts
        .map(|(index, component)| ("spout", index, component))
        .chain(bolts.map(|(index, component)| ("bolt", index, component)))
}

fn check_names(topology: &Topology, problems: &mut Vec<DefinitionProblem>) {
    if topology.name.is_empty() {
        problems.push(DefinitionProblem::NoName);
    } else {
        problems.extend(misnamed(Named::Topology, &topology.name));
    }
    if topology.id.is_empty() {
        problems.push(DefinitionProblem::NoId);
    } else {
        problems.extend(misnamed(Named::TopologyId, &topology.id));
    }
}

fn misnamed(what: Named, name: &str) -> Option<DefinitionProblem> {
    names::check(what, name).err().map(DefinitionProblem::Name)
}

fn check_components(topology: &Topology, problems: &mut Vec<DefinitionProblem>) {
    if topology.spouts.is_empty() {
        problems.push(DefinitionProblem::NoSpout);
    }
    let mut seen = BTreeSet::new();
    let mut repeated = BTreeSet::new();
    for (kind, index, component) in components(topology) {
        let name = component.name.as_str();
        if name.is_empty() {
            problems.push(DefinitionProblem::UnnamedComponent(format!("{kind} {}", index + 1)));
            continue;
        }
        if !seen.insert(name) && repeated.insert(name) {
            problems.push(DefinitionProblem::DuplicateComponent(name.to_owned()));
        }
        problems.extend(misnamed(Named::Component, name));
        match first(&component.config, PARALLELISM) {
            None => problems.push(DefinitionProblem::NoParallelism(name.to_owned())),
            Some(value) if parallelism(value).is_none() => {
                problems.push(DefinitionProblem::Parallelism {
                    component: name.to_owned(),
                    value: value.to_owned(),
                });
            }
            Some(_) => {}
        }
    }
}

fn parallelism(value: &str) -> Option<u32> {
    let number = value.trim().parse::<i32>().ok()?;
    u32::try_from(number).ok().filter(|number| *number > 0)
}

fn check_inputs(topology: &Topology, problems: &mut Vec<DefinitionProblem>) {
    let outputs = topology.spouts.iter().map(|spout| &spout.outputs);
    let outputs = outputs.chain(topology.bolts.iter().map(|bolt| &bolt.outputs)).flatten();
    let emitted: BTreeSet<(&str, &str)> = outputs
        .map(|output| (output.stream.component_name.as_str(), output.stream.id.as_str()))
        .collect();
    let names: BTreeSet<&str> =
        components(topology).map(|(_, _, component)| component.name.as_str()).collect();
    for bolt in &topology.bolts {
        for input in &bolt.inputs {
            let component = input.stream.component_name.as_str();
            let stream = input.stream.id.as_str();
            if !emitted.contains(&(component, stream)) {
                problems.push(DefinitionProblem::UnknownInput {
                    bolt: bolt.comp.name.clone(),
                    component: component.to_owned(),
                    stream: stream.to_owned(),
                    known: names.contains(component),
                });
            }
        }
    }
}

fn check_resource_maps(topology: &Topology, problems: &mut Vec<DefinitionProblem>) {
    let Some(config) = &topology.topology_config else { return };
    let names: BTreeSet<&str> =
        components(topology).map(|(_, _, component)| component.name.as_str()).collect();
    for (key, amount) in RESOURCE_MAPS {
        let Some(map) = first(config, key) else { continue };
        for entry in map.split(',').filter(|entry| !entry.is_empty()) {
            // Java's split drops empty parts at the end: `word:5:` is fine, `word:` is not.
            let parts: Vec<&str> = entry.trim_end_matches(':').split(':').collect();
            match parts.as_slice() {
                [component, value] if amount.accepts(value) => {
                    if !names.contains(component) {
                        let component = (*component).to_owned();
                        problems.push(DefinitionProblem::UnknownInMap { key, component });
                    }
                }
                _ => {
                    problems.push(DefinitionProblem::MalformedMap {
                        key,
                        entry: entry.to_owned(),
                        amount,
                    });
                }
            }
        }
    }
}

fn check_reliability(topology: &Topology, problems: &mut Vec<DefinitionProblem>) {
    let config = topology.topology_config.as_ref();
    if let Some(mode) = config.and_then(|config| first(config, RELIABILITY))
        && !RELIABILITY_MODES.contains(&mode)
    {
        problems.push(DefinitionProblem::Reliability(mode.to_owned()));
    }
}

#[cfg(test)]
mod tests;
