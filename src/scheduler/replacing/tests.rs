//! A replacement, step by step, and back.

use serde_json::{Map, json};

use super::*;
use crate::proto::api::TopologyState::Running;
use crate::scheduler::revision::HeronNodes;
use crate::scheduler::update::Replacement;
use crate::scheduler::update_steps::{ask_undo, end, end_tmanager, remove, undo};

fn desired() -> Desired {
    let container =
        |id: u32| json!({"id": id, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0, "restarts": id});
    let own = json!({"id": 9, "cpus": 1.0, "mem_mb": 1.0, "disk_mb": 1.0, "own": {"command": [], "uris": []}});
    serde_json::from_value(json!({
        "version": 1, "topology": "t", "topology_id": "t-old", "goal": "RUNNING", "phase": "LAUNCHED", "generation": 4,
        "digest": "old", "framework": {"id": {"value": "f"}, "name": "n", "user": "u", "roles": ["*"],
            "failover_timeout_seconds": 1.0, "labels": [["id", "t-old"]]},
        "launch": {"command": ["old"], "uris": [], "ports": 9, "kill_grace_ms": 1},
        "containers": [container(0), container(1), container(2), own],
    }))
    .unwrap()
}

fn nodes() -> HeronNodes {
    HeronNodes { definition: "d".into(), packing_plan: "p".into(), execution_state: "e".into() }
}

fn revisions() -> (Revision, Revision) {
    let old = Revision::of(&desired(), 1, nodes());
    let new = Revision {
        number: 2,
        topology_id: "t-new".to_owned(),
        digest: "new".to_owned(),
        containers: old.containers.iter().take(2).cloned().collect(),
        framework: Framework {
            id: "other".into(),
            roles: vec!["web".to_owned()],
            ..old.framework.clone()
        },
        ..old.clone()
    };
    (old, new)
}

pub(crate) fn update(from: u32, to: u32, is_new: bool) -> Update {
    let replacement =
        Replacement { from, to, is_new, keep: 2, resets_state: false, extra: Map::new() };
    let text = json!({"step": "BEGUN", "request": "revision 2", "old_plan": "a", "new_plan": "b", "state": "RUNNING",
                      "added": [], "removed": [], "resized": [], "resized_from": [], "relaunched": []});
    let update: Update = serde_json::from_value(text).unwrap();
    Update { replacement: Some(Box::new(replacement)), ..update }
}

fn begun() -> Desired {
    let (old, new) = revisions();
    begin(&desired(), update(1, 2, true), old.kept(), new.kept())
}

/// Ids, with restarts.
type Restarts = Vec<(u32, u64)>;

/// Those that are held, and those that are not.
fn containers(desired: &Desired) -> (Restarts, Restarts) {
    let pairs = |held| {
        let some = desired.containers.iter().filter(move |one| one.held == held);
        some.map(|one| (one.id, one.restarts)).collect()
    };
    (pairs(true), pairs(false))
}

fn step(desired: &Desired) -> UpdateStep {
    desired.update.as_ref().unwrap().step
}

#[test]
fn a_revision_takes_the_place_of_another() {
    let (old, new) = revisions();
    let begun = begun();
    assert_eq!((begun.version, begun.revisions.running, next(&begun)), (2, 1, None));
    assert_eq!(begun.containers, desired().containers);
    assert_eq!(put(&begun, &new), begun, "what runs is not ended");
    let held = end_tmanager(&begun);
    assert_eq!(containers(&held), (vec![(0, 0), (1, 1), (2, 2)], vec![(9, 0)]));
    assert_eq!((next(&held), end_tmanager(&held)), (Some(2), held.clone()));
    assert_eq!(put(&held, &old), held, "it is another");
    let placed = put(&held, &new);
    assert_eq!(containers(&placed), (vec![], vec![(0, 3), (1, 3), (9, 0)]));
    assert_eq!((placed.topology_id.as_str(), placed.digest.as_str()), ("t-new", "new"));
    let framework = &placed.framework;
    assert_eq!((framework.id.as_str(), framework.roles[0].as_str()), ("f", "web"));
    assert_eq!((step(&placed), placed.revisions.running), (UpdateStep::Written, 2));
    assert!(placed.update.as_ref().unwrap().can_be_undone() && next(&placed).is_none());
    assert_eq!(undo(&placed), placed, "it has to be put back");
    let seen = remove(&placed);
    assert!(!seen.update.as_ref().unwrap().can_be_undone());
    assert_eq!((to_forget(&seen), ask_undo(&seen)), (BTreeSet::new(), seen.clone()));
    let over = end(&seen, Running);
    assert_eq!((over.update, over.revisions.before().map(|one| one.number)), (None, Some(1)));
}

#[test]
fn what_is_in_place_can_be_taken_out_of_it_again() {
    let (old, new) = revisions();
    let asked = ask_undo(&put(&end_tmanager(&begun()), &new));
    assert_eq!((next(&asked), put(&asked, &old)), (None, asked.clone()));
    let held = end_tmanager(&asked);
    assert_eq!(containers(&held).0, [(0, 3), (1, 3)]);
    let back = put(&held, &old);
    assert_eq!((step(&back), back.revisions.running), (UpdateStep::Undoing, 1));
    assert_eq!(containers(&back), (vec![], vec![(0, 4), (1, 4), (2, 4), (9, 0)]));
    assert_eq!((&back.topology_id, &back.launch), (&desired().topology_id, &desired().launch));
    assert_eq!(back.framework, desired().framework);
    assert_eq!(to_forget(&back), BTreeSet::from([2]));
    let over = end(&forget(&back, &to_forget(&back)), Running);
    assert_eq!(over.revisions.kept, [old.kept()]);
}

#[test]
fn what_is_not_in_place_yet_is_only_let_go() {
    for begun in [begun(), end_tmanager(&begun())] {
        let undone = undo(&ask_undo(&begun));
        assert_eq!(
            (step(&undone), &undone.containers),
            (UpdateStep::Undoing, &desired().containers)
        );
        assert_eq!((next(&undone), to_forget(&undone)), (None, BTreeSet::from([2])));
    }
    let held = end_tmanager(&begun());
    assert_eq!(next(&ask_undo(&held)), None, "it is to be taken back");
}

#[test]
fn a_revision_that_was_there_before_stays_when_it_is_taken_back() {
    let (old, new) = revisions();
    let now = begun();
    let second = Desired { update: None, ..put(&end_tmanager(&now), &new) };
    let again = begin(&second, update(2, 1, false), new.kept(), old.kept());
    assert_eq!(again.revisions.kept.iter().map(|one| one.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(to_forget(&undo(&ask_undo(&again))), BTreeSet::new());
    let first = put(&end_tmanager(&again), &old);
    assert_eq!(first.revisions.kept.iter().map(|one| one.number).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn a_record_with_a_replacement_survives_json() {
    let text = serde_json::to_string(&begun()).unwrap();
    assert_eq!(serde_json::from_str::<Desired>(&text).unwrap(), begun());
    let (old, _) = revisions();
    let text = serde_json::to_string(&old).unwrap();
    assert_eq!(serde_json::from_str::<Revision>(&text).unwrap(), old);
}
