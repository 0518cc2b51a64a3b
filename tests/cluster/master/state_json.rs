//! The read-only endpoints with their v0 names and their order of members. Source of facts:
//! `docs/mesos.md#operator-endpoints` and `tests/data/mesos/05-operator-and-files`.

use serde_json::{Map, Value, json};

use super::operator::{flags, version};
use super::{Framework, Master, Slave, Task};
use crate::http::Request;
use crate::resources::{Format, Resources};
use crate::wire;

/// Capabilities of agents.
pub const AGENT_CAPABILITIES: [&str; 8] = [
    "MULTI_ROLE",
    "HIERARCHICAL_ROLE",
    "RESERVATION_REFINEMENT",
    "RESOURCE_PROVIDER",
    "RESIZE_VOLUME",
    "AGENT_OPERATION_FEEDBACK",
    "AGENT_DRAINING",
    "TASK_RESOURCE_LIMITS",
];

/// A task as v0 endpoints show it; statuses lack message, reason and source.
pub fn task_json(task: &Task, framework_id: &str) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), json!(task.id));
    map.insert("name".into(), task.info["name"].clone());
    map.insert("framework_id".into(), json!(framework_id));
    map.insert("executor_id".into(), json!(""));
    map.insert("slave_id".into(), json!(task.agent_id));
    map.insert("state".into(), json!(task.state));
    map.insert("resources".into(), task.resources.summary());
    if let Some(role) = task.resources.0.iter().find_map(|r| r.allocated.clone()) {
        map.insert("role".into(), json!(role));
    }
    map.insert("statuses".into(), task.statuses.iter().map(status_json).collect());
    wire::put(&mut map, "user", task.info["command"]["user"].clone());
    wire::put(&mut map, "labels", task.info["labels"]["labels"].clone());
    wire::put(&mut map, "discovery", task.info["discovery"].clone());
    wire::put(&mut map, "container", task.info["container"].clone());
    wire::put(&mut map, "health_check", task.info["health_check"].clone());
    wire::put(&mut map, "limits", task.info["limits"].clone());
    Value::Object(map)
}

fn status_json(status: &Value) -> Value {
    let mut map = wire::ordered(status, &["state", "timestamp"]);
    let mut container = status["container_status"].clone();
    if let Some(object) = container.as_object_mut() {
        object.shift_remove("executor_pid");
    }
    wire::put(&mut map, "container_status", container);
    wire::put(&mut map, "healthy", status["healthy"].clone());
    Value::Object(map)
}

impl Master {
    /// What all views of a framework begin with.
    pub fn framework_head(&self, framework: &Framework) -> Map<String, Value> {
        let info = &framework.info;
        let offered = self.offered(&framework.id);
        let capabilities: Vec<Value> =
            wire::list(&info["capabilities"]).iter().map(|c| c["type"].clone()).collect();
        let mut map = Map::new();
        map.insert("id".into(), json!(framework.id));
        map.insert("name".into(), info["name"].clone());
        map.insert("used_resources".into(), framework.used.summary());
        map.insert("offered_resources".into(), offered.summary());
        map.insert("capabilities".into(), json!(capabilities));
        map.insert("hostname".into(), json!(wire::text(info, "hostname")));
        map.insert("webui_url".into(), json!(wire::text(info, "webui_url")));
        map.insert("active".into(), json!(framework.active));
        map.insert("connected".into(), json!(framework.connected()));
        map.insert("recovered".into(), json!(framework.recovered));
        map
    }

    fn offered(&self, framework_id: &str) -> Resources {
        let mut offered = Resources::default();
        for offer in self.offers.values().filter(|offer| offer.framework_id == framework_id) {
            offered.add(&offer.resources);
        }
        offered
    }

