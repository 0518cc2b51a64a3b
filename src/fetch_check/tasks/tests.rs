use serde_json::json;

use super::*;
use crate::scheduler::call::Call;
use crate::scheduler::ids::OfferId;
use crate::scheduler::model::Policy;
use crate::scheduler::offer::Offer;
use crate::scheduler::record::Desired;
use crate::scheduler::step::{Action, Event};
use crate::scheduler::task::TaskReport;
use crate::scheduler::uri::Uri;
use crate::topology::dialect::Release;
use crate::topology::layout::Layout;

const SIZE: Resources = Resources { cpus: 0.1, mem_mb: 64.0, disk_mb: 0.0 };
const PATIENCE: Duration = Duration::from_secs(5);

/// A check as the scheduler drives it, without an engine.
struct Check {
    tasks: Tasks,
    model: Model,
}

impl Check {
    fn new(fetches: usize, targets: &[Option<&str>]) -> Self {
        let uri = Uri { value: "http://h/c.tar.gz".to_owned(), ..Uri::default() };
        let fetch = Fetch::core(uri, &Release::newest(), &Layout::default()).unwrap();
        let target = |agent: Option<&str>| {
            (Target { agent: agent.map(Into::into), host: None }, "-".to_owned())
        };
        let tasks = Tasks::new(fetches, targets.iter().copied().map(target).collect(), 0);
        let mut desired: Desired = serde_json::from_value(json!({
            "version": 1, "topology": "check", "topology_id": "", "goal": "RUNNING", "phase": "LAUNCHING",
            "generation": 1, "digest": "", "containers": [],
            "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["a"],
                "failover_timeout_seconds": 0.0, "labels": []},
            "launch": {"command": [], "uris": [], "ports": 0, "kill_grace_ms": 1},
        }))
        .unwrap();
        desired.containers = tasks.containers(&vec![fetch; fetches], SIZE);
        let policy = Policy { run_once: true, unreachable_ms: 0, ..Policy::default() };
        let mut check = Self { tasks, model: Model::new(desired, vec![], policy) };
        check.step(0, Event::Subscribed { framework_id: "f".into(), suppressed: false });
        check
    }

    /// What is launched for an event, at so many seconds: tasks by the hosts that they go to.
    fn step(&mut self, at: i64, event: Event) -> Vec<(String, String)> {
        let actions = self.model.step(at * 1000, event);
        self.tasks.observe(at * 1000, &self.model);
        let launches = actions.into_iter().filter_map(|action| match action {
            Action::Call(Call::Launch(launch)) => Some(launch),
            _ => None,
        });
        launches
            .flat_map(|launch| {
                let host = launch.host_id.0;
                launch.tasks.into_iter().map(move |task| (host.clone(), task.task_id.0))
            })
            .collect()
    }

    fn report(&mut self, at: i64, task: &str, state: TaskState) {
        let report = TaskReport {
            task_id: task.into(),
            state,
            message: Some("why".to_owned()),
            ..TaskReport::default()
        };
        self.step(at, Event::Update(report));
    }

    fn patience_left(&self, at: i64) -> Option<Duration> {
        self.tasks.patience_left(at * 1000, PATIENCE)
    }

    fn is_over(&self, at: i64) -> bool {
        self.tasks.is_over(at * 1000, PATIENCE)
    }

    fn stage(&self, slot: usize, task: usize) -> &Stage {
        &self.tasks.slots[slot].tasks[task].stage
    }
}

fn offers(offers: &[(&str, f64)]) -> Event {
    let offer = |(host, cpus): &(&str, f64)| Offer {
        ids: vec![OfferId(format!("offer of {host}"))],
        host_id: HostId::from(*host),
        host: format!("host-{host}"),
        address: Some("10.0.0.1:5051".to_owned()),
        role: "a".to_owned(),
        free: Resources { cpus: *cpus, mem_mb: 1000.0, disk_mb: 1000.0 },
        ports: Vec::new(),
        ..Offer::default()
    };
    Event::Offers(offers.iter().map(offer).collect())
}

fn on(host: &str, task: &str) -> (String, String) {
    (host.to_owned(), task.to_owned())
}

