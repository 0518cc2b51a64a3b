//! Where the containers of a topology may run, and where they had better: its constraints, and what stands of it already. Pure.

use std::collections::BTreeMap;

use super::backoff::CRASH_LOOP;
use super::ids::HostId;
use super::model::{Model, Slot};
use super::offer::Offer;
use crate::constraint::{Constraint, Place};

/// What speaks for a host and against it, the worst first; less is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    /// It is to be avoided.
    avoided: bool,
    /// The container has failed there again and again.
    failed_there: bool,
    /// Containers that share a value with it that they should rather not share.
    together: usize,
    /// Containers of the topology that it has.
    load: usize,
}

/// The rules of a topology, and how many of its containers are where.
#[derive(Clone, Debug)]
pub(super) struct Wishes<'m> {
    constraints: &'m [Constraint],
    avoid: &'m [String],
    loads: BTreeMap<HostId, usize>,
    /// For each constraint: how many containers have which value.
    values: Vec<BTreeMap<String, usize>>,
}

impl Cost {
    /// The cost for a container.
    pub fn of(self, slot: &Slot, offer: &Offer) -> Self {
        let failed = slot.record.as_ref().filter(|record| record.failures >= CRASH_LOOP);
        let failed_there = failed.is_some_and(|record| record.host_id == offer.host_id);
        Self { failed_there, ..self }
    }
}

impl<'m> Wishes<'m> {
    /// The rules, and the containers that have a task and keep it.
    pub fn of(model: &'m Model) -> Self {
        let constraints = model.constraints.as_slice();
        let mut values = vec![BTreeMap::new(); constraints.len()];
        let mut loads: BTreeMap<HostId, usize> = BTreeMap::new();
        let stay = model.containers().filter(|slot| slot.live_task().is_some() && !slot.abandoned);
        for record in stay.filter_map(|slot| slot.record.as_ref()) {
            *loads.entry(record.host_id.clone()).or_default() += 1;
            for (constraint, counts) in constraints.iter().zip(&mut values) {
                if let Some(value) = record.values.get(constraint.field()) {
                    *counts.entry(value.clone()).or_default() += 1;
                }
            }
        }
        Self { constraints, avoid: &model.desired.placement.avoid, loads, values }
    }

    /// Whether another container may run at a place.
    pub fn admits(&self, place: Place<'_>) -> bool {
        self.constraints.iter().zip(&self.values).all(|(one, counts)| one.admits(place, counts))
    }

    /// The constraints by which a place is ruled out for another container.
    pub fn against(&self, place: Place<'_>) -> impl Iterator<Item = &'m Constraint> {
        let all = self.constraints.iter().zip(&self.values);
        all.filter(move |(one, counts)| !one.admits(place, counts)).map(|(one, _)| one)
    }

    /// What speaks for and against a host, whichever container it is for.
    pub fn cost(&self, offer: &Offer) -> Cost {
        let place = offer.place();
        let wishes = self.constraints.iter().zip(&self.values).filter(|(one, _)| one.is_wish());
        let together = wishes.map(|(one, counts)| {
            let value = place.value(one.field());
            value.and_then(|value| counts.get(value)).copied().unwrap_or_default()
        });
        Cost {
            avoided: self.avoid.iter().any(|name| *name == offer.host || *name == offer.host_id.0),
            failed_there: false,
            together: together.sum(),
            load: self.loads.get(&offer.host_id).copied().unwrap_or_default(),
        }
    }

    /// Whether the cost of one host depends on what another has.
    pub fn spreads(&self) -> bool {
        self.constraints.iter().any(Constraint::is_wish)
    }

    /// Another container runs on a host.
    pub fn placed(&mut self, offer: &Offer) {
        *self.loads.entry(offer.host_id.clone()).or_default() += 1;
        let place = offer.place();
        for (constraint, counts) in self.constraints.iter().zip(&mut self.values) {
            if let Some(value) = place.value(constraint.field()) {
                *counts.entry(value.to_owned()).or_default() += 1;
            }
        }
    }

    /// What is kept of a host for its container: the values that the constraints are about.
    pub fn values_at(&self, place: Place<'_>) -> BTreeMap<String, String> {
        let fields = self.constraints.iter().map(Constraint::field);
        let values = fields.filter_map(|field| Some((field, place.value(field)?)));
        values.map(|(field, value)| (field.to_owned(), value.to_owned())).collect()
    }

    /// Whether it matters for one container where the others are.
    pub fn counts(&self) -> bool {
        self.constraints.iter().any(Constraint::counts)
    }
}
