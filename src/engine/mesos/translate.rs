//! Between Mesos' words and those of the state machine. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clock::Millis;
use crate::mesos::call::{
    Acknowledge, Body, Capability, CommandInfo, DurationInfo, FrameworkInfo, KillPolicy, Reconcile,
    ReconcileTask, TaskInfo, Uri,
};
use crate::mesos::event::{self, ErrorKind, TaskStatus};
use crate::mesos::ids;
use crate::mesos::offer::{Label, Labels, Offer as MesosOffer, Resource, TimeInfo};
use crate::mesos::operator::ResourceSummary;
use crate::scheduler::call::{Kill, Launch, LaunchTask};
use crate::scheduler::closed::{Closed, ClosedReason};
use crate::scheduler::ids::{FrameworkId, HostId, OfferId, TaskId};
use crate::scheduler::member::{number_of, shown};
use crate::scheduler::offer::{Resources, Unavailability};
use crate::scheduler::record;
use crate::scheduler::step::Event;
use crate::scheduler::task::{Acknowledgement, TaskReport, TaskState};
use crate::scheduler::uri;

const NANOSECONDS: i64 = 1_000_000;

pub(super) fn framework_id(id: &FrameworkId) -> ids::FrameworkId {
    ids::FrameworkId(id.0.clone())
}

pub(super) fn agent_id(id: &HostId) -> ids::AgentId {
    ids::AgentId(id.0.clone())
}

pub(super) fn offer_id(id: &OfferId) -> ids::OfferId {
    ids::OfferId(id.0.clone())
}

pub(super) fn task_id(id: &TaskId) -> ids::TaskId {
    ids::TaskId(id.0.clone())
}

pub(super) fn state(state: &event::TaskState) -> TaskState {
    TaskState::from_name(state.name())
}

/// A status update. What can't be acknowledged needn't be.
pub(super) fn report(status: TaskStatus) -> TaskReport {
    let task_id = TaskId(status.task_id.0);
    let host_id = status.agent_id.map(|agent| HostId(agent.0));
    let acknowledgement = status.uuid.zip(host_id.clone()).map(|(token, host_id)| {
        Box::new(Acknowledgement { task_id: task_id.clone(), host_id, token })
    });
    TaskReport {
        state: state(&status.state),
        reason: status.reason,
        message: status.message,
        is_of_host: matches!(status.source.as_deref(), Some("SOURCE_AGENT" | "SOURCE_EXECUTOR")),
        source: status.source,
        at: status.timestamp.map(millis),
        unreachable_since: status.unreachable_time.map(time),
        task_id,
        host_id,
        acknowledgement,
    }
}

/// What an agent's operator says of it, of an offer.
pub(super) fn attributes(offered: &[Value]) -> BTreeMap<String, String> {
    let one = |attribute: &Value| {
        let name = attribute.get("name")?.as_str()?.to_owned();
        let text = attribute.pointer("/text/value").or(attribute.pointer("/scalar/value"));
        let text = text.or(attribute.get("ranges")).or(attribute.get("set"))?;
        Some((name, attribute_value(text)))
    };
    offered.iter().filter_map(one).collect()
}

/// The value of an attribute as people write it: whole numbers without decimals.
pub(super) fn attribute_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        other => other.to_string(),
    }
}

fn millis(seconds: f64) -> Millis {
    #[allow(clippy::cast_possible_truncation)] // `as` saturates
    let millis = (seconds * 1000.0) as Millis;
    millis
}

fn time(time: TimeInfo) -> Millis {
    time.nanoseconds.div_euclid(NANOSECONDS)
}

/// What a framework of ours understands (docs/mesos.md, "Frameworks").
const CAPABILITIES: [&str; 4] =
    ["MULTI_ROLE", "RESERVATION_REFINEMENT", "PARTITION_AWARE", "TASK_KILLING_STATE"];

/// What a framework tells of itself. Agents keep the tasks of one that is to outlive its scheduler over restarts of theirs.
pub(super) fn framework_info(framework: &record::Framework) -> FrameworkInfo {
    let label =
        |(key, value): &(String, String)| Label { key: key.clone(), value: Some(value.clone()) };
    FrameworkInfo {
        user: framework.user.clone(),
        name: framework.name.clone(),
        id: Some(framework_id(&framework.id)),
        failover_timeout: framework.failover_timeout_seconds,
        checkpoint: framework.failover_timeout_seconds > 0.0,
        roles: framework.roles.clone(),
        hostname: None,
        principal: framework.principal.clone(),
        webui_url: None,
        capabilities: CAPABILITIES.map(|name| Capability { name: name.to_owned() }).to_vec(),
        labels: Some(Labels { labels: framework.labels.iter().map(label).collect() }),
    }
}

/// What the master adds up for an agent.
pub(super) fn sums(resources: &ResourceSummary) -> Resources {
    Resources { cpus: resources.cpus, mem_mb: resources.mem, disk_mb: resources.disk }
}

/// The text of an ERROR, after which the stream ends.
pub(super) fn last_word(message: String) -> Event {
    let reason = match ErrorKind::of(&message) {
        ErrorKind::Unavailable => return Event::TurnedAway(message),
        ErrorKind::Removed => ClosedReason::Removed,
        ErrorKind::Superseded => ClosedReason::Superseded,
        ErrorKind::Unauthorized => ClosedReason::NotAllowed,
        ErrorKind::Refused => ClosedReason::Refused,
    };
    Event::Closed(Closed { reason, message })
}

