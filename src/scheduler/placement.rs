//! The choice of offers: which container is launched on which host. What speaks for a host is in `wishes`.

use std::collections::BTreeMap;

use serde_json::Map;

use super::assignment::{Need, Room, Rules, assign};
use super::beside::Apart;
use super::call::{Launch, LaunchTask};
use super::container::{ContainerRecord, DesiredContainer, Pin, task_id};
use super::ids::{HostId, OfferId};
use super::member::number_of;
use super::model::{Model, Slot};
use super::offer::{Offer, Resources};
use super::ports::{self, PortRange};
use super::record::{Goal, RECORD_VERSION};
use super::task::TaskState;
use super::wishes::{Cost, Wishes};
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

    /// Whether there is enough of everything.
    fn holds(&self, wanted: Resources, count: usize) -> bool {
        let fits = wanted.thousandths().iter().zip(&self.left).all(|(wanted, left)| wanted <= left);
        count <= self.port_count && fits
    }

    /// Takes a part, if there is enough, and picks its ports.
    fn take(&mut self, wanted: Resources, count: usize, before: &[u16]) -> Option<Vec<u16>> {
        if !self.holds(wanted, count) {
            return None;
        }
        let wanted = wanted.thousandths();
        let picked = ports::pick(&self.ports, count, before)?;
        for (left, wanted) in self.left.iter_mut().zip(wanted) {
            *left -= wanted;
        }
        self.ports = ports::without(&self.ports, &picked);
        self.port_count -= picked.len();
        Some(picked)
    }
}

/// What was filled of the offers.
struct Filled<'a> {
    records: Vec<ContainerRecord>,
    bins: Vec<Bin<'a>>,
}

impl Filled<'_> {
    /// How many containers were placed.
    fn containers(&self) -> usize {
        self.records.iter().filter(|record| number_of(record.id).is_none()).count()
    }
}

/// Places as many of the wanted containers as fit. Each takes the offer that speaks most for it: of a host that has the fewest of them,
/// so that one lost host takes as few along as can be. Where some are left over, it is looked whether all fit in another way.
pub(super) fn place(model: &Model, now: Millis, offers: &[Offer]) -> Placed {
    let mut placed = Placed::default();
    let ready = ready_containers(model, now);
    if ready.is_empty() {
        placed.unused = offers.iter().flat_map(|offer| &offer.ids).cloned().collect();
        return placed;
    }
    let lead_ms = model.policy.maintenance_ms;
    let stays = |offer: &&Offer| offer.maintenance_at(now, lead_ms).is_none();
    let (staying, leaving): (Vec<&Offer>, Vec<&Offer>) = offers.iter().partition(stays);
    placed.unused = leaving.into_iter().flat_map(|offer| &offer.ids).cloned().collect();
    // By their ids, containers come first; supervisors take what they leave.
    let containers: Vec<&Slot> =
        ready.iter().copied().take_while(|slot| !slot.is_supervisor()).collect();
    let mut filled = fill(model, now, &ready, &staying, None);
    if filled.containers() < containers.len()
        && let Some(found) = assigned(model, &containers, &staying)
    {
        filled = fill(model, now, &ready, &staying, Some(&found));
    }
    placed.records = filled.records;
    let decline_seconds = model.refuse_seconds(now);
    for Bin { offer, tasks, .. } in filled.bins {
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

/// Places one container after the other, and the supervisors behind them: where it was `found` out that it fits, or where it costs least.
fn fill<'a>(
    model: &Model,
    now: Millis,
    ready: &[&Slot],
    offers: &[&'a Offer],
    found: Option<&[usize]>,
) -> Filled<'a> {
    let mut bins: Vec<Bin<'a>> = offers.iter().copied().map(Bin::new).collect();
    let mut wishes = Wishes::of(model);
    let mut apart = Apart::of(model);
    let mut costs: Vec<Cost> = offers.iter().map(|offer| wishes.cost(offer)).collect();
    let mut of_host: BTreeMap<&HostId, Vec<usize>> = BTreeMap::new();
    for (index, offer) in offers.iter().enumerate() {
        of_host.entry(&offer.host_id).or_default().push(index);
    }
    let mut records = Vec::new();
    for (number, slot) in ready.iter().enumerate() {
        let wanted = wanted(&slot.desired);
        let count = ports_of(model, slot);
        let host_of = |id: u32| host_of(model, &records, id);
        let may = |bin: &Bin<'_>| {
            bin.holds(wanted, count)
                && is_allowed(&slot.desired, bin.offer, host_of)
                && if slot.is_supervisor() {
                    apart.admits(&bin.offer.host_id, bin.offer.place())
                } else {
                    wishes.admits(bin.offer.place())
                }
        };
        let best = if let Some(index) = found.and_then(|found| found.get(number)) {
            Some(*index)
        } else {
            let open = bins.iter().zip(&costs).enumerate().filter(|(_, (bin, _))| may(bin));
            let best = open.min_by_key(|(_, (bin, cost))| cost.of(slot, bin.offer));
            best.map(|(index, _)| index)
        };
        let Some(bin) = best.and_then(|index| bins.get_mut(index)) else { continue };
        let before = slot.record.as_ref().map_or(&[] as &[u16], |record| &record.ports);
        let Some(ports) = bin.take(wanted, count, before) else { continue };
        let values = wishes.values_at(bin.offer.place());
        let record = ContainerRecord { values, ..intent(model, slot, now, bin.offer, ports) };
        bin.tasks.push(task(model, &slot.desired, &record, wanted));
        if slot.is_supervisor() {
            apart.placed(&bin.offer.host_id);
            records.push(record);
            continue;
        }
        wishes.placed(bin.offer);
        // What others cost has changed where they are on the same host, or are to be apart from it.
        let changed = of_host.get(&bin.offer.host_id).filter(|_| !wishes.spreads());
        let all = || (0..offers.len()).collect();
        for index in changed.cloned().unwrap_or_else(all) {
            if let (Some(cost), Some(offer)) = (costs.get_mut(index), offers.get(index)) {
                *cost = wishes.cost(offer);
            }
        }
        records.push(record);
    }
    Filled { records, bins }
}

