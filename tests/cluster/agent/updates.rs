//! Status updates: one queue per task, only its head is sent, until it is acknowledged. Source of facts:
//! `docs/mesos.md#status-updates` and the shapes in `tests/data/mesos/01-lifecycle`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Agent, Key};
use crate::cluster::{Effect, Timer, Update};
use crate::master::is_terminal;
use crate::wire;

/// The longest wait before an update is sent again.
const MAX_WAIT: Duration = Duration::from_mins(10);

impl Agent {
    /// Queues a status that the executor makes.
    pub fn executor_status(&mut self, key: &Key, state: &str, message: Option<&str>) {
        let container = self.executor(key).map(|executor| executor.container.clone());
        let mut map = self.head(key, state, message, "SOURCE_EXECUTOR");
        self.tail(&mut map, key);
        map.insert(
            "container_status".into(),
            json!({
                "container_id": wire::id(&container.unwrap_or_default()),
                "network_infos": [
                    { "ip_addresses": [{ "protocol": "IPv4", "ip_address": self.host }] }
                ],
                "executor_pid": std::process::id(),
            }),
        );
        self.enqueue(key, state, Value::Object(map));
    }

    /// Queues a status that the agent makes.
    pub fn agent_status(&mut self, key: &Key, state: &str, reason: &str, message: &str) {
        let mut map = self.head(key, state, Some(message), "SOURCE_AGENT");
        map.insert("reason".into(), json!(reason));
        self.tail(&mut map, key);
        self.enqueue(key, state, Value::Object(map));
    }

    /// Sends a status for a task that the agent doesn't know. It wants an acknowledgement, but is sent
    /// only once: there is no executor whose queue could keep it.
    pub fn unknown_task(&mut self, key: &Key, state: &str, reason: &str, message: &str) {
        let mut map = self.head(key, state, Some(message), "SOURCE_AGENT");
        map.insert("reason".into(), json!(reason));
        self.tail(&mut map, key);
        self.effects.push(Effect::Update(Update {
            agent: self.index,
            framework_id: key.0.clone(),
            status: Value::Object(map),
            latest: state.to_owned(),
        }));
    }

    fn head(
        &self,
        key: &Key,
        state: &str,
        message: Option<&str>,
        source: &str,
    ) -> Map<String, Value> {
        let _ = self;
        let mut map = Map::new();
        map.insert("task_id".into(), wire::id(&key.1));
        map.insert("state".into(), json!(state));
        if let Some(message) = message {
            map.insert("message".into(), json!(message));
        }
        map.insert("source".into(), json!(source));
        map
    }

    fn tail(&self, map: &mut Map<String, Value>, key: &Key) {
        map.insert("agent_id".into(), wire::id(self.id.as_deref().unwrap_or_default()));
        map.insert("executor_id".into(), wire::id(&key.1));
        map.insert("timestamp".into(), json!(wire::now()));
        map.insert("uuid".into(), json!(wire::fresh_uuid()));
    }

    fn enqueue(&mut self, key: &Key, state: &str, status: Value) {
        let removed = self.frameworks.get(&key.0).is_none_or(|framework| framework.removed);
        let Some(executor) = self.executor(key) else { return };
        state.clone_into(&mut executor.state);
        if removed {
            // Nobody would hear of it.
            executor.sent.push(status);
            return;
        }
        executor.queue.push_back(status);
        if executor.queue.len() == 1 {
            self.send_head(key);
        }
    }

    /// Sends the head of a queue and arms its retry.
    fn send_head(&mut self, key: &Key) {
        if self.hold_updates {
            return;
        }
        let wait = self.settings.ack_retry;
        if let Some(uuid) = self.send_once(key) {
            let timer = Timer::Retry { agent: self.index, key: key.clone(), uuid, wait };
            self.effects.push(Effect::After(wait, timer));
        }
    }

    fn send_once(&mut self, key: &Key) -> Option<String> {
        let index = self.index;
        let executor = self.executor(key)?;
        let status = executor.queue.front()?.clone();
        let uuid = wire::text(&status, "uuid");
        if executor.sent.last().is_none_or(|last| last["uuid"] != status["uuid"]) {
            executor.sent.push(status.clone());
        }
        let latest = executor.state.clone();
        self.effects.push(Effect::Update(Update {
            agent: index,
            framework_id: key.0.clone(),
            status,
            latest,
        }));
        Some(uuid)
    }

    /// An update has not been acknowledged in time: it is sent again, then after twice the time.
    pub fn retry(&mut self, key: &Key, uuid: &str, wait: Duration) {
        let same = self
            .executor(key)
            .and_then(|executor| executor.queue.front())
            .is_some_and(|head| head["uuid"] == uuid);
        if !same {
            return;
        }
        if self.linked && !self.hold_updates {
            self.send_once(key);
        }
        let wait = (wait * 2).min(MAX_WAIT);
        let timer =
            Timer::Retry { agent: self.index, key: key.clone(), uuid: uuid.to_owned(), wait };
        self.effects.push(Effect::After(wait, timer));
    }

    /// Sends the heads of all queues of a framework, as after its re-subscription.
    pub fn resend(&mut self, framework_id: &str) {
        let Some(framework) = self.frameworks.get(framework_id) else { return };
        let ids: Vec<String> = framework.executors.keys().cloned().collect();
        if self.hold_updates {
            return;
        }
        for id in ids {
            self.send_once(&(framework_id.to_owned(), id));
        }
    }

    /// Sends what was held back.
    pub fn release_updates(&mut self) {
        self.hold_updates = false;
        let keys: Vec<Key> = self
            .frameworks
            .iter()
            .flat_map(|(id, f)| f.executors.keys().map(|task| (id.clone(), task.clone())))
            .collect();
        for key in keys {
            self.send_head(&key);
        }
    }

    /// An acknowledgement: the next update of the task follows, or the executor is over.
    pub fn acknowledged(&mut self, key: &Key, uuid: &str) {
        let Some(executor) = self.executor(key) else { return };
        if executor.queue.front().is_none_or(|head| head["uuid"] != uuid) {
            return;
        }
        let done = executor.queue.pop_front();
        if done.is_some_and(|status| is_terminal(status["state"].as_str().unwrap_or_default())) {
            self.retire(key);
        } else {
            self.send_head(key);
        }
    }
}
