//! Whether there is an agent at all that a container could ever fit on: asked before anything is written.

use super::traits::{Engine, Host};
use crate::deployment::Deployment;
use crate::deployment::container::Container;

/// A line for each container that is larger than every agent. What agents have free now does not matter here; who may not
/// list the agents can still get offers of them, so that nothing is said then.
pub async fn never_fitting(engine: &impl Engine, deployment: &Deployment) -> Vec<String> {
    match engine.hosts().await {
        Ok(hosts) if !hosts.is_empty() => {
            too_large(&deployment.containers, deployment.ports, &hosts)
        }
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::info!("failed to list the agents: {error}");
            Vec::new()
        }
    }
}

/// A line for each container that fits no agent.
fn too_large(containers: &[Container], ports: usize, hosts: &[Host]) -> Vec<String> {
    containers.iter().filter_map(|container| lacking(container, ports, hosts)).collect()
}

fn lacking(container: &Container, ports: usize, hosts: &[Host]) -> Option<String> {
    let wanted = [
        ("cpus", container.cpus, ""),
        ("mem", container.mem_mb, " MB"),
        ("disk", container.disk_mb, " MB"),
        ("ports", ports as f64, ""),
    ];
    let has = |host: &Host| [host.all.cpus, host.all.mem_mb, host.all.disk_mb, host.ports as f64];
    let fits =
        |host: &Host| has(host).iter().zip(&wanted).all(|(has, (_, wanted, _))| has >= wanted);
    if hosts.iter().any(fits) {
        return None;
    }
    let parts = wanted.iter().enumerate().filter_map(|(index, (name, wanted, unit))| {
        let of = |host| has(host).get(index).copied().unwrap_or_default();
        let most = hosts.iter().map(of).fold(0.0, f64::max);
        let short = hosts.iter().filter(|host| of(host) < *wanted).count();
        let all = hosts.len();
        (short > 0).then(|| {
            format!("{name}: {wanted}{unit} wanted, {short} of {all} agents have less (the most is {most}{unit})")
        })
    });
    let parts: Vec<String> = parts.collect();
    Some(format!("container {}: {}", container.id, parts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::offer::Resources;

    #[test]
    fn a_container_larger_than_every_agent_is_explained() {
        let host = Host {
            all: Resources { cpus: 4.0, mem_mb: 1000.0, disk_mb: 1000.0 },
            ports: 20,
            ..Host::default()
        };
        let container = |mem_mb| Container { id: 1, cpus: 1.0, mem_mb, disk_mb: 1.0 };
        let hosts = [host];
        assert_eq!(too_large(&[container(1000.0)], 9, &hosts), Vec::<String>::new());
        let why = too_large(&[container(1000.5)], 9, &hosts);
        assert_eq!(
            why,
            ["container 1: mem: 1000.5 MB wanted, 1 of 1 agents have less (the most is 1000 MB)"]
        );
        assert!(too_large(&[container(1.0)], 21, &hosts)[0].contains("ports: 21 wanted"));
    }
}
