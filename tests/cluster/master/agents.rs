//! Agents as the master sees them: registration, disconnection, loss, return. Source of facts:
//! `docs/mesos.md#lost-agents` and `tests/data/mesos/08-agent-lost-and-back`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::frameworks::normalise;
use super::reconcile::known_status;
use super::updates::master_status;
use super::{Framework, Master, Slave, Task, is_terminal};
use crate::cluster::{Registration, ToAgent};
use crate::wire;

impl Master {
    /// An agent registers or comes back; the answer is its id.
    pub fn register(&mut self, registration: Registration) -> String {
        let back = registration.id.is_some();
        let id = registration.id.clone().unwrap_or_else(|| self.new_agent_id());
        self.recovering.remove(&id);
        let was_unreachable = self.unreachable.remove(&id).is_some();
        let known = self.agents.remove(&id);
        let first = known.as_ref().map_or_else(wire::now, |slave| slave.registered);
        let slave = Slave {
            id: id.clone(),
            port: registration.port,
            hostname: registration.hostname,
            attributes: registration.attributes,
            total: registration.total,
            used: known.as_ref().map(|slave| slave.used.clone()).unwrap_or_default(),
            offered: known.as_ref().map(|slave| slave.offered.clone()).unwrap_or_default(),
            connected: true,
            deactivated: known.as_ref().is_some_and(|slave| slave.deactivated),
            registered: first,
            reregistered: back.then(wire::now),
        };
        self.agents.insert(id.clone(), slave);
        if known.is_some() {
            self.reconcile_agent(&id, &registration.frameworks);
        }
        for (info, tasks) in registration.frameworks {
            self.take_over(&id, &info, tasks, was_unreachable);
        }
        self.resend_kills(&id);
        if back {
            // The agent hears the newest FrameworkInfo and sends what is not acknowledged.
            let infos: Vec<(String, Value)> = self
                .frameworks
                .values()
                .filter(|framework| framework.connected())
                .map(|framework| (framework.id.clone(), framework.info.clone()))
                .collect();
            for (framework_id, info) in infos {
                self.tell(&id, ToAgent::Framework { framework_id, info });
            }
        }
        self.allocate_soon = true;
        id
    }

    /// Asks an agent about the tasks that it should have but does not list.
    fn reconcile_agent(&mut self, agent_id: &str, listed: &[(Value, Vec<Task>)]) {
        let known: BTreeSet<(String, &str)> = listed
            .iter()
            .flat_map(|(info, tasks)| {
                tasks.iter().map(|task| (wire::id_of(info, "id"), task.id.as_str()))
            })
            .collect();
        let mut lost = Vec::new();
        for framework in self.frameworks.values() {
            for task in framework.tasks.values().filter(|task| task.agent_id == agent_id) {
                if !is_terminal(&task.state) && !known.contains(&(framework.id.clone(), &task.id)) {
                    let state = framework.precise("TASK_DROPPED").to_owned();
                    let (framework_id, task_id) = (framework.id.clone(), task.id.clone());
                    lost.push(ToAgent::Reconcile { framework_id, task_id, state });
                }
            }
        }
        for message in lost {
            self.tell(agent_id, message);
        }
    }

    /// The tasks of one framework on an agent that re-registers.
    fn take_over(&mut self, agent_id: &str, info: &Value, tasks: Vec<Task>, was_unreachable: bool) {
        let framework_id = wire::id_of(info, "id");
        if self.completed.iter().any(|framework| framework.id == framework_id) {
            self.tell(agent_id, ToAgent::ShutdownFramework { framework_id });
            return;
        }
        if tasks.is_empty() {
            return;
        }
        let framework = self.frameworks.entry(framework_id.clone()).or_insert_with(|| {
            let mut framework = Framework::new(&framework_id, normalise(info));
            framework.recovered = true;
            framework
        });
        let Some(slave) = self.agents.get_mut(agent_id) else { return };
        for mut task in tasks {
            let old = framework.unreachable.remove(&task.id);
            if framework.tasks.contains_key(&task.id) {
                continue;
            }
            if let Some(old) = old {
                task.sequence = old.sequence;
            }
            agent_id.clone_into(&mut task.agent_id);
            if !is_terminal(&task.state) {
                slave.used.add(&task.resources);
                framework.used.add(&task.resources);
            }
            if was_unreachable {
                let text = "Unreachable agent re-reregistered";
                let latest = Task { update_state: Some(task.state.clone()), ..task.clone() };
                framework.send_update(&known_status(&latest, text, "REASON_AGENT_REREGISTERED"));
            }
            framework.tasks.insert(task.id.clone(), task);
        }
    }

    fn resend_kills(&mut self, agent_id: &str) {
        let mut kills = Vec::new();
        for framework in self.frameworks.values_mut() {
            for task in framework.tasks.values_mut() {
                if task.agent_id == agent_id && std::mem::take(&mut task.kill_pending) {
                    kills.push((framework.id.clone(), task.id.clone()));
                }
            }
        }
        for (framework_id, task_id) in kills {
            self.tell(agent_id, ToAgent::Kill { framework_id, task_id, policy: Value::Null });
        }
    }

