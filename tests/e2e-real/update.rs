//! Another number of instances, up and down. How long the topology stood still is printed, not asserted.

use serde_json::Value;

use crate::place::Place;

pub fn of_a_running_topology(place: &Place) {
    up_and_down(place, &place.name("running"), "RUNNING");
}

pub fn of_a_paused_topology(place: &Place) {
    let name = &place.name("paused");
    up_and_down(place, name, "PAUSED");
}

fn up_and_down(place: &Place, name: &str, state: &str) {
    place.submit(name, 2);
    if state == "PAUSED" {
        place.ok(&["deactivate", name]);
    }
    update(place, name, 3);
    let up = place.assert_well(name, state, 4);
    assert_eq!(parallelism(&up, "count_bolt"), 3);
    update(place, name, 2);
    let down = place.assert_well(name, state, 3);
    assert_eq!(parallelism(&down, "count_bolt"), 2);
    place.ok(&["activate", name]);
    place.assert_well(name, "RUNNING", 3);
    place.ok(&["kill", name]);
    place.assert_nothing_left(name);
}

fn update(place: &Place, name: &str, instances: usize) {
    let pause = place.tree.watch_pause(name);
    place.ok(&["update", name, "--component-parallelism", &format!("count_bolt:{instances}")]);
    println!("           without a physical plan for {:.1} s", pause.end().as_secs_f64());
}

fn parallelism(status: &Value, component: &str) -> u64 {
    let components = status["components"].as_array().unwrap();
    let found = components.iter().find(|entry| entry["name"] == component).unwrap();
    found["parallelism"].as_u64().unwrap()
}
