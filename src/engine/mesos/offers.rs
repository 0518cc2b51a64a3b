//! The offers that a subscription holds: told to the state machine by agent and role, and kept until they are used,
//! given back or rescinded, since an ACCEPT has to name resources just as they were offered.

use std::collections::BTreeMap;

use super::translate;
use crate::mesos::call::{Accept, Body, Decline, Filters, Launch as LaunchOperation, Operation};
use crate::mesos::ids;
use crate::mesos::offer::Offer as MesosOffer;
use crate::mesos::resources::{Pool, Want};
use crate::scheduler::call::{Launch, LaunchTask};
use crate::scheduler::ids::{HostId, OfferId};
use crate::scheduler::offer::{Offer, Resources};
use crate::scheduler::ports::PortRange;
use crate::scheduler::record::Framework;
use crate::scheduler::task::{TaskReport, TaskState};

/// The offers that are open.
#[derive(Debug)]
pub(super) struct OfferBook {
    roles: Vec<String>,
    labels: Vec<(String, String)>,
    open: BTreeMap<ids::OfferId, MesosOffer>,
}

/// What becomes of a launch.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What is to be sent.
    pub calls: Vec<Body>,
    /// Tasks that can't be launched, because their offer is gone.
    pub dropped: Vec<TaskReport>,
}

impl OfferBook {
    /// An empty book of a framework's subscription.
    pub fn new(framework: &Framework) -> Self {
        let Framework { roles, labels, .. } = framework;
        Self { roles: roles.clone(), labels: labels.clone(), open: BTreeMap::new() }
    }

    /// Notes offers, and tells them by agent and role. What can't be used of them is not part of what is told.
    pub fn receive(&mut self, offers: Vec<MesosOffer>) -> Vec<Offer> {
        let mut groups: Vec<Vec<&MesosOffer>> = Vec::new();
        let mut places: BTreeMap<(&ids::AgentId, Option<&str>), usize> = BTreeMap::new();
        for offer in &offers {
            let place = *places.entry((&offer.agent_id, role(offer))).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(offer),
                None => groups.push(vec![offer]),
            }
        }
        let told = groups.iter().filter_map(|group| self.told(group)).collect();
        self.open.extend(offers.into_iter().map(|offer| (offer.id.clone(), offer)));
        told
    }

    fn told(&self, group: &[&MesosOffer]) -> Option<Offer> {
        let first = group.first()?;
        let pool = self.pool(group);
        let Want { cpus, mem_mb, disk_mb } = pool.available();
        let unavailable = group.iter().filter_map(|offer| translate::unavailability(offer));
        Some(Offer {
            ids: group.iter().map(|offer| OfferId(offer.id.0.clone())).collect(),
            host_id: HostId(first.agent_id.0.clone()),
            host: first.hostname.clone(),
            address: translate::address(first),
            attributes: translate::attributes(&first.attributes),
            role: role(first).unwrap_or("*").to_owned(),
            free: Resources { cpus, mem_mb, disk_mb },
            ports: pool
                .ports()
                .into_iter()
                .map(|(first, last)| PortRange { first, last })
                .collect(),
            unavailable: unavailable.min_by_key(|planned| planned.from),
        })
    }

    fn pool<'a>(&self, group: &[&'a MesosOffer]) -> Pool<'a> {
        Pool::from_offers(group, &self.roles, &self.labels)
    }

    /// Forgets an offer that is void.
    pub fn rescind(&mut self, id: &ids::OfferId) {
        self.open.remove(id);
    }

    /// Gives offers back.
    pub fn decline(&mut self, offers: &[OfferId], seconds: f64) -> Option<Body> {
        let ids = offers.iter().map(translate::offer_id);
        let offer_ids: Vec<ids::OfferId> =
            ids.filter(|id| self.open.remove(id).is_some()).collect();
        let filters = Some(Filters { refuse_seconds: seconds });
        (!offer_ids.is_empty()).then_some(Body::Decline { decline: Decline { offer_ids, filters } })
    }

    /// Uses offers. If one of them is gone, nothing can be launched with the others either: they are given back.
    pub fn accept(&mut self, launch: &Launch) -> Taken {
        let ids = || launch.offers.iter().map(translate::offer_id);
        let offers: Vec<MesosOffer> = ids().filter_map(|id| self.open.get(&id).cloned()).collect();
        let mut taken = Taken::default();
        let mut infos = Vec::with_capacity(launch.tasks.len());
        let mut pool = self.pool(&offers.iter().collect::<Vec<_>>());
        let complete = offers.len() == launch.offers.len();
        for task in &launch.tasks {
            let Resources { cpus, mem_mb, disk_mb } = task.resources;
            let want = Want { cpus, mem_mb, disk_mb };
            let resources = complete.then(|| pool.take(&want, &task.ports));
            match resources {
                Some(Ok(resources)) => infos.push(translate::task_info(launch, task, resources)),
                Some(Err(short)) => taken.dropped.push(dropped(launch, task, short.to_string())),
                None => {
                    let message = "its offer was rescinded before it was used".to_owned();
                    taken.dropped.push(dropped(launch, task, message));
                }
            }
        }
        if infos.is_empty() {
            taken.calls.extend(self.decline(&launch.offers, 0.0));
            return taken;
        }
        for id in ids() {
            self.open.remove(&id);
        }
        let accept = Accept {
            offer_ids: ids().collect(),
            operations: vec![Operation::Launch { launch: LaunchOperation { task_infos: infos } }],
            filters: Some(Filters { refuse_seconds: launch.decline_seconds }),
        };
        taken.calls.push(Body::Accept { accept });
        taken
    }
}

fn role(offer: &MesosOffer) -> Option<&str> {
    offer.allocation_info.as_ref().and_then(|info| info.role.as_deref())
}

fn dropped(launch: &Launch, task: &LaunchTask, message: String) -> TaskReport {
    TaskReport {
        task_id: task.task_id.clone(),
        state: TaskState::Dropped,
        message: Some(message),
        host_id: Some(launch.host_id.clone()),
        ..TaskReport::default()
    }
}

#[cfg(test)]
mod tests;
