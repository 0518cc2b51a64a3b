//! The life of a framework: subscription, takeover, disconnection, removal. Source of facts: `docs/mesos.md#framework`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::stream::Stream;
use super::{Framework, Master, Task, is_terminal, roles, validate};
use crate::cluster::{Timer, ToAgent};
use crate::resources::Resources;
use crate::wire;

/// The largest failover timeout in seconds: 2^63 nanoseconds.
const MAX_FAILOVER_TIMEOUT: f64 = 9_223_372_036.854_775;

/// Completed frameworks that are remembered.
const MAX_COMPLETED: usize = 50;

const CAPABILITIES: [&str; 8] = [
    "REVOCABLE_RESOURCES",
    "TASK_KILLING_STATE",
    "GPU_RESOURCES",
    "SHARED_RESOURCES",
    "PARTITION_AWARE",
    "MULTI_ROLE",
    "RESERVATION_REFINEMENT",
    "REGION_AWARE",
];

/// Whether a `FrameworkInfo` names a capability.
pub fn has_capability(info: &Value, capability: &str) -> bool {
    wire::list(&info["capabilities"]).iter().any(|c| c["type"] == capability)
}

/// `FrameworkInfo` with members in declaration order, defaults filled in and unknown members dropped.
pub fn normalise(info: &Value) -> Value {
    let order = [
        "user",
        "name",
        "id",
        "failover_timeout",
        "checkpoint",
        "role",
        "roles",
        "hostname",
        "principal",
        "webui_url",
        "capabilities",
        "labels",
        "offer_filters",
    ];
    let mut source = info.clone();
    source["failover_timeout"] = json!(wire::number(&info["failover_timeout"]).unwrap_or(0.0));
    source["checkpoint"] = json!(info["checkpoint"] == true || info["checkpoint"] == "true");
    let known: Vec<Value> = wire::list(&info["capabilities"])
        .into_iter()
        .filter(|c| CAPABILITIES.iter().any(|name| c["type"] == *name))
        .collect();
    source["capabilities"] = if known.is_empty() { Value::Null } else { json!(known) };
    let mut map: Map<String, Value> = wire::ordered(&source, &order);
    if map.get("roles").is_some_and(|roles| wire::list(roles).is_empty()) {
        map.shift_remove("roles");
    }
    Value::Object(map)
}

/// The roles of a `FrameworkInfo`.
pub fn roles_of(info: &Value) -> Vec<String> {
    if has_capability(info, "MULTI_ROLE") {
        return wire::strings(&info["roles"]);
    }
    vec![info["role"].as_str().unwrap_or("*").to_owned()]
}

/// Checks a `FrameworkInfo`; the error is the text of the ERROR event.
pub fn check(info: &Value, suppressed: &[String]) -> Result<(), String> {
    let id = wire::id_of(info, "id");
    if !id.is_empty() {
        validate::identifier(&id)?;
    }
    let own = wire::strings(&info["roles"]);
    if has_capability(info, "MULTI_ROLE") {
        if info["role"].is_string() {
            return Err(
                "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"
                    .to_owned(),
            );
        }
        let distinct: BTreeSet<&String> = own.iter().collect();
        if distinct.len() != own.len() {
            let mut seen = BTreeSet::new();
            let twice: BTreeSet<String> =
                own.iter().filter(|r| !seen.insert(*r)).cloned().collect();
            let twice = set_text(&twice);
            return Err(format!("'FrameworkInfo.roles' contains duplicate items: {twice}"));
        }
        for role in &own {
            roles::check(role)
                .map_err(|e| format!("'FrameworkInfo.roles' contains invalid role: {e}"))?;
        }
    } else {
        if !own.is_empty() {
            return Err(
                "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
                    .to_owned(),
            );
        }
        let role = info["role"].as_str().unwrap_or("*");
        roles::check(role).map_err(|e| format!("'FrameworkInfo.role' is not a valid role: {e}"))?;
    }
    let timeout = wire::number(&info["failover_timeout"]).unwrap_or(0.0);
    if timeout.abs() > MAX_FAILOVER_TIMEOUT || timeout.is_nan() {
        let text = wire::short_double(timeout);
        return Err(format!("The framework failover_timeout ({text}) is invalid"));
    }
    let roles: BTreeSet<String> = roles_of(info).into_iter().collect();
    let extra: BTreeSet<String> =
        suppressed.iter().filter(|role| !roles.contains(*role)).cloned().collect();
    if extra.is_empty() {
        return Ok(());
    }
    Err(format!("Suppressed roles {} are not contained in the set of roles", set_text(&extra)))
}

