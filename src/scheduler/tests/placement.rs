//! What becomes of offers: which container is launched where, with what, and what is said when none fits.

use serde_json::json;

use crate::clock::Millis;
use crate::scheduler::call::{Call, Launch};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::explanation::explain;
use crate::scheduler::ids::{HostId, OfferId};
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::offer::{Offer, Resources, Unavailability};
use crate::scheduler::ports::PortRange;
use crate::scheduler::record::Desired;
use crate::scheduler::step::{Action, Event};
use crate::scheduler::task::{TaskReport, TaskState};

const NOW: Millis = 1_000_000;
const HOUR: Millis = 3_600_000;

/// A topology of so many containers with two ports each, that asks for offers.
fn model(containers: u32) -> Model {
    let container = |id: u32| json!({"id": id, "cpus": 1.0, "mem_mb": 100.0, "disk_mb": 10.0});
    let desired: Desired = serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHING", "generation": 1,
        "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["a", "b"],
            "failover_timeout_seconds": 1.0, "labels": []},
        "launch": {"command": ["run ", {"shard": true}, " on ", {"port": 0}], "uris": [], "ports": 2, "kill_grace_ms": 9},
        "containers": (0..containers).map(container).collect::<Vec<_>>(),
    }))
    .unwrap();
    let mut model = Model::new(desired, vec![], Policy::default());
    model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: false });
    model
}

/// An offer with room for two containers.
fn offer(id: &str, host: &str, role: &str) -> Offer {
    Offer {
        ids: vec![OfferId::from(id)],
        host_id: HostId::from(host),
        host: format!("host-{host}"),
        address: None,
        role: role.into(),
        free: Resources { cpus: 2.0, mem_mb: 250.0, disk_mb: 100.0 },
        ports: vec![PortRange { first: 1000, last: 1009 }],
        ..Offer::default()
    }
}

fn launches(actions: &[Action]) -> Vec<&Launch> {
    let launches = actions.iter().filter_map(|action| match action {
        Action::Call(Call::Launch(launch)) => Some(launch),
        _ => None,
    });
    launches.collect()
}

fn declined(actions: &[Action]) -> Vec<&str> {
    let declines = actions.iter().filter_map(|action| match action {
        Action::Call(Call::Decline { offers, .. }) => Some(offers),
        _ => None,
    });
    declines.flatten().map(OfferId::as_str).collect()
}

fn journalled(actions: &[Action]) -> Vec<&ContainerRecord> {
    let records = actions.iter().filter_map(|action| match action {
        Action::JournalContainer(record) => Some(&**record),
        _ => None,
    });
    records.collect()
}

#[test]
fn the_second_role_of_a_host_is_used() {
    let mut model = model(1);
    let small = Offer {
        free: Resources { cpus: 0.1, ..offer("1", "x", "a").free },
        ..offer("1", "x", "a")
    };
    let actions = model.step(NOW, Event::Offers(vec![small, offer("2", "x", "b")]));
    assert_eq!(launches(&actions)[0].offers, [OfferId::from("2")]);
    assert_eq!(declined(&actions), ["1"]);
}

#[test]
fn offers_for_two_roles_are_never_added_up() {
    let mut model = model(1);
    let with = |id, role, free| Offer { free, ..offer(id, "x", role) };
    let actions = model.step(
        NOW,
        Event::Offers(vec![
            with("1", "a", Resources { cpus: 2.0, mem_mb: 10.0, disk_mb: 10.0 }),
            with("2", "b", Resources { cpus: 0.5, mem_mb: 100.0, disk_mb: 10.0 }),
        ]),
    );
    assert!(launches(&actions).is_empty());
    assert_eq!(declined(&actions), ["1", "2"]);
    let why = explain(&model)[0].to_string();
    assert_eq!(why, "container 0: none of 1 agents has room left at the moment");
}

#[test]
fn containers_go_around_the_hosts_and_each_is_journalled_before_its_launch() {
    let mut model = model(3);
    let actions = model.step(NOW, Event::Offers(vec![offer("1", "x", "a"), offer("2", "y", "a")]));
    let placed: Vec<(u32, &str, &[u16])> = journalled(&actions)
        .iter()
        .map(|record| (record.id, record.host_id.as_str(), record.ports.as_slice()))
        .collect();
    assert_eq!(
        placed,
        [(0, "x", &[1000, 1001][..]), (1, "y", &[1000, 1001]), (2, "x", &[1002, 1003])]
    );
    let first_launch = actions.iter().position(|action| matches!(action, Action::Call(_)));
    assert_eq!(first_launch, Some(3));
    let launches = launches(&actions);
    let [one, other] = launches.as_slice() else { panic!("{launches:?}") };
    assert_eq!((one.tasks.len(), other.tasks.len()), (2, 1));
    let task = &one.tasks[1];
    assert_eq!((task.container, task.attempt, task.task_id.as_str()), (2, 1, "t-2-1"));
    assert_eq!((task.command.as_str(), task.grace_ms), ("run 2 on 1002", 9));
    assert_eq!(task.resources, Resources { cpus: 1.0, mem_mb: 100.0, disk_mb: 10.0 });
    assert!(declined(&actions).is_empty());
}

