//! Which agents are checked, and what is known of one that makes no offer.

use super::error::CheckError;
use super::tasks::Target;
use crate::cli::FetchArgs;
use crate::engine::{Engine, Host};
use crate::scheduler::ids::HostId;
use crate::scheduler::offer::Resources;

/// How many agents are named in a sentence.
const NAMED: usize = 8;

/// The agents, if the master tells. Who may not list them can still get offers of them.
pub async fn list(engine: &impl Engine) -> Option<Vec<Host>> {
    match engine.hosts().await {
        Ok(agents) => Some(agents),
        Err(error) => {
            tracing::info!("failed to list the agents: {error}");
            None
        }
    }
}

/// The agents to be checked, with their hosts.
pub fn choose(
    args: &FetchArgs,
    agents: Option<&[Host]>,
) -> Result<Vec<(Target, String)>, CheckError> {
    if agents.is_some_and(<[Host]>::is_empty) {
        return Err(CheckError::NoAgents);
    }
    let listed =
        |agent: &Host| (Target { agent: Some(agent.id.clone()), host: None }, agent.name.clone());
    match (agents, args.agent.as_slice()) {
        (_, []) if !args.all_agents => {
            Ok(vec![(Target { agent: None, host: None }, "-".to_owned())])
        }
        (None, []) => Err(CheckError::Unlisted),
        (Some(agents), []) => Ok(agents.iter().map(listed).collect()),
        (None, names) => Ok(names
            .iter()
            .map(|name| (Target { agent: None, host: Some(name.clone()) }, name.clone()))
            .collect()),
        (Some(agents), names) => {
            let mut chosen: Vec<(Target, String)> = Vec::new();
            for name in names {
                let mut found = agents.iter().filter(|agent| is_called(agent, name)).peekable();
                if found.peek().is_none() {
                    let agent = name.clone();
                    return Err(CheckError::NoSuchAgent { agent, known: names_of(agents) });
                }
                let new: Vec<_> =
                    found.map(listed).filter(|target| !chosen.contains(target)).collect();
                chosen.extend(new);
            }
            Ok(chosen)
        }
    }
}

/// Whether it is that agent's host, address or id, or the end of its id that tells agents of one master apart (`S1`).
fn is_called(agent: &Host, name: &str) -> bool {
    let address = &agent.address;
    let ip = address.rsplit_once(':').map_or("", |(ip, _)| ip.trim_matches(['[', ']']));
    agent.name.eq_ignore_ascii_case(name)
        || agent.id.as_str() == name
        || agent.id.as_str().rsplit_once('-').is_some_and(|(_, end)| end == name)
        || (!name.is_empty() && (*address == name || ip == name))
}