fn set_text(set: &BTreeSet<String>) -> String {
    let items: Vec<&str> = set.iter().map(String::as_str).collect();
    format!("{{ {} }}", items.join(", "))
}

impl Framework {
    /// A framework with nothing.
    pub fn new(id: &str, info: Value) -> Self {
        Self {
            id: id.to_owned(),
            roles: roles_of(&info),
            info,
            suppressed: BTreeSet::new(),
            active: false,
            recovered: false,
            stream: None,
            generation: 0,
            registered: wire::now(),
            reregistered: None,
            unregistered: 0.0,
            tasks: BTreeMap::new(),
            unreachable: BTreeMap::new(),
            completed: VecDeque::new(),
            filters: BTreeMap::new(),
            used: Resources::default(),
        }
    }

    /// Keeps a finished task.
    pub fn complete(&mut self, task: Task) {
        self.completed.push_back(task);
        if self.completed.len() > 1000 {
            self.completed.pop_front();
        }
    }
}

impl Master {
    /// Handles SUBSCRIBE; whatever goes wrong is told in the stream.
    pub fn subscribe(&mut self, call: &Value, principal: Option<&str>, stream: Stream) {
        match self.try_subscribe(call, principal) {
            Ok(id) => self.connect(&id, call, stream),
            Err(text) => {
                stream.event("ERROR", &json!({ "message": text }));
                stream.end();
            }
        }
    }

    fn try_subscribe(&mut self, call: &Value, principal: Option<&str>) -> Result<String, String> {
        let subscribe = &call["subscribe"];
        let mut info = subscribe["framework_info"].clone();
        if let Some(principal) = principal {
            info["principal"] = json!(principal);
        }
        let mut info = normalise(&info);
        check(&info, &wire::strings(&subscribe["suppressed_roles"]))?;
        let mut id = wire::id_of(&info, "id");
        if id.is_empty() {
            id = self.new_framework_id();
            info["id"] = wire::id(&id);
            info = normalise(&info);
        }
        if self.completed.iter().any(|framework| framework.id == id) {
            return Err("Framework has been removed".to_owned());
        }
        if let Some(known) = self.frameworks.get_mut(&id) {
            if wire::text(&known.info, "principal") != wire::text(&info, "principal") {
                return Err("Changing framework's principal is not allowed.".to_owned());
            }
            info["user"] = known.info["user"].clone();
            info["checkpoint"] = known.info["checkpoint"].clone();
            known.info = info;
            known.roles = roles_of(&known.info);
            known.reregistered = Some(wire::now());
        } else {
            self.frameworks.insert(id.clone(), Framework::new(&id, info));
        }
        Ok(id)
    }

    fn connect(&mut self, id: &str, call: &Value, stream: Stream) {
        self.remove_offers_of(id);
        let interval = self.settings.heartbeat;
        let subscribed = json!({
            "framework_id": wire::id(id),
            "heartbeat_interval_seconds": interval.as_secs_f64(),
            "master_info": self.info(),
        });
        let Some(framework) = self.frameworks.get_mut(id) else { return };
        if let Some(old) = framework.stream.take() {
            old.event("ERROR", &json!({ "message": "Framework failed over" }));
            old.end();
        }
        framework.generation += 1;
        framework.active = true;
        framework.recovered = false;
        framework.filters.clear();
        framework.suppressed =
            wire::strings(&call["subscribe"]["suppressed_roles"]).into_iter().collect();
        stream.event("SUBSCRIBED", &subscribed);
        stream.event("HEARTBEAT", &Value::Null);
        let heartbeat =
            Timer::Heartbeat { framework_id: id.to_owned(), stream_id: stream.id.clone() };
        framework.stream = Some(stream);
        let info = framework.info.clone();
        self.after(interval, heartbeat);
        self.allocate_soon = true;
        self.tell_of_framework(id, &info);
    }

    /// Tells the agents of a framework's new `FrameworkInfo`; they resend their updates.
    pub fn tell_of_framework(&mut self, id: &str, info: &Value) {
        let agents: Vec<String> = self.agents.keys().cloned().collect();
        for agent in agents {
            let framework_id = id.to_owned();
            self.tell(&agent, ToAgent::Framework { framework_id, info: info.clone() });
        }
    }

    /// Sends a heartbeat and arms the next one, while the subscription lasts.
    pub fn heartbeat(&mut self, framework_id: String, stream_id: String) {
        let alive = self
            .frameworks
            .get(&framework_id)
            .and_then(|framework| framework.stream.as_ref())
            .is_some_and(|stream| {
                let same = stream.id == stream_id;
                if same {
                    stream.event("HEARTBEAT", &Value::Null);
                }
                same
            });
        if alive {
            let delay = self.settings.heartbeat;
            self.after(delay, Timer::Heartbeat { framework_id, stream_id });
        }
    }

