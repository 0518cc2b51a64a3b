//! `status` as text.

use serde_json::Value;

use super::listing::ready;
use super::table::{table, wrapped};
use crate::outcome::Status;
use crate::outcome::container::StatusContainer;
use crate::outcome::status::{AsOf, Driver, StatusFramework, StatusTopology};
use crate::scheduler::update::UpdateStep;

/// Columns that a line has room for where nobody asks for more.
const WIDTH: usize = 80;
/// Where values begin.
const INDENT: usize = 11;

/// The topology, what is wrong with it, its components and its containers; with more for those who ask for it.
pub(super) fn text(status: &Status, verbose: bool) -> String {
    let mut text: String =
        facts(status).iter().map(|(name, value)| format!("{name:<INDENT$}{value}\n")).collect();
    text.push_str(&problems(&status.topology));
    if !status.components.is_empty() {
        let row = |one: &crate::outcome::status::StatusComponent| {
            vec![one.name.clone(), format!("{}/{}", one.registered, one.parallelism)]
        };
        let rows: Vec<Vec<String>> = status.components.iter().map(row).collect();
        text.push('\n');
        text.push_str(&table(&["COMPONENT", "REGISTERED"], &rows));
    }
    if !status.containers.is_empty() {
        text.push('\n');
        text.push_str(&containers(&status.containers, verbose));
    }
    text
}

fn facts(status: &Status) -> Vec<(&'static str, String)> {
    let topology = &status.topology;
    let or_dash = |value: Option<&String>| value.map_or("-", String::as_str).to_owned();
    let place = [&topology.cluster, &topology.role, &topology.environ];
    let place: Vec<String> = place.into_iter().map(|part| or_dash(part.as_ref())).collect();
    let submitted = format!(
        "{} by {}",
        or_dash(topology.submitted_at.as_ref()),
        or_dash(topology.submitted_by.as_ref())
    );
    let mut facts = vec![
        ("Topology", topology.name.clone()),
        ("State", topology.state.to_owned()),
        ("Health", health(status)),
        ("Id", topology.id.clone()),
        ("Cluster", place.join("/")),
        ("Submitted", submitted),
    ];
    facts.extend(topology.release.clone().map(|release| ("Release", release)));
    if topology.revision > 1 || !topology.kept_revisions.is_empty() {
        let kept: Vec<String> = topology.kept_revisions.iter().map(u32::to_string).collect();
        let kept = if kept.is_empty() {
            String::new()
        } else {
            format!("; `rollback` can go back to {}", kept.join(", "))
        };
        facts.push(("Revision", format!("{}{kept}", topology.revision)));
    }
    let tmanager = status.tmanager.as_ref();
    let tmanager =
        tmanager.map(|tmanager| format!("{}:{}", tmanager.host, tmanager.controller_port));
    facts.push(("TManager", tmanager.unwrap_or_else(|| "not registered".to_owned())));
    facts.extend(status.framework.as_ref().map(|one| ("Framework", framework(one))));
    let page = status.framework.as_ref().and_then(|one| one.page.clone());
    facts.extend(page.map(|page| ("Page", page)));
    facts.extend(status.driver.as_ref().map(|driver| ("Driven by", driven_by(driver))));
    let others =
        status.supervisor.as_ref().map(|one| one.running - usize::from(one.leader.is_some()));
    let own = status.supervisor.as_ref().map(|one| one.wanted).filter(|wanted| *wanted > 0);
    facts.extend(own.map(|wanted| ("Own", format!("{wanted} supervisors of its own"))));
    let others = others.filter(|others| *others > 0);
    facts.extend(others.map(|others| ("Standby", supervisors(others))));
    if let Some(update) = &status.update {
        let is_early = update.step < UpdateStep::Written;
        let next = if is_early { "undone" } else { "finished" };
        let request = &update.request;
        let left = match &status.driver {
            Some(_) => request.clone(),
            None => format!("{request}; interrupted, {next} by the next command"),
        };
        facts.push(("Update", left));
    }
    let setting =
        |(key, value): (&String, &Value)| format!("{key} = {}", value.as_str().unwrap_or_default());
    facts.extend(topology.settings.iter().map(setting).map(|setting| ("Setting", setting)));
    facts
}

/// `degraded, 2/3 containers run`, and how old that is where it isn't of now.
fn health(status: &Status) -> String {
    let mut text = status.topology.health.to_owned();
    if status.ready.is_some() {
        text.push_str(&format!(", {} containers run", ready(status.ready)));
    }
    if let (Some(_), AsOf { source: "journal", at }) = (&status.framework, &status.as_of) {
        let at = at.as_deref().unwrap_or("some time ago");
        text.push_str(&format!(" (last known at {at})"));
    }
    text
}

fn framework(framework: &StatusFramework) -> String {
    let id = &framework.id;
    match framework.state {
        // So it is at most times: containers run on by themselves.
        "waiting" | "connected" => id.clone(),
        "gone" => format!("{id} (removed from Mesos)"),
        _ if framework.connected.is_none() => format!("{id} (the master could not be asked)"),
        _ => format!("{id} (the master does not know it)"),
    }
}

