//! Status updates on their way from an agent to a scheduler, and acknowledgements on their way back. Source of facts:
//! `docs/mesos.md#status-updates`.

use serde_json::{Map, Value, json};

use super::{Master, is_terminal};
use crate::cluster::ToAgent;
use crate::wire;

/// A `TaskStatus` that the master makes; it has no uuid.
pub fn master_status(
    task_id: &str,
    state: &str,
    message: &str,
    reason: &str,
    agent_id: &str,
) -> Value {
    let mut map = Map::new();
    map.insert("task_id".into(), wire::id(task_id));
    map.insert("state".into(), json!(state));
    map.insert("message".into(), json!(message));
    map.insert("source".into(), json!("SOURCE_MASTER"));
    map.insert("reason".into(), json!(reason));
    if !agent_id.is_empty() {
        map.insert("agent_id".into(), wire::id(agent_id));
    }
    map.insert("timestamp".into(), json!(wire::now()));
    Value::Object(map)
}

impl Master {
    /// An update from an agent; `latest` is the newest state that the agent knows.
    pub fn agent_update(&mut self, framework_id: &str, status: &Value, latest: &str) {
        let Some(framework) = self.frameworks.get_mut(framework_id) else { return };
        let task_id = wire::id_of(status, "task_id");
        if let Some(task) = framework.tasks.get_mut(&task_id) {
            let over = is_terminal(&task.state);
            latest.clone_into(&mut task.state);
            task.update_state = status["state"].as_str().map(str::to_owned);
            task.update_uuid = status["uuid"].as_str().map(str::to_owned);
            if task.statuses.last().is_none_or(|last| last["uuid"] != status["uuid"]) {
                task.statuses.push(status.clone());
            }
            if is_terminal(latest) && !over {
                framework.used.subtract(&task.resources);
                if let Some(slave) = self.agents.get_mut(&task.agent_id) {
                    slave.used.subtract(&task.resources);
                }
            }
        }
        framework.send_update(status);
    }

    /// ACKNOWLEDGE.
    pub fn acknowledge(&mut self, call: &Value) {
        let framework_id = wire::id_of(call, "framework_id");
        let body = &call["acknowledge"];
        let agent_id = wire::id_of(body, "agent_id");
        let task_id = wire::id_of(body, "task_id");
        let uuid = wire::text(body, "uuid");
        if self.agents.get(&agent_id).is_none_or(|slave| !slave.connected) {
            // The agent will send the update again.
            return;
        }
        if let Some(framework) = self.frameworks.get_mut(&framework_id) {
            let done = framework.tasks.get(&task_id).is_some_and(|task| {
                task.agent_id == agent_id
                    && task.update_uuid.as_ref() == Some(&uuid)
                    && task.update_state.as_deref().is_some_and(is_terminal)
            });
            if done && let Some(task) = framework.tasks.remove(&task_id) {
                framework.complete(task);
            }
        }
        self.tell(&agent_id, ToAgent::Acknowledge { framework_id, task_id, uuid });
    }
}
