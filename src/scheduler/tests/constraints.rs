//! Where containers are launched that have a choice, and where they may not be.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::constraint::{Constraint, parse};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::explanation::explain;
use crate::scheduler::model::{Model, Policy};
use crate::scheduler::offer::{Offer, Resources};
use crate::scheduler::ports::PortRange;
use crate::scheduler::record::Desired;
use crate::scheduler::step::{Action, Event};
use crate::scheduler::task::{TaskReport, TaskState};

const NOW: Millis = 1_000_000;

/// Containers of these numbers of cores.
fn desired(cpus: &[u32], constraints: &[&str], avoid: &[&str]) -> Desired {
    let container =
        |(id, cpus): (usize, &u32)| json!({"id": id, "cpus": cpus, "mem_mb": 1.0, "disk_mb": 1.0});
    serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 1,
        "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
            "failover_timeout_seconds": 1.0, "labels": []},
        "placement": {"constraints": constraints, "avoid": avoid},
        "launch": {"command": ["run"], "uris": [], "ports": 1, "kill_grace_ms": 9},
        "containers": cpus.iter().enumerate().map(container).collect::<Vec<Value>>(),
    }))
    .unwrap()
}

fn model(desired: Desired) -> Model {
    let mut model = Model::new(desired, vec![], Policy::default());
    model.step(NOW, Event::Subscribed { framework_id: "f".into(), suppressed: false });
    model
}

fn offer(host: &str, rack: &str, cpus: u32) -> Offer {
    Offer {
        ids: vec![format!("o-{host}").into()],
        host_id: format!("id-{host}").into(),
        host: host.to_owned(),
        attributes: BTreeMap::from([("rack".to_owned(), rack.to_owned())]),
        role: "*".to_owned(),
        free: Resources { cpus: f64::from(cpus), mem_mb: 1000.0, disk_mb: 1000.0 },
        ports: vec![PortRange { first: 1000, last: 1099 }],
        ..Offer::default()
    }
}

/// The hosts of the containers that are launched, by container.
fn offered(model: &mut Model, offers: Vec<Offer>) -> BTreeMap<u32, String> {
    let actions = model.step(NOW, Event::Offers(offers));
    let records = actions.into_iter().filter_map(|action| match action {
        Action::JournalContainer(record) => Some(*record),
        _ => None,
    });
    records.map(|record: ContainerRecord| (record.id, record.host)).collect()
}

fn runs(model: &mut Model, task: &str, state: TaskState) {
    let report = TaskReport { task_id: task.into(), state, ..TaskReport::default() };
    model.step(NOW, Event::Update(report));
}

fn hosts(placed: &BTreeMap<u32, String>) -> Vec<&str> {
    placed.values().map(String::as_str).collect()
}

#[test]
fn a_container_that_comes_back_goes_where_the_fewest_are() {
    let mut model = model(desired(&[1, 1, 1], &[], &[]));
    let placed = offered(&mut model, vec![offer("a", "r1", 8), offer("b", "r1", 8)]);
    assert_eq!(hosts(&placed), ["a", "b", "a"]);
    for id in 0..3 {
        runs(&mut model, &format!("t-{id}-1"), TaskState::Running);
    }
    runs(&mut model, "t-1-1", TaskState::Failed);
    let placed = offered(&mut model, vec![offer("a", "r1", 8), offer("b", "r1", 8)]);
    assert_eq!(placed, BTreeMap::from([(1, "b".to_owned())]));
}

#[test]
fn what_is_to_be_avoided_is_used_last() {
    let mut model = model(desired(&[1, 1, 1], &[], &["a", "id-c"]));
    let offers = vec![offer("a", "r1", 8), offer("b", "r1", 2), offer("c", "r1", 8)];
    let placed = offered(&mut model, offers);
    assert_eq!(hosts(&placed), ["b", "b", "a"]);
}

#[test]
fn a_wish_to_spread_goes_before_the_load_of_hosts() {
    let mut model = model(desired(&[1, 1, 1, 1], &["rack:spread"], &[]));
    let offers = vec![offer("a", "r1", 8), offer("b", "r1", 8), offer("c", "r2", 8)];
    let placed = offered(&mut model, offers);
    assert_eq!(hosts(&placed), ["a", "c", "b", "c"]);
}

