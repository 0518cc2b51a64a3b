//! Containers being filled: instances are added and removed one by one, within limits.
//!
//! This is what Heron's `PackingPlanBuilder` does, with its results and without its cost: Heron sorts all containers and
//! sums all their instances up for every instance that is placed. One of its slips shows in plans and is kept: see
//! [`Builder::create`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::container::{self, Container, Item};
use super::error::PackingError;
use super::java_hash::{JavaSet, string_hash};
use super::limits::{ContainerLimits, Refusal};
use super::plan::MAX_INSTANCES;
use super::plan::{PackingPlan, Size};

/// A component as the builder knows it.
struct Component {
    name: String,
    hash: i32,
    /// What a new instance gets.
    resource: Size,
    next_index: Option<i32>,
}

/// Containers being filled.
pub(super) struct Builder<'a> {
    limits: &'a ContainerLimits,
    components: Vec<Component>,
    by_name: HashMap<String, usize>,
    containers: BTreeMap<i32, Container>,
    /// Container ids as Heron visits them.
    order: JavaSet<i32>,
    /// Container ids in the order of their creation.
    created: Vec<i32>,
    /// Containers that may have room.
    open: BTreeSet<i32>,
    task_ids: BTreeSet<i32>,
    wanted: i32,
    started: bool,
}

/// The containers that have not yet refused an instance of one component.
pub(super) struct Candidates {
    ids: BTreeSet<i32>,
    known: usize,
}

impl<'a> Builder<'a> {
    /// Without instances.
    pub(super) fn new(limits: &'a ContainerLimits) -> Self {
        Self {
            limits,
            components: Vec::new(),
            by_name: HashMap::new(),
            containers: BTreeMap::new(),
            order: JavaSet::default(),
            created: Vec::new(),
            open: BTreeSet::new(),
            task_ids: BTreeSet::new(),
            wanted: 0,
            started: false,
        }
    }

    /// With the instances of a plan.
    pub(super) fn from_plan(
        limits: &'a ContainerLimits,
        plan: &PackingPlan,
    ) -> Result<Self, PackingError> {
        let mut builder = Self::new(limits);
        for container in plan.in_heron_order() {
            let mut filled = Container::default();
            for instance in container.in_heron_order() {
                let component = builder.component(&instance.component);
                let item = Item {
                    component,
                    task_id: instance.task_id,
                    component_index: instance.component_index,
                    resource: instance.resource,
                };
                builder.task_ids.insert(item.task_id);
                if let Some(known) = builder.components.get_mut(component) {
                    filled.add(item, known.hash);
                    let next = instance.component_index.checked_add(1);
                    let next = next.ok_or_else(|| PackingError::DamagedPlan {
                        reason: format!("`{}` has no further index", known.name),
                    })?;
                    known.next_index = known.next_index.max(Some(next));
                }
            }
            builder.put(container.id, filled);
        }
        Ok(builder)
    }

    /// Sets how many containers there shall be; they are made when the next instance is added or removed.
    pub(super) fn want(&mut self, containers: i32) -> Result<(), PackingError> {
        if usize::try_from(containers).is_ok_and(|wanted| wanted > MAX_INSTANCES) {
            return Err(PackingError::TooManyContainers { containers, limit: MAX_INSTANCES });
        }
        self.wanted = containers;
        Ok(())
    }

    /// The number of a component.
    pub(super) fn component(&mut self, name: &str) -> usize {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let number = self.components.len();
        self.components.push(Component {
            name: name.to_owned(),
            hash: string_hash(name),
            resource: self.limits.component(name),
            next_index: None,
        });
        self.by_name.insert(name.to_owned(), number);
        number
    }

    fn put(&mut self, id: i32, container: Container) {
        if !container.is_full(self.limits) {
            self.open.insert(id);
        }
        self.order.insert(id, id);
        self.created.push(id);
        self.containers.insert(id, container);
    }

