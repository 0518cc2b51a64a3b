//! What the algorithms look at: the components of a topology, its settings and the defaults of the installation.
//!
//! Settings are read as Heron reads them (`docs/heron.md#packing`): of a key given twice the first counts, of a
//! component named twice in a map the last, numbers stand without blanks except where Heron trims.

use std::collections::{BTreeMap, HashSet};

use super::error::PackingError;
use super::java_hash::JavaMap;
use super::java_number::{GIB, parse_double, trim};
use super::plan::MAX_INSTANCES;
use super::plan::Size;
use crate::proto::api;

/// Bytes per instance, by component: `topology.component.rammap`.
pub const RAM_MAP: &str = "topology.component.rammap";
/// Cores per instance, by component.
pub const CPU_MAP: &str = "topology.component.cpumap";
/// Bytes of disk per instance, by component.
pub const DISK_MAP: &str = "topology.component.diskmap";
/// Number of containers without container 0.
pub const CONTAINERS: &str = "topology.stmgrs";
/// Cores of a container.
pub const CONTAINER_CPU: &str = "topology.container.cpu";
/// RAM of a container.
pub const CONTAINER_RAM: &str = "topology.container.ram";
/// Disk of a container.
pub const CONTAINER_DISK: &str = "topology.container.disk";
/// RAM of a container that instances can't have.
pub const RAM_PADDING: &str = "topology.container.ram.padding";
/// Instances of a component.
pub const PARALLELISM: &str = "topology.component.parallelism";

const BYTES: &str = "an integer of bytes, without unit or blanks";
const CORES: &str = "a number of cores";
const COUNT: &str = "an integer";

/// What an instance gets if the topology doesn't say: `heron.resources.instance.*`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Defaults {
    /// Cores.
    pub cpu: f64,
    /// Bytes.
    pub ram: i64,
    /// Bytes.
    pub disk: i64,
}

/// Heron's own: one core, a gibibyte of RAM and one of disk.
impl Default for Defaults {
    fn default() -> Self {
        Self { cpu: 1.0, ram: GIB, disk: GIB }
    }
}

/// Whether a component makes tuples or works on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentKind {
    /// It makes them.
    Spout,
    /// It works on them.
    Bolt,
}

/// Settings in the order in which they were written.
pub type Settings = Vec<(String, String)>;

/// A component of a topology.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ComponentKind,
    /// How many instances it has by its definition.
    pub parallelism: i32,
    /// Its settings.
    pub config: Settings,
}

/// All that packing looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct PackingInput {
    /// The topology's id, which becomes the plan's.
    pub topology_id: String,
    /// Spouts, then bolts, in the order of the definition.
    pub components: Vec<Component>,
    /// The settings of the topology.
    pub config: Settings,
    /// The defaults of the installation.
    pub defaults: Defaults,
}

