//! Containers launched anew.

use serde_json::Value;

use crate::place::{Place, executors, task_ids};

pub fn of_one_and_of_all(place: &Place) {
    let name = &place.name("restarted");
    place.submit(name, 2);
    let watched = executors(name);
    let mut before = place.status(name);
    for (words, restarted) in [(&["1"][..], &[1][..]), (&["0"], &[0]), (&[], &[0, 1, 2])] {
        place.ok(&[&["restart", name], words].concat());
        let after = place.assert_well(name, "RUNNING", 3);
        assert_eq!(changed(&before, &after), restarted, "{before}\n{after}");
        place.wait_until("the old executors are gone", || executors(name) == watched);
        before = after;
    }
    // Paused stays paused.
    place.ok(&["deactivate", name]);
    place.ok(&["restart", name]);
    place.assert_well(name, "PAUSED", 3);
    place.ok(&["kill", name]);
    place.assert_nothing_left(name);
}

/// The containers whose task is another one now.
fn changed(before: &Value, after: &Value) -> Vec<usize> {
    let (before, after) = (task_ids(before), task_ids(after));
    (0..after.len()).filter(|&id| before[id] != after[id]).collect()
}
