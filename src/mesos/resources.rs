//! What offers hold, and taking parts from it (`docs/mesos.md#resources`). Pure.
//!
//! A [`Pool`] holds the offers of one agent for one role. Takes are exact in Mesos's own numbers: scalars have three
//! decimals and are kept in thousandths. What is reserved for the role goes first, then what is unreserved; a take may
//! be composed of several parts, each of which keeps everything but its value as it was offered. Revocable and shared
//! resources, volumes, disks with a source of their own, and everything that isn't `cpus`, `mem`, `disk` or `ports`
//! are never touched.

mod ports;

use std::fmt;

use serde_json::{Map, Value};

use super::ids::{AgentId, OfferId};
use super::offer::{Offer, Range, Ranges, Resource, Scalar};
use ports::{count, merged, usable_ports, without};

/// Beyond this many thousandths a number isn't exact any more; nothing real comes near.
const MOST: i64 = 1 << 51;

const SCALARS: [&str; 3] = ["cpus", "mem", "disk"];

/// Amounts of the scalars that tasks take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Want {
    /// Cores.
    pub cpus: f64,
    /// Memory in MB (2^20 bytes).
    pub mem_mb: f64,
    /// Disk in MB (2^20 bytes).
    pub disk_mb: f64,
}

impl Want {
    fn scalars(&self) -> [f64; 3] {
        [self.cpus, self.mem_mb, self.disk_mb]
    }
}

/// What an agent lacks for a [`Want`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("agent {agent_id} lacks {}", Listed(missing))]
pub struct Shortfall {
    /// The agent.
    pub agent_id: AgentId,
    /// Every resource of which there is too little.
    pub missing: Vec<Missing>,
}

/// A resource of which there is too little.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Missing {
    /// `cpus`, `mem`, `disk` or `ports`.
    pub name: &'static str,
    /// How much was wanted.
    pub wanted: f64,
    /// How much there is.
    pub available: f64,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} wanted, {} available)", self.name, self.wanted, self.available)
    }
}

struct Listed<'a>(&'a [Missing]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, missing) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{missing}")?;
        }
        Ok(())
    }
}

/// The usable resources of one agent for one role. It borrows what it passes on unchanged: copying that for every offer of
/// a round would cost more than everything else.
#[derive(Clone, Debug, Default)]
pub struct Pool<'a> {
    agent_id: AgentId,
    role: String,
    offer_ids: Vec<OfferId>,
    /// Sums of `scalars`, in the order of `SCALARS`.
    free: [i64; 3],
    /// Reserved ones first.
    scalars: [Vec<ScalarPart<'a>>; 3],
    ports: Vec<PortPart<'a>>,
}

#[derive(Clone, Debug)]
struct ScalarPart<'a> {
    left: i64,
    rest: &'a Map<String, Value>,
}

#[derive(Clone, Debug)]
struct PortPart<'a> {
    /// Ascending, apart from each other, none empty.
    left: Vec<(u16, u16)>,
    rest: &'a Map<String, Value>,
}

