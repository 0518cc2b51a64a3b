//! Why containers wait for offers, in words.

use std::collections::BTreeMap;
use std::fmt;

use super::container::DesiredContainer;
use super::model::Model;
use super::seen::Seen;
use crate::mesos::ids::AgentId;

/// Why a container was not placed: per resource, how many agents have too little of it, and the most that one has.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The containers that this holds for, all wanting the same.
    pub containers: Vec<u32>,
    /// Agents that made offers.
    pub agents: usize,
    /// What is lacking.
    pub lacking: Vec<Lack>,
}

/// One resource that is lacking.
#[derive(Clone, Debug, PartialEq)]
pub struct Lack {
    /// `cpus`, `mem`, `disk` or `ports`.
    pub resource: &'static str,
    /// What the container wants.
    pub wanted: f64,
    /// The most that any agent offers.
    pub most: f64,
    /// Agents that offer less than wanted.
    pub agents: usize,
}

/// Explains why containers wait, by what the agents offered last.
#[must_use]
pub fn explain(model: &Model) -> Vec<Explanation> {
    let ports = model.desired.launch.ports as f64;
    let mut groups: BTreeMap<[u64; 3], Vec<&DesiredContainer>> = BTreeMap::new();
    for container in model.unplaced() {
        let key = [container.cpus, container.mem_mb, container.disk_mb].map(f64::to_bits);
        groups.entry(key).or_default().push(container);
    }
    groups
        .into_values()
        .filter_map(|group| {
            let first = group.first()?;
            let wanted = [first.cpus, first.mem_mb, first.disk_mb, ports];
            Some(Explanation {
                containers: group.iter().map(|container| container.id).collect(),
                agents: model.seen.len(),
                lacking: lacking(&model.seen, wanted),
            })
        })
        .collect()
}

fn lacking(seen: &BTreeMap<AgentId, Seen>, wanted: [f64; 4]) -> Vec<Lack> {
    (0..4)
        .filter_map(|index| {
            let wanted = *wanted.get(index)?;
            let offered: Vec<(&'static str, f64)> =
                seen.values().filter_map(|seen| seen.available.get(index).copied()).collect();
            let resource = offered.first()?.0;
            let short = offered.iter().filter(|(_, value)| *value < wanted).count();
            let most = offered.iter().map(|(_, value)| *value).fold(0.0, f64::max);
            (short > 0).then_some(Lack { resource, wanted, most, agents: short })
        })
        .collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.containers.iter().take(8).map(u32::to_string).collect();
        let more = if self.containers.len() > 8 { ", …" } else { "" };
        let noun = if self.containers.len() == 1 { "container" } else { "containers" };
        write!(f, "{noun} {}{more}: ", ids.join(", "))?;
        if self.agents == 0 {
            return write!(f, "no agent has made an offer");
        }
        if self.lacking.is_empty() {
            return write!(f, "none of {} agents has room left at the moment", self.agents);
        }
        let parts: Vec<String> = self.lacking.iter().map(|lack| lack.text(self.agents)).collect();
        write!(f, "{}", parts.join("; "))
    }
}

impl Lack {
    fn text(&self, agents: usize) -> String {
        let unit = if matches!(self.resource, "mem" | "disk") { " MB" } else { "" };
        let Self { resource, wanted, most, agents: short } = self;
        format!(
            "{resource}: {wanted}{unit} wanted, {short} of {agents} agents offer less (the most is {most}{unit})"
        )
    }
}