#[test]
fn a_new_attempt_gets_other_ports_than_the_one_before() {
    let mut model = model(1);
    let mut now = NOW;
    let mut seen: Vec<Vec<u16>> = Vec::new();
    for attempt in 1..=5 {
        now += HOUR;
        let actions = model.step(now, Event::Offers(vec![offer(&attempt.to_string(), "x", "a")]));
        let record = journalled(&actions)[0].clone();
        seen.push(record.ports);
        let failed = TaskReport {
            task_id: record.task_id,
            state: TaskState::Failed,
            ..TaskReport::default()
        };
        model.step(now, Event::Update(failed));
    }
    assert_eq!(seen, [[1000, 1001], [1002, 1003], [1004, 1005], [1006, 1007], [1008, 1009]]);
    let narrow =
        Offer { ports: vec![PortRange { first: 1008, last: 1009 }], ..offer("6", "x", "a") };
    let actions = model.step(now + HOUR, Event::Offers(vec![narrow]));
    assert_eq!(journalled(&actions)[0].ports, [1008, 1009], "no others are free");
}

#[test]
fn a_host_that_is_about_to_be_taken_down_is_left_alone_and_named_only_if_nothing_else_fits() {
    let mut model = model(1);
    let planned = |from, for_ms| Offer {
        unavailable: Some(Unavailability { from, for_ms }),
        ..offer("1", "x", "a")
    };
    for offer in
        [planned(NOW - 1, None), planned(NOW + HOUR, None), planned(NOW - HOUR, Some(HOUR + 1))]
    {
        let actions = model.step(NOW, Event::Offers(vec![offer]));
        assert!(launches(&actions).is_empty());
        assert_eq!(declined(&actions), ["1"]);
    }
    let small = Offer { free: Resources::default(), ..offer("2", "y", "a") };
    model.step(NOW, Event::Offers(vec![small]));
    let why = explain(&model)[0].to_string();
    assert!(why.ends_with("; 1 of 2 agents are in maintenance, or soon will be"), "{why}");
    assert!(why.starts_with("container 0: cpus: 1 wanted, 1 of 2 agents offer less"), "{why}");
    let actions = model.step(NOW, Event::Offers(vec![planned(NOW + HOUR + 1, None)]));
    assert_eq!(launches(&actions).len(), 1, "that is long enough");
}

#[test]
fn a_container_that_is_held_is_ended_and_launched_when_it_is_wanted_again() {
    let mut first = model(1);
    let actions = first.step(NOW, Event::Offers(vec![offer("1", "x", "a")]));
    let mut record = journalled(&actions)[0].clone();
    record.state = TaskState::Running;
    let mut desired = first.desired().clone();
    desired.containers[0].held = true;
    let mut held = Model::new(desired.clone(), vec![record.clone()], Policy::default());
    assert!(held.wants_no_offers(NOW) && !held.is_settled());
    let actions = held.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: true });
    let kills = actions.iter().filter(|action| matches!(action, Action::Call(Call::Kill(_))));
    assert_eq!(kills.count(), 1, "{actions:?}");
    let ended = TaskReport {
        task_id: record.task_id.clone(),
        state: TaskState::Killed,
        ..TaskReport::default()
    };
    let actions = held.step(NOW + 1, Event::Update(ended));
    assert!(actions.contains(&Action::TManagerEnded), "{actions:?}");
    assert!(held.is_settled() && held.verdict().is_none());
    let ended = journalled(&actions)[0].clone();
    assert_eq!((ended.failures, &ended.last_failure), (0, &None), "it was ended on purpose");
    let actions = held.step(NOW + 2, Event::Offers(vec![offer("2", "x", "a")]));
    assert_eq!((launches(&actions).len(), declined(&actions)), (0, vec!["2"]));

    desired.containers[0].held = false;
    let mut wanted = Model::new(desired, vec![ended], Policy::default());
    assert!(!wanted.wants_no_offers(NOW) && !wanted.is_settled());
    wanted.step(NOW + 3, Event::Subscribed { framework_id: "f".into(), suppressed: false });
    let actions = wanted.step(NOW + 4, Event::Offers(vec![offer("3", "x", "a")]));
    assert_eq!(launches(&actions)[0].tasks[0].attempt, 2);
}
