//! The TManager's HTTP controller as a pure function: a request and a plan give an answer, perhaps a new plan.
//!
//! Source of facts: the recordings in `tests/data/controller-http`, `docs/heron.md#tmanager-controller`.

use base64::Engine as _;
use heron_cli::proto::api::config::KeyValue;
use heron_cli::proto::api::{Config, TopologyState};
use heron_cli::proto::system::PhysicalPlan;
use prost::Message as _;

use crate::dialect::Dialect;
use crate::http::{Request, Response};

/// What a request leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing changes.
    Reply(Response),
    /// The plan is to be stored; if that works, this is the answer.
    Store(Box<PhysicalPlan>, Response),
    /// The TManager dies without an answer, as the real one does.
    Crash,
}

/// Answers one request.
pub fn answer(request: &Request, plan: Option<&PhysicalPlan>, dialect: Dialect) -> Outcome {
    if request.path == "/get_current_physical_plan" && dialect.tells_plan() {
        return Outcome::Reply(plan.map_or_else(|| Response::failure(400, ""), encoded));
    }
    let known =
        ["/activate", "/deactivate", "/runtime_config/update", "/clean_all_stateful_checkpoints"]
            .map(str::to_owned);
    if !known.contains(&request.path) {
        return refuse(404, "Not Supported");
    }
    let Some(id) = request.argument("topologyid") else {
        return refuse(400, "Missing 'topologyid' argument in the request");
    };
    // Hazard 1: the id is compared with that of a plan that is not there yet.
    let Some(plan) = plan else {
        return Outcome::Crash;
    };
    if plan.topology.id != id {
        return refuse(400, "Topology id does not match");
    }
    match request.path.as_str() {
        "/activate" => change_state(
            plan,
            TopologyState::Paused,
            TopologyState::Running,
            "Topology successfully activated",
        ),
        "/deactivate" => change_state(
            plan,
            TopologyState::Running,
            TopologyState::Paused,
            "Topology successfully deactivated",
        ),
        "/runtime_config/update" => update_config(plan, request),
        _ if is_stateful(plan) => {
            Outcome::Reply(Response::success("Checkpoints successfully cleaned"))
        }
        // Hazard 2.
        _ => Outcome::Crash,
    }
}

/// Whether a topology's reliability mode makes it stateful.
pub fn is_stateful(plan: &PhysicalPlan) -> bool {
    let config = plan.topology.topology_config.as_ref();
    config.is_some_and(|config| {
        let mode = config.kvs.iter().find(|entry| entry.key == "topology.reliability.mode");
        mode.is_some_and(|entry| entry.value.as_deref() == Some("EFFECTIVELY_ONCE"))
    })
}

fn refuse(status: u16, reason: &str) -> Outcome {
    Outcome::Reply(Response::failure(status, reason))
}

fn encoded(plan: &PhysicalPlan) -> Response {
    Response::success(&base64::engine::general_purpose::STANDARD.encode(plan.encode_to_vec()))
}

fn change_state(
    plan: &PhysicalPlan,
    from: TopologyState,
    to: TopologyState,
    text: &str,
) -> Outcome {
    if plan.topology.state != from as i32 {
        return refuse(400, "");
    }
    let mut plan = plan.clone();
    plan.topology.state = to as i32;
    Outcome::Store(Box::new(plan), Response::success(text))
}

fn update_config(plan: &PhysicalPlan, request: &Request) -> Outcome {
    let items: Vec<&str> = request
        .arguments
        .iter()
        .filter(|(key, _)| key == "runtime-config")
        .map(|(_, value)| value.as_str())
        .collect();
    if items.is_empty() {
        return refuse(
            400,
            "No runtime config is found. Usage: runtime-config=[COMPONENT:]<CONFIG>:<VALUE>.",
        );
    }
    let mut changed = plan.clone();
    for item in items {
        let parts: Vec<&str> = item.split(':').collect();
        let (component, key, value) = match parts.as_slice() {
            [key, value] => (None, *key, *value),
            [component, key, value] => (Some(*component), *key, *value),
            _ => {
                return refuse(
                    400,
                    "Failed to parse runtime configs. Possibly bad format. \
                     The expected format is [COMPONENT:]<CONFIG>:<VALUE>.",
                );
            }
        };
        let Some(config) = config_of(&mut changed, component) else {
            return refuse(400, "Failed to validate runtime configs");
        };
        set(config, &format!("{key}:runtime"), value);
    }
    Outcome::Store(Box::new(changed), Response::success("Runtime config updated"))
}

fn config_of<'a>(plan: &'a mut PhysicalPlan, component: Option<&str>) -> Option<&'a mut Config> {
    let topology = &mut plan.topology;
    let Some(name) = component else {
        return Some(topology.topology_config.get_or_insert_default());
    };
    let spouts = topology.spouts.iter_mut().map(|spout| &mut spout.comp);
    let bolts = topology.bolts.iter_mut().map(|bolt| &mut bolt.comp);
    spouts.chain(bolts).find(|part| part.name == name).map(|part| &mut part.config)
}

/// Sets a value without a `type`, as Heron stores runtime settings.
fn set(config: &mut Config, key: &str, value: &str) {
    let value = Some(value.to_owned());
    if let Some(entry) = config.kvs.iter_mut().find(|entry| entry.key == key) {
        entry.value = value;
    } else {
        config.kvs.push(KeyValue {
            key: key.to_owned(),
            value,
            serialized_value: None,
            r#type: None,
        });
    }
}

#[cfg(test)]
mod tests;
