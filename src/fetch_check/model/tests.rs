use serde_json::json;

use super::*;
use crate::mesos::call::Uri;
use crate::topology::dialect::Release;
use crate::topology::layout::Layout;

fn fetches(count: usize) -> Vec<Fetch> {
    let uri = Uri {
        value: "http://h/c.tar.gz".to_owned(),
        extract: true,
        cache: false,
        output_file: None,
    };
    vec![Fetch::core(uri, &Release::newest(), &Layout::default()).unwrap(); count]
}

fn offer(id: &str, agent: &str, cpus: f64) -> Offer {
    let scalar = |name: &str, value: f64| json!({"name": name, "type": "SCALAR", "scalar": {"value": value}, "allocation_info": {"role": "heron"}});
    serde_json::from_value(json!({
        "id": {"value": id}, "agent_id": {"value": agent}, "hostname": format!("host-{agent}"),
        "url": {"scheme": "http", "address": {"ip": "10.0.0.1", "port": 5051}},
        "allocation_info": {"role": "heron"},
        "resources": [scalar("cpus", cpus), scalar("mem", 1000.0), scalar("disk", 1000.0)]
    }))
    .unwrap()
}

const WANT: Want = Want { cpus: 0.1, mem_mb: 64.0, disk_mb: 0.0, ports: 0 };

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn target(agent: Option<&str>) -> (Target, String) {
    (Target { agent: agent.map(Into::into), host: None }, "-".to_owned())
}

fn roles() -> Vec<String> {
    vec!["heron".to_owned()]
}

fn launched(calls: &[Body]) -> Vec<&TaskInfo> {
    calls
        .iter()
        .filter_map(|call| match call {
            Body::Accept { accept } => Some(&accept.operations),
            _ => None,
        })
        .flatten()
        .flat_map(|operation| match operation {
            Operation::Launch { launch } => &launch.task_infos,
        })
        .collect()
}

fn status(task: &str, state: TaskState) -> TaskStatus {
    TaskStatus {
        task_id: task.into(),
        state,
        agent_id: Some("a".into()),
        uuid: Some("AAAA".to_owned()),
        ..TaskStatus::default()
    }
}

#[test]
fn any_agent_will_do_and_one_is_enough() {
    let (fetches, roles) = (fetches(2), roles());
    let mut model = Model::new(&fetches, vec![target(None)], WANT, &roles);
    let calls = model.offers(at(0), &[offer("1", "a", 4.0), offer("2", "b", 4.0)]);
    let tasks = launched(&calls);
    assert_eq!(tasks.len(), 2);
    assert!(tasks.iter().all(|task| task.command.uris.len() == 1), "a task for each URI");
    assert_ne!(tasks[0].task_id, tasks[1].task_id);
    assert!(matches!(&calls[1], Body::Decline { .. }));
    assert_eq!(model.slots[0].host, "host-a");
    assert_eq!(model.slots[0].address.as_deref(), Some("10.0.0.1:5051"));
    assert!(launched(&model.offers(at(1), &[offer("3", "c", 4.0)])).is_empty());
}

#[test]
fn what_does_not_fit_at_once_waits_for_the_next_offer() {
    let (fetches, roles) = (fetches(2), roles());
    let mut model = Model::new(&fetches, vec![target(Some("a"))], WANT, &roles);
    assert!(launched(&model.offers(at(0), &[offer("0", "b", 4.0)])).is_empty(), "another agent");
    assert_eq!(launched(&model.offers(at(0), &[offer("1", "a", 0.15)])).len(), 1);
    model.give_up(at(100), at(5), |_| "no offer".to_owned());
    assert!(!model.is_over(), "the first task is at work");
    let done = model.update(at(101), status("check-fetch-0-0", TaskState::Finished));
    assert!(matches!(done, Some(Body::Acknowledge { .. })));
    assert_eq!(launched(&model.offers(at(102), &[offer("2", "a", 0.15)])).len(), 1);
    model.update(at(103), status("check-fetch-0-1", TaskState::Failed));
    assert!(model.is_over());
    assert_eq!(model.count(), (2, 2));
}

#[test]
fn agents_without_a_fitting_offer_are_given_up() {
    let (fetches, roles) = (fetches(1), roles());
    let targets = vec![target(Some("a")), target(Some("b"))];
    let mut model = Model::new(&fetches, targets, WANT, &roles);
    model.offers(at(1), &[offer("1", "a", 0.05)]);
    model.give_up(at(4), at(5), |_| "no offer".to_owned());
    assert!(!model.is_over());
    model.give_up(at(5), at(5), |agent| format!("no offer of {}", agent.unwrap()));
    let why = |slot: usize| match &model.slots[slot].tasks[0].stage {
        Stage::GivenUp { why } => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(why(0), "its offers are too small: cpus (0.1 wanted, 0.05 available)");
    assert_eq!(why(1), "no offer of b");
    assert!(model.is_over());
}

#[test]
fn the_time_of_a_fetch_ends_when_the_command_begins() {
    let (fetches, roles) = (fetches(1), roles());
    let mut model = Model::new(&fetches, vec![target(None)], WANT, &roles);
    model.offers(at(10), &[offer("1", "a", 1.0)]);
    model.update(at(13), status("check-fetch-0-0", TaskState::Starting));
    model.update(at(14), status("check-fetch-0-0", TaskState::Running));
    model.update(at(20), status("check-fetch-0-0", TaskState::Finished));
    // Told again, as long as the acknowledgement has not arrived.
    assert!(model.update(at(21), status("check-fetch-0-0", TaskState::Finished)).is_some());
    let Stage::Ended { after, fetched, .. } = &model.slots[0].tasks[0].stage else {
        panic!("{:?}", model.slots)
    };
    assert_eq!((*after, *fetched), (at(10), Some(at(3))));
}

#[test]
fn a_task_on_an_agent_that_can_not_be_reached_is_over() {
    let (fetches, roles) = (fetches(1), roles());
    let mut model = Model::new(&fetches, vec![target(None)], WANT, &roles);
    model.offers(at(0), &[offer("1", "a", 1.0)]);
    model.update(at(1), status("check-fetch-0-0", TaskState::Unreachable));
    assert!(model.is_over());
    assert!(model.update(at(2), status("somebody-else", TaskState::Running)).is_some());
}
