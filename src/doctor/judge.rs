//! What follows from what was found. Pure.

use std::time::Duration;

use crate::clock::Millis;
use crate::engine::Host;
use crate::net::zookeeper::{EndpointReport, Health};
use crate::outcome::doctor::Check;

/// An answer that takes longer is told of.
const SLOW: Duration = Duration::from_millis(200);
/// Clocks that differ by more confuse who reads times of several machines.
const APART: Millis = 5_000;
/// Ports that a container needs.
const PORTS: u64 = 9;
/// The ports that Linux gives to connections, unless it is told otherwise.
const EPHEMERAL: (u16, u16) = (32_768, 60_999);

/// A server of the ensemble.
pub(super) fn endpoint(report: &EndpointReport, took: Duration) -> Check {
    let name = format!("zookeeper {}", report.endpoint);
    let millis = took.as_millis();
    match &report.health {
        Health::Serving(version) => {
            let version =
                version.as_deref().map_or(String::new(), |one| format!(", version {one}"));
            let detail = format!("serves{version}, answered in {millis} ms");
            if took > SLOW {
                return Check::warning(
                    name,
                    detail,
                    "every command waits for it several times: look at its disk and at the way to it",
                );
            }
            Check::passed(name, detail)
        }
        Health::NotServing => Check::failed(
            name,
            "has no quorum",
            "start the other servers of the ensemble, or take it out of the connection string",
        ),
        Health::NoSuchHost(_) => Check::failed(
            name,
            report.health.to_string(),
            "correct the name in heron.statemgr.connection.string, or the DNS of this machine",
        ),
        health => Check::failed(
            name,
            health.to_string(),
            "see that the server runs, and that a connection from this machine to it is let through",
        ),
    }
}

/// The clock of this machine, by that of ZooKeeper.
pub(super) fn clock(ours: Millis, theirs: Millis) -> Check {
    let apart = ours.saturating_sub(theirs);
    let detail = format!("differs from ZooKeeper's by {:.1} s", apart as f64 / 1000.0);
    if apart.saturating_abs() > APART {
        let mend = "let NTP set the clocks of this machine and of the servers";
        return Check::warning("clock", detail, mend);
    }
    Check::passed("clock", detail)
}

/// The hosts together.
pub(super) fn hosts(hosts: &[Host]) -> Check {
    let name = "mesos agents";
    let active: Vec<&Host> = hosts.iter().filter(|host| host.is_active).collect();
    if hosts.is_empty() {
        let mend = "start agents, or let this principal view them (view_frameworks, view_roles)";
        return Check::failed(name, "there are none, as far as we may see", mend);
    }
    let Some(largest) = active.iter().max_by(|a, b| free(a).1.total_cmp(&free(b).1)) else {
        let mend = "end their maintenance, or activate them";
        return Check::failed(name, format!("none of {} is active", hosts.len()), mend);
    };
    let (cpus, mem_mb) = free(largest);
    let detail = format!(
        "{} of {} are active; the largest room is {cpus} CPUs and {mem_mb} MB, on {}",
        active.len(),
        hosts.len(),
        largest.name
    );
    if active.iter().all(|host| host.ports < PORTS) {
        let mend = format!(
            "give agents ports: --resources=ports:[31000-31999]; a container needs {PORTS}"
        );
        return Check::failed(name, format!("{detail}; none has {PORTS} ports"), mend);
    }
    if cpus < 1.0 || mem_mb < 1024.0 {
        let mend =
            "end something, or add agents: container 0 alone needs 1 CPU and 1024 MB by default";
        return Check::warning(name, detail, mend);
    }
    Check::passed(name, detail)
}

fn free(host: &Host) -> (f64, f64) {
    (host.all.cpus - host.used.cpus, host.all.mem_mb - host.used.mem_mb)
}

/// Offered ports that connections of the hosts themselves may take.
pub(super) fn ports(hosts: &[Host]) -> Check {
    let name = "mesos ports";
    let (low, high) = EPHEMERAL;
    let meets = |(begin, end): &(u16, u16)| *begin <= high && *end >= low;
    let met: Vec<&str> = hosts
        .iter()
        .filter(|host| host.port_ranges.iter().any(meets))
        .map(|host| host.name.as_str())
        .collect();
    let Some(first) = met.first() else {
        return Check::passed(name, format!("no agent offers any of {low}-{high}"));
    };
    let more = if met.len() > 1 { format!(" and {} more", met.len() - 1) } else { String::new() };
    let detail = format!(
        "agents offer ports of {low}-{high}, which connections take by default: {first}{more}"
    );
    let mend = "offer others, or set net.ipv4.ip_local_port_range or ip_local_reserved_ports there; `heron-cli check fetch --all-agents` looks at each";
    Check::warning(name, detail, mend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::zookeeper::Endpoint;
    use crate::outcome::doctor::Verdict;
    use crate::scheduler::offer::Resources;

    fn host(cpus: f64, ports: (u16, u16)) -> Host {
        Host {
            name: "h".to_owned(),
            is_active: true,
            all: Resources { cpus, mem_mb: 8192.0, disk_mb: 1.0 },
            ports: u64::from(ports.1 - ports.0) + 1,
            port_ranges: vec![ports],
            ..Host::default()
        }
    }

    #[test]
    fn servers_are_judged_by_what_they_do() {
        let told = |health, millis| {
            let endpoint_ = Endpoint { host: "z".to_owned(), port: 2181 };
            let report = EndpointReport { endpoint: endpoint_, health };
            endpoint(&report, Duration::from_millis(millis)).result
        };
        assert_eq!(told(Health::Serving(None), 1), Verdict::Passed);
        assert_eq!(told(Health::Serving(Some("3.8.0".to_owned())), 900), Verdict::Warning);
        for health in [Health::NotServing, Health::Refused, Health::NoSuchHost("x".to_owned())] {
            assert_eq!(told(health, 1), Verdict::Failed);
        }
        assert_eq!(
            (clock(0, 4_000).result, clock(9_000, 0).result),
            (Verdict::Passed, Verdict::Warning)
        );
    }

    #[test]
    fn hosts_need_room_and_ports() {
        let result = |all: &[Host]| hosts(all).result;
        assert_eq!(result(&[]), Verdict::Failed);
        assert_eq!(result(&[host(4.0, (31000, 31100))]), Verdict::Passed);
        assert_eq!(result(&[host(0.5, (31000, 31100))]), Verdict::Warning);
        assert_eq!(result(&[host(4.0, (31000, 31001))]), Verdict::Failed);
        let idle = Host { is_active: false, ..host(4.0, (31000, 31100)) };
        assert_eq!(result(&[idle]), Verdict::Failed);
        assert_eq!(ports(&[host(4.0, (31000, 32767))]).result, Verdict::Passed);
        assert_eq!(ports(&[host(4.0, (31000, 32768))]).result, Verdict::Warning);
    }
}
