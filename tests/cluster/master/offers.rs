//! Offers: who is offered what, declining, reviving, suppressing, rescinding. Source of facts: `docs/mesos.md#offers`
//! and `tests/data/mesos/06-offers-over-time`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::{Filter, Framework, Master, Offer, Slave, roles};
use crate::resources::Resources;
use crate::wire;

/// The default of `filters.refuse_seconds`.
const REFUSE_SECONDS: f64 = 5.0;
/// The longest filter: a year.
const MAX_REFUSE_SECONDS: f64 = 31_536_000.0;

/// The time of a filter that a call asks for.
pub fn refuse_for(filters: &Value) -> Duration {
    let seconds = wire::number(&filters["refuse_seconds"])
        .filter(|seconds| *seconds >= 0.0)
        .unwrap_or(REFUSE_SECONDS);
    Duration::from_secs_f64(seconds.min(MAX_REFUSE_SECONDS))
}

impl Master {
    /// One allocation cycle.
    pub fn allocate(&mut self) {
        self.allocate_soon = false;
        if !self.leads() || self.hold_offers {
            return;
        }
        let mut made: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let agents: Vec<String> = self.agents.keys().cloned().collect();
        for agent_id in agents {
            // Each role in turn gets what is left: reserved resources differ from role to role.
            while let Some((framework_id, role, resources)) = self.next_allocation(&agent_id) {
                let offer = self.make_offer(&framework_id, &agent_id, &role, &resources);
                made.entry(framework_id).or_default().extend(offer);
            }
        }
        for (framework_id, offers) in made {
            if let Some(framework) = self.frameworks.get(&framework_id) {
                framework.send("OFFERS", &json!({ "offers": offers }));
            }
        }
    }

    /// The next framework and role that would take something of an agent.
    fn next_allocation(&self, agent_id: &str) -> Option<(String, String, Resources)> {
        let slave = self.agents.get(agent_id).filter(|a| a.connected && !a.deactivated)?;
        let free = slave.free();
        if free.is_empty() {
            return None;
        }
        let mut frameworks: Vec<&Framework> =
            self.frameworks.values().filter(|f| f.active && f.connected()).collect();
        // The one with the smallest share first; offers count, so that several get a turn.
        frameworks.sort_by_key(|f| {
            let offered: i64 = self
                .offers
                .values()
                .filter(|offer| offer.framework_id == f.id)
                .map(|offer| offer.resources.scalar("cpus"))
                .sum();
            f.used.scalar("cpus") + offered
        });
        let now = Instant::now();
        for framework in frameworks {
            for role in framework.roles.iter().filter(|role| !framework.suppressed.contains(*role))
            {
                let share = free.filtered(|r| roles::may_use(role, &r.reserved_for()));
                let worth = share.scalar("cpus") >= 10 || share.scalar("mem") >= 32_000;
                if worth && !framework.refuses(role, agent_id, &share, now) {
                    return Some((framework.id.clone(), role.clone(), share));
                }
            }
        }
        None
    }

    fn make_offer(
        &mut self,
        framework_id: &str,
        agent_id: &str,
        role: &str,
        share: &Resources,
    ) -> Option<Value> {
        let id = self.new_offer_id();
        let resources = share.in_offer_order().allocated_to(Some(role));
        let slave = self.agents.get_mut(agent_id)?;
        slave.offered.add(&resources);
        let framework = self.frameworks.get(framework_id)?;
        let mut map = Map::new();
        map.insert("id".into(), wire::id(&id));
        map.insert("framework_id".into(), wire::id(framework_id));
        map.insert("agent_id".into(), wire::id(agent_id));
        map.insert("hostname".into(), json!(slave.hostname));
        let address = json!({ "hostname": slave.hostname, "ip": "127.0.0.1", "port": slave.port });
        let url = json!({ "scheme": "http", "address": address, "path": "/slave(1)" });
        map.insert("url".into(), url);
        if framework.can("MULTI_ROLE") {
            map.insert("resources".into(), resources.to_json(framework.format()));
        } else {
            map.insert("resources".into(), share.in_offer_order().to_json(framework.format()));
        }
        if !slave.attributes.is_empty() {
            map.insert("attributes".into(), json!(slave.attributes));
        }
        if let Some(unavailability) = self.maintenance.get(agent_id) {
            map.insert("unavailability".into(), unavailability.clone());
        }
        if framework.can("MULTI_ROLE") {
            map.insert("allocation_info".into(), json!({ "role": role }));
        }
        let offer = Offer {
            id: id.clone(),
            framework_id: framework_id.to_owned(),
            agent_id: agent_id.to_owned(),
            role: role.to_owned(),
            resources,
        };
        self.offers.insert(id, offer);
        Some(Value::Object(map))
    }

