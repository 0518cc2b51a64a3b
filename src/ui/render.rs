//! Outcomes as text and as JSON.

use super::table::table;
use super::{check, config};
use crate::outcome::container::StatusContainer;
use crate::outcome::{
    Killed, Outcome, Restarted, SettingsChanged, StateChanged, Status, Submitted, TopologyList,
    Updated,
};

/// The one document on stdout.
pub(super) fn json(outcome: &Outcome) -> String {
    // Outcomes are plain values with text keys: they always serialize.
    serde_json::to_string_pretty(outcome).unwrap_or_default()
}

/// Text for people, with more for those who ask for it.
pub(super) fn text(outcome: &Outcome, verbose: bool) -> String {
    match outcome {
        Outcome::Submitted(submitted) => submitted_text(submitted),
        Outcome::SubmittedAll(all) => all.submitted.iter().map(submitted_text).collect(),
        Outcome::Planned(planned) => super::plan::text(planned, false),
        Outcome::StateChanged(changed) => state_text(changed),
        Outcome::Restarted(restarted) => restarted_text(restarted),
        Outcome::Updated(updated) => updated_text(updated),
        Outcome::SettingsChanged(changed) => settings_text(changed),
        Outcome::Killed(killed) => killed_text(killed),
        Outcome::Listed(listed) => listed_text(listed),
        Outcome::Status(status) => status_text(status, verbose),
        Outcome::FetchChecked(checked) => check::fetch_checked(checked),
        Outcome::ConfigShown(shown) => config::shown(shown),
        Outcome::ConfigGot(got) => config::got(got),
        Outcome::ConfigWritten(written) => config::written(written),
        Outcome::ConfigChecked(checked) => config::checked(checked),
        Outcome::ConfigConverted(file) => file.text.clone(),
        Outcome::ConfigKeys(list) => config::keys(list),
        Outcome::Contexts(contexts) => config::contexts(contexts),
        Outcome::ContextShown(context) => config::context(context),
        Outcome::ContextUsed(used) => config::used(used),
        Outcome::ContextChanged(changed) => config::changed(changed),
        Outcome::Version(version) => {
            format!("heron-cli {} (for Heron {})", version.version, version.heron)
        }
        Outcome::Text(text) => text.text.clone(),
    }
}

fn submitted_text(submitted: &Submitted) -> String {
    let Submitted {
        topology,
        container_count,
        framework_id,
        page,
        resumed,
        waited_for,
        release,
        ..
    } = submitted;
    let how = match (*waited_for, topology.state.as_str()) {
        ("none", _) => "is being launched",
        ("launched", _) => "is launched",
        (_, "PAUSED") => "is up, and paused",
        _ => "is running",
    };
    let again = if *resumed { " (an interrupted submission was finished)" } else { "" };
    let mut text = format!(
        "topology {} {how} in {container_count} containers{again}\n  id         {}\n  release    {}\n  framework  {framework_id}\n",
        topology.name,
        topology.id.as_deref().unwrap_or("-"),
        release.text()
    );
    if let Some(page) = page {
        text.push_str(&format!("  page       {page}\n"));
    }
    text
}

fn state_text(changed: &StateChanged) -> String {
    let state = match changed.topology.state.as_str() {
        "PAUSED" => "paused",
        _ => "running",
    };
    let already = if changed.already { "already " } else { "" };
    format!("topology {} is {already}{state}", changed.topology.name)
}

fn restarted_text(restarted: &Restarted) -> String {
    let ids: Vec<String> =
        restarted.containers.iter().map(|container| container.id.to_string()).collect();
    let noun = if ids.len() == 1 { "container" } else { "containers" };
    format!("restarted {noun} {} of topology {}", ids.join(", "), restarted.topology.name)
}

fn updated_text(updated: &Updated) -> String {
    let Updated { topology, container_count, .. } = updated;
    let name = &topology.name;
    if updated.already {
        return format!("topology {name} is as it was asked for already");
    }
    let state = if topology.state == "PAUSED" { "is paused" } else { "is running" };
    let again = if updated.resumed { " (an interrupted update was finished)" } else { "" };
    let mut text =
        format!("topology {name} is updated, and {state} in {container_count} containers{again}\n");
    let parts = [
        ("added", &updated.added),
        ("relaunched", &updated.relaunched),
        ("removed", &updated.removed),
    ];
    for (what, ids) in parts.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
        text.push_str(&format!("  {what:<10} {}\n", ids.join(", ")));
    }
    text
}

fn settings_text(changed: &SettingsChanged) -> String {
    let SettingsChanged { topology, settings, dry_run, .. } = changed;
    let done = if *dry_run { "would get" } else { "has" };
    let settings: String = settings.iter().map(|setting| format!("  {setting}\n")).collect();
    format!("topology {} {done} these settings\n{settings}", topology.name)
}

fn killed_text(killed: &Killed) -> String {
    if killed.found {
        format!("topology {} is killed, and nothing is left of it", killed.topology.name)
    } else {
        format!("there was no topology {}", killed.topology.name)
    }
}