fn supervisors(count: usize) -> String {
    let noun = if count == 1 { "supervisor" } else { "supervisors" };
    format!("{count} {noun} to take over")
}

fn driven_by(driver: &Driver) -> String {
    let Driver { command, host, pid, since, waits_for } = driver;
    if command.is_empty() {
        return "somebody who left no name".to_owned();
    }
    let pid = if *pid == 0 { String::new() } else { format!(" (pid {pid})") };
    let since = if since.is_empty() { String::new() } else { format!(" since {since}") };
    let waits = waits_for.as_ref().map(|what| format!(": {what}")).unwrap_or_default();
    format!("{command} on host {host}{pid}{since}{waits}")
}

fn problems(topology: &StatusTopology) -> String {
    let mut text = String::new();
    for problem in &topology.problems {
        let head = if text.is_empty() { "Problems" } else { "" };
        let lines = wrapped(problem, WIDTH - INDENT);
        for (number, line) in lines.iter().enumerate() {
            let head = if number == 0 { head } else { "" };
            text.push_str(&format!("{head:<INDENT$}{line}\n"));
        }
    }
    text
}

/// A row for each container. Where nobody asks for more, a row fits a terminal of 80 columns.
fn containers(containers: &[StatusContainer], verbose: bool) -> String {
    let rows: Vec<Vec<String>> = containers.iter().map(|one| row(one, verbose)).collect();
    let heads = ["CONTAINER", "STATE", "INSTANCES", "SINCE", "HOST", "ATTEMPT", "PORTS", "TASK"];
    let shown = if verbose { &heads[..] } else { &heads[..5] };
    let mut text = table(shown, &rows);
    for container in containers {
        if let Some(failure) = &container.last_failure {
            let part = |name: &str| failure.get(name).and_then(Value::as_str).unwrap_or("-");
            text.push_str(&format!(
                "container {} failed at {}: {} {}\n",
                container.id,
                part("at"),
                part("state"),
                part("message")
            ));
        }
    }
    text
}

fn row(container: &StatusContainer, verbose: bool) -> Vec<String> {
    let dash = |value: Option<&str>| value.unwrap_or("-").to_owned();
    let registered = container.instances.iter().filter(|instance| instance.registered).count();
    let instances = match container.instances.len() {
        0 => "-".to_owned(),
        all => format!("{registered}/{all}"),
    };
    let mut row = vec![
        container.id.to_string(),
        container.state.clone(),
        instances,
        dash(container.since.as_deref()),
        dash(container.host.as_deref()),
    ];
    if verbose {
        let port = |port: &Value| port.as_u64().and_then(|port| u16::try_from(port).ok());
        let ports: Vec<u16> = container.ports.values().filter_map(port).collect();
        let attempt = container.attempt.to_string();
        row.extend([attempt, ranges(&ports), dash(container.task_id.as_deref())]);
    }
    row
}

/// Ports, runs of them as ranges.
fn ranges(ports: &[u16]) -> String {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for port in ports {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(*port) => *end = *port,
            _ => ranges.push((*port, *port)),
        }
    }
    let text = |(begin, end): &(u16, u16)| {
        if begin == end { begin.to_string() } else { format!("{begin}-{end}") }
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn container() -> StatusContainer {
        let some = |text: &str| Some(text.to_owned());
        let ports: Map<String, Value> =
            (0..9_u16).map(|port| (format!("port-{port}"), json!(31000 + port))).collect();
        StatusContainer {
            id: 100,
            state: "TASK_UNREACHABLE".to_owned(),
            as_of: some("2026-11-29T14:00:00Z"),
            task_id: some("wordcount82e79bae-17cf-462c-88e0-b6e25066356b-container-100-1"),
            attempt: 12,
            restarts: 3,
            agent_id: some("S1"),
            host: some("node-17.dc.example"),
            ports,
            since: some("2026-11-29T14:00:00Z"),
            last_failure: None,
            instances: Vec::new(),
        }
    }

    #[test]
    fn rows_fit_a_terminal_of_80_columns() {
        let text = containers(&[container()], false);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(!text.contains("TASK\n"), "{text}");
        let more = containers(&[container()], true);
        assert!(more.contains("31000-31008") && more.contains("container-100-1"), "{more}");
    }

    #[test]
    fn problems_are_wrapped_below_their_head() {
        let topology = StatusTopology {
            name: "t".to_owned(),
            id: String::new(),
            state: "RUNNING",
            health: "down",
            problems: vec!["word ".repeat(30), "second".to_owned()],
            cluster: None,
            role: None,
            environ: None,
            submitted_at: None,
            submitted_by: None,
            release: None,
            revision: 1,
            kept_revisions: Vec::new(),
            settings: Map::new(),
        };
        let text = problems(&topology);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.starts_with("Problems   word"), "{text}");
        assert!(text.ends_with("\n           second\n"), "{text}");
    }

    #[test]
    fn runs_of_ports_become_ranges() {
        let ports = [31000, 31001, 31002, 31005, 31007, 31008];
        assert_eq!(ranges(&ports), "31000-31002,31005,31007-31008");
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[65535]), "65535");
    }
}
