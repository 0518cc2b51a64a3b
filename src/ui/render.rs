//! Outcomes as text and as JSON.

use super::{check, config, difference, listing, status};
use crate::outcome::change::PackageEnd;
use crate::outcome::{
    Killed, Outcome, Restarted, RolledBack, SettingsChanged, StateChanged, Submitted, Supervised,
    SupervisorsChanged, Updated,
};

/// The one document on stdout.
pub(super) fn json(outcome: &Outcome) -> String {
    // Outcomes are plain values with text keys: they always serialize.
    serde_json::to_string_pretty(outcome).unwrap_or_default()
}

/// The same on one line.
pub(super) fn json_line(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).unwrap_or_default()
}

/// Text for people, with more for those who ask for it.
pub(super) fn text(outcome: &Outcome, verbose: bool) -> String {
    match outcome {
        Outcome::Submitted(submitted) => submitted_text(submitted),
        Outcome::RolledBack(rolled) => rolled_back_text(rolled),
        Outcome::SubmittedAll(all) => all.submitted.iter().map(submitted_text).collect(),
        Outcome::Compared(compared) => difference::text(compared, verbose),
        Outcome::ComparedAll(all) => {
            let texts = all.compared.iter().map(|one| difference::text(one, verbose));
            texts.collect::<Vec<_>>().join("\n")
        }
        Outcome::Planned(planned) => super::plan::text(planned, false),
        Outcome::StateChanged(changed) => state_text(changed),
        Outcome::Restarted(restarted) => restarted_text(restarted),
        Outcome::Updated(updated) => updated_text(updated),
        Outcome::SupervisorsChanged(changed) => supervisors_text(changed),
        Outcome::SettingsChanged(changed) => settings_text(changed),
        Outcome::Killed(killed) => killed_text(killed),
        Outcome::Supervised(supervised) => supervised_text(supervised),
        Outcome::Listed(listed) => listing::text(listed),
        Outcome::Status(status) => status::text(status, verbose),
        Outcome::Waited(waited) => {
            format!("topology {} is {}", waited.topology.name, waited.waited_for)
        }
        Outcome::Diagnosed(diagnosis) => super::doctor::text(diagnosis),
        Outcome::LogFiles(files) => super::logs::files(files),
        Outcome::Streamed(_) => String::new(),
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
        already,
        health,
        problems,
        replaced,
        revision,
        ..
    } = submitted;
    let how = match (already, *waited_for, topology.state.as_str()) {
        (true, _, "RUNNING") => "is already running",
        (true, _, "PAUSED") => "is already up, and paused",
        (true, ..) => "is already there",
        (_, "none", _) => "is being launched",
        (_, "launched", _) => "is launched",
        (_, _, "PAUSED") => "is up, and paused",
        _ => "is running",
    };
    let again = match (already, resumed, replaced) {
        (true, ..) => " with the same content: nothing to do",
        (_, true, true) => " (an interrupted replacement was finished)",
        (_, true, false) => " (an interrupted submission was finished)",
        (_, _, true) => ", in place of what ran before",
        _ => "",
    };
    let mut text = format!(
        "topology {} {how} in {container_count} containers{again}\n  id         {}\n  release    {}\n  framework  {framework_id}\n",
        topology.name,
        topology.id.as_deref().unwrap_or("-"),
        release.text()
    );
    if let Some(page) = page {
        text.push_str(&format!("  page       {page}\n"));
    }
    if *revision > 1 {
        text.push_str(&format!("  revision   {revision}\n"));
    }
    text + &not_well(health.unwrap_or_default(), problems)
}

fn rolled_back_text(rolled: &RolledBack) -> String {
    let RolledBack { topology, revision, from, container_count, resumed, .. } = rolled;
    let name = &topology.name;
    let how = if topology.state == "PAUSED" { "is up, and paused" } else { "is running" };
    let again = match (revision == from, resumed) {
        (true, _) => ": it did so already",
        (_, true) => " (an interrupted rollback was finished)",
        _ => "",
    };
    let place =
        if revision == from { String::new() } else { format!(", in place of revision {from}") };
    format!(
        "topology {name} {how} as revision {revision} in {container_count} containers{place}{again}\n  id         {}\n",
        topology.id.as_deref().unwrap_or("-")
    )
}

