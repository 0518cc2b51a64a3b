//! What the outcome of a task means. Pure.

use super::fetch::{Fetch, PackageKind};
use super::look::{LACKING, SandboxContent};
use super::tasks::{Slot, Stage, Task, TaskEnd};
use crate::engine::fetching;
use crate::net::redact::redact;
use crate::outcome::fetch::{FetchResult, Fetched};
use crate::scheduler::task::TaskState;
use crate::topology::arguments::are_alike;
use crate::topology::dialect::Release;

/// The output of a task, or why it can't be had.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// What it printed.
    pub stdout: String,
    /// What the fetcher and the task complained of.
    pub stderr: String,
    /// Why the agent did not tell.
    pub unread: Option<String>,
}

/// What came of one URI on one agent.
#[must_use]
pub fn judge(
    fetch: &Fetch,
    slot: &Slot,
    task: &Task,
    output: &Output,
    release: &Release,
) -> Fetched {
    let mut fetched = Fetched {
        kind: fetch.kind.name(),
        uri: redact(&fetch.uri.value),
        result: FetchResult::NoOffer,
        bytes: None,
        seconds: None,
        release: None,
        missing: Vec::new(),
        problem: None,
        task_id: task.id.as_ref().map(|id| id.0.clone()),
    };
    match &task.stage {
        Stage::Waiting => {
            fetched.problem = Some("there was no time left for it".to_owned());
        }
        Stage::GivenUp { why } => fetched.problem = Some(why.clone()),
        Stage::Launched { state, .. } => {
            fetched.result = FetchResult::TimedOut;
            fetched.problem = Some(format!("its task is still {state} on {}", slot.host));
        }
        Stage::Ended { after, fetched: time, end } => {
            let time = fetching::seconds(&output.stderr)
                .unwrap_or_else(|| time.as_ref().unwrap_or(after).as_secs_f64());
            fetched.seconds = Some((time * 1000.0).round() / 1000.0);
            ended(&mut fetched, fetch, end, output, release);
        }
    }
    fetched.problem = fetched.problem.map(|problem| redact(&problem));
    fetched
}

/// What a task that has ended means. One that ran has fetched; its exit status says whether the layout is right.
fn ended(fetched: &mut Fetched, fetch: &Fetch, end: &TaskEnd, output: &Output, release: &Release) {
    let found = SandboxContent::parse(&output.stdout);
    let message = end.message.as_deref().unwrap_or_default();
    let lacking = message == format!("Command exited with status {LACKING}");
    fetched.bytes = found.bytes;
    fetched.release.clone_from(&found.version);
    match &end.state {
        TaskState::Finished => {
            fetched.result = FetchResult::Good;
            fetched.problem = output
                .unread
                .as_ref()
                .map(|why| format!("fetched and complete; more can't be told, as {why}"));
            if let Some(other) = other_release(fetch.kind, &found, release) {
                fetched.result = FetchResult::WrongRelease;
                fetched.problem = Some(other);
            }
        }
        TaskState::Failed if found.complete || lacking => {
            fetched.result = FetchResult::WrongLayout;
            fetched.missing = fetch.look.missing(&found);
            fetched.problem = Some(match (&output.unread, fetched.missing.is_empty()) {
                (Some(why), true) => {
                    format!("something is missing in it; what, can't be told, as {why}")
                }
                _ => unpacked_as(&found, fetch),
            });
        }
        TaskState::Failed => {
            fetched.result = FetchResult::Failed;
            fetched.problem = Some(failed(end, output));
        }
        TaskState::Lost
        | TaskState::Unreachable
        | TaskState::Gone
        | TaskState::GoneByOperator
        | TaskState::Unknown => {
            fetched.result = FetchResult::AgentLost;
            fetched.problem = Some(in_words(end));
        }
        _ => {
            fetched.result = FetchResult::Refused;
            fetched.problem = Some(in_words(end));
        }
    }
}

/// The fetcher's own words, or else Mesos's.
fn failed(end: &TaskEnd, output: &Output) -> String {
    if let Some(complaint) = fetching::complaint(&output.stderr) {
        return complaint;
    }
    let words = in_words(end);
    match &output.unread {
        Some(why) => format!("{words}; the fetcher's own words can't be had, as {why}"),
        None => words,
    }
}

fn in_words(end: &TaskEnd) -> String {
    let message = end.message.as_deref().filter(|message| !message.is_empty());
    let reason = end.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}: {}{reason}", end.state, message.unwrap_or("Mesos gave no reason"))
}

/// What is there instead of what should be.
fn unpacked_as(found: &SandboxContent, fetch: &Fetch) -> String {
    let top: Vec<&str> = found
        .entries
        .keys()
        .map(String::as_str)
        .filter(|path| !path.contains('/') && !["stdout", "stderr"].contains(path))
        .take(8)
        .collect();
    match top.as_slice() {
        [] => "nothing was unpacked".to_owned(),
        [only] if *only == fetch.look.file => {
            format!("{only} was fetched but not unpacked, or is empty")
        }
        several => format!("what was unpacked: {}", several.join(", ")),
    }
}

/// A package whose executor takes another command line than the one that is written.
fn other_release(kind: PackageKind, found: &SandboxContent, release: &Release) -> Option<String> {
    let version = found.version.as_deref().filter(|_| kind == PackageKind::Core)?;
    let own = Release::parse(version).ok()?;
    (!are_alike(&own, release)).then(|| {
        format!(
            "its release.yaml says {version}, whose executor does not take the command line of {release}: set \
             heron.release.version to {version}"
        )
    })
}

#[cfg(test)]
mod tests;
