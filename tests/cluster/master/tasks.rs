//! The checks of a single task. Source of facts: `docs/mesos.md#tasks`.

use serde_json::Value;

use super::{Framework, validate};
use crate::resources::Resources;
use crate::wire;

/// A task that is about to be launched.
pub struct Candidate<'a> {
    /// The `TaskInfo`.
    pub info: &'a Value,
    /// Its resources, allocated to the role of the offer.
    pub resources: &'a Resources,
    /// The agent of the offer.
    pub agent_id: &'a str,
    /// What is left of the offers.
    pub available: &'a Resources,
}

/// The resources of a task, allocated to the role of the offer. The error spoils the whole operation.
pub fn resources(info: &Value, role: &str) -> Result<Resources, String> {
    let mut all = Resources::parse(&info["resources"])?;
    for resource in &mut all.0 {
        match &resource.allocated {
            Some(other) if other != role => {
                return Err(format!(
                    "The resources of task {} are allocated to role '{other}' while the offer is \
                     allocated to role '{role}'",
                    wire::id_of(info, "task_id")
                ));
            }
            _ => resource.allocated = Some(role.to_owned()),
        }
    }
    Ok(all)
}

/// Checks a task by itself and against what is left of the offers.
pub fn check(framework: &Framework, candidate: &Candidate<'_>) -> Result<(), String> {
    let info = candidate.info;
    let id = wire::id_of(info, "task_id");
    validate::identifier(&id)?;
    if framework.tasks.contains_key(&id) {
        return Err(format!("Task has duplicate ID: {id}"));
    }
    if framework.unreachable.contains_key(&id) {
        return Err(format!("Task reuses the ID of an unreachable task: {id}"));
    }
    let agent = wire::id_of(info, "agent_id");
    if agent != candidate.agent_id {
        let expected = candidate.agent_id;
        return Err(format!("Task uses invalid agent {agent} while agent {expected} is expected"));
    }
    if info["command"].is_object() == info["executor"].is_object() {
        return Err("Task should have at least one (but not both) of CommandInfo or ExecutorInfo \
                    present"
            .to_owned());
    }
    if info["executor"].is_object() {
        return Err("Custom executors are not simulated".to_owned());
    }
    let negative = |value: &Value| wire::integer(value).is_some_and(|nanos| nanos < 0);
    if negative(&info["kill_policy"]["grace_period"]["nanoseconds"]) {
        return Err("Task's 'kill_policy.grace_period' must be non-negative".to_owned());
    }
    if negative(&info["max_completion_time"]["nanoseconds"]) {
        return Err("Task's `max_completion_time` must be non-negative".to_owned());
    }
    if candidate.resources.is_empty() {
        return Err("Task uses no resources".to_owned());
    }
    command(&info["command"])?;
    if !candidate.available.contains(candidate.resources) {
        return Err(format!(
            "Total resources {} required by task and its executor is more than available {}",
            candidate.resources.describe(),
            candidate.available.describe()
        ));
    }
    Ok(())
}

fn command(command: &Value) -> Result<(), String> {
    let invalid = |why: String| Err(format!("Task's `CommandInfo` is invalid: {why}"));
    for variable in wire::list(&command["environment"]["variables"]) {
        let name = wire::text(&variable, "name");
        if variable["type"] == "SECRET" {
            return invalid(format!("Secret '{name}' is not simulated"));
        }
        if !variable["value"].is_string() {
            return invalid(format!("Environment variable '{name}' must have a value set"));
        }
        if wire::text(&variable, "value").contains('\0') {
            return invalid(format!("Environment variable '{name}' contains a null byte"));
        }
    }
    if wire::text(command, "value").contains('\0') {
        return invalid("The command contains a null byte".to_owned());
    }
    Ok(())
}