#[test]
fn a_container_that_keeps_failing_is_tried_elsewhere() {
    let mut model = model(desired(&[1], &[], &[]));
    for attempt in 1..=3 {
        let placed = offered(&mut model, vec![offer("a", "r1", 8)]);
        assert_eq!(placed.len(), 1, "attempt {attempt}");
        runs(&mut model, &format!("t-0-{attempt}"), TaskState::Failed);
        model.step(NOW, Event::ClockJumped(-100_000));
    }
    let placed = offered(&mut model, vec![offer("a", "r1", 8), offer("b", "r1", 8)]);
    assert_eq!(hosts(&placed), ["b"]);
}

#[test]
fn constraints_hold_over_what_runs_already() {
    let mut model = model(desired(&[1, 1], &["rack:unique"], &[]));
    let placed = offered(&mut model, vec![offer("a", "r1", 8), offer("b", "r1", 8)]);
    assert_eq!(hosts(&placed), ["a"]);
    let why: Vec<String> = explain(&model).iter().map(ToString::to_string).collect();
    assert_eq!(why, ["container 1: constraint rack:unique rules out 2 of 2 agents (a, b)"]);
    assert!(offered(&mut model, vec![offer("b", "r1", 8)]).is_empty());
    assert_eq!(hosts(&offered(&mut model, vec![offer("c", "r2", 8)])), ["c"]);
    // Whoever takes over knows where they are.
    let records: Vec<ContainerRecord> =
        model.views().filter_map(|view| view.record.cloned()).collect();
    assert_eq!(records[0].values, BTreeMap::from([("rack".to_owned(), "r1".to_owned())]));
}

#[test]
fn what_nothing_satisfies_is_explained_with_the_agents() {
    let mut model = model(desired(&[1, 9], &["rack:in:r2", "host:unlike:b"], &[]));
    let offers = vec![offer("a", "r1", 8), offer("b", "r2", 8), offer("c", "r2", 8)];
    assert_eq!(hosts(&offered(&mut model, offers)), ["c"]);
    let why: Vec<String> = explain(&model).iter().map(ToString::to_string).collect();
    assert_eq!(
        why,
        ["container 1: constraint host:unlike:b rules out 1 of 3 agents (b); \
          constraint rack:in:r2 rules out 1 of 3 agents (a); \
          cpus: 9 wanted, 1 of 3 agents offer less (the most is 8)"]
    );
}

/// Whether there is any way to place all.
fn possible(cpus: &[u32], offers: &[Offer], constraints: &[Constraint], taken: &[usize]) -> bool {
    let Some(wanted) = cpus.get(taken.len()) else { return true };
    (0..offers.len()).any(|index| {
        let place = offers[index].place();
        let used: u32 =
            taken.iter().zip(cpus).filter(|(at, _)| **at == index).map(|(_, c)| c).sum();
        let fits = f64::from(used + wanted) <= offers[index].free.cpus;
        let admits = constraints.iter().all(|constraint| {
            let mut counts = BTreeMap::new();
            for at in taken {
                if let Some(value) = offers[*at].place().value(constraint.field()) {
                    *counts.entry(value.to_owned()).or_default() += 1;
                }
            }
            constraint.admits(place, &counts)
        });
        let mut more = taken.to_vec();
        more.push(index);
        fits && admits && possible(cpus, offers, constraints, &more)
    })
}

proptest! {
    #[test]
    fn no_plan_is_refused_that_some_assignment_satisfies(
        cpus in proptest::collection::vec(1..4_u32, 1..5),
        room in proptest::collection::vec((0..3_usize, 1..6_u32), 1..5),
        rules in proptest::sample::subsequence(
            vec!["rack:unique", "rack:max_per:2", "rack:cluster", "host:unlike:h0", "rack:in:r0,r1", "host:max_per:1", "rack:spread"], 0..3),
        avoid in any::<bool>(),
    ) {
        let offers: Vec<Offer> = room
            .iter()
            .enumerate()
            .map(|(index, (rack, cpus))| offer(&format!("h{index}"), &format!("r{rack}"), *cpus))
            .collect();
        let constraints = parse(&rules.join(";")).unwrap();
        let mut model = model(desired(&cpus, &rules, if avoid { &["h1"] } else { &[] }));
        let placed = offered(&mut model, offers.clone());
        if possible(&cpus, &offers, &constraints, &[]) {
            prop_assert_eq!(placed.len(), cpus.len(), "{:?}", placed);
        } else {
            prop_assert!(placed.len() < cpus.len());
            prop_assert!(!explain(&model).is_empty());
        }
    }
}
