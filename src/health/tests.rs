use std::collections::BTreeMap;

use prost::Message as _;
use serde_json::json;

use super::assessment::AsOf;
use super::{Facts, Level, State, assess};
use crate::engine::observation::{FrameworkCondition, FrameworkSeen, Observation};
use crate::proto::system::{PackingPlan, PhysicalPlan};
use crate::scheduler::container::ContainerRecord;
use crate::scheduler::ids::TaskId;
use crate::scheduler::member::id_of;
use crate::scheduler::record::{Desired, Goal};
use crate::scheduler::supervisors::Supervisors;
use crate::scheduler::task::TaskState;
use crate::state::TopologyState;
use crate::state::holder::Holder;
use crate::state::records::Record;
use crate::state::topology_state::StoredRecord;
use crate::state::{Node, node::Stat};

fn bytes(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/znodes/running/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn stat() -> Stat {
    Stat {
        czxid: 1,
        mzxid: 1,
        pzxid: 1,
        ctime: 1,
        mtime: 1,
        version: 0,
        cversion: 0,
        aversion: 0,
        ephemeral_owner: 0,
        data_length: 0,
        num_children: 0,
    }
}

fn found<T: Record>(kind: &str) -> StoredRecord<T> {
    let data = bytes(&format!("heron__{kind}__wordcount"));
    let message = T::read("/z", &data);
    StoredRecord { path: "/z".to_owned(), node: Node { data, stat: stat() }, message }
}

/// The recorded topology: container 0, and container 1 whose stream manager stands in the physical plan.
fn topology() -> TopologyState {
    TopologyState {
        name: "wordcount".to_owned(),
        topology: Some(found("topologies")),
        packing_plan: Some(found("packingplans")),
        execution_state: Some(found("executionstate")),
        physical_plan: Some(found("pplans")),
        scheduler_location: None,
        tmanager_location: Some(found("tmanagers")),
        metrics_cache_location: None,
        checkpoints: None,
    }
}

fn stmgr_port() -> u16 {
    let plan = PhysicalPlan::decode(bytes("heron__pplans__wordcount").as_slice()).unwrap();
    u16::try_from(plan.stmgrs[0].data_port).unwrap()
}

fn desired() -> Desired {
    serde_json::from_value(json!({
        "version": 1, "topology": "wordcount", "topology_id": "i", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 4,
        "digest": "", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
        "failover_timeout_seconds": 1.0, "labels": []},
        "launch": {"command": [], "uris": [], "ports": 9, "kill_grace_ms": 1},
        "containers": [{"id": 0, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0},
                       {"id": 1, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0}]
    }))
    .unwrap()
}

fn record(id: u32, port: u16) -> ContainerRecord {
    serde_json::from_value(json!({
        "version": 1, "id": id, "attempt": 1, "restarts": 0, "task_id": {"value": format!("wordcount-{id}-1")},
        "agent_id": {"value": "a"}, "host": "h", "ports": [port], "state": "TASK_RUNNING", "since": 5000
    }))
    .unwrap()
}

fn seen(condition: FrameworkCondition, states: [Option<TaskState>; 2]) -> Observation {
    let task = |(id, state): (usize, Option<TaskState>)| {
        Some((TaskId::from(format!("wordcount-{id}-1")), state?))
    };
    let tasks: BTreeMap<_, _> = states.into_iter().enumerate().filter_map(task).collect();
    Observation::Seen(FrameworkSeen { condition, page: String::new(), tasks })
}

fn facts(observed: Observation) -> Facts {
    Facts {
        topology: topology(),
        desired: Some(desired()),
        records: vec![record(0, 1), record(1, stmgr_port())],
        supervisor_records: Vec::new(),
        unreadable: Vec::new(),
        driver: None,
        supervisors: 0,
        observed,
        now: 9000,
    }
}

fn both_run() -> Facts {
    let running = || Some(TaskState::Running);
    facts(seen(FrameworkCondition::Waiting, [running(), running()]))
}