    /// Takes an offer back into the pool; with `refuse`, under a filter.
    pub fn remove_offer(&mut self, id: &str, refuse: Option<Duration>) -> Option<Offer> {
        let offer = self.offers.remove(id)?;
        if let Some(slave) = self.agents.get_mut(&offer.agent_id) {
            slave.offered.subtract(&offer.resources);
        }
        if let Some(refuse) = refuse {
            self.filter(
                &offer.framework_id,
                &offer.role,
                &offer.agent_id,
                &offer.resources,
                refuse,
            );
        }
        Some(offer)
    }

    /// Sets a decline filter; none for a time of zero.
    pub fn filter(
        &mut self,
        framework_id: &str,
        role: &str,
        agent_id: &str,
        refused: &Resources,
        refuse: Duration,
    ) {
        if refuse.is_zero() {
            return;
        }
        let least = self.settings.allocation_interval;
        if let Some(framework) = self.frameworks.get_mut(framework_id) {
            let until = Instant::now() + refuse.max(least);
            let refused = refused.allocated_to(None);
            let key = (role.to_owned(), agent_id.to_owned());
            framework.filters.entry(key).or_default().push(Filter { refused, until });
        }
    }

    /// Removes all offers of a framework without telling it.
    pub fn remove_offers_of(&mut self, framework_id: &str) {
        let ids: Vec<String> = self
            .offers
            .values()
            .filter(|offer| offer.framework_id == framework_id)
            .map(|offer| offer.id.clone())
            .collect();
        for id in ids {
            self.remove_offer(&id, None);
        }
    }

    /// Takes an offer back and says so.
    pub fn rescind(&mut self, id: &str) {
        if let Some(offer) = self.remove_offer(id, None)
            && let Some(framework) = self.frameworks.get(&offer.framework_id)
        {
            framework.send("RESCIND", &json!({ "offer_id": wire::id(id) }));
        }
    }

    /// Takes all offers back, of one agent or of all, and says so.
    pub fn rescind_all(&mut self, agent_id: Option<&str>) -> usize {
        let ids: Vec<String> = self
            .offers
            .values()
            .filter(|offer| agent_id.is_none_or(|agent| agent == offer.agent_id))
            .map(|offer| offer.id.clone())
            .collect();
        for id in &ids {
            self.rescind(id);
        }
        ids.len()
    }

    /// Plans an agent's maintenance, or gives the plan up. What was offered of it is taken back.
    pub fn plan_maintenance(&mut self, agent_id: &str, unavailability: Option<Value>) {
        match unavailability {
            Some(unavailability) => {
                self.maintenance.insert(agent_id.to_owned(), unavailability);
            }
            None => {
                self.maintenance.remove(agent_id);
            }
        }
        self.rescind_all(Some(agent_id));
        self.allocate_soon = true;
    }

    /// DECLINE.
    pub fn decline(&mut self, call: &Value) {
        let framework_id = wire::id_of(call, "framework_id");
        let refuse = refuse_for(&call["decline"]["filters"]);
        for offer in wire::list(&call["decline"]["offer_ids"]) {
            let id = wire::text(&offer, "value");
            if self.offers.get(&id).is_some_and(|offer| offer.framework_id == framework_id) {
                self.remove_offer(&id, Some(refuse));
            }
        }
    }

    /// REVIVE and SUPPRESS; roles that the framework does not have make the call void.
    pub fn revive_or_suppress(&mut self, call: &Value, revive: bool) {
        let body = if revive { "revive" } else { "suppress" };
        let id = wire::id_of(call, "framework_id");
        let Some(framework) = self.frameworks.get_mut(&id) else { return };
        let mut named = wire::strings(&call[body]["roles"]);
        if named.iter().any(|role| !framework.roles.contains(role)) {
            return;
        }
        if named.is_empty() {
            named.clone_from(&framework.roles);
        }
        for role in named {
            if revive {
                framework.suppressed.remove(&role);
                framework.filters.retain(|(filtered, _), _| *filtered != role);
            } else {
                framework.suppressed.insert(role);
            }
        }
        self.allocate_soon |= revive;
    }
}

impl Framework {
    fn refuses(&self, role: &str, agent_id: &str, share: &Resources, now: Instant) -> bool {
        let key = (role.to_owned(), agent_id.to_owned());
        self.filters.get(&key).is_some_and(|filters| {
            filters.iter().any(|filter| filter.until > now && filter.refused.contains(share))
        })
    }

    /// Forgets filters that have ended.
    pub fn expire_filters(&mut self, now: Instant) {
        self.filters.retain(|_, filters| {
            filters.retain(|filter| filter.until > now);
            !filters.is_empty()
        });
    }
}

impl Slave {
    /// What nobody uses and nobody is offered, allocated to no role.
    pub fn free(&self) -> Resources {
        let mut free = self.total.clone();
        free.subtract(&self.used.allocated_to(None));
        free.subtract(&self.offered.allocated_to(None));
        free
    }
}
