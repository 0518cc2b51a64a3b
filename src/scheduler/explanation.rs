//! Why containers wait for offers, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::container::DesiredContainer;
use super::ids::HostId;
use super::member::number_of;
use super::model::Model;
use super::seen::Seen;
use super::wishes::Wishes;

/// How many agents are named.
const NAMED: usize = 5;

/// Why a container was not placed: per resource, how many agents have too little of it, and the most that one has.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The containers that this holds for, all wanting the same.
    pub containers: Vec<u32>,
    /// Agents that made offers.
    pub agents: usize,
    /// Of these, the ones that are left alone because they are about to be taken down.
    pub in_maintenance: usize,
    /// Of the others, those that constraints rule out.
    pub ruled_out: Vec<RuledOut>,
    /// What the rest lacks.
    pub lacking: Vec<Lack>,
}

/// Agents that a constraint rules out, wherever the topology's other containers are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuledOut {
    /// The constraint, as it was written.
    pub constraint: String,
    /// The names of the agents.
    pub agents: Vec<String>,
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
    let mut groups: BTreeMap<(bool, [u64; 3]), Vec<&DesiredContainer>> = BTreeMap::new();
    for container in model.unplaced() {
        let key = [container.cpus, container.mem_mb, container.disk_mb].map(f64::to_bits);
        let is_supervisor = number_of(container.id).is_some();
        groups.entry((is_supervisor, key)).or_default().push(container);
    }
    let hosts: BTreeSet<&HostId> = model.seen().map(|seen| &seen.host_id).collect();
    let staying: Vec<&Seen> = model.seen().filter(|seen| seen.maintenance_at.is_none()).collect();
    let open: BTreeSet<&HostId> = staying.iter().map(|seen| &seen.host_id).collect();
    let wishes = Wishes::of(model);
    let ruled_out = ruled_out(&wishes, &staying);
    let usable: Vec<&Seen> =
        staying.into_iter().filter(|seen| wishes.admits(seen.place())).collect();
    groups
        .into_iter()
        .filter_map(|((is_supervisor, _), group)| {
            let first = group.first()?;
            let ports = if is_supervisor { 0.0 } else { model.desired.launch.ports as f64 };
            let wanted = [first.cpus, first.mem_mb, first.disk_mb, ports];
            Some(Explanation {
                containers: group.iter().map(|container| container.id).collect(),
                agents: hosts.len(),
                in_maintenance: hosts.len() - open.len(),
                ruled_out: ruled_out.clone(),
                lacking: lacking(&usable, wanted),
            })
        })
        .collect()
}

fn ruled_out(wishes: &Wishes<'_>, seen: &[&Seen]) -> Vec<RuledOut> {
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for seen in seen {
        for constraint in wishes.against(seen.place()) {
            found.entry(constraint.to_string()).or_default().insert(&seen.host);
        }
    }
    let agents = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
    let each = found.into_iter();
    each.map(|(constraint, names)| RuledOut { constraint, agents: agents(names) }).collect()
}

/// What every agent's offers hold too little of. An agent counts by the best of its offers, of which there is one per role.
fn lacking(seen: &[&Seen], wanted: [f64; 4]) -> Vec<Lack> {
    (0..4)
        .filter_map(|index| {
            let wanted = *wanted.get(index)?;
            let mut best: BTreeMap<&HostId, f64> = BTreeMap::new();
            let mut resource = None;
            for seen in seen {
                let (name, value) = seen.available.get(index).copied()?;
                resource = Some(name);
                let most = best.entry(&seen.host_id).or_default();
                *most = most.max(value);
            }
            let short = best.values().filter(|value| **value < wanted).count();
            let most = best.values().copied().fold(0.0, f64::max);
            (short > 0).then_some(Lack { resource: resource?, wanted, most, agents: short })
        })
        .collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.containers.first().copied().unwrap_or_default();
        let noun = if number_of(first).is_some() { "supervisor" } else { "container" };
        let number = |id: &u32| number_of(*id).unwrap_or(*id).to_string();
        let ids: Vec<String> = self.containers.iter().take(8).map(number).collect();
        let more = if self.containers.len() > 8 { ", …" } else { "" };
        let noun = if self.containers.len() == 1 { noun.to_owned() } else { format!("{noun}s") };
        write!(f, "{noun} {}{more}: ", ids.join(", "))?;
        let Self { agents, in_maintenance, .. } = self;
        if *agents == 0 {
            return write!(f, "no agent has made an offer");
        }
        let ruled_out = self.ruled_out.iter().map(|one| one.text(*agents));
        let lacking = self.lacking.iter().map(|lack| lack.text(*agents));
        let mut parts: Vec<String> = ruled_out.chain(lacking).collect();
        if *in_maintenance > 0 {
            parts.push(format!(
                "{in_maintenance} of {agents} agents are in maintenance, or soon will be"
            ));
        }
        if parts.is_empty() {
            parts.push(format!("none of {agents} agents has room left at the moment"));
        }
        write!(f, "{}", parts.join("; "))
    }
}

impl RuledOut {
    fn text(&self, agents: usize) -> String {
        let named: Vec<&str> = self.agents.iter().take(NAMED).map(String::as_str).collect();
        let more = if self.agents.len() > NAMED { ", …" } else { "" };
        let (constraint, count, named) = (&self.constraint, self.agents.len(), named.join(", "));
        format!("constraint {constraint} rules out {count} of {agents} agents ({named}{more})")
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