impl<'a> Pool<'a> {
    /// Gathers the offers of the first one's agent and role; offers of others are left alone, see [`Pool::offer_ids`].
    ///
    /// `roles_allowed` are the framework's roles; an offer or a reservation for another role isn't used. Empty: any. A
    /// reservation with labels is somebody's own, and used only if all of them are among the framework's `labels`.
    #[must_use]
    pub fn from_offers<S: AsRef<str>>(
        offers: &[&'a Offer],
        roles_allowed: &[S],
        labels: &[(String, String)],
    ) -> Self {
        let mut pool = Self::default();
        let Some(first) = offers.first() else { return pool };
        pool.agent_id = first.agent_id.clone();
        role_of(first).clone_into(&mut pool.role);
        let allowed = |role: &str| {
            roles_allowed.is_empty()
                || roles_allowed.iter().any(|ours| is_or_contains(role, ours.as_ref()))
        };
        let usable = offers.iter().filter(|offer| {
            offer.agent_id == pool.agent_id && role_of(offer) == pool.role && allowed(&pool.role)
        });
        let usable: Vec<&'a Offer> = usable.copied().collect();
        pool.offer_ids = usable.iter().map(|offer| offer.id.clone()).collect();
        for reserved in [true, false] {
            for resource in usable.iter().flat_map(|offer| &offer.resources) {
                let holder = reservation(resource);
                if holder.is_some() == reserved
                    && holder.is_none_or(allowed)
                    && has_only_labels(resource, labels)
                    && is_plain(resource)
                {
                    pool.add(resource);
                }
            }
        }
        pool
    }

    /// The agent.
    #[must_use]
    pub fn agent_id(&self) -> &AgentId {
        &self.agent_id
    }

    /// The role that the offers are for.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The offers of which the pool consists: what an ACCEPT of its parts has to name.
    #[must_use]
    pub fn offer_ids(&self) -> &[OfferId] {
        &self.offer_ids
    }

    /// The scalars that are left.
    #[must_use]
    pub fn available(&self) -> Want {
        let [cpus, mem_mb, disk_mb] = self.free.map(from_thousandths);
        Want { cpus, mem_mb, disk_mb }
    }

    /// The ports that are left: ranges with both ends included, ascending and apart from each other.
    #[must_use]
    pub fn ports(&self) -> Vec<(u16, u16)> {
        merged(self.ports.iter().flat_map(|part| part.left.iter().copied()).collect())
    }

    /// Cuts a part off, with exactly these ports. On a shortfall nothing is taken.
    pub fn take(&mut self, want: &Want, ports: &[u16]) -> Result<Vec<Resource>, Shortfall> {
        let needs = want.scalars().map(thousandths);
        let ports = merged(ports.iter().map(|port| (*port, *port)).collect());
        let missing = self.missing(want, needs, &ports);
        if !missing.is_empty() {
            return Err(Shortfall { agent_id: self.agent_id.clone(), missing });
        }
        let mut resources = Vec::with_capacity(4);
        for (((name, need), parts), free) in
            SCALARS.into_iter().zip(needs).zip(&mut self.scalars).zip(&mut self.free)
        {
            take_scalar(name, need, parts, &mut resources);
            *free -= need;
        }
        take_ports(&ports, &mut self.ports, &mut resources);
        Ok(resources)
    }

    fn missing(&self, want: &Want, needs: [i64; 3], ports: &[(u16, u16)]) -> Vec<Missing> {
        let scalars = SCALARS.into_iter().zip(want.scalars()).zip(needs).zip(self.free);
        let mut missing: Vec<_> = scalars
            .filter(|((_, need), free)| need > free)
            .map(|(((name, wanted), _), free)| Missing {
                name,
                wanted,
                available: from_thousandths(free),
            })
            .collect();
        let (wanted, lacking) = (count(ports), count(&without(ports, &self.ports())));
        if lacking > 0 {
            let (wanted, available) = (wanted as f64, (wanted - lacking) as f64);
            missing.push(Missing { name: "ports", wanted, available });
        }
        missing
    }

    fn add(&mut self, resource: &'a Resource) {
        if resource.name == "ports" {
            return self.add_ports(resource);
        }
        let Some(at) = SCALARS.iter().position(|name| *name == resource.name) else { return };
        let amount = resource.scalar.map_or(0, |scalar| thousandths(scalar.value));
        let (Some(parts), Some(free)) = (self.scalars.get_mut(at), self.free.get_mut(at)) else {
            return;
        };
        let amount = amount.min(MOST - *free);
        if amount <= 0 {
            return;
        }
        *free += amount;
        match parts.iter_mut().find(|part| *part.rest == resource.rest) {
            Some(part) => part.left += amount,
            None => parts.push(ScalarPart { left: amount, rest: &resource.rest }),
        }
    }

    fn add_ports(&mut self, resource: &'a Resource) {
        let offered =
            resource.ranges.as_ref().map(|ranges| ranges.range.as_slice()).unwrap_or_default();
        let mut new: Vec<(u16, u16)> =
            offered.iter().filter_map(|range| usable_ports(*range)).collect();
        for part in &self.ports {
            new = without(&new, &part.left);
        }
        match self.ports.iter_mut().find(|part| *part.rest == resource.rest) {
            Some(part) => {
                part.left.append(&mut new);
                part.left = merged(std::mem::take(&mut part.left));
            }
            None => self.ports.push(PortPart { left: merged(new), rest: &resource.rest }),
        }
    }
}

/// Rounds as Mesos does, to three decimals.
fn thousandths(value: f64) -> i64 {
    if value.is_nan() {
        return i64::MAX;
    }
    #[allow(clippy::cast_possible_truncation)] // `as` saturates
    let rounded = (value * 1000.0).round() as i64;
    rounded.max(0)
}

fn from_thousandths(amount: i64) -> f64 {
    amount as f64 / 1000.0
}

fn role_of(offer: &Offer) -> &str {
    offer.allocation_info.as_ref().and_then(|info| info.role.as_deref()).unwrap_or("*")
}

/// Whether a resource for `role` may be used by `ours`: it is the role or one above it.
fn is_or_contains(role: &str, ours: &str) -> bool {
    ours.strip_prefix(role).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The role that a resource is reserved for: the last of the stack, or the old form's.
fn reservation(resource: &Resource) -> Option<&str> {
    let stack = resource.rest.get("reservations").and_then(Value::as_array);
    let last = stack.and_then(|stack| stack.last());
    match last {
        Some(last) => Some(last.get("role").and_then(Value::as_str).unwrap_or_default()),
        None => resource.rest.get("role").and_then(Value::as_str).filter(|role| *role != "*"),
    }
}

/// Whether every label of a resource's reservations is one of these.
fn has_only_labels(resource: &Resource, ours: &[(String, String)]) -> bool {
    let stack = resource.rest.get("reservations").and_then(Value::as_array);
    let old = resource.rest.get("reservation");
    let labels = stack.into_iter().flatten().chain(old);
    let labels = labels.filter_map(|reservation| reservation.get("labels"));
    let mut labels = labels.filter_map(|labels| labels.get("labels")?.as_array()).flatten();
    labels.all(|label| {
        let text = |name| label.get(name).and_then(Value::as_str).unwrap_or_default();
        ours.iter().any(|(key, value)| key == text("key") && value == text("value"))
    })
}

/// Whether it is an ordinary resource, not one with strings attached.
fn is_plain(resource: &Resource) -> bool {
    ["revocable", "shared", "disk"]
        .into_iter()
        .all(|name| resource.rest.get(name).is_none_or(Value::is_null))
}

fn take_scalar(
    name: &str,
    mut need: i64,
    parts: &mut Vec<ScalarPart<'_>>,
    into: &mut Vec<Resource>,
) {
    for part in parts.iter_mut() {
        if need == 0 {
            break;
        }
        let amount = need.min(part.left);
        part.left -= amount;
        need -= amount;
        into.push(Resource {
            name: name.to_owned(),
            kind: "SCALAR".to_owned(),
            scalar: Some(Scalar { value: from_thousandths(amount) }),
            ranges: None,
            rest: part.rest.clone(),
        });
    }
    parts.retain(|part| part.left > 0);
}

fn take_ports(ports: &[(u16, u16)], parts: &mut Vec<PortPart<'_>>, into: &mut Vec<Resource>) {
    for part in parts.iter_mut() {
        let left = without(&part.left, ports);
        let cut = without(&part.left, &left);
        part.left = left;
        if cut.is_empty() {
            continue;
        }
        let range =
            cut.iter().map(|(begin, end)| Range { begin: (*begin).into(), end: (*end).into() });
        into.push(Resource {
            name: "ports".to_owned(),
            kind: "RANGES".to_owned(),
            scalar: None,
            ranges: Some(Ranges { range: range.collect() }),
            rest: part.rest.clone(),
        });
    }
    parts.retain(|part| !part.left.is_empty());
}

#[cfg(test)]
mod tests;