fn names_of(agents: &[Host]) -> String {
    let mut names: Vec<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    let mut text = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// Why an agent, or any of them, may have made no offer.
#[must_use]
pub fn why_no_offer(
    agents: Option<&[Host]>,
    agent: Option<&HostId>,
    want: &Resources,
    roles: &[String],
) -> String {
    let Some(agents) = agents else { return "it made no offer".to_owned() };
    if let Some(id) = agent {
        return agents.iter().find(|agent| agent.id == *id).map_or_else(
            || "it is not registered any more".to_owned(),
            |agent| why_one(agent, want, roles),
        );
    }
    let why = |agent: &Host| format!("{}: {}", agent.name, why_one(agent, want, roles));
    let lines: Vec<String> = agents.iter().take(NAMED).map(why).collect();
    format!("no agent made an offer; {}", lines.join("; "))
}

fn why_one(agent: &Host, want: &Resources, roles: &[String]) -> String {
    if !agent.is_active {
        return "it is not active: it does not answer, is drained or is deactivated".to_owned();
    }
    let Resources { cpus, mem_mb, disk_mb } = agent.all;
    let used = &agent.used;
    let parts = [
        ("cpus", want.cpus, cpus, used.cpus, ""),
        ("mem", want.mem_mb, mem_mb, used.mem_mb, " MB"),
        ("disk", want.disk_mb, disk_mb, used.disk_mb, " MB"),
    ];
    let short: Vec<String> = parts
        .iter()
        .filter_map(|(name, wanted, all, used, unit)| {
            let free = ((all - used) * 1000.0).round().max(0.0) / 1000.0;
            (free < *wanted)
                .then(|| format!("{name}: {wanted}{unit} wanted, {free} of {all}{unit} free"))
        })
        .collect();
    if !short.is_empty() {
        return format!("it has no room: {}", short.join(", "));
    }
    format!(
        "it made no offer although it has room: what it has stands in offers to others, or is not for the role {}",
        roles.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(id: &str, name: &str, used: f64) -> Host {
        Host {
            id: id.into(),
            name: name.into(),
            address: format!("10.0.0.{id}:5051"),
            is_active: true,
            all: Resources { cpus: 4.0, mem_mb: 1000.0, disk_mb: 1000.0 },
            ports: 9,
            port_ranges: Vec::new(),
            used: Resources { cpus: used, mem_mb: 10.0, disk_mb: 0.0 },
            ..Host::default()
        }
    }

    fn args(words: &[&str]) -> FetchArgs {
        crate::cli::arguments(words)
    }

    #[test]
    fn agents_are_found_by_host_address_and_id() {
        let agents = [agent("1", "a", 0.0), agent("2", "b", 0.0), agent("3", "b", 0.0)];
        let chosen = |words: &[&str]| {
            let chosen = choose(&args(words), Some(&agents)).unwrap();
            chosen.into_iter().map(|(target, _)| target.agent.map(|id| id.0)).collect::<Vec<_>>()
        };
        let some = |ids: &[&str]| ids.iter().map(|id| Some((*id).to_owned())).collect::<Vec<_>>();
        assert_eq!(chosen(&[]), [None]);
        assert_eq!(chosen(&["--all-agents"]), some(&["1", "2", "3"]));
        assert_eq!(chosen(&["--agent", "B"]), some(&["2", "3"]));
        assert_eq!(
            chosen(&["--agent", "10.0.0.1", "--agent", "3", "--agent", "a"]),
            some(&["1", "3"])
        );
        assert_eq!(chosen(&["--agent", "10.0.0.2:5051"]), some(&["2"]));
        let error = choose(&args(&["--agent", "c"]), Some(&agents)).unwrap_err().to_string();
        assert_eq!(error, "there is no agent `c`; there are a, b");
        assert!(matches!(choose(&args(&[]), Some(&[])), Err(CheckError::NoAgents)));
        assert!(matches!(choose(&args(&["--all-agents"]), None), Err(CheckError::Unlisted)));
        let unlisted = choose(&args(&["--agent", "x"]), None).unwrap();
        assert_eq!(unlisted[0].0.host.as_deref(), Some("x"));
    }

    #[test]
    fn an_agent_without_an_offer_is_explained() {
        let want = Resources { cpus: 0.1, mem_mb: 64.0, disk_mb: 0.0 };
        let roles = ["heron".to_owned()];
        let mut gone = agent("2", "b", 0.0);
        gone.is_active = false;
        let agents = [agent("1", "a", 4.0), gone, agent("3", "c", 0.0)];
        let why = |id: &str| why_no_offer(Some(&agents), Some(&id.into()), &want, &roles);
        assert_eq!(why("1"), "it has no room: cpus: 0.1 wanted, 0 of 4 free");
        assert!(why("2").contains("not active"));
        assert!(why("3").contains("not for the role heron"));
        assert!(why("4").contains("not registered"));
        assert_eq!(why_no_offer(None, None, &want, &roles), "it made no offer");
        let all = why_no_offer(Some(&agents), None, &want, &roles);
        assert!(all.contains("a: it has no room") && all.contains("b: it is not active"), "{all}");
    }
}