/// What is wrong, below an answer that is good in itself.
fn not_well(health: &str, problems: &[String]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let problems: String = problems.iter().map(|problem| format!("  {problem}\n")).collect();
    format!("but it is {health}:\n{problems}")
}

fn supervised_text(supervised: &Supervised) -> String {
    let heals: u64 = supervised.topologies.iter().map(|topology| topology.heals).sum();
    let healed = match heals {
        0 => String::new(),
        1 => "; one container was brought back".to_owned(),
        heals => format!("; {heals} containers were brought back"),
    };
    let count = supervised.topologies.len();
    if count == 0 {
        return "there was no topology to hand over\n".to_owned();
    }
    match count {
        1 => format!("handed over one topology, which runs on{healed}\n"),
        _ => format!("handed over {count} topologies, which run on{healed}\n"),
    }
}

fn supervisors_text(changed: &SupervisorsChanged) -> String {
    let SupervisorsChanged { topology, wanted, running, already, .. } = changed;
    let already = if *already { ", as before" } else { "" };
    match wanted {
        0 => format!("topology {} has no supervisors of its own{already}\n", topology.name),
        wanted => {
            format!("topology {}: {running} of {wanted} supervisors run{already}\n", topology.name)
        }
    }
}

fn state_text(changed: &StateChanged) -> String {
    let state = match changed.topology.state.as_str() {
        "PAUSED" => "paused",
        _ => "running",
    };
    let already = if changed.already { "already " } else { "" };
    let text = format!("topology {} is {already}{state}\n", changed.topology.name);
    text + &not_well(changed.health, &changed.problems)
}

fn restarted_text(restarted: &Restarted) -> String {
    let ids: Vec<String> =
        restarted.containers.iter().map(|container| container.id.to_string()).collect();
    if ids.is_empty() {
        let name = &restarted.topology.name;
        return format!("every container of topology {name} is well; nothing was restarted\n");
    }
    let noun = if ids.len() == 1 { "container" } else { "containers" };
    let mut text =
        format!("restarted {noun} {} of topology {}\n", ids.join(", "), restarted.topology.name);
    if !restarted.also_launched.is_empty() {
        let ids: Vec<String> =
            restarted.also_launched.iter().map(|container| container.id.to_string()).collect();
        text.push_str(&format!("  also launched, as they did not run: {}\n", ids.join(", ")));
    }
    text
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
    let name = &killed.topology.name;
    let containers: Vec<String> = killed
        .may_run
        .iter()
        .map(|one| format!("  container {} on {}\n", one.id, one.host))
        .collect();
    let containers = containers.concat();
    let packages = killed.package.iter().chain(&killed.other_packages);
    let stay: Vec<&PackageEnd> = packages.filter(|package| !package.removed).collect();
    let mut text = match (killed.found, killed.state_only) {
        (false, _) => format!("there was no topology {name}\n"),
        (true, false) if !stay.is_empty() => format!("topology {name} is killed\n"),
        (true, false) => format!("topology {name} is killed, and nothing is left of it\n"),
        (true, true) => format!("the state of topology {name} is removed; Mesos was not asked\n"),
    };
    for PackageEnd { uri, why, .. } in stay {
        let why = why.as_deref().map_or(String::new(), |why| format!(" ({why})"));
        text.push_str(&format!("its package stays at {uri}{why}\n"));
    }
    if containers.is_empty() {
        return text;
    }
    text.push_str(&if killed.state_only {
        let frameworks = killed.framework_ids.join(", ");
        format!("these may still run, as framework {frameworks}:\n")
    } else {
        "these could not be reached; Mesos ends them when it hears of their hosts again:\n"
            .to_owned()
    });
    text + &containers
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