impl PackingInput {
    /// Reads a definition.
    pub fn new(topology: &api::Topology, defaults: Defaults) -> Result<Self, PackingError> {
        let spouts = topology.spouts.iter().map(|spout| (ComponentKind::Spout, &spout.comp));
        let bolts = topology.bolts.iter().map(|bolt| (ComponentKind::Bolt, &bolt.comp));
        let components = spouts.chain(bolts).map(component).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            topology_id: topology.id.clone(),
            components,
            config: topology.topology_config.as_ref().map(settings).unwrap_or_default(),
            defaults,
        })
    }

    /// What an instance gets that the topology says nothing about.
    pub(super) fn default_instance(&self) -> Size {
        let Defaults { cpu, ram, disk } = self.defaults;
        Size { cpu, ram, disk }
    }

    /// Instances by component, in Heron's order. Of two components of the same name the last counts.
    pub(super) fn parallelism(&self) -> JavaMap<i32> {
        self.components.iter().map(|c| (c.name.as_str(), c.parallelism)).collect()
    }

    /// How many instances the definition asks for, counted as Heron counts them.
    pub(super) fn total_instances(&self) -> i32 {
        total(&self.parallelism())
    }

    /// `topology.stmgrs`.
    pub(super) fn containers(&self) -> Result<i32, PackingError> {
        let text = trim(self.setting(CONTAINERS).unwrap_or("1"));
        text.parse().map_err(|_| self.not_a_number(CONTAINERS, text, "an integer of 1 or more"))
    }

    /// The first value of a key.
    pub(super) fn setting(&self, key: &str) -> Option<&str> {
        first(&self.config, key)
    }

    pub(super) fn bytes(&self, key: &'static str) -> Result<Option<i64>, PackingError> {
        self.number(key, BYTES, |text| text.parse().ok())
    }

    pub(super) fn cores(&self, key: &'static str) -> Result<Option<f64>, PackingError> {
        self.number(key, CORES, parse_double)
    }

    pub(super) fn count(&self, key: &'static str) -> Result<Option<i32>, PackingError> {
        self.number(key, COUNT, |text| text.parse().ok())
    }

    pub(super) fn bytes_map(&self, key: &'static str) -> Result<BTreeMap<&str, i64>, PackingError> {
        self.map(key, BYTES, |text| text.parse().ok())
    }

    pub(super) fn cores_map(&self, key: &'static str) -> Result<BTreeMap<&str, f64>, PackingError> {
        self.map(key, CORES, parse_double)
    }

    fn number<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, PackingError> {
        let Some(text) = self.setting(key) else { return Ok(None) };
        parse(text).map(Some).ok_or_else(|| self.not_a_number(key, text, expected))
    }

    /// A map of components. Empty entries are skipped, a trailing colon is ignored, blanks count.
    fn map<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<BTreeMap<&str, T>, PackingError> {
        let names: HashSet<&str> = self.components.iter().map(|c| c.name.as_str()).collect();
        let mut texts = BTreeMap::new();
        let entries = self.setting(key).unwrap_or_default().split(',');
        for entry in entries.filter(|entry| !trim(entry).is_empty()) {
            let (name, value) = split_entry(entry)
                .ok_or_else(|| PackingError::MalformedMap { key, entry: entry.to_owned() })?;
            if !names.contains(name) {
                return Err(PackingError::UnknownComponentInMap {
                    key,
                    component: name.to_owned(),
                    known: self.components.iter().map(|c| c.name.clone()).collect(),
                });
            }
            texts.insert(name, value);
        }
        let parsed = texts.into_iter().map(|(name, text)| match parse(text) {
            Some(value) => Ok((name, value)),
            None => Err(self.not_a_number(key, text, expected)),
        });
        parsed.collect()
    }

    fn not_a_number(&self, key: &'static str, value: &str, expected: &'static str) -> PackingError {
        let owner = format!("topology `{}`", self.topology_id);
        PackingError::NotANumber { key, owner, value: value.to_owned(), expected }
    }
}

/// The sum of parallelisms; Java's `int` wraps.
pub(super) fn total(parallelism: &JavaMap<i32>) -> i32 {
    parallelism.ordered().iter().fold(0_i32, |sum, (_, count)| sum.wrapping_add(**count))
}

/// Refuses what no machine could hold in memory; a negative parallelism means no instance.
pub(super) fn check_size(parallelism: &JavaMap<i32>) -> Result<(), PackingError> {
    let counts = parallelism.ordered();
    let instances = counts.iter().map(|(_, count)| i64::from(**count).max(0)).sum();
    if usize::try_from(instances).is_ok_and(|instances| instances <= MAX_INSTANCES) {
        return Ok(());
    }
    Err(PackingError::TooManyInstances { instances, limit: MAX_INSTANCES })
}

fn component(
    (kind, component): (ComponentKind, &api::Component),
) -> Result<Component, PackingError> {
    let config = settings(&component.config);
    let name = component.name.clone();
    let Some(text) = first(&config, PARALLELISM).map(trim) else {
        return Err(PackingError::MissingParallelism { component: name });
    };
    let parallelism = text.parse().map_err(|_| PackingError::NotANumber {
        key: PARALLELISM,
        owner: format!("component `{name}`"),
        value: text.to_owned(),
        expected: "its number of instances, an integer",
    })?;
    Ok(Component { name, kind, parallelism, config })
}

/// Serialized values count as empty text, as they do for Heron.
fn settings(config: &api::Config) -> Settings {
    let pairs = config.kvs.iter();
    pairs.map(|kv| (kv.key.clone(), kv.value.clone().unwrap_or_default())).collect()
}

fn first<'a>(settings: &'a Settings, key: &str) -> Option<&'a str> {
    settings.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
}

/// `component:value`; Java's `split` drops empty parts at the end.
fn split_entry(entry: &str) -> Option<(&str, &str)> {
    let (name, value) = entry.trim_end_matches(':').split_once(':')?;
    (!value.contains(':')).then_some((name, value))
}
