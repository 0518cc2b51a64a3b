//! Whether agents have room for what is to take the place of a topology: what they have free now, and what the topology frees on
//! each of them.

use crate::context::Context;
use crate::engine::{Engine, Host};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::explanation::explain;
use crate::scheduler::ids::OfferId;
use crate::scheduler::model::Model;
use crate::scheduler::offer::{Offer, Resources};
use crate::scheduler::ports::PortRange;
use crate::scheduler::record::Desired;
use crate::scheduler::step::Event;

/// Why there is no room for all containers of `wanted`, in lines; none if there is, or nobody tells. The topology runs as the
/// record and its containers' records say.
pub async fn without_room(
    context: &Context<'_>,
    engine: &impl Engine,
    (running, records): (&Desired, &[ContainerRecord]),
    wanted: &Desired,
) -> Vec<String> {
    let hosts = match engine.hosts().await {
        Ok(hosts) => hosts,
        Err(error) => {
            tracing::info!("failed to list the agents: {error}");
            return Vec::new();
        }
    };
    if hosts.is_empty() {
        return Vec::new();
    }
    let now = (context.machine.clock)();
    let role = running.framework.roles.first().cloned().unwrap_or_default();
    let offers: Vec<Offer> = hosts
        .iter()
        .filter(|host| host.is_active)
        .map(|host| offer(host, &role, freed(host, running, records)))
        .collect();
    let mut model = Model::new(wanted.clone(), Vec::new(), context.policy(None));
    let framework_id = wanted.framework.id.clone();
    let subscribed = Event::Subscribed { framework_id, suppressed: false };
    // Nothing comes of it: what would be launched is only looked at.
    model.handle_all(now, [subscribed, Event::Offers(offers)]);
    if model.unplaced().next().is_none() {
        return Vec::new();
    }
    explain(&model).iter().map(ToString::to_string).collect()
}

/// What a topology has on a host.
fn freed(host: &Host, running: &Desired, records: &[ContainerRecord]) -> Resources {
    let here = records.iter().filter(|record| !record.is_over() && record.host_id == host.id);
    here.fold(Resources::default(), |sum, record| {
        let container =
            running.containers.iter().find(|one| one.id == record.id && one.own.is_none());
        let Some(container) = container else { return sum };
        Resources {
            cpus: sum.cpus + container.cpus,
            mem_mb: sum.mem_mb + container.mem_mb,
            disk_mb: sum.disk_mb + container.disk_mb,
        }
    })
}

/// What a host would offer. Which of its ports are taken it doesn't tell.
fn offer(host: &Host, role: &str, freed: Resources) -> Offer {
    let free = |all: f64, used: f64, freed: f64| (all - used + freed).clamp(0.0, all.max(0.0));
    let ports = host.port_ranges.iter().map(|(from, to)| PortRange { first: *from, last: *to });
    Offer {
        ids: vec![OfferId(host.id.as_str().to_owned())],
        host_id: host.id.clone(),
        host: host.name.clone(),
        attributes: host.attributes.clone(),
        role: role.to_owned(),
        free: Resources {
            cpus: free(host.all.cpus, host.used.cpus, freed.cpus),
            mem_mb: free(host.all.mem_mb, host.used.mem_mb, freed.mem_mb),
            disk_mb: free(host.all.disk_mb, host.used.disk_mb, freed.disk_mb),
        },
        ports: ports.collect(),
        ..Offer::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_topology_has_on_a_host_is_free_for_what_takes_its_place() {
        let host = Host {
            id: "a1".into(),
            all: Resources { cpus: 4.0, mem_mb: 1000.0, disk_mb: 100.0 },
            used: Resources { cpus: 3.5, mem_mb: 900.0, disk_mb: 20.0 },
            port_ranges: vec![(31000, 31009)],
            ..Host::default()
        };
        let container = |id| json!({"id": id, "cpus": 1.0, "mem_mb": 300.0, "disk_mb": 10.0});
        let running: Desired = serde_json::from_value(json!({
            "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
            "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
                "failover_timeout_seconds": 1.0, "labels": []},
            "launch": {"command": [], "uris": [], "ports": 9, "kill_grace_ms": 1},
            "containers": [container(0), container(1), container(2)],
        }))
        .unwrap();
        let record = |id: u32, agent: &str, state: &str| -> ContainerRecord {
            serde_json::from_value(json!({
                "version": 1, "id": id, "attempt": 1, "restarts": 0, "task_id": {"value": format!("t-{id}-1")},
                "agent_id": {"value": agent}, "host": "h", "ports": [], "state": state, "since": 1,
            }))
            .unwrap()
        };
        let records = [
            record(0, "a1", "TASK_RUNNING"),
            record(1, "a1", "TASK_FAILED"),
            record(2, "a2", "TASK_RUNNING"),
        ];
        let freed = freed(&host, &running, &records);
        assert_eq!(freed, Resources { cpus: 1.0, mem_mb: 300.0, disk_mb: 10.0 });
        let offer = offer(&host, "*", freed);
        assert_eq!(offer.free, Resources { cpus: 1.5, mem_mb: 400.0, disk_mb: 90.0 });
    }
}
