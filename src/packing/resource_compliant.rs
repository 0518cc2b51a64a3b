//! `ResourceCompliantRRPacking`: one instance per container in turn, within the limits of a container
//! (`docs/heron.md#resource-compliant-round-robin`). If `topology.stmgrs` containers are too few, one more is tried,
//! and so on.
//!
//! Heron tries every number from the first one. Here, numbers that can't be enough are passed over, by sums that need no
//! trial ([`may_fit`], [`least_containers`]); the plan is that of the same number in the end.

use super::builder::Builder;
use super::error::PackingError;
use super::input::{PackingInput, check_size};
use super::java_hash::JavaMap;
use super::limits::{ContainerLimits, Refusal, room};
use super::plan::{PackingPlan, Size};
use super::scaling;

/// Share of doubt in sums of doubles: numbers so close to a limit are tried.
const DOUBT: f64 = 1e-6;

/// Packs a topology.
pub(super) fn pack(input: &PackingInput) -> Result<PackingPlan, PackingError> {
    let limits = ContainerLimits::resources(input)?;
    let parallelism = input.parallelism();
    check_size(&parallelism)?;
    let counts = parallelism.into_ordered().into_iter();
    let counts: Vec<(String, u32)> =
        counts.map(|(name, n)| (name, u32::try_from(n).unwrap_or_default())).collect();
    let total = input.total_instances();
    let mut containers = input.containers()?.min(total);
    loop {
        if containers >= total || may_fit(&limits, &counts, containers) {
            match deal(&limits, &counts, containers, input) {
                Ok(plan) => return plan.ok_or(PackingError::NoInstances),
                Err(refused) => {
                    let (component, refusal) = *refused;
                    let last = containers >= total || !matches!(refusal, Refusal::Full { .. });
                    if last {
                        return Err(refusal.into_error(&component, containers));
                    }
                }
            }
        }
        containers = containers.saturating_add(1);
    }
}

/// The component that was refused, and why.
type Refused = Box<(String, Refusal)>;

/// Deals all instances out to a number of containers.
fn deal(
    limits: &ContainerLimits,
    counts: &[(String, u32)],
    containers: i32,
    input: &PackingInput,
) -> Result<Option<PackingPlan>, Refused> {
    let refused = |name: &str, refusal: Refusal| Box::new((name.to_owned(), refusal));
    let fault = |error: PackingError| refused("", Refusal::Fault(error));
    let mut builder = Builder::new(limits);
    builder.want(containers).map_err(fault)?;
    let mut id = 1;
    for (name, count) in counts {
        let component = builder.component(name);
        for _ in 0..*count {
            builder.add_to(id, component).map_err(|refusal| refused(name, refusal))?;
            id = next(id, containers);
        }
    }
    builder.build(&input.topology_id).map_err(fault)
}

fn next(id: i32, containers: i32) -> i32 {
    if id == containers { 1 } else { id.saturating_add(1) }
}

/// Whether instances dealt out to so many containers may keep to the limits. A component's instances go to consecutive
/// containers, so that loads differ only where one begins or ends.
fn may_fit(limits: &ContainerLimits, counts: &[(String, u32)], containers: i32) -> bool {
    let Ok(n) = u32::try_from(containers) else { return true };
    if n == 0 {
        return true;
    }
    let mut everywhere = Load::default();
    let mut steps: Vec<(u32, i8, Size)> = Vec::new();
    let mut start = 0;
    for (name, count) in counts {
        let gets = limits.component(name);
        everywhere.add(&gets, i64::from(count / n));
        let end = start + count % n;
        // Sorted by place; what ends at a place goes before what begins there.
        steps.push((start, 1, gets));
        steps.push((end.min(n), -1, gets));
        if end > n {
            steps.push((0, 1, gets));
            steps.push((end - n, -1, gets));
        }
        start = end % n;
    }
    steps.sort_by_key(|(place, sign, _)| (*place, *sign));
    let fits = |load: &Load| load.fits(room(limits));
    let mut load = everywhere;
    let mut fitting = true;
    for (i, (place, sign, gets)) in steps.iter().enumerate() {
        load.add(gets, i64::from(*sign));
        if steps.get(i + 1).is_none_or(|(next, ..)| next != place) && *place < n {
            fitting &= fits(&load);
        }
    }
    fitting && (!steps.is_empty() || fits(&load))
}

/// What is in a container.
#[derive(Clone, Copy, Default)]
struct Load {
    cpu: f64,
    /// The sum without signs, which bounds the rounding errors.
    cpu_size: f64,
    ram: i128,
    disk: i128,
}

impl Load {
    fn add(&mut self, gets: &Size, count: i64) {
        self.cpu += gets.cpu * count as f64;
        self.cpu_size += (gets.cpu * count as f64).abs();
        self.ram += i128::from(gets.ram) * i128::from(count);
        self.disk += i128::from(gets.disk) * i128::from(count);
    }

    fn fits(&self, (cpu, ram, disk): (f64, i128, i128)) -> bool {
        let doubt = DOUBT * (self.cpu_size + cpu.abs() + 1.0);
        // A sum that is no number doesn't say anything.
        let exceeds = self.cpu > cpu + doubt;
        !exceeds && self.ram <= ram && self.disk <= disk
    }
}

