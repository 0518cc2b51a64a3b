//! What operators ask masters.

use serde_json::{Value, json};

use super::mesos::{Mesos, Moment, Registration, is_over};

/// The masters, in the order of their numbers.
pub(super) const MASTERS: [&str; 2] = ["master0", "master1"];

impl Mesos {
    /// Answers what was asked of a master: status, place to go to, content.
    pub fn ask(
        &mut self,
        master: usize,
        method: &str,
        path: &str,
        query: &str,
        body: &str,
        now: Moment,
    ) -> (u16, Option<String>, String) {
        if now < self.leads_from {
            return (503, None, "No leader elected".to_owned());
        }
        let leader = format!("//{}:5050", MASTERS[self.leader]);
        if path == "/redirect" {
            return (307, Some(leader), String::new());
        }
        if path == "/health" {
            return (200, None, String::new());
        }
        if master != self.leader {
            return (307, Some(format!("{leader}{path}?{query}")), String::new());
        }
        if now < self.recovers_until {
            return (503, None, "Master has not finished recovery".to_owned());
        }
        let document = match (method, path) {
            ("GET", "/frameworks") => self.frameworks(query),
            ("GET", "/tasks") => self.tasks(query),
            ("GET", "/slaves") => self.slaves(),
            ("GET", "/flags") => json!({ "flags": { "registry": "replicated_log" } }),
            ("POST", "/teardown") => return self.teardown(body, now),
            _ => return (404, None, String::new()),
        };
        (200, None, document.to_string())
    }

    fn teardown(&mut self, body: &str, now: Moment) -> (u16, Option<String>, String) {
        let id = body.strip_prefix("frameworkId=").unwrap_or_default();
        if self.frameworks.get(id).is_none_or(|framework| framework.is_completed) {
            return (400, None, "No framework found with specified ID".to_owned());
        }
        self.remove(id, now);
        (200, None, String::new())
    }

    fn frameworks(&self, query: &str) -> Value {
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("framework_id="));
        let all = self.frameworks.iter().filter(|(id, _)| asked.is_none_or(|asked| asked == *id));
        let (completed, living): (Vec<_>, Vec<_>) =
            all.partition(|(_, framework)| framework.is_completed);
        let describe = |(id, framework): (&String, &super::mesos::Framework)| {
            let tasks = |known: bool| -> Vec<Value> {
                self.tasks_of(id)
                    .into_iter()
                    .filter(|(is_known, _)| *is_known == known)
                    .map(|(_, task)| task)
                    .collect()
            };
            json!({
                "id": id, "name": framework.info.name, "user": framework.info.user,
                "active": framework.stream.is_some(), "connected": framework.stream.is_some(),
                "roles": framework.info.roles, "labels": framework.info.labels.as_ref().map(|l| &l.labels),
                "tasks": tasks(true), "unreachable_tasks": tasks(false), "completed_tasks": [],
            })
        };
        json!({
            "frameworks": living.into_iter().map(describe).collect::<Vec<_>>(),
            "completed_frameworks": completed.into_iter().map(describe).collect::<Vec<_>>(),
        })
    }

    /// Those that the master knows, and those that are out of reach.
    fn tasks_of(&self, framework: &str) -> Vec<(bool, Value)> {
        let mut all = Vec::new();
        for agent in &self.agents {
            for (id, task) in agent.tasks.iter().filter(|(_, task)| task.framework == framework) {
                let away =
                    agent.registration == Registration::Unreachable && !is_over(task.forwarded);
                if !task.is_known && !away {
                    continue;
                }
                let state = if task.is_known { task.state } else { "TASK_UNREACHABLE" };
                all.push((task.is_known, json!({
                    "id": id, "name": id, "framework_id": framework, "slave_id": agent.id, "state": state,
                })));
            }
        }
        all
    }

    fn tasks(&self, query: &str) -> Value {
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("framework_id="));
        let tasks: Vec<Value> =
            self.tasks_of(asked.unwrap_or_default()).into_iter().map(|(_, task)| task).collect();
        json!({ "tasks": tasks })
    }

    fn slaves(&self) -> Value {
        let (recovered, known): (Vec<_>, Vec<_>) = self
            .agents
            .iter()
            .filter(|agent| {
                !matches!(agent.registration, Registration::Unreachable | Registration::Gone)
            })
            .partition(|agent| matches!(agent.registration, Registration::Recovering(_)));
        let describe = |agent: &&super::mesos::Agent| {
            json!({
                "id": agent.id, "hostname": agent.host, "port": 5051, "pid": "slave(1)@10.0.0.1:5051",
                "active": agent.registration == Registration::Registered,
                "resources": {"cpus": 100.0, "mem": 1_000_000.0, "disk": 1_000_000.0, "ports": "[31000-31999]"},
            })
        };
        json!({
            "slaves": known.iter().map(describe).collect::<Vec<_>>(),
            "recovered_slaves": recovered.iter().map(describe).collect::<Vec<_>>(),
        })
    }
}
