//! The choice of offers: which container is launched on which agent.

use std::collections::BTreeMap;

use serde_json::Map;

use super::container::{ContainerRecord, DesiredContainer, task_id};
use super::model::{Model, Slot};
use super::record::{Goal, Launch, RECORD_VERSION};
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
            value: launch.command.render(record.id, &record.ports),
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
