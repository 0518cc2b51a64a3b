//! What `check fetch` found, as text.

use super::table::table;
use crate::outcome::fetch::{FetchAgent, FetchChecked, FetchResult, Fetched};

/// A row for each URI on each agent, and below what is wrong.
pub(super) fn fetch_checked(checked: &FetchChecked) -> String {
    let names = names(&checked.agents);
    let rows: Vec<Vec<String>> = checked
        .agents
        .iter()
        .zip(&names)
        .flat_map(|(agent, name)| agent.fetches.iter().map(move |fetched| row(name, fetched)))
        .collect();
    let mut text = table(&["AGENT", "PACKAGE", "RESULT", "SIZE", "TIME", "RELEASE", "URI"], &rows);
    for (agent, name) in checked.agents.iter().zip(&names) {
        for fetched in &agent.fetches {
            text.push_str(&details(name, fetched));
        }
        for warning in &agent.warnings {
            text.push_str(&format!("\n{name}:\n  {warning}\n"));
        }
    }
    text.push_str(&format!("\nlooked at as Heron {}\n", checked.release.explained()));
    text
}

/// Hosts; where several agents share one, with the ends of their ids.
fn names(agents: &[FetchAgent]) -> Vec<String> {
    let name = |agent: &FetchAgent| {
        let shared = agents.iter().filter(|other| other.host == agent.host).count() > 1;
        match (&agent.agent_id, shared) {
            (Some(id), true) => {
                format!("{} {}", agent.host, id.rsplit('-').next().unwrap_or(id))
            }
            _ => agent.host.clone(),
        }
    };
    agents.iter().map(name).collect()
}

fn row(agent: &str, fetched: &Fetched) -> Vec<String> {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    vec![
        agent.to_owned(),
        fetched.kind.to_owned(),
        result(fetched.result).to_owned(),
        or_dash(fetched.bytes.map(size)),
        or_dash(fetched.seconds.map(|seconds| format!("{seconds:.1} s"))),
        or_dash(fetched.release.clone()),
        fetched.uri.clone(),
    ]
}

fn result(result: FetchResult) -> &'static str {
    match result {
        FetchResult::Good => "good",
        FetchResult::Failed => "FAILED",
        FetchResult::WrongLayout => "WRONG LAYOUT",
        FetchResult::WrongRelease => "WRONG RELEASE",
        FetchResult::Refused => "REFUSED",
        FetchResult::AgentLost => "AGENT LOST",
        FetchResult::TimedOut => "TIMED OUT",
        FetchResult::NoOffer => "NO OFFER",
    }
}

fn details(agent: &str, fetched: &Fetched) -> String {
    let mut text = String::new();
    if let Some(problem) = &fetched.problem {
        text.push_str(&format!("\n{agent}, {}:\n", fetched.kind));
        text.extend(problem.lines().map(|line| format!("  {line}\n")));
        text.extend(fetched.missing.iter().map(|missing| format!("  missing: {missing}\n")));
    }
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::release::ReleaseInfo;

    #[test]
    fn what_failed_is_told_below_the_table() {
        let fetched = |result, problem: Option<&str>| Fetched {
            kind: "core",
            uri: "http://h/c.tar.gz".to_owned(),
            result,
            bytes: Some(12_345_678),
            seconds: Some(0.25),
            release: None,
            missing: Vec::new(),
            problem: problem.map(str::to_owned),
            task_id: None,
        };
        let agent = |id: &str, fetches| FetchAgent {
            host: "node".to_owned(),
            agent_id: Some(format!("6f0a-{id}")),
            fetches,
            warnings: Vec::new(),
        };
        let checked = FetchChecked {
            schema: 1,
            good: false,
            release: ReleaseInfo {
                version: "0.20.5".to_owned(),
                source: "setting",
                detail: "as heron.release.version says".to_owned(),
            },
            framework_id: "f".to_owned(),
            error: None,
            agents: vec![
                agent("S0", vec![fetched(FetchResult::Good, None)]),
                agent("S1", vec![fetched(FetchResult::Failed, Some("HTTP\n404"))]),
            ],
        };
        assert_eq!(
            fetch_checked(&checked),
            "AGENT    PACKAGE  RESULT  SIZE     TIME   RELEASE  URI\n\
             node S0  core     good    12.3 MB  0.2 s  -        http://h/c.tar.gz\n\
             node S1  core     FAILED  12.3 MB  0.2 s  -        http://h/c.tar.gz\n\
             \nnode S1, core:\n  HTTP\n  404\n\
             \nlooked at as Heron 0.20.5 (as heron.release.version says)\n"
        );
    }
}
