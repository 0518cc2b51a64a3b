//! RECONCILE and KILL. Source of facts: `docs/mesos.md#reconciliation`, `docs/mesos.md#kill` and the recordings 01 and
//! 08 in `tests/data/mesos`.

use serde_json::{Value, json};

use super::updates::master_status;
use super::{Framework, Master, Task};
use crate::cluster::ToAgent;
use crate::wire;

const REASON: &str = "REASON_RECONCILIATION";

/// The answer for a task that the master knows: the state that was forwarded last.
pub fn known_status(task: &Task, message: &str, reason: &str) -> Value {
    let state = task.update_state.as_deref().unwrap_or("TASK_STAGING");
    let mut status = master_status(&task.id, state, message, reason, &task.agent_id);
    let last = task.statuses.iter().rev().find(|s| s["container_status"].is_object());
    for field in ["healthy", "check_status", "container_status"] {
        if let Some(value) = last.map(|last| &last[field]).filter(|value| !value.is_null()) {
            status[field] = value.clone();
        }
    }
    status
}

impl Master {
    /// RECONCILE, explicit or implicit.
    pub fn reconcile(&self, call: &Value) {
        let Some(framework) = self.frameworks.get(&wire::id_of(call, "framework_id")) else {
            return;
        };
        let tasks = wire::list(&call["reconcile"]["tasks"]);
        if tasks.is_empty() {
            for task in framework.tasks.values() {
                framework.send_update(&known_status(
                    task,
                    "Reconciliation: Latest task state",
                    REASON,
                ));
            }
        }
        for task in tasks {
            let (task_id, agent_id) =
                (wire::id_of(&task, "task_id"), wire::id_of(&task, "agent_id"));
            self.reconcile_one(framework, &task_id, &agent_id);
        }
    }

    fn reconcile_one(&self, framework: &Framework, task_id: &str, agent_id: &str) {
        if let Some(task) = framework.tasks.get(task_id) {
            let text = "Reconciliation: Latest task state";
            framework.send_update(&known_status(task, text, REASON));
            return;
        }
        let recovering = if agent_id.is_empty() {
            !self.recovering.is_empty()
        } else {
            self.recovering.contains(agent_id)
        };
        if recovering {
            return;
        }
        let since = self.unreachable.get(agent_id);
        let (state, text) = if self.agents.contains_key(agent_id) {
            ("TASK_GONE", "Reconciliation: Task is unknown to the agent")
        } else if since.is_some() {
            ("TASK_UNREACHABLE", "Reconciliation: Task is unreachable")
        } else if self.gone.contains(agent_id) {
            ("TASK_GONE_BY_OPERATOR", "Reconciliation: Task is gone")
        } else {
            ("TASK_UNKNOWN", "Reconciliation: Task is unknown")
        };
        let mut status = master_status(task_id, framework.precise(state), text, REASON, agent_id);
        if let Some(since) = since {
            status["unreachable_time"] = json!({ "nanoseconds": since });
        }
        framework.send_update(&status);
    }

    /// KILL.
    pub fn kill(&mut self, call: &Value) {
        let framework_id = wire::id_of(call, "framework_id");
        let kill = &call["kill"];
        let (task_id, agent_id) = (wire::id_of(kill, "task_id"), wire::id_of(kill, "agent_id"));
        let Some(framework) = self.frameworks.get_mut(&framework_id) else { return };
        let Some(task) = framework.tasks.get_mut(&task_id) else {
            if let Some(framework) = self.frameworks.get(&framework_id) {
                self.reconcile_one(framework, &task_id, &agent_id);
            }
            return;
        };
        if !agent_id.is_empty() && task.agent_id != agent_id {
            return;
        }
        let agent_id = task.agent_id.clone();
        if self.agents.get(&agent_id).is_some_and(|slave| slave.connected) {
            let policy = kill["kill_policy"].clone();
            self.tell(&agent_id, ToAgent::Kill { framework_id, task_id, policy });
        } else {
            // Sent again when the agent is back, without the policy.
            task.kill_pending = true;
        }
    }
}