/// Removes and adds instances, and leaves the others where they are.
pub(super) fn repack(
    current: &PackingPlan,
    input: &PackingInput,
    changes: &JavaMap<i32>,
) -> Result<PackingPlan, PackingError> {
    let limits = ContainerLimits::resources(input)?;
    input.containers()?;
    let (down, up) = (scaling::down(changes), scaling::up(changes));
    let before = i32::try_from(current.container_count()).unwrap_or(i32::MAX);
    let more = additional_containers(current, &scaling::additional(input, changes)?)?;
    let mut containers = before.saturating_add(more.max(0));
    loop {
        let mut builder = Builder::from_plan(&limits, current)?;
        builder.want(containers)?;
        for (component, count) in &down {
            builder.remove(component, *count)?;
        }
        let rooms = builder.rooms();
        let Some(component) = grow(&mut builder, &up, containers)? else {
            return builder.build(&input.topology_id)?.ok_or(PackingError::NothingToChange);
        };
        let enough = least_containers(&limits, &rooms[..], &up);
        containers = containers.saturating_add(1).max(enough);
        if containers > input.total_instances() {
            return Err(no_room(&limits, component, containers));
        }
    }
}

/// Adds instances, each to the next container that takes it. Returns the component that none took.
fn grow(
    builder: &mut Builder,
    up: &[(String, u32)],
    containers: i32,
) -> Result<Option<String>, PackingError> {
    let mut first = 1;
    for (name, count) in up {
        let component = builder.component(name);
        let mut candidates = builder.candidates();
        for _ in 0..*count {
            match builder.add_from(first, containers, component, &mut candidates)? {
                Some(id) => first = next(id, containers),
                None => return Ok(Some(name.clone())),
            }
        }
    }
    Ok(None)
}

/// How many more containers Heron begins with.
#[allow(clippy::cast_possible_truncation, reason = "saturates, and NaN gives 0, as in Java")]
fn additional_containers(current: &PackingPlan, needed: &Size) -> Result<i32, PackingError> {
    let largest = current.max_container_resources();
    if largest.cpu == 0.0 || largest.ram == 0 || largest.disk == 0 {
        let reason = "no container of it requires CPU, RAM and disk".to_owned();
        return Err(PackingError::DamagedPlan { reason });
    }
    let cpu = (needed.cpu / largest.cpu).ceil();
    let ram = (needed.ram as f64 / largest.ram as f64).ceil();
    let disk = (needed.disk as f64 / largest.disk as f64).ceil();
    Ok(super::java_number::max(cpu, super::java_number::max(ram, disk)) as i32)
}

/// With fewer containers than this, the instances of some component have no place even if no other one grew.
fn least_containers(
    limits: &ContainerLimits,
    rooms: &[(f64, i128, i128)],
    up: &[(String, u32)],
) -> i32 {
    let containers = i64::try_from(rooms.len()).unwrap_or(i64::MAX);
    let needed = up.iter().map(|(name, count)| {
        let gets = limits.component(name);
        let there: i64 = rooms.iter().map(|room| places(*room, &gets)).fold(0, i64::saturating_add);
        let missing = i64::from(*count).saturating_sub(there).max(0);
        let each = places(room(limits), &gets).max(1);
        containers
            .saturating_add(missing.div_euclid(each))
            .saturating_add(i64::from(missing % each > 0))
    });
    i32::try_from(needed.max().unwrap_or_default()).unwrap_or(i32::MAX)
}

/// How many instances a room holds, or more.
#[allow(
    clippy::cast_possible_truncation,
    reason = "saturates; a room of no number holds none less"
)]
fn places((cpu, ram, disk): (f64, i128, i128), gets: &Size) -> i64 {
    let bytes = |room: i128, each: i64| {
        if each <= 0 {
            i64::MAX
        } else {
            i64::try_from(room.max(0) / i128::from(each)).unwrap_or(i64::MAX)
        }
    };
    let by_cpu = if gets.cpu > 0.0 && cpu.is_finite() {
        (cpu.max(0.0) / gets.cpu * (1.0 + DOUBT) + DOUBT).floor() as i64
    } else {
        i64::MAX
    };
    by_cpu.min(bytes(ram, gets.ram)).min(bytes(disk, gets.disk))
}

/// Why a component can't grow within the number of containers that Heron allows: that of the original instances.
fn no_room(limits: &ContainerLimits, component: String, containers: i32) -> PackingError {
    let gets = limits.component(&component);
    let alone = limits
        .check_instance(&component, &gets)
        .and_then(|()| super::container::Container::default().check(limits, &gets));
    match alone {
        Err(refusal) => refusal.into_error(&component, containers),
        Ok(()) => PackingError::TooManyNewContainers { component, containers },
    }
}

/// What Heron does: one number after the other.
#[cfg(test)]
pub(super) fn pack_by_trying(input: &PackingInput) -> Option<PackingPlan> {
    let limits = ContainerLimits::resources(input).ok()?;
    let counts = input.parallelism().into_ordered().into_iter();
    let counts: Vec<_> = counts.map(|(name, n)| (name, n.unsigned_abs())).collect();
    let containers = input.containers().ok()?.min(input.total_instances());
    (containers..=input.total_instances())
        .find_map(|containers| deal(&limits, &counts, containers, input).ok().flatten())
}
