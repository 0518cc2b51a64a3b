//! The choice of offers: which container is launched on which agent, and why one is not.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Map;

use super::model::{Model, Slot};
use super::record::{ContainerRecord, DesiredContainer, Goal, Launch, RECORD_VERSION, task_id};
use crate::clock::Millis;
use crate::mesos::call::{
    Accept, CommandInfo, DurationInfo, Filters, KillPolicy, Launch as LaunchOperation, Operation,
    TaskInfo,
};
use crate::mesos::event::{Label, Labels, Offer, TaskState};
use crate::mesos::ids::{AgentId, OfferId};
use crate::mesos::resources::{Pool, Taken, Want};

/// What came of a round of offers.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// The intents, to be journalled before anything is accepted.
    pub records: Vec<ContainerRecord>,
    /// One ACCEPT per agent.
    pub accepts: Vec<Accept>,
    /// Offers that are of no use.
    pub unused: Vec<OfferId>,
}

/// The offers of one agent, and what is left of them.
struct Bin<'a> {
    offers: Vec<&'a Offer>,
    pool: Pool<'a>,
    tasks: Vec<TaskInfo>,
}

/// Places as many of the wanted containers as fit. Containers go around the agents in turn, so that one lost agent takes
/// as few of them as can be.
pub(super) fn place(model: &mut Model, now: Millis, offers: &[Offer]) -> Placed {
    let mut placed = Placed::default();
    let ready: Vec<u32> = ready_containers(model, now);
    if ready.is_empty() {
        placed.unused = offers.iter().map(|offer| offer.id.clone()).collect();
        return placed;
    }
    let mut bins = bins(offers, &model.desired.framework.roles);
    for id in ready {
        let Some(slot) = model.slots.get(&id) else { continue };
        let want = want(&slot.desired, model.desired.launch.ports);
        let Some((index, taken)) = find(&mut bins, model.next_pool, &want) else { continue };
        model.next_pool = index + 1;
        let Some(bin) = bins.get_mut(index) else { continue };
        let Some(offer) = bin.offers.first() else { continue };
        let record = intent(model, slot, now, offer, taken.ports);
        bin.tasks.push(task(model, &record, taken.resources));
        placed.records.push(record);
    }
    let filters = Some(Filters { refuse_seconds: model.refuse_seconds(now) });
    for bin in bins {
        // Offers that the pool left alone, such as one for another role, are not part of the ACCEPT.
        let (used, unused): (Vec<OfferId>, Vec<OfferId>) = bin
            .offers
            .iter()
            .map(|offer| offer.id.clone())
            .partition(|id| !bin.tasks.is_empty() && bin.pool.offer_ids().contains(id));
        placed.unused.extend(unused);
        if !bin.tasks.is_empty() {
            placed.accepts.push(Accept {
                offer_ids: used,
                operations: vec![Operation::Launch {
                    launch: LaunchOperation { task_infos: bin.tasks },
                }],
                filters,
            });
        }
    }
    placed
}

fn ready_containers(model: &Model, now: Millis) -> Vec<u32> {
    if model.desired.goal == Goal::Killed {
        return Vec::new();
    }
    let ready = |slot: &&Slot| slot.wants_launch() && slot.not_before <= now;
    model.slots.values().filter(ready).map(|slot| slot.desired.id).collect()
}

/// One bin per agent, in the order in which the agents came.
fn bins<'a>(offers: &'a [Offer], roles: &[String]) -> Vec<Bin<'a>> {
    let mut order: Vec<&AgentId> = Vec::new();
    let mut by_agent: BTreeMap<&AgentId, Vec<&Offer>> = BTreeMap::new();
    for offer in offers {
        let entry = by_agent.entry(&offer.agent_id).or_default();
        if entry.is_empty() {
            order.push(&offer.agent_id);
        }
        entry.push(offer);
    }
    order
        .into_iter()
        .filter_map(|agent| by_agent.remove(agent))
        .map(|offers| Bin { pool: Pool::from_offers(&offers, roles), offers, tasks: Vec::new() })
        .collect()
}