    /// The link to an agent broke.
    pub fn agent_disconnected(&mut self, agent_id: &str) {
        let Some(slave) = self.agents.get_mut(agent_id) else { return };
        slave.connected = false;
        let hostname = slave.hostname.clone();
        self.rescind_all(Some(agent_id));
        // Without checkpointing the tasks count as lost at once.
        let text = format!("Agent {hostname} disconnected");
        let frameworks: Vec<String> = self
            .frameworks
            .values()
            .filter(|framework| framework.info["checkpoint"] != true)
            .map(|framework| framework.id.clone())
            .collect();
        for id in frameworks {
            for mut task in self.take_tasks(&id, agent_id) {
                let status = master_status(
                    &task.id,
                    "TASK_LOST",
                    &text,
                    "REASON_AGENT_DISCONNECTED",
                    agent_id,
                );
                "TASK_LOST".clone_into(&mut task.state);
                task.statuses.push(status.clone());
                if let Some(framework) = self.frameworks.get_mut(&id) {
                    framework.send_update(&status);
                    framework.complete(task);
                }
            }
        }
    }

    /// Takes the tasks that a framework has on an agent out of the list of active ones.
    fn take_tasks(&mut self, framework_id: &str, agent_id: &str) -> Vec<Task> {
        let Some(framework) = self.frameworks.get_mut(framework_id) else { return Vec::new() };
        let (gone, stay): (Vec<_>, Vec<_>) = std::mem::take(&mut framework.tasks)
            .into_iter()
            .partition(|(_, task)| task.agent_id == agent_id);
        framework.tasks = stay.into_iter().collect();
        let gone: Vec<Task> = gone.into_iter().map(|(_, task)| task).collect();
        for task in gone.iter().filter(|task| !is_terminal(&task.state)) {
            framework.used.subtract(&task.resources);
            if let Some(slave) = self.agents.get_mut(agent_id) {
                slave.used.subtract(&task.resources);
            }
        }
        gone
    }

    /// An agent did not answer pings for too long.
    pub fn agent_unreachable(&mut self, agent_id: &str) {
        let since = wire::now_nanos();
        if self.recovering.remove(agent_id) {
            // Known from the registry only: there are no tasks to speak of.
            self.unreachable.insert(agent_id.to_owned(), since);
            self.tell_failure(agent_id);
            return;
        }
        if self.agents.get(agent_id).is_none_or(|slave| slave.connected) {
            return;
        }
        self.rescind_all(Some(agent_id));
        let ids: Vec<String> = self.frameworks.keys().cloned().collect();
        for id in ids {
            for mut task in self.take_tasks(&id, agent_id) {
                let Some(framework) = self.frameworks.get_mut(&id) else { continue };
                let state = framework.precise("TASK_UNREACHABLE").to_owned();
                let mut status = master_status(
                    &task.id,
                    &state,
                    "health check timed out",
                    "REASON_AGENT_REMOVED",
                    agent_id,
                );
                status["unreachable_time"] = json!({ "nanoseconds": since });
                task.state = state;
                task.statuses.push(status.clone());
                framework.send_update(&status);
                framework.unreachable.insert(task.id.clone(), task);
            }
        }
        self.agents.remove(agent_id);
        self.unreachable.insert(agent_id.to_owned(), since);
        self.tell_failure(agent_id);
    }

    /// `MARK_AGENT_GONE`.
    pub fn agent_gone(&mut self, agent_id: &str) {
        self.rescind_all(Some(agent_id));
        let ids: Vec<String> = self.frameworks.keys().cloned().collect();
        for id in ids {
            let mut gone = self.take_tasks(&id, agent_id);
            let Some(framework) = self.frameworks.get_mut(&id) else { continue };
            let unreachable = std::mem::take(&mut framework.unreachable);
            let (lost, stay): (Vec<_>, Vec<_>) =
                unreachable.into_iter().partition(|(_, task)| task.agent_id == agent_id);
            framework.unreachable = stay.into_iter().collect();
            gone.extend(lost.into_iter().map(|(_, task)| task));
            for mut task in gone {
                let state = framework.precise("TASK_GONE_BY_OPERATOR").to_owned();
                let reason = "REASON_AGENT_REMOVED_BY_OPERATOR";
                let status =
                    master_status(&task.id, &state, "Agent has been marked gone", reason, agent_id);
                task.state = state;
                task.statuses.push(status.clone());
                framework.send_update(&status);
                framework.complete(task);
            }
        }
        self.agents.remove(agent_id);
        self.unreachable.remove(agent_id);
        self.gone.insert(agent_id.to_owned());
        self.tell_failure(agent_id);
    }

    fn tell_failure(&self, agent_id: &str) {
        for framework in self.frameworks.values() {
            framework.send("FAILURE", &json!({ "agent_id": wire::id(agent_id) }));
        }
    }
}
