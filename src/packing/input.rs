//! What packing reads of a topology (`facts/heron.md` §7.1).

use std::collections::BTreeMap;

use super::error::PackingError;
use super::java_hash::map_order;
use crate::proto::api::{Config, Topology};

/// What counts where the topology says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Defaults {
    /// Cores of an instance.
    pub instance_cpu: f64,
    /// Bytes.
    pub instance_ram: i64,
    /// Bytes.
    pub instance_disk: i64,
}

/// A component and the number of its instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its instances.
    pub parallelism: usize,
}

/// What packing reads of a topology.
#[derive(Clone, Debug)]
pub struct PackingInput {
    /// The topology's id.
    pub topology_id: String,
    /// In the order in which Heron visits them.
    pub components: Vec<Component>,
    /// Of a key given twice, the first counts.
    config: BTreeMap<String, String>,
    /// What counts where the topology says nothing.
    pub defaults: Defaults,
}

impl PackingInput {
    /// Reads a topology.
    pub fn from_topology(topology: &Topology, defaults: Defaults) -> Result<Self, PackingError> {
        let spouts = topology.spouts.iter().map(|spout| &spout.comp);
        let all: Vec<_> = spouts.chain(topology.bolts.iter().map(|bolt| &bolt.comp)).collect();
        let names: Vec<&str> = all.iter().map(|component| component.name.as_str()).collect();
        let mut components = Vec::with_capacity(all.len());
        for component in map_order(&names).into_iter().filter_map(|index| all.get(index)) {
            let name = component.name.clone();
            let parallelism = parallelism(&name, &component.config)?;
            components.push(Component { name, parallelism });
        }
        let config = topology.topology_config.as_ref().map(settings).unwrap_or_default();
        Ok(Self { topology_id: topology.id.clone(), components, config, defaults })
    }

    /// All instances.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.components.iter().map(|component| component.parallelism).sum()
    }

    /// A setting of the topology as text.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.config.get(key).map(String::as_str)
    }

    /// A setting that is a whole number.
    pub fn integer(&self, key: &str) -> Result<Option<i64>, PackingError> {
        let parse = |value: &str| value.parse().map_err(|_| bad(key, value, "a whole number"));
        self.get(key).map(parse).transpose()
    }

    /// A setting that is a number.
    pub fn number(&self, key: &str) -> Result<Option<f64>, PackingError> {
        let parse = |value: &str| {
            value
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|n| n.is_finite())
                .ok_or_else(|| bad(key, value, "a number"))
        };
        self.get(key).map(parse).transpose()
    }

    /// How many containers are asked for.
    pub fn containers(&self) -> Result<i64, PackingError> {
        let key = "topology.stmgrs";
        let Some(value) = self.get(key) else { return Ok(1) };
        value.trim().parse().map_err(|_| bad(key, value, "a whole number"))
    }

    /// A map from components to values: `comp:value,comp:value`. Of a component given twice the last counts; empty
    /// pieces are skipped.
    pub fn map<T>(
        &self,
        key: &str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<BTreeMap<String, T>, PackingError> {
        let mut map = BTreeMap::new();
        let Some(text) = self.get(key) else { return Ok(map) };
        for piece in text.split(',').filter(|piece| !piece.trim().is_empty()) {
            // Java's split drops empty parts at the end: `name:5:` is taken, `name:` is not.
            let parts: Vec<&str> = piece.trim_end_matches(':').split(':').collect();
            let [component, value] = parts.as_slice() else { return Err(bad(key, text, expected)) };
            let value = parse(value).ok_or_else(|| bad(key, text, expected))?;
            if !self.components.iter().any(|known| known.name == *component) {
                let (key, component) = (key.to_owned(), (*component).to_owned());
                return Err(PackingError::UnknownComponent { key, component });
            }
            map.insert((*component).to_owned(), value);
        }
        Ok(map)
    }
}

fn settings(config: &Config) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for kv in &config.kvs {
        if let Some(value) = &kv.value {
            settings.entry(kv.key.clone()).or_insert_with(|| value.clone());
        }
    }
    settings
}

fn parallelism(component: &str, config: &Config) -> Result<usize, PackingError> {
    let key = "topology.component.parallelism";
    let missing = || PackingError::NoParallelism { component: component.to_owned() };
    let found = config.kvs.iter().find(|kv| kv.key == key).and_then(|kv| kv.value.as_deref());
    let value = found.ok_or_else(missing)?;
    let parsed = value.trim().parse::<i32>().ok().and_then(|n| usize::try_from(n).ok());
    parsed.ok_or_else(|| PackingError::BadSetting {
        key: key.to_owned(),
        value: value.to_owned(),
        of: format!(" of component `{component}`"),
        expected: "a whole number from 0",
    })
}

fn bad(key: &str, value: &str, expected: &'static str) -> PackingError {
    PackingError::BadSetting {
        key: key.to_owned(),
        value: value.to_owned(),
        of: String::new(),
        expected,
    }
}