#[test]
fn what_runs_and_has_registered_is_healthy() {
    let facts = both_run();
    let assessed = assess(&facts);
    assert_eq!((assessed.state, assessed.health), (State::Running, Level::Healthy));
    assert_eq!(assessed.problems, Vec::<String>::new());
    assert_eq!(assessed.ready.map(|ready| (ready.running, ready.wanted)), Some((2, 2)));
    assert_eq!(assessed.as_of, AsOf::Engine(9000));
    let planned = PackingPlan::decode(bytes("heron__packingplans__wordcount").as_slice()).unwrap();
    let instances = planned.container_plans[0].instance_plans.len();
    let registered = &assessed.containers[1].instances;
    assert_eq!(registered.iter().filter(|one| one.is_registered).count(), instances);
}

#[test]
fn a_task_that_died_behind_our_back_is_seen() {
    let states = [Some(TaskState::Running), Some(TaskState::Failed)];
    let facts = facts(seen(FrameworkCondition::Waiting, states));
    let assessed = assess(&facts);
    assert_eq!(assessed.health, Level::Down, "no container of the topology itself runs");
    assert_eq!(assessed.problems.len(), 1);
    let problem = &assessed.problems[0];
    assert!(problem.contains("container 1 is TASK_FAILED"), "{problem}");
    assert!(problem.contains("`heron-cli restart wordcount 1`"), "{problem}");
    assert!(assessed.containers[1].instances.iter().all(|one| !one.is_registered));
}

#[test]
fn a_topology_whose_tmanager_is_dead_is_down() {
    for state in [Some(TaskState::Unreachable), Some(TaskState::Failed), None] {
        let facts = facts(seen(FrameworkCondition::Waiting, [state, Some(TaskState::Running)]));
        let assessed = assess(&facts);
        assert_eq!(assessed.health, Level::Down);
        assert!(assessed.problems[0].contains("restart wordcount 0"), "{:?}", assessed.problems);
    }
}

#[test]
fn a_framework_that_is_gone_explains_everything() {
    let facts = facts(seen(FrameworkCondition::Gone, [None, None]));
    let assessed = assess(&facts);
    assert_eq!(assessed.health, Level::Down);
    assert_eq!(assessed.problems.len(), 1);
    assert!(assessed.problems[0].contains("removed from Mesos"), "{:?}", assessed.problems);
    assert_eq!(assessed.containers[0].state, Some(TaskState::Gone));
}

#[test]
fn what_mesos_can_not_be_asked_about_is_as_last_known() {
    for observed in [
        Observation::Failed("refused".to_owned()),
        Observation::NotAsked,
        seen(FrameworkCondition::Unknown, [None, None]),
    ] {
        let facts = facts(observed);
        let assessed = assess(&facts);
        assert_eq!(assessed.health, Level::Unknown);
        assert_eq!(assessed.as_of, AsOf::Journal(Some(5000)));
        assert!(assessed.containers.iter().all(|container| !container.is_current));
    }
}

#[test]
fn a_physical_plan_of_an_earlier_task_is_no_registration() {
    let mut facts = both_run();
    facts.records[1] = record(1, 7);
    let assessed = assess(&facts);
    assert_eq!(assessed.health, Level::Degraded);
    assert!(assessed.problems[0].contains("has not registered"), "{:?}", assessed.problems);
    drop(assessed);
    facts.topology.physical_plan = None;
    assert_eq!(assess(&facts).state, State::Starting);
}

#[test]
fn what_was_begun_and_left_is_said() {
    let mut facts = both_run();
    facts.desired.as_mut().unwrap().goal = Goal::Killed;
    let assessed = assess(&facts);
    assert_eq!((assessed.state, assessed.health), (State::Killing, Level::Degraded));
    assert!(assessed.problems[0].contains("`heron-cli kill wordcount`"), "{:?}", assessed.problems);
    drop(assessed);
    facts.driver = Some(Holder { command: "kill".to_owned(), ..Holder::default() });
    assert_eq!(assess(&facts).problems, Vec::<String>::new(), "somebody is at it");
}