fn find(bins: &mut [Bin<'_>], start: usize, want: &Want) -> Option<(usize, Taken)> {
    let count = bins.len();
    (0..count).find_map(|step| {
        let index = (start + step) % count;
        let bin = bins.get_mut(index)?;
        if !bin.pool.fits(want) {
            return None;
        }
        bin.pool.take(want).ok().map(|taken| (index, taken))
    })
}

fn want(container: &DesiredContainer, ports: usize) -> Want {
    Want { cpus: container.cpus, mem_mb: container.mem_mb, disk_mb: container.disk_mb, ports }
}

/// The record of a task that is about to be launched.
fn intent(
    model: &Model,
    slot: &Slot,
    now: Millis,
    offer: &Offer,
    ports: Vec<u16>,
) -> ContainerRecord {
    let id = slot.desired.id;
    let last = slot.record.as_ref();
    let attempt = last.map_or(0, |record| record.attempt).saturating_add(1);
    ContainerRecord {
        version: RECORD_VERSION,
        id,
        attempt,
        restarts: slot.desired.restarts,
        task_id: task_id(&model.desired.topology, id, attempt),
        agent_id: offer.agent_id.clone(),
        host: offer.hostname.clone(),
        agent_address: agent_address(offer),
        ports,
        state: TaskState::Staging,
        since: now,
        failures: last.map_or(0, |record| record.failures),
        last_failure: last.and_then(|record| record.last_failure.clone()),
        extra: last.map_or_else(Map::new, |record| record.extra.clone()),
    }
}

/// `host:port` of the agent's endpoints. The address is preferred to the name: it is what the agent really listens on.
fn agent_address(offer: &Offer) -> Option<String> {
    let address = &offer.url.as_ref()?.address;
    let host = address.ip.as_ref().or(address.hostname.as_ref())?;
    Some(format!("{host}:{}", address.port))
}

fn task(
    model: &Model,
    record: &ContainerRecord,
    resources: Vec<crate::mesos::event::Resource>,
) -> TaskInfo {
    let launch: &Launch = &model.desired.launch;
    let nanoseconds = launch.kill_grace_ms.saturating_mul(1_000_000);
    let label = |key: &str, value: String| Label { key: key.to_owned(), value: Some(value) };
    TaskInfo {
        name: format!("{}-container-{}", model.desired.topology, record.id),
        task_id: record.task_id.clone(),
        agent_id: record.agent_id.clone(),
        resources,
        command: CommandInfo {
            shell: true,
            value: launch.render(record.id, &record.ports),
            user: launch.user.clone(),
            environment: None,
            uris: launch.uris.clone(),
        },
        kill_policy: Some(KillPolicy { grace_period: DurationInfo { nanoseconds } }),
        labels: Some(Labels {
            labels: vec![
                label("heron.topology", model.desired.topology.clone()),
                label("heron.container", record.id.to_string()),
                label("heron.attempt", record.attempt.to_string()),
            ],
        }),
    }
}

/// What an agent offered last, for explaining why nothing was placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Host name.
    pub host: String,
    /// Sums over the offer, by resource: cores, MB, MB, number of ports.
    pub available: [(&'static str, f64); 4],
}

impl Seen {
    pub(super) fn of(offer: &Offer) -> Self {
        let scalar = |name: &str| {
            offer
                .resources
                .iter()
                .filter(|r| r.name == name)
                .filter_map(|r| r.scalar)
                .map(|s| s.value)
                .sum()
        };
        let ports: u64 = offer
            .resources
            .iter()
            .filter(|r| r.name == "ports")
            .filter_map(|r| r.ranges.as_ref())
            .flat_map(|ranges| &ranges.range)
            .map(|range| range.end.saturating_sub(range.begin).saturating_add(1))
            .sum();
        Self {
            host: offer.hostname.clone(),
            available: [
                ("cpus", scalar("cpus")),
                ("mem", scalar("mem")),
                ("disk", scalar("disk")),
                ("ports", ports as f64),
            ],
        }
    }
}

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