/// `host:port` of the agent's endpoints. The address is preferred to the name: it is what the agent really listens on.
pub(super) fn address(offer: &MesosOffer) -> Option<String> {
    let address = &offer.url.as_ref()?.address;
    let host = address.ip.as_ref().or(address.hostname.as_ref())?;
    Some(format!("{host}:{}", address.port))
}

pub(super) fn unavailability(offer: &MesosOffer) -> Option<Unavailability> {
    let planned = offer.unavailability?;
    Some(Unavailability { from: time(planned.start), for_ms: planned.duration.map(time) })
}

pub(super) fn acknowledge(handle: Acknowledgement) -> Body {
    let acknowledge = Acknowledge {
        agent_id: agent_id(&handle.host_id),
        task_id: task_id(&handle.task_id),
        uuid: handle.token,
    };
    Body::Acknowledge { acknowledge }
}

pub(super) fn kill(kill: &Kill) -> Body {
    Body::Kill {
        kill: crate::mesos::call::Kill {
            task_id: task_id(&kill.task_id),
            agent_id: kill.host_id.as_ref().map(agent_id),
            kill_policy: Some(kill_policy(kill.grace_ms)),
        },
    }
}

pub(super) fn reconcile(tasks: &[(TaskId, Option<HostId>)]) -> Body {
    let task = |(task, host): &(TaskId, Option<HostId>)| ReconcileTask {
        task_id: task_id(task),
        agent_id: host.as_ref().map(agent_id),
    };
    Body::Reconcile { reconcile: Reconcile { tasks: tasks.iter().map(task).collect() } }
}

fn kill_policy(grace_ms: i64) -> KillPolicy {
    let nanoseconds = grace_ms.saturating_mul(NANOSECONDS);
    KillPolicy { grace_period: DurationInfo { nanoseconds } }
}

/// A task with the resources that were offered for it.
pub(super) fn task_info(launch: &Launch, task: &LaunchTask, resources: Vec<Resource>) -> TaskInfo {
    let label = |key: &str, value: String| Label { key: key.to_owned(), value: Some(value) };
    TaskInfo {
        name: format!("{}-{}", launch.topology, shown(task.container).replace(' ', "-")),
        task_id: task_id(&task.task_id),
        agent_id: agent_id(&launch.host_id),
        resources,
        command: CommandInfo {
            shell: true,
            value: task.command.clone(),
            user: task.user.clone(),
            environment: None,
            uris: task.uris.iter().map(uri).collect(),
        },
        kill_policy: Some(kill_policy(task.grace_ms)),
        labels: Some(Labels {
            labels: vec![
                label("heron.topology", launch.topology.clone()),
                match number_of(task.container) {
                    None => label("heron.container", task.container.to_string()),
                    Some(number) => label("heron.supervisor", number.to_string()),
                },
                label("heron.attempt", task.attempt.to_string()),
            ],
        }),
    }
}

fn uri(uri: &uri::Uri) -> Uri {
    let uri::Uri { value, extract, cache, output_file, .. } = uri.clone();
    Uri { value, extract, cache, output_file }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_keeps_what_is_told() {
        let status: TaskStatus = serde_json::from_value(json!({
            "task_id": {"value": "t-1-2"}, "state": "TASK_UNREACHABLE", "agent_id": {"value": "a"},
            "reason": "REASON_SLAVE_REMOVED", "source": "SOURCE_MASTER", "message": "m",
            "timestamp": 1_733_500_000.25, "uuid": "u==", "unreachable_time": {"nanoseconds": 1_733_499_999_123_456_789_i64},
        }))
        .unwrap();
        let report = report(status);
        assert_eq!(report.state, TaskState::Unreachable);
        assert_eq!(
            (report.at, report.unreachable_since),
            (Some(1_733_500_000_250), Some(1_733_499_999_123))
        );
        assert_eq!(report.reason.as_deref(), Some("REASON_SLAVE_REMOVED"));
        assert_eq!(report.source.as_deref(), Some("SOURCE_MASTER"));
        let call = acknowledge(*report.acknowledgement.unwrap());
        assert_eq!(
            serde_json::to_value(call).unwrap()["acknowledge"],
            json!({"agent_id": {"value": "a"}, "task_id": {"value": "t-1-2"}, "uuid": "u=="})
        );
    }

    #[test]
    fn an_answer_without_a_uuid_wants_no_acknowledgement() {
        let status =
            json!({"task_id": {"value": "t"}, "state": "TASK_NEW", "agent_id": {"value": "a"}});
        let report = report(serde_json::from_value(status).unwrap());
        assert_eq!(report.acknowledgement, None);
        assert_eq!(report.state, TaskState::Other("TASK_NEW".into()));
    }

    #[test]
    fn every_state_of_mesos_is_one_of_ours() {
        for name in [
            "STAGING",
            "STARTING",
            "RUNNING",
            "KILLING",
            "FINISHED",
            "FAILED",
            "KILLED",
            "ERROR",
            "LOST",
            "DROPPED",
            "UNREACHABLE",
            "GONE",
            "GONE_BY_OPERATOR",
            "UNKNOWN",
        ] {
            let known = event::TaskState::from_name(&format!("TASK_{name}"));
            let ours = state(&known);
            assert!(!matches!(ours, TaskState::Other(_)), "{name}");
            assert_eq!(ours.is_terminal(), known.is_terminal(), "{name}");
        }
    }
}
