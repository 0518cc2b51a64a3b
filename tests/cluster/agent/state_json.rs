//! `/state` and `/containers` of an agent. Source of facts: `docs/mesos.md#agents` and
//! `tests/data/mesos/05-operator-and-files`.

use serde_json::{Map, Value, json};

use super::{Agent, AgentFramework, Executor};
use crate::master::operator::version;
use crate::master::state_json::{AGENT_CAPABILITIES, attributes_json, reserved_roles, task_json};
use crate::master::{self, is_terminal};
use crate::resources::{Amount, Format, Resource, Resources};
use crate::wire;

/// What the command executor gets on top of its task.
fn overhead(resources: &Resources) -> Resources {
    let role = resources.0.iter().find_map(|resource| resource.allocated.clone());
    let mut all = resources.clone();
    for (name, thousandths) in [("cpus", 100), ("mem", 32_000)] {
        all.add_one(&Resource {
            name: name.to_owned(),
            amount: Amount::Scalar(thousandths),
            reservations: Vec::new(),
            allocated: role.clone(),
        });
    }
    all
}

/// The name of the command executor of a task.
fn executor_name(task_id: &str, command: &Value) -> String {
    let value = wire::text(command, "value");
    let short = if value.chars().count() > 15 {
        format!("{}...", value.chars().take(12).collect::<String>())
    } else {
        value
    };
    format!("Command Executor (Task: {task_id}) (Command: sh -c '{short}')")
}

impl Agent {
    /// `/state`.
    pub fn state_json(&self) -> Value {
        let order = ["version", "git_sha", "git_branch", "build_date", "build_time", "build_user"];
        let mut map = wire::ordered(&version(), &order);
        let unreserved = self.total.filtered(|r| r.reservations.is_empty());
        let mut used = Resources::default();
        for executor in self.frameworks.values().flat_map(|f| f.executors.values()) {
            used.add(&overhead(&executor.resources).allocated_to(None));
        }
        let (mut reserved, mut full) = (Map::new(), Map::new());
        for role in reserved_roles(&self.total) {
            let part = self.total.filtered(|r| r.reserved_for() == role);
            reserved.insert(role.clone(), part.summary());
            full.insert(role, part.to_json(Format::Old));
        }
        let id = self.id.clone().unwrap_or_default();
        map.insert("start_time".into(), json!(self.started));
        map.insert("id".into(), json!(id));
        map.insert("pid".into(), json!(format!("slave(1)@{}:{}", self.host, self.port)));
        map.insert("hostname".into(), json!(self.host));
        map.insert("capabilities".into(), json!(AGENT_CAPABILITIES));
        map.insert("resources".into(), self.total.summary());
        map.insert("reserved_resources".into(), json!(reserved));
        map.insert("unreserved_resources".into(), unreserved.summary());
        map.insert("reserved_resources_full".into(), json!(full));
        map.insert("unreserved_resources_full".into(), unreserved.to_json(Format::Old));
        map.insert("reserved_resources_allocated".into(), json!({}));
        map.insert("unreserved_resources_allocated".into(), used.summary());
        map.insert("resource_providers".into(), json!([]));
        map.insert("attributes".into(), attributes_json(&self.attributes));
        map.insert("master_hostname".into(), json!("localhost"));
        map.insert("flags".into(), json!({ "work_dir": self.work_dir, "hostname": self.host }));
        let (gone, alive): (Vec<_>, Vec<_>) =
            self.frameworks.iter().partition(|(_, f)| f.removed && f.executors.is_empty());
        let list = |all: Vec<(&String, &AgentFramework)>| -> Vec<Value> {
            all.into_iter().map(|(id, f)| self.framework_json(id, f)).collect()
        };
        map.insert("frameworks".into(), json!(list(alive)));
        map.insert("completed_frameworks".into(), json!(list(gone)));
        Value::Object(map)
    }

    fn framework_json(&self, id: &str, framework: &AgentFramework) -> Value {
        let info = &framework.info;
        let mut map = Map::new();
        map.insert("id".into(), json!(id));
        map.insert("name".into(), info["name"].clone());
        map.insert("user".into(), info["user"].clone());
        map.insert("failover_timeout".into(), info["failover_timeout"].clone());
        map.insert("checkpoint".into(), info["checkpoint"].clone());
        map.insert("hostname".into(), json!(wire::text(info, "hostname")));
        if master::frameworks::has_capability(info, "MULTI_ROLE") {
            map.insert("roles".into(), json!(master::frameworks::roles_of(info)));
        } else {
            map.insert("role".into(), json!(master::frameworks::roles_of(info).first()));
        }
        let active: Vec<Value> =
            framework.executors.values().map(|e| self.executor_json(id, e)).collect();
        let done: Vec<Value> =
            framework.completed.iter().map(|e| self.executor_json(id, e)).collect();
        map.insert("executors".into(), json!(active));
        map.insert("completed_executors".into(), json!(done));
        Value::Object(map)
    }

    fn executor_json(&self, framework_id: &str, executor: &Executor) -> Value {
        let id = wire::id_of(&executor.task, "task_id");
        let over = is_terminal(&executor.state);
        let resources = if over { Resources::default() } else { executor.resources.clone() };
        let role = executor.resources.0.iter().find_map(|r| r.allocated.clone());
        let mut map = Map::new();
        map.insert("id".into(), json!(id));
        map.insert("name".into(), json!(executor_name(&id, &executor.task["command"])));
        map.insert("source".into(), json!(id));
        map.insert("container".into(), json!(executor.container));
        map.insert("directory".into(), json!(executor.directory));
        map.insert("resources".into(), overhead(&resources).summary());
        if let Some(role) = role {
            map.insert("role".into(), json!(role));
        }
        wire::put(&mut map, "labels", executor.task["labels"]["labels"].clone());
        let task = task_json(&self.task_of(executor), framework_id);
        let (active, done) = if over { (vec![], vec![task]) } else { (vec![task], vec![]) };
        map.insert("tasks".into(), json!(active));
        map.insert("queued_tasks".into(), json!([]));
        map.insert("completed_tasks".into(), json!(done));
        Value::Object(map)
    }

    /// `/containers`: no statistics but the limits.
    pub fn containers_json(&self) -> Value {
        let mut all = Vec::new();
        for (framework_id, framework) in &self.frameworks {
            for (id, executor) in framework.executors.iter().filter(|(_, e)| e.pid.is_some()) {
                let limits = overhead(&executor.resources);
                all.push(json!({
                    "container_id": executor.container,
                    "executor_id": id,
                    "executor_name": executor_name(id, &executor.task["command"]),
                    "framework_id": framework_id,
                    "source": id,
                    "statistics": {
                        "cpus_soft_limit": limits.scalar("cpus") as f64 / 1000.0,
                        "mem_limit_bytes": limits.scalar("mem") * 1_048_576 / 1000,
                        "timestamp": wire::now(),
                    },
                    "status": {
                        "container_id": wire::id(&executor.container),
                        "executor_pid": executor.pid,
                    },
                }));
            }
        }
        Value::Array(all)
    }
}