#[test]
fn containers_in_the_same_trouble_share_a_line() {
    let mut facts = both_run();
    let desired = facts.desired.as_mut().unwrap();
    let template = desired.containers[1].clone();
    desired.containers.extend((2..40).map(|id| {
        let mut container = template.clone();
        container.id = id;
        container
    }));
    let assessed = assess(&facts);
    assert_eq!(assessed.problems.len(), 1, "{:?}", assessed.problems);
    assert!(assessed.problems[0].contains("and 30 more has no task"), "{:?}", assessed.problems);
    assert!(assessed.problems[0].contains("`heron-cli restart wordcount` "));
}

#[test]
fn another_tools_topology_is_shown_as_far_as_heron_tells() {
    let mut facts = both_run();
    facts.desired = None;
    facts.records.clear();
    facts.observed = Observation::NotAsked;
    let assessed = assess(&facts);
    assert_eq!((assessed.state, assessed.health), (State::Running, Level::Unknown));
    assert!(assessed.ready.is_none() && assessed.problems.is_empty());
}

#[test]
fn what_is_waited_for_comes_about_or_never_will() {
    use super::{Progress, progress};
    use crate::cli::Awaited;
    let told = |awaited, facts: &Facts| match progress(awaited, facts, &assess(facts)) {
        Progress::Reached => "reached".to_owned(),
        Progress::NotYet(why) => format!("not yet: {why}"),
        Progress::Never(why) => format!("never: {why}"),
    };
    let well = both_run();
    for awaited in [Awaited::Running, Awaited::Healthy, Awaited::Updated] {
        assert_eq!(told(awaited, &well), "reached");
    }
    assert_eq!(told(Awaited::Gone, &well), "not yet: it is RUNNING");
    assert!(told(Awaited::Paused, &well).starts_with("not yet"));

    let ill = facts(seen(FrameworkCondition::Waiting, [Some(TaskState::Running), None]));
    assert!(
        told(Awaited::Healthy, &ill).contains("1 of 2 containers run"),
        "{}",
        told(Awaited::Healthy, &ill)
    );
    let mut starting = both_run();
    starting.topology.physical_plan = None;
    assert!(told(Awaited::Running, &starting).starts_with("not yet: it is STARTING"));

    let mut killed = both_run();
    killed.desired.as_mut().unwrap().goal = Goal::Killed;
    assert!(told(Awaited::Healthy, &killed).starts_with("never"));
    assert!(told(Awaited::Gone, &killed).starts_with("not yet: it is KILLING"));

    let mut paused = both_run();
    let plan = paused.topology.physical_plan.as_mut().unwrap().message.as_mut().unwrap();
    plan.topology.state = crate::proto::api::TopologyState::Paused as i32;
    assert_eq!(told(Awaited::Paused, &paused), "reached");
    assert!(told(Awaited::Running, &paused).contains("activate"));

    let mut absent = facts(Observation::NotAsked);
    absent.desired = None;
    absent.topology = TopologyState {
        topology: None,
        packing_plan: None,
        execution_state: None,
        physical_plan: None,
        tmanager_location: None,
        ..topology()
    };
    assert_eq!(told(Awaited::Gone, &absent), "reached");
    assert!(told(Awaited::Healthy, &absent).contains("no such topology yet"));
}

#[test]
fn supervisors_that_are_missing_are_told() {
    let mut facts = both_run();
    let supervised = |count| Supervisors { count, ..Supervisors::default() };
    let told = |facts: &Facts| {
        let assessed = assess(facts);
        (assessed.health, assessed.problems)
    };
    if let Some(desired) = &mut facts.desired {
        desired.supervise_by(supervised(2));
    }
    let (health, problems) = told(&facts);
    assert_eq!(health, Level::Degraded);
    assert!(
        problems[0].starts_with("0 of its 2 supervisors run; `heron-cli restart"),
        "{problems:?}"
    );
    // One that there is no more counts for nothing.
    let mut record = record(1, 0);
    record.id = id_of(3);
    record.task_id = TaskId::from("wordcount-s3-1");
    facts.supervisor_records = vec![record];
    assert!(told(&facts).1[0].starts_with("0 of its 2"));
    if let Some(desired) = &mut facts.desired {
        desired.supervise_by(supervised(0));
    }
    assert_eq!(told(&facts), (Level::Healthy, Vec::new()));
}
