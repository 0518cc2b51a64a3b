//! The v1 operator API and the endpoints that change something. Source of facts: `docs/mesos.md#operator-endpoints` and
//! `tests/data/mesos/05-operator-and-files`.

use serde_json::{Map, Value, json};

use super::calls::{body, method_not_allowed, not_acceptable};
use super::state_json::AGENT_CAPABILITIES;
use super::{Framework, Master, Phase, Slave, Task, VERSION, validate};
use crate::http::{Request, Response};
use crate::resources::Format;
use crate::wire;

/// `/version`.
pub fn version() -> Value {
    json!({
        "build_date": "2026-11-22 14:42:43 UTC",
        "build_time": 1_795_358_563.0,
        "build_user": "",
        "git_branch": "refs/heads/master",
        "git_sha": "c1b42f79d157aa900be5cbb0c1023f1479962aa7",
        "version": VERSION,
    })
}

/// `/flags`: only those that this simulation obeys.
pub fn flags(master: &Master) -> Value {
    let ms = |time: std::time::Duration| format!("{}ms", time.as_millis());
    json!({ "flags": {
        "agent_ping_timeout": ms(master.settings.ping_timeout),
        "agent_reregister_timeout": ms(master.settings.reregister_timeout),
        "allocation_interval": ms(master.settings.allocation_interval),
        "max_agent_ping_timeouts": "1",
        "port": master.port.to_string(),
        "registry": if master.settings.in_memory_registry { "in_memory" } else { "replicated_log" },
        "root_submissions": "true",
    }})
}

/// `/metrics/snapshot`: a few.
pub fn metrics(master: &Master) -> Value {
    let running: usize = master.frameworks.values().map(|f| f.tasks.len()).sum();
    json!({
        "master/elected": f64::from(u8::from(master.leads())),
        "master/frameworks_active":
            master.frameworks.values().filter(|f| f.active).count() as f64,
        "master/outstanding_offers": master.offers.len() as f64,
        "master/slaves_active": master.agents.len() as f64,
        "master/tasks_running": running as f64,
        "master/uptime_secs": wire::now() - master.started,
    })
}

impl Master {
    /// `/teardown`.
    pub fn teardown_request(&mut self, request: &Request) -> Response {
        if self.phase == Phase::Recovering {
            return Response::text(503, "Master has not finished recovery");
        }
        if request.method != "POST" {
            return method_not_allowed(&request.method);
        }
        let id = url::form_urlencoded::parse(&request.body)
            .find(|(name, _)| name == "frameworkId")
            .map(|(_, value)| value.into_owned());
        match id {
            None => {
                Response::text(400, "Missing 'frameworkId' query parameter in the request body")
            }
            Some(id) if self.remove_framework(&id) => Response::empty(200),
            Some(_) => Response::text(400, "No framework found with specified ID"),
        }
    }

    /// `/api/v1`.
    pub fn operator_call(&mut self, request: &Request) -> Response {
        if self.phase == Phase::Recovering {
            return Response::text(503, "Master has not finished recovery");
        }
        if request.method != "POST" {
            return method_not_allowed(&request.method);
        }
        let call = match body(request, "v1::master::Call") {
            Ok(call) => call,
            Err(response) => return response,
        };
        if !validate::accepts_json(request.header("accept")) {
            return not_acceptable();
        }
        let kind = wire::text(&call, "type");
        let answer = match kind.as_str() {
            "GET_HEALTH" => json!({ "healthy": true }),
            "GET_VERSION" => json!({ "version_info": version_v1() }),
            "GET_MASTER" => json!({
                "master_info": self.info(),
                "start_time": self.started,
                "elected_time": self.elected,
            }),
            "GET_FRAMEWORKS" => self.get_frameworks(),
            "GET_TASKS" => self.get_tasks(),
            "GET_AGENTS" => self.get_agents(),
            "GET_EXECUTORS" => json!({}),
            "GET_STATE" => json!({
                "get_tasks": self.get_tasks(),
                "get_executors": {},
                "get_frameworks": self.get_frameworks(),
                "get_agents": self.get_agents(),
            }),
            "TEARDOWN" => {
                if !call["teardown"]["framework_id"].is_object() {
                    return invalid("Expecting 'teardown' to be present");
                }
                let id = wire::id_of(&call["teardown"], "framework_id");
                return if self.remove_framework(&id) {
                    Response::empty(200)
                } else {
                    Response::text(400, "No framework found with specified ID")
                };
            }
            "MARK_AGENT_GONE" => {
                self.agent_gone(&wire::id_of(&call["mark_agent_gone"], "agent_id"));
                return Response::empty(200);
            }
            _ => return invalid("Expecting 'type' to be present"),
        };
        let mut map = Map::new();
        map.insert("type".into(), json!(kind));
        map.insert(kind.to_ascii_lowercase(), answer);
        Response::json(Value::Object(map).to_string().into_bytes())
    }

    fn get_frameworks(&self) -> Value {
        let mut map = Map::new();
        let some = |list: Vec<Value>| if list.is_empty() { Value::Null } else { json!(list) };
        let active = self.frameworks.values().map(|f| self.framework_v1(f)).collect();
        let completed = self.completed.iter().map(|f| self.framework_v1(f)).collect();
        wire::put(&mut map, "frameworks", some(active));
        wire::put(&mut map, "completed_frameworks", some(completed));
        Value::Object(map)
    }