/// An offer for each container, where taking them one after the other has found none for some: if there is one at all.
fn assigned(model: &Model, ready: &[&Slot], offers: &[&Offer]) -> Option<Vec<usize>> {
    let ports = model.desired.launch.ports;
    let need = |slot: &&Slot| Need { wanted: wanted(&slot.desired).thousandths(), ports };
    let needs: Vec<Need> = ready.iter().map(need).collect();
    let rooms: Vec<Room> = offers
        .iter()
        .map(|offer| Room {
            left: offer.free.thousandths(),
            ports: offer.ports.iter().copied().map(PortRange::count).sum(),
        })
        .collect();
    let wishes = Wishes::of(model);
    // Containers that are all alike have found what there is for them.
    let alike =
        needs.windows(2).all(|pair| matches!(pair, [one, next] if one.wanted == next.wanted));
    let is_free = ready.iter().all(|slot| slot.desired.pin.is_none());
    if alike && is_free && !wishes.counts() {
        return None;
    }
    assign(&rooms, &needs, &Together { model, ready, offers, wishes })
}

/// What containers that are placed together may use.
struct Together<'a> {
    model: &'a Model,
    ready: &'a [&'a Slot],
    offers: &'a [&'a Offer],
    wishes: Wishes<'a>,
}

impl Rules for Together<'_> {
    fn may(&self, container: usize, offer: usize, taken: &[usize]) -> bool {
        let (Some(slot), Some(offer)) = (self.ready.get(container), self.offers.get(offer)) else {
            return false;
        };
        let of = |index: usize| self.offers.get(index).copied();
        let host_of = |id: u32| {
            let before = self.ready.iter().position(|slot| slot.desired.id == id);
            let now = before.and_then(|number| of(*taken.get(number)?));
            now.map(|offer| &offer.host_id).or_else(|| host_of(self.model, &[], id))
        };
        if !is_allowed(&slot.desired, offer, host_of) {
            return false;
        }
        let mut wishes = self.wishes.clone();
        taken.iter().filter_map(|index| of(*index)).for_each(|offer| wishes.placed(offer));
        wishes.admits(offer.place())
    }
}

fn ready_containers(model: &Model, now: Millis) -> Vec<&Slot> {
    if model.desired.goal == Goal::Killed {
        return Vec::new();
    }
    let ready = |slot: &&Slot| slot.wants_launch() && slot.not_before <= now;
    model.slots.values().filter(ready).collect()
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

fn ports_of(model: &Model, slot: &Slot) -> usize {
    if slot.is_supervisor() { 0 } else { model.desired.launch.ports }
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
        values: BTreeMap::new(),
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
