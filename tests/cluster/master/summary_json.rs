//! `/state-summary` and `/roles`. Source of facts: `docs/mesos.md#operator-endpoints` and
//! `tests/data/mesos/05-operator-and-files`.

use serde_json::{Map, Value, json};

use super::{Framework, Master, Task};
use crate::resources::Resources;

const STATES: [&str; 10] = [
    "TASK_STAGING",
    "TASK_STARTING",
    "TASK_RUNNING",
    "TASK_KILLING",
    "TASK_FINISHED",
    "TASK_KILLED",
    "TASK_FAILED",
    "TASK_LOST",
    "TASK_ERROR",
    "TASK_UNREACHABLE",
];

impl Master {
    /// `/state-summary`.
    pub fn summary_json(&self) -> Value {
        let count = |map: &mut Map<String, Value>, wanted: &dyn Fn(&Framework, &Task) -> bool| {
            for state in STATES {
                let tasks = self.frameworks.values().flat_map(|f| {
                    f.tasks.values().chain(f.unreachable.values()).map(move |t| (f, t))
                });
                let n = tasks.filter(|(f, t)| t.state == state && wanted(f, t)).count();
                map.insert(state.into(), json!(n));
            }
        };
        let slaves: Vec<Value> = self
            .agents
            .values()
            .map(|slave| {
                let mut map = Self::slave_json(slave);
                count(&mut map, &|_, task| task.agent_id == slave.id);
                let on = |f: &&Framework| f.tasks.values().any(|t| t.agent_id == slave.id);
                let ids: Vec<&str> =
                    self.frameworks.values().filter(on).map(|f| f.id.as_str()).collect();
                map.insert("framework_ids".into(), json!(ids));
                Value::Object(map)
            })
            .collect();
        let frameworks: Vec<Value> = self
            .frameworks
            .values()
            .map(|framework| {
                let mut map = self.framework_head(framework);
                count(&mut map, &|f, _| f.id == framework.id);
                let mut ids: Vec<&str> =
                    framework.tasks.values().map(|t| t.agent_id.as_str()).collect();
                ids.sort_unstable();
                ids.dedup();
                map.insert("slave_ids".into(), json!(ids));
                Value::Object(map)
            })
            .collect();
        json!({
            "hostname": "127.0.0.1",
            "cluster": "test-cluster",
            "slaves": slaves,
            "frameworks": frameworks,
        })
    }

    /// `/roles`.
    pub fn roles_json(&self) -> Value {
        let mut names: Vec<&String> = self.frameworks.values().flat_map(|f| &f.roles).collect();
        names.sort_unstable();
        names.dedup();
        let roles: Vec<Value> = names
            .into_iter()
            .map(|name| {
                let frameworks: Vec<&str> = self
                    .frameworks
                    .values()
                    .filter(|f| f.roles.contains(name))
                    .map(|f| f.id.as_str())
                    .collect();
                let mut used = Resources::default();
                for framework in self.frameworks.values() {
                    used.add(&framework.used.filtered(|r| r.allocated.as_ref() == Some(name)));
                }
                let mut offered = Resources::default();
                for offer in self.offers.values().filter(|offer| offer.role == *name) {
                    offered.add(&offer.resources);
                }
                let mut both = used.clone();
                both.add(&offered);
                json!({
                    "name": name,
                    "weight": 1.0,
                    "quota": {
                        "role": name, "guarantee": {}, "limit": {}, "consumed": used.quantities(),
                    },
                    "resources": both.quantities(),
                    "allocated": used.quantities(),
                    "offered": offered.quantities(),
                    "reserved": {},
                    "frameworks": frameworks,
                })
            })
            .collect();
        json!({ "roles": roles })
    }
}