    fn framework_v1(&self, framework: &Framework) -> Value {
        let mut map = Map::new();
        let reregistered = framework.reregistered.unwrap_or(framework.registered);
        map.insert("framework_info".into(), framework.info.clone());
        map.insert("active".into(), json!(framework.active));
        map.insert("connected".into(), json!(framework.connected()));
        map.insert("recovered".into(), json!(framework.recovered));
        map.insert("registered_time".into(), wire::nanos(framework.registered));
        map.insert("reregistered_time".into(), wire::nanos(reregistered));
        if framework.unregistered > 0.0 {
            map.insert("unregistered_time".into(), wire::nanos(framework.unregistered));
        }
        let mut offered = crate::resources::Resources::default();
        for offer in self.offers.values().filter(|offer| offer.framework_id == framework.id) {
            offered.add(&offer.resources);
        }
        if !framework.used.is_empty() {
            map.insert("allocated_resources".into(), framework.used.to_json(Format::Old));
        }
        if !offered.is_empty() {
            map.insert("offered_resources".into(), offered.to_json(Format::Old));
        }
        map.insert("offer_constraints".into(), json!({}));
        Value::Object(map)
    }

    fn get_tasks(&self) -> Value {
        let all = || self.frameworks.values().chain(&self.completed);
        let active: Vec<Value> =
            all().flat_map(|f| f.tasks.values().map(|t| task_v1(f, t))).collect();
        let away: Vec<Value> =
            all().flat_map(|f| f.unreachable.values().map(|t| task_v1(f, t))).collect();
        let done: Vec<Value> =
            all().flat_map(|f| f.completed.iter().map(|t| task_v1(f, t))).collect();
        let mut map = Map::new();
        for (name, list) in
            [("tasks", active), ("unreachable_tasks", away), ("completed_tasks", done)]
        {
            if !list.is_empty() {
                map.insert(name.into(), json!(list));
            }
        }
        Value::Object(map)
    }

    fn get_agents(&self) -> Value {
        let agents: Vec<Value> = self.agents.values().map(agent_v1).collect();
        let recovered: Vec<Value> =
            self.recovering.iter().map(|id| json!({ "id": wire::id(id) })).collect();
        json!({ "agents": agents, "recovered_agents": recovered })
    }
}

fn invalid(why: &str) -> Response {
    Response::text(400, format!("Failed to validate master::Call: {why}"))
}

fn version_v1() -> Value {
    let order = ["version", "build_date", "build_time", "build_user", "git_sha", "git_branch"];
    Value::Object(wire::ordered(&version(), &order))
}

fn task_v1(framework: &Framework, task: &Task) -> Value {
    let mut map = wire::ordered(&task.info, &["name", "task_id"]);
    map.insert("framework_id".into(), wire::id(&framework.id));
    map.insert("agent_id".into(), wire::id(&task.agent_id));
    map.insert("state".into(), json!(task.state));
    map.insert("resources".into(), task.resources.to_json(Format::Refined));
    if !task.statuses.is_empty() {
        map.insert("statuses".into(), json!(task.statuses));
    }
    if let Some(state) = &task.update_state {
        map.insert("status_update_state".into(), json!(state));
    }
    if let Some(uuid) = &task.update_uuid {
        map.insert("status_update_uuid".into(), json!(uuid));
    }
    for field in ["labels", "discovery", "container"] {
        wire::put(&mut map, field, task.info[field].clone());
    }
    wire::put(&mut map, "user", task.info["command"]["user"].clone());
    for field in ["health_check", "kill_policy", "limits"] {
        wire::put(&mut map, field, task.info[field].clone());
    }
    Value::Object(map)
}

fn agent_v1(slave: &Slave) -> Value {
    let mut total = slave.total.to_json(Format::Refined);
    for resource in total.as_array_mut().into_iter().flatten() {
        if let Some(object) = resource.as_object_mut() {
            object.shift_remove("role");
        }
    }
    let mut info = Map::new();
    info.insert("hostname".into(), json!(slave.hostname));
    info.insert("port".into(), json!(slave.port));
    info.insert("resources".into(), total);
    if !slave.attributes.is_empty() {
        info.insert("attributes".into(), json!(slave.attributes));
    }
    info.insert("id".into(), wire::id(&slave.id));
    info.insert("checkpoint".into(), json!(true));
    let capabilities: Vec<Value> =
        AGENT_CAPABILITIES.iter().map(|name| json!({ "type": name })).collect();
    let mut map = Map::new();
    map.insert("agent_info".into(), Value::Object(info));
    map.insert("active".into(), json!(slave.connected && !slave.deactivated));
    map.insert("deactivated".into(), json!(slave.deactivated));
    map.insert("version".into(), json!(VERSION));
    map.insert("pid".into(), json!(slave.pid()));
    map.insert("registered_time".into(), wire::nanos(slave.registered));
    if let Some(time) = slave.reregistered {
        map.insert("reregistered_time".into(), wire::nanos(time));
    }
    map.insert("total_resources".into(), slave.total.to_json(Format::Old));
    if !slave.used.is_empty() {
        map.insert("allocated_resources".into(), slave.used.to_json(Format::Old));
    }
    if !slave.offered.is_empty() {
        map.insert("offered_resources".into(), slave.offered.to_json(Format::Old));
    }
    map.insert("capabilities".into(), json!(capabilities));
    Value::Object(map)
}
