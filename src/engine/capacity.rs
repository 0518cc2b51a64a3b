//! Whether there is an agent at all that a container could ever fit on: asked before anything is written.

use std::collections::BTreeSet;

use super::traits::{Engine, Host};
use crate::constraint::{Constraint, Place};
use crate::deployment::Deployment;
use crate::deployment::container::Container;

/// How many agents, or values of theirs, are named.
const NAMED: usize = 5;

/// A line for each container that is larger than every agent. What agents have free now does not matter here; who may not
/// list the agents can still get offers of them, so that nothing is said then.
pub async fn never_fitting(
    engine: &impl Engine,
    deployment: &Deployment,
    constraints: &[Constraint],
) -> Vec<String> {
    match engine.hosts().await {
        Ok(hosts) if !hosts.is_empty() => {
            let ruled_out = ruled_out(constraints, deployment.containers.len(), &hosts);
            if !ruled_out.is_empty() {
                return ruled_out;
            }
            let may = |host: &Host| !constraints.iter().any(|one| one.excludes(place(host)));
            let hosts: Vec<Host> = hosts.into_iter().filter(may).collect();
            too_large(&deployment.containers, deployment.ports, &hosts)
        }
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::info!("failed to list the agents: {error}");
            Vec::new()
        }
    }
}

fn place(host: &Host) -> Place<'_> {
    Place { host: &host.name, attributes: &host.attributes }
}

/// A line for each constraint that leaves no agent, or too few for so many containers; all of them, if only together they do.
fn ruled_out(constraints: &[Constraint], containers: usize, hosts: &[Host]) -> Vec<String> {
    let mut lines = Vec::new();
    for constraint in constraints {
        let left = hosts.iter().filter(|host| !constraint.excludes(place(host)));
        let values: BTreeSet<&str> =
            left.clone().filter_map(|host| place(host).value(constraint.field())).collect();
        if left.count() == 0 {
            lines.push(format!("constraint {constraint} rules out {}", named(hosts)));
        } else if constraint.most(values.len()).is_some_and(|most| most < containers) {
            let values: Vec<&str> = values.into_iter().take(NAMED).collect();
            let values = values.join(", ");
            lines.push(format!(
                "constraint {constraint} leaves no room for {containers} containers: the agents have {values}"
            ));
        }
    }
    let together = hosts.iter().all(|host| constraints.iter().any(|one| one.excludes(place(host))));
    if lines.is_empty() && together {
        let all: Vec<String> = constraints.iter().map(ToString::to_string).collect();
        lines.push(format!("constraints {} together rule out {}", all.join("; "), named(hosts)));
    }
    lines
}

/// How many agents there are, and their names.
fn named(hosts: &[Host]) -> String {
    let names: Vec<&str> = hosts.iter().take(NAMED).map(|host| host.name.as_str()).collect();
    let more = if hosts.len() > NAMED { ", …" } else { "" };
    format!("all of {} agents ({}{more})", hosts.len(), names.join(", "))
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
    fn constraints_that_leave_no_agent_are_named_with_the_agents() {
        let host = |name: &str, rack: &str| Host {
            name: name.to_owned(),
            attributes: [("rack".to_owned(), rack.to_owned())].into(),
            ..Host::default()
        };
        let hosts = [host("a", "r1"), host("b", "r2"), host("c", "r2")];
        let lines = |text: &str, containers| {
            ruled_out(&crate::constraint::parse(text).unwrap(), containers, &hosts)
        };
        assert_eq!(lines("rack:in:r1;host:unlike:b", 9), Vec::<String>::new());
        assert_eq!(
            lines("rack:in:r3", 1),
            ["constraint rack:in:r3 rules out all of 3 agents (a, b, c)"]
        );
        assert_eq!(
            lines("rack:in:r1;host:in:b,c", 1),
            ["constraints rack:in:r1; host:in:b,c together rule out all of 3 agents (a, b, c)"]
        );
        assert_eq!(lines("host:unique", 3), Vec::<String>::new());
        assert_eq!(
            lines("rack:max_per:2", 5),
            ["constraint rack:max_per:2 leaves no room for 5 containers: the agents have r1, r2"]
        );
    }

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