    fn framework_json(&self, framework: &Framework) -> Value {
        let info = &framework.info;
        let mut total = framework.used.clone();
        total.add(&self.offered(&framework.id));
        let mut map = self.framework_head(framework);
        map.insert("user".into(), info["user"].clone());
        map.insert("failover_timeout".into(), info["failover_timeout"].clone());
        map.insert("checkpoint".into(), info["checkpoint"].clone());
        map.insert("registered_time".into(), json!(framework.registered));
        map.insert("unregistered_time".into(), json!(framework.unregistered));
        wire::put(&mut map, "principal", info["principal"].clone());
        map.insert("resources".into(), total.summary());
        if let Some(time) = framework.reregistered {
            map.insert("reregistered_time".into(), json!(time));
        }
        if framework.can("MULTI_ROLE") {
            map.insert("roles".into(), json!(framework.roles));
        } else {
            map.insert("role".into(), json!(framework.roles.first()));
        }
        let id = &framework.id;
        let tasks: Vec<Value> = framework.tasks.values().map(|t| task_json(t, id)).collect();
        let away: Vec<Value> = framework.unreachable.values().map(|t| task_json(t, id)).collect();
        let done: Vec<Value> = framework.completed.iter().map(|t| task_json(t, id)).collect();
        let offers: Vec<Value> = self
            .offers
            .values()
            .filter(|offer| offer.framework_id == *id)
            .map(|offer| {
                json!({
                    "id": offer.id,
                    "framework_id": offer.framework_id,
                    "allocation_info": { "role": offer.role },
                    "slave_id": offer.agent_id,
                    "resources": offer.resources.summary(),
                })
            })
            .collect();
        map.insert("tasks".into(), json!(tasks));
        map.insert("unreachable_tasks".into(), json!(away));
        map.insert("completed_tasks".into(), json!(done));
        map.insert("offers".into(), json!(offers));
        map.insert("executors".into(), json!([]));
        wire::put(&mut map, "labels", info["labels"]["labels"].clone());
        map.insert("offer_constraints".into(), json!({}));
        Value::Object(map)
    }

    /// `/frameworks`.
    pub fn frameworks_json(&self, only: Option<&str>) -> Value {
        let wanted = |f: &&Framework| only.is_none_or(|id| id == f.id);
        let active: Vec<Value> =
            self.frameworks.values().filter(wanted).map(|f| self.framework_json(f)).collect();
        let completed: Vec<Value> =
            self.completed.iter().filter(wanted).map(|f| self.framework_json(f)).collect();
        json!({
            "frameworks": active,
            "completed_frameworks": completed,
            "unregistered_frameworks": [],
        })
    }

    /// What all views of an agent begin with.
    pub fn slave_json(slave: &Slave) -> Map<String, Value> {
        let reserved: Map<String, Value> = reserved_roles(&slave.total)
            .into_iter()
            .map(|role| {
                let part = slave.total.filtered(|r| r.reserved_for() == role).summary();
                (role, part)
            })
            .collect();
        let unreserved = slave.total.filtered(|r| r.reservations.is_empty());
        let mut map = Map::new();
        map.insert("id".into(), json!(slave.id));
        map.insert("hostname".into(), json!(slave.hostname));
        map.insert("port".into(), json!(slave.port));
        map.insert("attributes".into(), attributes_json(&slave.attributes));
        map.insert("pid".into(), json!(slave.pid()));
        map.insert("registered_time".into(), json!(slave.registered));
        if let Some(time) = slave.reregistered {
            map.insert("reregistered_time".into(), json!(time));
        }
        map.insert("resources".into(), slave.total.summary());
        map.insert("used_resources".into(), slave.used.summary());
        map.insert("offered_resources".into(), slave.offered.summary());
        map.insert("reserved_resources".into(), json!(reserved));
        map.insert("unreserved_resources".into(), unreserved.summary());
        map.insert("active".into(), json!(slave.connected && !slave.deactivated));
        map.insert("deactivated".into(), json!(slave.deactivated));
        map.insert("version".into(), json!(super::VERSION));
        map.insert("capabilities".into(), json!(AGENT_CAPABILITIES));
        map
    }

    /// `/slaves`.
    pub fn slaves_json(&self, only: Option<&str>) -> Value {
        let slaves: Vec<Value> = self
            .agents
            .values()
            .filter(|slave| only.is_none_or(|id| id == slave.id))
            .map(|slave| {
                let mut map = Self::slave_json(slave);
                let full: Map<String, Value> = reserved_roles(&slave.total)
                    .into_iter()
                    .map(|role| {
                        let part = slave.total.filtered(|r| r.reserved_for() == role);
                        (role, part.to_json(Format::Old))
                    })
                    .collect();
                let unreserved = slave.total.filtered(|r| r.reservations.is_empty());
                map.insert("reserved_resources_full".into(), json!(full));
                map.insert("unreserved_resources_full".into(), unreserved.to_json(Format::Old));
                map.insert("used_resources_full".into(), slave.used.to_json(Format::Old));
                map.insert("offered_resources_full".into(), slave.offered.to_json(Format::Old));
                Value::Object(map)
            })
            .collect();
        json!({ "slaves": slaves, "recovered_slaves": self.recovered_json() })
    }