fn listed_text(listed: &TopologyList) -> String {
    let dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = listed
        .topologies
        .iter()
        .map(|topology| {
            let place = [&topology.cluster, &topology.role, &topology.environ].map(dash);
            vec![
                topology.name.clone(),
                topology.state.clone(),
                topology.container_count.map_or_else(|| "-".to_owned(), |count| count.to_string()),
                dash(&topology.submitted_at),
                place.join("/"),
            ]
        })
        .collect();
    table(&["NAME", "STATE", "CONTAINERS", "SUBMITTED", "CLUSTER"], &rows)
}

fn status_text(status: &Status, verbose: bool) -> String {
    let topology = &status.topology;
    let or_dash = |value: Option<&String>| value.map_or("-", String::as_str).to_owned();
    let place = [&topology.cluster, &topology.role, &topology.environ];
    let place: Vec<String> = place.into_iter().map(|part| or_dash(part.as_ref())).collect();
    let mut facts = vec![
        ("Topology", topology.name.clone()),
        ("State", topology.state.clone()),
        ("Id", topology.id.clone()),
        ("Cluster", place.join("/")),
        (
            "Submitted",
            format!(
                "{} by {}",
                or_dash(topology.submitted_at.as_ref()),
                or_dash(topology.submitted_by.as_ref())
            ),
        ),
    ];
    facts.push((
        "TManager",
        status.tmanager.as_ref().map_or_else(
            || "not registered".to_owned(),
            |tmanager| format!("{}:{}", tmanager.host, tmanager.controller_port),
        ),
    ));
    if let Some(framework) = &status.framework {
        let connected = match framework.connected {
            Some(true) => " (a command is at work)",
            // So it is at most times: containers run on by themselves.
            Some(false) => "",
            None => " (the master could not be asked)",
        };
        facts.push(("Framework", format!("{}{connected}", framework.id)));
    }
    if let Some(supervisor) = &status.supervisor {
        facts.push((
            "Driven by",
            supervisor.as_str().map_or_else(|| supervisor.to_string(), str::to_owned),
        ));
    }
    if let Some(update) = &status.update {
        let next = if update.can_be_undone { "undone" } else { "finished" };
        let left = format!(
            "{}; unless somebody is at it, it is {next} by the next command",
            update.request
        );
        facts.push(("Update", left));
    }
    let mut text: String =
        facts.iter().map(|(name, value)| format!("{name:<11}{value}\n")).collect();
    if !status.containers.is_empty() {
        text.push('\n');
        text.push_str(&containers_text(&status.containers, verbose));
    }
    text
}

/// A row for each container. Where nobody asks for more, a row fits a terminal of 80 columns.
fn containers_text(containers: &[StatusContainer], verbose: bool) -> String {
    let row = |container: &StatusContainer| {
        let dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let mut row = vec![
            container.id.to_string(),
            container.state.clone(),
            container.attempt.to_string(),
            dash(&container.since),
            dash(&container.host),
        ];
        if verbose {
            row.extend([ports_text(&container.ports), dash(&container.task_id)]);
        }
        row
    };
    let rows: Vec<Vec<String>> = containers.iter().map(row).collect();
    let heads = ["CONTAINER", "STATE", "ATTEMPT", "SINCE", "HOST", "PORTS", "TASK"];
    let shown = if verbose { &heads[..] } else { &heads[..5] };
    let mut text = table(shown, &rows);
    for container in containers {
        if let Some(failure) = &container.last_failure {
            let part =
                |name: &str| failure.get(name).and_then(|value| value.as_str()).unwrap_or("-");
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

/// Ports, runs of them as ranges.
fn ports_text(ports: &[u16]) -> String {
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
    use super::*;

    fn fits(text: &str) {
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn rows_fit_a_terminal_of_80_columns() {
        let some = |text: &str| Some(text.to_owned());
        let topology = crate::outcome::listing::TopologyRow {
            name: "wordcount".to_owned(),
            state: "RUNNING".to_owned(),
            cluster: some("production"),
            role: some("wordcount"),
            environ: some("devel"),
            container_count: Some(100),
            submitted_at: some("2026-11-29T14:00:00Z"),
        };
        fits(&listed_text(&TopologyList { schema: 1, topologies: vec![topology] }));
        let container = StatusContainer {
            id: 100,
            state: "TASK_UNREACHABLE".to_owned(),
            task_id: some("wordcount82e79bae-17cf-462c-88e0-b6e25066356b-container-100-1"),
            attempt: 12,
            agent_id: some("S1"),
            host: some("node-17.dc.example"),
            ports: vec![31000; 9],
            since: some("2026-11-29T14:00:00Z"),
            last_failure: None,
        };
        let text = containers_text(std::slice::from_ref(&container), false);
        fits(&text);
        assert!(!text.contains("TASK\n"), "{text}");
        let more = containers_text(&[container], true);
        assert!(more.contains("31000") && more.contains("container-100-1"), "{more}");
    }

    #[test]
    fn keys_fit_a_terminal_of_80_columns() {
        for explained in [false, true] {
            let keys = crate::config::reference::key_rows();
            let text = config::keys(&crate::outcome::KeyList { schema: 1, keys, explained });
            // Only names that are longer themselves are.
            for line in text.lines().filter(|line| line.trim().contains(' ')) {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn runs_of_ports_become_ranges() {
        assert_eq!(
            ports_text(&[31000, 31001, 31002, 31005, 31007, 31008]),
            "31000-31002,31005,31007-31008"
        );
        assert_eq!(ports_text(&[]), "");
        assert_eq!(ports_text(&[65535]), "65535");
    }
}