#[test]
fn any_agent_will_do_and_one_is_enough() {
    let mut check = Check::new(2, &[None]);
    let launched = check.step(1, offers(&[("a", 4.0), ("b", 4.0)]));
    assert_eq!(launched, [on("a", "check-0-1"), on("a", "check-1-1")]);
    let slot = &check.tasks.slots[0];
    assert_eq!((slot.host.as_str(), slot.address.as_deref()), ("host-a", Some("10.0.0.1:5051")));
    assert!(check.step(2, offers(&[("c", 4.0)])).is_empty());
}

#[test]
fn every_agent_that_is_named_gets_its_own() {
    let mut check = Check::new(1, &[Some("a"), Some("b")]);
    assert!(check.step(1, offers(&[("c", 4.0)])).is_empty());
    let launched = check.step(2, offers(&[("b", 4.0), ("a", 4.0)]));
    assert_eq!(launched, [on("b", "check-1-1"), on("a", "check-0-1")]);
}

#[test]
fn what_does_not_fit_at_once_waits_for_the_next_offer() {
    let mut check = Check::new(2, &[None]);
    assert_eq!(check.step(0, offers(&[("a", 0.15)])), [on("a", "check-0-1")]);
    assert!(check.step(1, offers(&[("b", 4.0)])).is_empty(), "another agent");
    assert!(!check.is_over(100), "the first task is at work");
    check.report(101, "check-0-1", TaskState::Finished);
    assert!(!check.is_over(102));
    assert_eq!(check.step(102, offers(&[("a", 0.15)])), [on("a", "check-1-1")]);
    check.report(103, "check-1-1", TaskState::Failed);
    assert!(check.is_over(103) && !check.tasks.is_waiting());
    assert_eq!(check.tasks.count(), (2, 2));
    assert!(check.step(200, offers(&[("a", 4.0)])).is_empty(), "nothing is launched again");
}

#[test]
fn agents_without_a_fitting_offer_are_given_up() {
    let mut check = Check::new(1, &[Some("a"), Some("b")]);
    check.step(1, offers(&[("a", 0.05)]));
    assert_eq!(check.patience_left(4), Some(Duration::from_secs(1)));
    assert!(!check.is_over(4));
    assert!(check.is_over(5));
    assert_eq!(check.patience_left(5), None);
    check.tasks.give_up(&check.model, SIZE, |agent| format!("no offer of {}", agent.unwrap()));
    let why = |slot| match check.stage(slot, 0) {
        Stage::GivenUp { why } => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(why(0), "its offers are too small: cpus (0.1 wanted, 0.05 available)");
    assert_eq!(why(1), "no offer of b");
}

#[test]
fn the_time_of_a_fetch_ends_when_the_command_begins() {
    let mut check = Check::new(1, &[None]);
    check.step(10, offers(&[("a", 1.0)]));
    check.report(13, "check-0-1", TaskState::Starting);
    check.report(14, "check-0-1", TaskState::Running);
    check.report(20, "check-0-1", TaskState::Finished);
    // Told again, as long as the acknowledgement has not arrived.
    check.report(21, "check-0-1", TaskState::Finished);
    let end = TaskEnd { state: TaskState::Finished, reason: None, message: Some("why".to_owned()) };
    let seconds = Duration::from_secs;
    assert_eq!(
        *check.stage(0, 0),
        Stage::Ended { after: seconds(10), fetched: Some(seconds(3)), end }
    );
}

#[test]
fn a_task_that_is_refused_dropped_or_out_of_reach_is_over() {
    for state in [TaskState::Error, TaskState::Dropped, TaskState::Unreachable, TaskState::Lost] {
        let mut check = Check::new(1, &[None]);
        check.step(0, offers(&[("a", 1.0)]));
        check.report(1, "check-0-1", state.clone());
        assert!(check.is_over(1), "{state}");
        assert_eq!(check.model.verdict(), None);
        assert!(matches!(check.stage(0, 0), Stage::Ended { end, .. } if end.state == state));
        assert!(check.step(100, offers(&[("a", 1.0)])).is_empty(), "{state}");
    }
}