    fn missing(&self) -> usize {
        let wanted = usize::try_from(self.wanted).unwrap_or_default();
        wanted.saturating_sub(self.containers.len())
    }

    /// Makes missing containers. The first time in an empty builder all of them; else about half, because Heron's loop
    /// compares its counter with a number that shrinks meanwhile. The next calls make the others.
    fn create(&mut self) {
        let started = std::mem::replace(&mut self.started, true);
        let mut missing = self.missing();
        if !started && self.containers.is_empty() {
            for id in 1..=self.wanted {
                self.put(id, Container::default());
            }
            return;
        }
        let mut id = self.containers.last_key_value().map_or(0, |(id, _)| *id);
        let mut made = 0;
        while made < missing {
            id = id.saturating_add(1);
            self.put(id, Container::default());
            made += 1;
            missing -= 1;
        }
    }

    /// Adds an instance to a container, which is made if there is none of that id.
    pub(super) fn add_to(&mut self, id: i32, component: usize) -> Result<(), Refusal> {
        self.create();
        if !self.containers.contains_key(&id) {
            self.put(id, Container::default());
        }
        let task_id = self.task_ids.last().copied().unwrap_or_default();
        let (Some(container), Some(component_plan), Some(task_id)) = (
            self.containers.get_mut(&id),
            self.components.get_mut(component),
            task_id.checked_add(1),
        ) else {
            let reason = "there are no further task ids".to_owned();
            return Err(PackingError::DamagedPlan { reason }.into());
        };
        let resource = component_plan.resource;
        self.limits.check_instance(&component_plan.name, &resource)?;
        container.check(self.limits, &resource)?;
        let component_index = component_plan.next_index.unwrap_or_default();
        container.add(Item { component, task_id, component_index, resource }, component_plan.hash);
        component_plan.next_index = Some(component_index.saturating_add(1));
        self.task_ids.insert(task_id);
        if container.is_full(self.limits) {
            self.open.remove(&id);
        }
        Ok(())
    }

    /// All containers that may take instances of a component.
    pub(super) fn candidates(&self) -> Candidates {
        Candidates { ids: self.open.clone(), known: self.created.len() }
    }

    /// Adds an instance to the first container that takes it: from the id `first` upwards, then from below, where ids
    /// count `wrap` more. Returns the container's id, or none if all refuse.
    pub(super) fn add_from(
        &mut self,
        first: i32,
        wrap: i32,
        component: usize,
        candidates: &mut Candidates,
    ) -> Result<Option<i32>, PackingError> {
        self.create();
        if self.missing() > 0 {
            return self.add_to_any(first, wrap, component);
        }
        let created = self.created.get(candidates.known..).unwrap_or_default();
        candidates.ids.extend(created);
        candidates.known = self.created.len();
        while let Some(id) = candidates.next(first, wrap) {
            match self.add_to(id, component) {
                Ok(()) => return Ok(Some(id)),
                Err(Refusal::Fault(error)) => return Err(error),
                Err(_) => candidates.ids.remove(&id),
            };
        }
        Ok(None)
    }

