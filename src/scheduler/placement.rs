//! The choice of offers: which container is launched on which host.

use serde_json::Map;

use super::call::{Launch, LaunchTask};
use super::container::{ContainerRecord, DesiredContainer, Pin, task_id};
use super::ids::{HostId, OfferId};
use super::model::{Model, Slot};
use super::offer::{Offer, Resources};
use super::ports::{self, PortRange};
use super::record::{Goal, RECORD_VERSION};
use super::task::TaskState;
use crate::clock::Millis;

/// What came of a round of offers.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// The intents, to be journalled before anything is launched.
    pub records: Vec<ContainerRecord>,
    /// One per host and role.
    pub launches: Vec<Launch>,
    /// Offers that are of no use.
    pub unused: Vec<OfferId>,
}

/// An offer, and what is left of it.
struct Bin<'a> {
    offer: &'a Offer,
    /// In thousandths: cores, memory, disk.
    left: [i64; 3],
    ports: Vec<PortRange>,
    port_count: usize,
    tasks: Vec<LaunchTask>,
}

impl<'a> Bin<'a> {
    fn new(offer: &'a Offer) -> Self {
        Self {
            offer,
            left: offer.free.thousandths(),
            ports: offer.ports.clone(),
            port_count: offer.ports.iter().copied().map(PortRange::count).sum(),
            tasks: Vec::new(),
        }
    }

    /// Takes a part, if there is enough, and picks its ports.
    fn take(&mut self, wanted: Resources, count: usize, before: &[u16]) -> Option<Vec<u16>> {
        let wanted = wanted.thousandths();
        let fits = wanted.iter().zip(&self.left).all(|(wanted, left)| wanted <= left);
        if count > self.port_count || !fits {
            return None;
        }
        let picked = ports::pick(&self.ports, count, before)?;
        for (left, wanted) in self.left.iter_mut().zip(wanted) {
            *left -= wanted;
        }
        self.ports = ports::without(&self.ports, &picked);
        self.port_count -= picked.len();
        Some(picked)
    }
}

/// Places as many of the wanted containers as fit. Containers go around the offers in turn, so that one lost host takes
/// as few of them as can be.
pub(super) fn place(model: &mut Model, now: Millis, offers: &[Offer]) -> Placed {
    let mut placed = Placed::default();
    let ready: Vec<u32> = ready_containers(model, now);
    if ready.is_empty() {
        placed.unused = offers.iter().flat_map(|offer| &offer.ids).cloned().collect();
        return placed;
    }
    let lead_ms = model.policy.maintenance_ms;
    let stays = |offer: &&Offer| offer.maintenance_at(now, lead_ms).is_none();
    let (staying, leaving): (Vec<&Offer>, Vec<&Offer>) = offers.iter().partition(stays);
    placed.unused = leaving.into_iter().flat_map(|offer| &offer.ids).cloned().collect();
    let mut bins: Vec<Bin<'_>> = staying.into_iter().map(Bin::new).collect();
    for id in ready {
        let Some(slot) = model.slots.get(&id) else { continue };
        let wanted = wanted(&slot.desired);
        let host_of = |id: u32| host_of(model, &placed.records, id);
        let allowed = |offer: &Offer| is_allowed(&slot.desired, offer, host_of);
        let start = model.next_offer;
        let found = find(&mut bins, start, allowed, |bin| {
            let before = slot.record.as_ref().map_or(&[] as &[u16], |record| &record.ports);
            bin.take(wanted, model.desired.launch.ports, before)
        });
        let Some((index, ports)) = found else { continue };
        model.next_offer = index + 1;
        let Some(bin) = bins.get_mut(index) else { continue };
        let record = intent(model, slot, now, bin.offer, ports);
        bin.tasks.push(task(model, &slot.desired, &record, wanted));
        placed.records.push(record);
    }
    let decline_seconds = model.refuse_seconds(now);
    for Bin { offer, tasks, .. } in bins {
        if tasks.is_empty() {
            placed.unused.extend(offer.ids.iter().cloned());
            continue;
        }
        placed.launches.push(Launch {
            offers: offer.ids.clone(),
            host_id: offer.host_id.clone(),
            topology: model.desired.topology.clone(),
            tasks,
            decline_seconds,
        });
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

/// The first offer from `start` on that may be used and out of which `take` gets something.
fn find<T>(
    bins: &mut [Bin<'_>],
    start: usize,
    allowed: impl Fn(&Offer) -> bool,
    mut take: impl FnMut(&mut Bin<'_>) -> Option<T>,
) -> Option<(usize, T)> {
    let count = bins.len();
    (0..count).find_map(|step| {
        let index = (start + step) % count;
        let bin = bins.get_mut(index).filter(|bin| allowed(bin.offer))?;
        take(bin).map(|taken| (index, taken))
    })
}

/// Whether a container may run on the host of an offer.
fn is_allowed<'a>(
    container: &DesiredContainer,
    offer: &Offer,
    host_of: impl Fn(u32) -> Option<&'a HostId>,
) -> bool {
    match &container.pin {
        None => true,
        Some(Pin::Host(id)) => *id == offer.host_id,
        Some(Pin::Name(name)) => *name == offer.host || *name == offer.host_id.0,
        Some(Pin::Beside(other)) => host_of(*other) == Some(&offer.host_id),
    }
}

/// Where a container's task is, or is about to be launched.
fn host_of<'a>(
    model: &'a Model,
    placed: &'a [ContainerRecord],
    container: u32,
) -> Option<&'a HostId> {
    let now = placed.iter().find(|record| record.id == container);
    let record = now.or_else(|| model.slots.get(&container)?.record.as_ref())?;
    Some(&record.host_id)
}

fn wanted(container: &DesiredContainer) -> Resources {
    let DesiredContainer { cpus, mem_mb, disk_mb, .. } = *container;
    Resources { cpus, mem_mb, disk_mb }
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
        host_id: offer.host_id.clone(),
        host: offer.host.clone(),
        address: offer.address.clone(),
        ports,
        state: TaskState::Staging,
        since: now,
        failures: last.map_or(0, |record| record.failures),
        last_failure: last.and_then(|record| record.last_failure.clone()),
        // The journal remembers what it wrote last.
        history: Vec::new(),
        extra: last.map_or_else(Map::new, |record| record.extra.clone()),
    }
}

fn task(
    model: &Model,
    desired: &DesiredContainer,
    record: &ContainerRecord,
    resources: Resources,
) -> LaunchTask {
    let launch = &model.desired.launch;
    let own = desired.own.as_deref();
    let (command, uris) =
        own.map_or((&launch.command, &launch.uris), |own| (&own.command, &own.uris));
    LaunchTask {
        container: record.id,
        attempt: record.attempt,
        task_id: record.task_id.clone(),
        resources,
        ports: record.ports.clone(),
        command: command.render(record.id, &record.ports),
        user: launch.user.clone(),
        uris: uris.clone(),
        grace_ms: model.desired.kill_grace_ms(desired),
    }
}