    /// A stream was closed by its client or cut.
    pub fn stream_closed(&mut self, framework_id: &str, stream_id: &str) {
        let Some(framework) = self.frameworks.get_mut(framework_id) else { return };
        if framework.stream.as_ref().is_none_or(|stream| stream.id != stream_id) {
            return;
        }
        framework.stream = None;
        framework.active = false;
        framework.filters.clear();
        let generation = framework.generation;
        let timeout = wire::number(&framework.info["failover_timeout"]).unwrap_or(0.0);
        let timeout = Duration::try_from_secs_f64(timeout.max(0.0)).unwrap_or(Duration::MAX);
        let timeout = timeout.min(Duration::from_hours(87600));
        self.remove_offers_of(framework_id);
        let framework_id = framework_id.to_owned();
        self.after(timeout, Timer::Failover { framework_id, generation });
    }

    /// The failover timer has fired.
    pub fn failover_expired(&mut self, framework_id: &str, generation: u64) {
        let expired = self
            .frameworks
            .get(framework_id)
            .is_some_and(|framework| !framework.connected() && framework.generation == generation);
        if expired {
            self.remove_framework(framework_id);
        }
    }

    /// Removes a framework for good; false if there is none.
    pub fn remove_framework(&mut self, id: &str) -> bool {
        self.remove_offers_of(id);
        let Some(mut framework) = self.frameworks.remove(id) else { return false };
        if let Some(stream) = framework.stream.take() {
            stream.end();
        }
        let agents: Vec<String> = self.agents.keys().cloned().collect();
        for agent in agents {
            self.tell(&agent, ToAgent::ShutdownFramework { framework_id: id.to_owned() });
        }
        let tasks = std::mem::take(&mut framework.tasks);
        let unreachable = std::mem::take(&mut framework.unreachable);
        for mut task in tasks.into_values().chain(unreachable.into_values()) {
            if let Some(slave) = self.agents.get_mut(&task.agent_id)
                && !is_terminal(&task.state)
            {
                slave.used.subtract(&task.resources);
            }
            if !is_terminal(&task.state) {
                "TASK_KILLED".clone_into(&mut task.state);
                task.statuses.push(json!({
                    "task_id": wire::id(&task.id),
                    "state": "TASK_KILLED",
                    "message": format!("Framework {id} removed"),
                    "source": "SOURCE_MASTER",
                    "reason": "REASON_FRAMEWORK_REMOVED",
                    "agent_id": wire::id(&task.agent_id),
                    "timestamp": wire::now(),
                }));
            }
            framework.complete(task);
        }
        framework.used = Resources::default();
        framework.active = false;
        framework.recovered = false;
        framework.unregistered = wire::now();
        self.completed.push_back(framework);
        if self.completed.len() > MAX_COMPLETED {
            self.completed.pop_front();
        }
        true
    }

    /// `UPDATE_FRAMEWORK`; the error is status and text.
    pub fn update_framework(&mut self, call: &Value) -> Result<(), (u16, String)> {
        let update = &call["update_framework"];
        let id = wire::id_of(call, "framework_id");
        let mut info = normalise(&update["framework_info"]);
        let suppressed = wire::strings(&update["suppressed_roles"]);
        let Some(framework) = self.frameworks.get_mut(&id) else {
            return Err((400, "Framework cannot be found".to_owned()));
        };
        if info["principal"].is_null() && framework.info["principal"].is_string() {
            info["principal"] = framework.info["principal"].clone();
            info = normalise(&info);
        }
        check(&info, &suppressed)
            .map_err(|e| (400, format!("Supplied FrameworkInfo is not valid: {e}")))?;
        for (field, name) in
            [("user", "user"), ("principal", "principal"), ("checkpoint", "checkpoint")]
        {
            if info[field] != framework.info[field] {
                let text = format!(
                    "FrameworkInfo update is not valid: Updating 'FrameworkInfo.{name}' is unsupported"
                );
                return Err((400, text));
            }
        }
        framework.roles = roles_of(&info);
        framework.suppressed = suppressed.into_iter().collect();
        framework.info = info.clone();
        let roles = framework.roles.clone();
        let dropped: Vec<String> = self
            .offers
            .values()
            .filter(|offer| offer.framework_id == id && !roles.contains(&offer.role))
            .map(|offer| offer.id.clone())
            .collect();
        for offer in dropped {
            self.rescind(&offer);
        }
        self.allocate_soon = true;
        self.tell_of_framework(&id, &info);
        Ok(())
    }
}