    fn recovered_json(&self) -> Value {
        self.recovering.iter().map(|id| json!({ "id": id })).collect()
    }

    /// `/tasks`: active, unreachable and completed ones, newest first by default.
    pub fn tasks_json(&self, request: &Request) -> Value {
        let (framework, task) = (request.parameter("framework_id"), request.parameter("task_id"));
        let number = |name: &str, default: usize| {
            request.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(default)
        };
        let (limit, offset) = (number("limit", 100), number("offset", 0));
        let mut all: Vec<(u64, Value)> = Vec::new();
        for f in self.frameworks.values().chain(&self.completed) {
            if framework.as_ref().is_some_and(|id| *id != f.id) {
                continue;
            }
            let tasks = f.tasks.values().chain(f.unreachable.values()).chain(&f.completed);
            for t in tasks.filter(|t| task.as_ref().is_none_or(|id| *id == t.id)) {
                all.push((t.sequence, task_json(t, &f.id)));
            }
        }
        all.sort_by_key(|(sequence, _)| *sequence);
        if request.parameter("order").as_deref() != Some("asc") {
            all.reverse();
        }
        let page: Vec<Value> =
            all.into_iter().skip(offset).take(limit).map(|(_, task)| task).collect();
        json!({ "tasks": page })
    }

    /// `/state`.
    pub fn state_json(&self) -> Value {
        let mut map = Map::new();
        if let Value::Object(version) = version() {
            let order =
                ["version", "git_sha", "git_branch", "build_date", "build_time", "build_user"];
            map = wire::ordered(&Value::Object(version), &order);
        }
        let pid = format!("master@127.0.0.1:{}", self.port);
        let frameworks = self.frameworks_json(None);
        let connected = self.agents.values().filter(|a| a.connected && !a.deactivated).count();
        map.insert("start_time".into(), json!(self.started));
        map.insert("elected_time".into(), json!(self.elected));
        map.insert("id".into(), json!(self.id));
        map.insert("pid".into(), json!(pid));
        map.insert("hostname".into(), json!("127.0.0.1"));
        map.insert("capabilities".into(), json!(["AGENT_UPDATE", "AGENT_DRAINING", "QUOTA_V2"]));
        map.insert("activated_slaves".into(), json!(connected as f64));
        map.insert("deactivated_slaves".into(), json!((self.agents.len() - connected) as f64));
        map.insert("unreachable_slaves".into(), json!(self.unreachable.len() as f64));
        map.insert("leader".into(), json!(pid));
        let leader =
            json!({ "id": self.id, "pid": pid, "port": self.port, "hostname": "127.0.0.1" });
        map.insert("leader_info".into(), leader);
        map.insert("cluster".into(), json!("test-cluster"));
        map.insert("flags".into(), flags(self)["flags"].clone());
        let slaves: Vec<Value> =
            self.agents.values().map(|slave| Value::Object(Self::slave_json(slave))).collect();
        map.insert("slaves".into(), json!(slaves));
        map.insert("recovered_slaves".into(), self.recovered_json());
        map.insert("frameworks".into(), frameworks["frameworks"].clone());
        map.insert("completed_frameworks".into(), frameworks["completed_frameworks"].clone());
        map.insert("orphan_tasks".into(), json!([]));
        map.insert("unregistered_frameworks".into(), json!([]));
        Value::Object(map)
    }
}

impl Slave {
    /// Its process id.
    pub fn pid(&self) -> String {
        format!("slave(1)@{}:{}", self.hostname, self.port)
    }
}

/// Roles that something is reserved for.
pub fn reserved_roles(total: &Resources) -> Vec<String> {
    let mut roles: Vec<String> = total
        .0
        .iter()
        .filter(|r| !r.reservations.is_empty())
        .map(crate::resources::Resource::reserved_for)
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// `{"rack":"r1","cores":4.0}`.
pub fn attributes_json(attributes: &[Value]) -> Value {
    let pair = |attribute: &Value| {
        let value = match attribute["type"].as_str() {
            Some("SCALAR") => attribute["scalar"]["value"].clone(),
            _ => attribute["text"]["value"].clone(),
        };
        (wire::text(attribute, "name"), value)
    };
    Value::Object(attributes.iter().map(pair).collect())
}
