use std::time::Duration;

use super::*;
use crate::fetch_check::tasks::{Target, Tasks};
use crate::scheduler::uri::Uri;
use crate::topology::layout::Layout;

fn core() -> Fetch {
    let uri = Uri {
        value: "http://user:hunter2@h/heron-core.tar.gz".to_owned(),
        extract: true,
        cache: false,
        ..Uri::default()
    };
    Fetch::core(uri, &Release::newest(), &Layout::default()).unwrap()
}

fn judged(stage: Stage, output: &Output) -> Fetched {
    let fetches = [core()];
    let target = (Target { agent: None, host: None }, "node".to_owned());
    let mut slot = Tasks::new(1, vec![target], 0).slots.remove(0);
    slot.tasks[0].stage = stage;
    judge(&fetches[0], &slot, &slot.tasks[0], output, &Release::newest())
}

fn ended_as(state: TaskState, message: &str, output: &Output) -> Fetched {
    let end = TaskEnd { state, message: Some(message.to_owned()), reason: None };
    let (after, fetched) = (Duration::from_secs(9), Some(Duration::from_millis(1500)));
    judged(Stage::Ended { after, fetched, end }, output)
}

fn printed(lines: &str) -> Output {
    let stdout = format!("heron-check-fetch begin\n{lines}heron-check-fetch end\n");
    Output { stdout, ..Output::default() }
}

#[test]
fn what_is_complete_is_good() {
    let output = printed("bytes 77\nv heron.build.version: '0.20.5'\n");
    let fetched = ended_as(TaskState::Finished, "Command exited with status 0", &output);
    assert_eq!(fetched.result, FetchResult::Good);
    assert_eq!((fetched.bytes, fetched.seconds), (Some(77), Some(1.5)));
    assert_eq!(fetched.release.as_deref(), Some("0.20.5"));
    assert_eq!(fetched.problem, None);
    assert!(fetched.uri.ends_with("@h/heron-core.tar.gz") && !fetched.uri.contains("hunter2"));
}

#[test]
fn a_package_of_another_command_line_is_wrong() {
    let output = printed("v heron.build.version: 0.17.8\n");
    let fetched = ended_as(TaskState::Finished, "", &output);
    assert_eq!(fetched.result, FetchResult::WrongRelease);
    assert!(fetched.problem.unwrap().contains("set heron.release.version to 0.17.8"));
    let fine = ended_as(TaskState::Finished, "", &printed("v heron.build.version: 0.20.4\n"));
    assert_eq!(fine.result, FetchResult::Good);
}

#[test]
fn what_is_missing_and_what_is_there_instead_are_told() {
    let output = printed("d other\nf heron-core.tar.gz\nf stderr\nf stdout\nlacks 0\nlacks 3\n");
    let fetched = ended_as(TaskState::Failed, "Command exited with status 3", &output);
    assert_eq!(fetched.result, FetchResult::WrongLayout);
    assert_eq!(fetched.missing, ["heron-core/bin/heron-executor", "heron-core/lib/metricsmgr"]);
    assert_eq!(fetched.problem.unwrap(), "what was unpacked: heron-core.tar.gz, other");
    let packed = printed("f heron-core.tar.gz\nf stderr\nf stdout\nlacks 0\n");
    let fetched = ended_as(TaskState::Failed, "Command exited with status 3", &packed);
    assert!(fetched.problem.unwrap().contains("not unpacked"));
}

#[test]
fn the_fetchers_own_words_come_first() {
    let stderr = "E1123 16:26:41.3 1 fetcher.cpp:613] EXIT with status 1: Failed to fetch \
                  'http://user:hunter2@h/heron-core.tar.gz': 404\n";
    let output = Output { stderr: stderr.to_owned(), ..Output::default() };
    let message = "Failed to launch container: Failed to fetch all URIs";
    let fetched = ended_as(TaskState::Failed, message, &output);
    assert_eq!(fetched.result, FetchResult::Failed);
    let problem = fetched.problem.unwrap();
    assert!(problem.contains("404") && !problem.contains("hunter2"), "{problem}");
}

#[test]
fn an_agent_that_does_not_tell_leaves_what_mesos_tells() {
    let output =
        Output { unread: Some("its agent does not answer".to_owned()), ..Output::default() };
    let good = ended_as(TaskState::Finished, "Command exited with status 0", &output);
    assert_eq!(good.result, FetchResult::Good);
    assert!(good.problem.unwrap().contains("does not answer"));
    let lacking = ended_as(TaskState::Failed, "Command exited with status 3", &output);
    assert_eq!(lacking.result, FetchResult::WrongLayout);
    let failed = ended_as(TaskState::Failed, "Failed to fetch all URIs", &output);
    assert_eq!(failed.result, FetchResult::Failed);
    assert!(failed.problem.unwrap().contains("Failed to fetch all URIs"));
}

#[test]
fn other_ends_are_told_apart() {
    let nothing = Output::default();
    let result = |state, message| ended_as(state, message, &nothing).result;
    assert_eq!(result(TaskState::Unreachable, "x"), FetchResult::AgentLost);
    assert_eq!(result(TaskState::Gone, "x"), FetchResult::AgentLost);
    assert_eq!(result(TaskState::Error, "Task uses invalid resources"), FetchResult::Refused);
    assert_eq!(result(TaskState::Dropped, "no such user"), FetchResult::Refused);
    let running = Stage::Launched { at: 0, began: None, state: TaskState::Staging };
    let fetched = judged(running, &nothing);
    assert_eq!(fetched.result, FetchResult::TimedOut);
    assert_eq!(fetched.problem.unwrap(), "its task is still TASK_STAGING on node");
    let given_up = judged(Stage::GivenUp { why: "no room".to_owned() }, &nothing);
    assert_eq!(
        (given_up.result, given_up.problem.as_deref()),
        (FetchResult::NoOffer, Some("no room"))
    );
}
