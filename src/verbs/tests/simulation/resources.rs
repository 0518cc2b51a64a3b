//! What agents have, offer and give to tasks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Thousandths of CPUs and of MB, and ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    scalars: BTreeMap<String, i64>,
    ports: BTreeSet<u64>,
}

/// By the role that they are reserved for; nobody's under the empty name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resources(BTreeMap<String, Amounts>);

#[allow(clippy::cast_possible_truncation)] // small numbers
fn thousandths(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

#[allow(clippy::cast_precision_loss)] // small numbers
fn whole(value: i64) -> f64 {
    value as f64 / 1000.0
}

impl Resources {
    pub fn of(
        role: &str,
        cpus: f64,
        mem: f64,
        disk: f64,
        ports: impl IntoIterator<Item = u64>,
    ) -> Self {
        let scalars = [("cpus", cpus), ("mem", mem), ("disk", disk)];
        let scalars = scalars
            .map(|(name, value)| (name.to_owned(), thousandths(value)))
            .into_iter()
            .collect();
        Self(BTreeMap::from([(
            role.to_owned(),
            Amounts { scalars, ports: ports.into_iter().collect() },
        )]))
    }

    pub fn add(&mut self, other: &Self) {
        for (role, amounts) in &other.0 {
            let own = self.0.entry(role.clone()).or_default();
            for (name, value) in &amounts.scalars {
                *own.scalars.entry(name.clone()).or_default() += value;
            }
            own.ports.extend(&amounts.ports);
        }
    }

    pub fn subtract(&mut self, other: &Self) {
        for (role, amounts) in &other.0 {
            let own = self.0.entry(role.clone()).or_default();
            for (name, value) in &amounts.scalars {
                *own.scalars.entry(name.clone()).or_default() -= value;
            }
            own.ports.retain(|port| !amounts.ports.contains(port));
        }
    }

    /// What a role may use.
    pub fn usable_by(&self, role: &str) -> Self {
        let usable = |of: &&String| of.is_empty() || of.as_str() == role;
        Self(
            self.0
                .iter()
                .filter(|(of, _)| usable(of))
                .map(|(of, amounts)| (of.clone(), amounts.clone()))
                .collect(),
        )
    }

    pub fn contains(&self, other: &Self) -> bool {
        other.0.iter().all(|(role, amounts)| {
            let own = self.0.get(role).cloned().unwrap_or_default();
            amounts.ports.is_subset(&own.ports)
                && amounts.scalars.iter().all(|(name, value)| {
                    own.scalars.get(name).copied().unwrap_or_default() >= *value
                })
        })
    }

    pub fn is_worth_an_offer(&self) -> bool {
        let sum = |name: &str| -> i64 {
            self.0.values().filter_map(|amounts| amounts.scalars.get(name)).sum()
        };
        sum("cpus") >= 10 || sum("mem") >= 32_000
    }

    pub fn json(&self, allocated_to: &str) -> Value {
        let mut all = Vec::new();
        for (role, amounts) in &self.0 {
            let mut put = |mut resource: Value| {
                resource["allocation_info"] = json!({ "role": allocated_to });
                if !role.is_empty() {
                    resource["reservations"] = json!([{ "type": "STATIC", "role": role }]);
                }
                all.push(resource);
            };
            for (name, value) in amounts.scalars.iter().filter(|(_, value)| **value > 0) {
                put(json!({"name": name, "type": "SCALAR", "scalar": {"value": whole(*value)}}));
            }
            if !amounts.ports.is_empty() {
                let range: Vec<Value> =
                    amounts.ports.iter().map(|port| json!({"begin": port, "end": port})).collect();
                put(json!({"name": "ports", "type": "RANGES", "ranges": {"range": range}}));
            }
        }
        Value::Array(all)
    }

    /// What a scheduler has written.
    pub fn read(resources: &Value) -> Self {
        let mut all = Self::default();
        for resource in resources.as_array().unwrap() {
            let role = resource["reservations"][0]["role"].as_str().unwrap_or_default();
            let own = all.0.entry(role.to_owned()).or_default();
            if let Some(value) = resource["scalar"]["value"].as_f64() {
                let name = resource["name"].as_str().unwrap().to_owned();
                *own.scalars.entry(name).or_default() += thousandths(value);
            }
            for range in resource["ranges"]["range"].as_array().into_iter().flatten() {
                let (begin, end) =
                    (range["begin"].as_u64().unwrap(), range["end"].as_u64().unwrap());
                own.ports.extend(begin..=end);
            }
        }
        all
    }

    pub fn ports(&self) -> Vec<u64> {
        self.0.values().flat_map(|amounts| amounts.ports.iter().copied()).collect()
    }
}