    /// The same while containers are missing: every one that is tried makes some of them.
    fn add_to_any(
        &mut self,
        first: i32,
        wrap: i32,
        component: usize,
    ) -> Result<Option<i32>, PackingError> {
        let mut ids = self.order.ordered().into_iter().copied().collect::<Vec<_>>();
        ids.sort_by_key(|id| rank(*id, first, wrap));
        for id in ids {
            match self.add_to(id, component) {
                Ok(()) => return Ok(Some(id)),
                Err(Refusal::Fault(error)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Removes instances: from containers that hold nothing but the component, then from those with fewest instances,
    /// then from those with the highest share of it, then from those with the highest id.
    pub(super) fn remove(&mut self, component: &str, count: u32) -> Result<(), PackingError> {
        let number = self.component(component);
        let mut holders = BTreeMap::new();
        for (id, container) in &self.containers {
            let items = container.ordered().into_iter();
            // The next one to go is the last of the list.
            let mut slots: Vec<_> =
                items.filter(|(_, item)| item.component == number).map(|(slot, _)| slot).collect();
            slots.reverse();
            if !slots.is_empty() {
                holders.insert(*id, slots);
            }
        }
        let mut queue: BTreeSet<_> = holders
            .iter()
            .filter_map(|(id, slots)| {
                Some(Priority::new(*id, slots.len(), self.containers.get(id)?))
            })
            .collect();
        for _ in 0..count {
            self.create();
            let Some(best) = queue.pop_first() else {
                return Err(PackingError::NothingToRemove { component: component.to_owned() });
            };
            self.create_as_if_searching(&best, &holders);
            let (Some(slots), Some(container)) =
                (holders.get_mut(&best.id.0), self.containers.get_mut(&best.id.0))
            else {
                continue;
            };
            if let Some(item) = slots.pop().and_then(|slot| container.remove(slot)) {
                self.task_ids.remove(&item.task_id);
            }
            if !slots.is_empty() {
                queue.insert(Priority::new(best.id.0, slots.len(), container));
            }
        }
        self.settle();
        Ok(())
    }

    /// Heron asks containers in order of priority, and each question makes missing containers.
    fn create_as_if_searching(&mut self, best: &Priority, holders: &BTreeMap<i32, Vec<usize>>) {
        if self.missing() == 0 {
            return;
        }
        let count = |id: &i32| holders.get(id).map_or(0, Vec::len);
        let asked =
            self.containers.iter().filter(|(id, c)| Priority::new(**id, count(id), c) <= *best);
        for _ in 0..asked.count().max(1) {
            self.create();
        }
    }

    fn settle(&mut self) {
        for (id, container) in &mut self.containers {
            container.settle();
            if !container.is_full(self.limits) {
                self.open.insert(*id);
            }
        }
    }

    /// The room in each container.
    pub(super) fn rooms(&self) -> Vec<(f64, i128, i128)> {
        self.containers.values().map(|container| container.room(self.limits)).collect()
    }

    /// The plan, without empty containers; none if nothing was ever added or removed.
    pub(super) fn build(&self, id: &str) -> Result<Option<PackingPlan>, PackingError> {
        if !self.started {
            return Ok(None);
        }
        let name = |number: usize| {
            self.components.get(number).map_or("", |component| component.name.as_str())
        };
        let mut containers = Vec::new();
        for id in self.order.ordered() {
            if let Some(container) = self.containers.get(id).filter(|c| c.len() > 0) {
                containers.push(container::plan(*id, container, self.limits, name)?);
            }
        }
        Ok(Some(PackingPlan::new(id, containers)))
    }
}

impl Candidates {
    fn next(&self, first: i32, wrap: i32) -> Option<i32> {
        let above = self.ids.range(first..).next().copied();
        let below = self.ids.range(..first).next().copied();
        // Of equal ranks, the lower id stands first in Heron's table.
        below.into_iter().chain(above).min_by_key(|id| rank(*id, first, wrap))
    }
}

/// The place of a container in a search that starts at an id.
fn rank(id: i32, first: i32, wrap: i32) -> i64 {
    let (id, first, wrap) = (i64::from(id), i64::from(first), i64::from(wrap));
    if id >= first { id - first } else { id + wrap }
}

/// Which container an instance is removed from: the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Priority {
    holds_others: bool,
    instances: usize,
    per_mille: std::cmp::Reverse<i64>,
    id: std::cmp::Reverse<i32>,
}

impl Priority {
    #[allow(clippy::cast_possible_truncation, reason = "Heron cuts the share off as well")]
    fn new(id: i32, of_component: usize, container: &Container) -> Self {
        let all = container.len();
        let share = if all == 0 { 0.0 } else { of_component as f64 / all as f64 };
        Self {
            holds_others: all == 0 || of_component != all,
            instances: all,
            per_mille: std::cmp::Reverse((1000.0 * share) as i64),
            id: std::cmp::Reverse(id),
        }
    }
}
