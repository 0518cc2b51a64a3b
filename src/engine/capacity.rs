//! Whether there is an agent at all that a container could ever fit on: asked before anything is written.

use super::connector::MesosConnector;
use crate::deployment::Deployment;
use crate::deployment::container::Container;
use crate::mesos::operator::AgentSummary;

/// A line for each container that is larger than every agent. What agents have free now does not matter here; who may not
/// list the agents can still get offers of them, so that nothing is said then.
pub async fn never_fitting(connector: &MesosConnector, deployment: &Deployment) -> Vec<String> {
    match connector.agents().await {
        Ok(agents) if !agents.is_empty() => {
            too_large(&deployment.containers, deployment.ports, &agents)
        }
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::info!("failed to list the agents: {error}");
            Vec::new()
        }
    }
}

/// A line for each container that fits no agent.
fn too_large(containers: &[Container], ports: usize, agents: &[AgentSummary]) -> Vec<String> {
    containers.iter().filter_map(|container| lacking(container, ports, agents)).collect()
}

fn lacking(container: &Container, ports: usize, agents: &[AgentSummary]) -> Option<String> {
    let wanted = [
        ("cpus", container.cpus, ""),
        ("mem", container.mem_mb, " MB"),
        ("disk", container.disk_mb, " MB"),
        ("ports", ports as f64, ""),
    ];
    let has = |agent: &AgentSummary| {
        let resources = &agent.resources;
        [resources.cpus, resources.mem, resources.disk, resources.port_count() as f64]
    };
    let fits = |agent: &AgentSummary| {
        has(agent).iter().zip(&wanted).all(|(has, (_, wanted, _))| has >= wanted)
    };
    if agents.iter().any(fits) {
        return None;
    }
    let parts = wanted.iter().enumerate().filter_map(|(index, (name, wanted, unit))| {
        let of = |agent| has(agent).get(index).copied().unwrap_or_default();
        let most = agents.iter().map(of).fold(0.0, f64::max);
        let short = agents.iter().filter(|agent| of(agent) < *wanted).count();
        let all = agents.len();
        (short > 0).then(|| {
            format!("{name}: {wanted}{unit} wanted, {short} of {all} agents have less (the most is {most}{unit})")
        })
    });
    let parts: Vec<String> = parts.collect();
    Some(format!("container {}: {}", container.id, parts.join("; ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_container_larger_than_every_agent_is_explained() {
        let agent: AgentSummary = serde_json::from_value(json!({
            "id": "a", "resources": {"cpus": 4.0, "mem": 1000.0, "disk": 1000.0, "ports": "[1-20]"}
        }))
        .unwrap();
        let container = |mem_mb| Container { id: 1, cpus: 1.0, mem_mb, disk_mb: 1.0 };
        let agents = [agent];
        assert_eq!(too_large(&[container(1000.0)], 9, &agents), Vec::<String>::new());
        let why = too_large(&[container(1000.5)], 9, &agents);
        assert_eq!(
            why,
            ["container 1: mem: 1000.5 MB wanted, 1 of 1 agents have less (the most is 1000 MB)"]
        );
        assert!(too_large(&[container(1.0)], 21, &agents)[0].contains("ports: 21 wanted"));
    }
}
