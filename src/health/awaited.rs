//! Whether what is waited for has come about. Pure.

use super::assessment::{Assessment, Level, State};
use super::facts::Facts;
use crate::cli::Awaited;

/// How far a wait has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is so.
    Reached,
    /// It isn't yet, and why.
    NotYet(String),
    /// It can't come about by itself any more, and why.
    Never(String),
}

/// Whether a topology is as it is waited for to be.
#[must_use]
pub fn progress(awaited: Awaited, facts: &Facts, assessed: &Assessment<'_>) -> Progress {
    let exists = facts.topology.exists();
    if awaited == Awaited::Gone {
        let is_gone = facts.topology.is_absent() && facts.desired.is_none();
        return if is_gone { Progress::Reached } else { NotYet::of(facts, assessed).into() };
    }
    if !exists {
        return Progress::NotYet("there is no such topology yet".to_owned());
    }
    if assessed.state == State::Killing {
        return Progress::Never("it is being killed".to_owned());
    }
    let is_so = match awaited {
        Awaited::Running if assessed.state == State::Paused => {
            let why = "it is paused; `heron-cli activate` lets it run".to_owned();
            return Progress::Never(why);
        }
        Awaited::Running => assessed.state == State::Running && assessed.health != Level::Down,
        Awaited::Paused => assessed.state == State::Paused,
        Awaited::Healthy => assessed.health == Level::Healthy,
        Awaited::Updated => assessed.state != State::Updating,
        Awaited::Gone => false,
    };
    if is_so { Progress::Reached } else { NotYet::of(facts, assessed).into() }
}

/// What is known of why it isn't so yet.
struct NotYet(Vec<String>);

impl NotYet {
    fn of(facts: &Facts, assessed: &Assessment<'_>) -> Self {
        let ready = assessed.ready.filter(|ready| ready.running < ready.wanted);
        let ready =
            ready.map(|ready| format!("{} of {} containers run", ready.running, ready.wanted));
        let driver = facts.driver.as_ref().map(|holder| {
            let doing = holder.doing.as_deref().and_then(|doing| doing.waits_for());
            let doing = doing.map_or(String::new(), |doing| format!(": {doing}"));
            format!("{} is at work on it{doing}", holder.command)
        });
        let first = format!("it is {}", assessed.state.name());
        let more = ready.into_iter().chain(driver).chain(assessed.problems.first().cloned());
        Self(std::iter::once(first).chain(more).collect())
    }
}

impl From<NotYet> for Progress {
    fn from(NotYet(reasons): NotYet) -> Self {
        Self::NotYet(reasons.join("; "))
    }
}
