//! ACCEPT: checking offers, launching tasks, giving the rest back. Source of facts: `docs/mesos.md#offers`,
//! `docs/mesos.md#tasks` and `tests/data/mesos/04-tasks-that-fail`.

use serde_json::Value;

use super::offers::refuse_for;
use super::tasks::{self, Candidate};
use super::updates::master_status;
use super::{Master, Offer, Task};
use crate::cluster::ToAgent;
use crate::resources::Resources;
use crate::wire;

/// The tasks of an operation, and whether they are a group.
fn tasks_of(operation: &Value) -> (Vec<Value>, bool) {
    match operation["type"].as_str() {
        Some("LAUNCH") => (wire::list(&operation["launch"]["task_infos"]), false),
        Some("LAUNCH_GROUP") => {
            (wire::list(&operation["launch_group"]["task_group"]["tasks"]), true)
        }
        _ => (Vec::new(), false),
    }
}

impl Master {
    /// Handles ACCEPT.
    pub fn accept(&mut self, call: &Value) {
        let framework_id = wire::id_of(call, "framework_id");
        let accept = &call["accept"];
        let ids: Vec<String> =
            wire::list(&accept["offer_ids"]).iter().map(|id| wire::text(id, "value")).collect();
        let operations = wire::list(&accept["operations"]);
        let problem = self.check_offers(&framework_id, &ids).err();
        let refuse = problem.is_none().then(|| refuse_for(&accept["filters"]));
        let offers: Vec<Offer> = ids
            .iter()
            .filter(|id| self.offers.get(*id).is_some_and(|o| o.framework_id == framework_id))
            .cloned()
            .collect::<Vec<_>>()
            .iter()
            .filter_map(|id| self.remove_offer(id, None))
            .collect();
        if let Some(problem) = problem {
            let text = format!("Task launched with invalid offers: {problem}");
            for task in operations.iter().flat_map(|o| tasks_of(o).0) {
                self.refuse(&framework_id, &task, "TASK_DROPPED", "REASON_INVALID_OFFERS", &text);
            }
            return;
        }
        let Some(first) = offers.first() else { return };
        let (agent_id, role) = (first.agent_id.clone(), first.role.clone());
        let mut left = Resources::default();
        for offer in &offers {
            left.add(&offer.resources);
        }
        for operation in &operations {
            self.launch(&framework_id, &agent_id, &role, operation, &mut left);
        }
        if let Some(refuse) = refuse {
            self.filter(&framework_id, &role, &agent_id, &left, refuse);
        }
    }

    fn check_offers(&self, framework_id: &str, ids: &[String]) -> Result<(), String> {
        if ids.is_empty() {
            return Err("No offers specified".to_owned());
        }
        for (index, id) in ids.iter().enumerate() {
            if ids.iter().take(index).any(|earlier| earlier == id) {
                return Err(format!("Duplicate offer {id} in offer list"));
            }
        }
        let mut first: Option<&Offer> = None;
        for id in ids {
            let Some(offer) = self.offers.get(id) else {
                return Err(format!("Offer {id} is no longer valid"));
            };
            if offer.framework_id != framework_id {
                return Err(format!(
                    "Offer {id} has invalid framework {} while framework {framework_id} is expected",
                    offer.framework_id
                ));
            }
            let first = *first.get_or_insert(offer);
            if first.role != offer.role {
                return Err(format!(
                    "Aggregated offers must be allocated to the same role. Offer {id} uses role {} \
                     but another is using role {}",
                    offer.role, first.role
                ));
            }
            if first.agent_id != offer.agent_id {
                return Err(format!(
                    "Aggregated offers must belong to one single agent. Offer {id} uses agent {} and \
                     agent {}",
                    offer.agent_id, first.agent_id
                ));
            }
        }
        Ok(())
    }

    fn launch(
        &mut self,
        framework_id: &str,
        agent_id: &str,
        role: &str,
        operation: &Value,
        left: &mut Resources,
    ) {
        let (infos, group) = tasks_of(operation);
        let reason = if group { "REASON_TASK_GROUP_INVALID" } else { "REASON_TASK_INVALID" };
        let problem = if group {
            Some("Task groups are not simulated".to_owned())
        } else if operation["id"].is_object() {
            Some("Operation 'id' is not supported for LAUNCH and LAUNCH_GROUP".to_owned())
        } else {
            infos.iter().find_map(|info| tasks::resources(info, role).err())
        };
        if let Some(problem) = problem {
            // One malformed resource spoils all tasks of the operation.
            for info in &infos {
                self.refuse(framework_id, info, "TASK_ERROR", reason, &problem);
            }
            return;
        }
        for info in infos {
            let Ok(resources) = tasks::resources(&info, role) else { continue };
            let candidate =
                Candidate { info: &info, resources: &resources, agent_id, available: left };
            let Some(framework) = self.frameworks.get(framework_id) else { return };
            if let Err(problem) = tasks::check(framework, &candidate) {
                self.refuse(framework_id, &info, "TASK_ERROR", reason, &problem);
            } else {
                left.subtract(&resources);
                self.start(framework_id, agent_id, info, resources);
            }
        }
    }

    fn start(&mut self, framework_id: &str, agent_id: &str, info: Value, resources: Resources) {
        let sequence = self.new_sequence();
        let Some(framework) = self.frameworks.get_mut(framework_id) else { return };
        let Some(slave) = self.agents.get_mut(agent_id) else { return };
        let id = wire::id_of(&info, "task_id");
        slave.used.add(&resources);
        framework.used.add(&resources);
        let task = Task {
            info: info.clone(),
            id: id.clone(),
            agent_id: agent_id.to_owned(),
            state: "TASK_STAGING".to_owned(),
            update_state: None,
            update_uuid: None,
            statuses: Vec::new(),
            resources,
            sequence,
            kill_pending: false,
        };
        framework.tasks.insert(id, task);
        let framework_id = framework_id.to_owned();
        let framework = framework.info.clone();
        self.tell(agent_id, ToAgent::Launch { framework_id, framework, task: info });
    }

    fn refuse(&self, framework_id: &str, task: &Value, state: &str, reason: &str, message: &str) {
        let Some(framework) = self.frameworks.get(framework_id) else { return };
        let state = if state == "TASK_DROPPED" { framework.precise(state) } else { state };
        framework.send_update(&master_status(
            &wire::id_of(task, "task_id"),
            state,
            message,
            reason,
            &wire::id_of(task, "agent_id"),
        ));
    }
}
