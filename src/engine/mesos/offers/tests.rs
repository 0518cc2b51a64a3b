use serde_json::{Map, Value, json};

use super::*;
use crate::mesos::call::TaskInfo;
use crate::scheduler::ids::{FrameworkId, TaskId};
use crate::scheduler::offer::Unavailability;

fn book(roles: &[&str]) -> OfferBook {
    OfferBook::new(&Framework {
        id: FrameworkId::from("f"),
        name: "heron-t".into(),
        user: "u".into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        principal: None,
        failover_timeout_seconds: 1.0,
        labels: vec![("heron.topology".into(), "t".into())],
        extra: Map::new(),
    })
}

fn scalar(name: &str, value: f64) -> Value {
    json!({"name": name, "type": "SCALAR", "scalar": {"value": value}})
}

fn ports(begin: u64, end: u64) -> Value {
    json!({"name": "ports", "type": "RANGES", "ranges": {"range": [{"begin": begin, "end": end}]}})
}

fn offer(id: &str, agent: &str, role: &str, resources: &Value) -> MesosOffer {
    serde_json::from_value(json!({
        "id": {"value": id}, "agent_id": {"value": agent}, "hostname": format!("host-{agent}"),
        "url": {"scheme": "http", "address": {"hostname": "h", "ip": "10.0.0.1", "port": 5051}},
        "allocation_info": {"role": role}, "resources": resources,
    }))
    .unwrap()
}

fn whole(id: &str, agent: &str, role: &str) -> MesosOffer {
    offer(id, agent, role, &json!([scalar("cpus", 2.0), scalar("mem", 100.0), ports(100, 109)]))
}

fn launch(offer: &Offer, ports: &[u16]) -> Launch {
    Launch {
        offers: offer.ids.clone(),
        host_id: offer.host_id.clone(),
        topology: "t".into(),
        tasks: vec![LaunchTask {
            container: 3,
            attempt: 2,
            task_id: TaskId::from("t-3-2"),
            resources: Resources { cpus: 1.0, mem_mb: 50.0, disk_mb: 0.0 },
            ports: ports.to_vec(),
            command: "run".into(),
            user: Some("u".into()),
            uris: Vec::new(),
            grace_ms: 1500,
        }],
        decline_seconds: 7.0,
    }
}

fn accepted(taken: &Taken) -> (&Accept, &TaskInfo) {
    let [Body::Accept { accept }] = taken.calls.as_slice() else { panic!("{taken:?}") };
    let Operation::Launch { launch } = &accept.operations[0];
    (accept, &launch.task_infos[0])
}

#[test]
fn offers_of_an_agent_are_told_together_if_they_are_for_one_role() {
    let mut book = book(&["a", "b"]);
    let more = offer("3", "x", "b", &json!([scalar("cpus", 0.5), ports(200, 200)]));
    let told =
        book.receive(vec![whole("1", "x", "a"), whole("2", "x", "b"), more, whole("4", "y", "a")]);
    let groups: Vec<(Vec<&str>, &str, &str)> = told
        .iter()
        .map(|offer| {
            let ids = offer.ids.iter().map(OfferId::as_str).collect();
            (ids, offer.host_id.as_str(), offer.role.as_str())
        })
        .collect();
    assert_eq!(groups, [(vec!["1"], "x", "a"), (vec!["2", "3"], "x", "b"), (vec!["4"], "y", "a")]);
    assert_eq!(told[1].free, Resources { cpus: 2.5, mem_mb: 100.0, disk_mb: 0.0 });
    assert_eq!(
        told[1].ports,
        [PortRange { first: 100, last: 109 }, PortRange { first: 200, last: 200 }]
    );
    assert_eq!(
        (told[0].host.as_str(), told[0].address.as_deref()),
        ("host-x", Some("10.0.0.1:5051"))
    );
}

