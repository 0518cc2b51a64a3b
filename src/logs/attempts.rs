//! Which tasks a container has and had. Pure.

use super::error::LogsError;
use crate::engine::{Remembered, TaskPlace};
use crate::scheduler::container::{ContainerRecord, task_id};
use crate::scheduler::ids::FrameworkId;

/// A task of a container, and where it is or was.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The container.
    pub container: u32,
    /// Which of its attempts.
    pub attempt: u32,
    /// Name of the host.
    pub host: String,
    /// The task.
    pub place: TaskPlace,
}

impl Attempt {
    /// The present task of a container.
    #[must_use]
    pub fn present(framework: &FrameworkId, record: &ContainerRecord) -> Self {
        Self {
            container: record.id,
            attempt: record.attempt,
            host: record.host.clone(),
            place: TaskPlace::of_record(framework, record),
        }
    }

    /// The task before the present one: of those that the engine remembers, and of the last failure, the newest.
    ///
    /// # Errors
    /// [`LogsError::NoAttempt`] if nobody remembers one.
    pub fn previous(
        topology: &str,
        framework: &FrameworkId,
        record: &ContainerRecord,
        remembered: &[Remembered],
    ) -> Result<Self, LogsError> {
        let number = |place: &TaskPlace| attempt_of(topology, record.id, place);
        let failed = record.last_failure.as_deref().map(|failure| Remembered {
            place: TaskPlace::of_failure(framework, failure),
            host: failure.host.clone(),
        });
        let found = remembered.iter().chain(&failed);
        let found = found.filter_map(|one| Some((number(&one.place)?, one)));
        let newest = found.filter(|(attempt, _)| *attempt < record.attempt);
        // Of one attempt that both know, the last is taken: the record knows the address though the host be gone.
        let newest = newest.max_by_key(|(attempt, _)| *attempt);
        let none = LogsError::NoAttempt { container: record.id, what: "previous" };
        let (attempt, Remembered { place, host }) = newest.ok_or(none)?;
        let (place, host) = (place.clone(), host.clone());
        Ok(Self { container: record.id, attempt, host, place })
    }

    /// The sandbox in words.
    #[must_use]
    pub fn described(&self) -> String {
        let Self { container, attempt, host, place } = self;
        let address = place.address.as_deref().map_or(String::new(), |at| format!(" ({at})"));
        format!("container {container}, attempt {attempt}, on host {host}{address}")
    }
}

/// The attempt that a task is, if it is one of that container.
fn attempt_of(topology: &str, container: u32, place: &TaskPlace) -> Option<u32> {
    let (_, number) = place.task_id.as_str().rsplit_once('-')?;
    let number = number.parse().ok()?;
    (task_id(topology, container, number) == place.task_id).then_some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn framework() -> FrameworkId {
        "f".into()
    }

    fn record(failed: Option<u32>) -> ContainerRecord {
        let failure = failed.map(|attempt| {
            json!({"task_id": {"value": format!("t-1-{attempt}")}, "agent_id": {"value": "a"}, "host": "failed",
                   "agent_address": "h:1", "at": 1, "state": "TASK_FAILED"})
        });
        serde_json::from_value(json!({
            "version": 1, "id": 1, "attempt": 5, "restarts": 0, "task_id": {"value": "t-1-5"},
            "agent_id": {"value": "a"}, "host": "now", "ports": [1], "state": "TASK_RUNNING", "since": 5000,
            "last_failure": failure,
        }))
        .unwrap()
    }

    fn remembered(ids: &[&str]) -> Vec<Remembered> {
        let one = |id: &&str| Remembered {
            place: TaskPlace {
                framework: framework(),
                task_id: (*id).into(),
                host_id: "a".into(),
                address: None,
            },
            host: "remembered".to_owned(),
        };
        ids.iter().map(one).collect()
    }

    fn previous(failed: Option<u32>, ids: &[&str]) -> Option<(u32, String)> {
        let found = Attempt::previous("t", &framework(), &record(failed), &remembered(ids));
        found.ok().map(|found| (found.attempt, found.host))
    }

    #[test]
    fn the_newest_before_the_present_one_is_the_previous() {
        let is = |attempt, host: &str| Some((attempt, host.to_owned()));
        assert_eq!(
            previous(None, &["t-1-5", "t-1-3", "t-1-4", "t-11-4", "t-1-x"]),
            is(4, "remembered")
        );
        assert_eq!(previous(Some(4), &["t-1-3"]), is(4, "failed"));
        assert_eq!(previous(Some(4), &["t-1-4"]), is(4, "failed"), "its address is known");
        assert_eq!(previous(Some(2), &["t-1-3"]), is(3, "remembered"));
        assert_eq!(previous(Some(5), &["t-1-5"]), None);
        assert_eq!(Attempt::present(&framework(), &record(None)).host, "now");
    }
}