#[test]
fn a_launch_takes_what_was_offered_with_the_ports_that_were_picked() {
    let mut book = book(&["a"]);
    let told = book.receive(vec![whole("1", "x", "a")]);
    let taken = book.accept(&launch(&told[0], &[102, 105]));
    let (accept, task) = accepted(&taken);
    assert_eq!(accept.filters, Some(Filters { refuse_seconds: 7.0 }));
    assert_eq!(
        json!(task.resources),
        json!([
            scalar("cpus", 1.0),
            scalar("mem", 50.0),
            {"name": "ports", "type": "RANGES",
             "ranges": {"range": [{"begin": 102, "end": 102}, {"begin": 105, "end": 105}]}},
        ])
    );
    assert_eq!(json!(task.kill_policy), json!({"grace_period": {"nanoseconds": 1_500_000_000}}));
    assert_eq!(task.name, "t-container-3");
    // What is used can be used no more.
    let again = book.accept(&launch(&told[0], &[103]));
    assert!(again.calls.is_empty());
    assert_eq!(again.dropped[0].state, TaskState::Dropped);
}

#[test]
fn what_is_rescinded_is_forgotten_and_the_rest_given_back() {
    let mut book = book(&["a"]);
    let more = offer("2", "x", "a", &json!([scalar("cpus", 0.5)]));
    let told = book.receive(vec![whole("1", "x", "a"), more]);
    book.rescind(&"1".into());
    let taken = book.accept(&launch(&told[0], &[100]));
    let [Body::Decline { decline }] = taken.calls.as_slice() else { panic!("{taken:?}") };
    assert_eq!(decline.offer_ids, ["2".into()]);
    let [dropped] = taken.dropped.as_slice() else { panic!("{taken:?}") };
    assert_eq!((dropped.task_id.as_str(), &dropped.state), ("t-3-2", &TaskState::Dropped));
    assert!(book.decline(&told[0].ids, 1.0).is_none(), "nothing is open");
}

#[test]
fn a_reservation_with_labels_is_used_only_if_they_are_ours() {
    let mut book = book(&["a"]);
    let reserved = |labels: Value| {
        let mut resource = scalar("mem", 10.0);
        resource["reservations"] = json!([{"type": "STATIC", "role": "a"}, {"type": "DYNAMIC", "role": "a", "labels": {"labels": labels}}]);
        resource
    };
    let told = book.receive(vec![offer(
        "1",
        "x",
        "a",
        &json!([
            scalar("cpus", 1.0),
            reserved(json!([{"key": "heron.topology", "value": "t"}])),
            reserved(json!([{"key": "heron.topology", "value": "other"}])),
            reserved(json!([{"key": "heron.topology", "value": "t"}, {"key": "for"}])),
            {"name": "disk", "type": "SCALAR", "scalar": {"value": 5.0}, "role": "a",
             "reservation": {"principal": "p", "labels": {"labels": [{"key": "theirs", "value": "x"}]}}},
        ]),
    )]);
    assert_eq!(told[0].free, Resources { cpus: 1.0, mem_mb: 10.0, disk_mb: 0.0 });
}

#[test]
fn planned_maintenance_is_told() {
    let mut book = book(&["a"]);
    let mut planned = whole("1", "x", "a");
    planned.unavailability = serde_json::from_value(
        json!({"start": {"nanoseconds": 5_000_000_000_i64}, "duration": {"nanoseconds": 2_000_000}}),
    )
    .unwrap();
    let told = book.receive(vec![planned]);
    assert_eq!(told[0].unavailable, Some(Unavailability { from: 5000, for_ms: Some(2) }));
}

#[test]
fn an_offer_for_a_role_that_is_not_ours_holds_nothing_and_is_given_back() {
    let mut book = book(&["a"]);
    let told = book.receive(vec![whole("1", "x", "b")]);
    assert_eq!(told[0].free, Resources::default());
    assert!(told[0].ports.is_empty());
    assert!(matches!(book.decline(&told[0].ids, 1.0), Some(Body::Decline { .. })));
}
