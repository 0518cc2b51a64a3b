//! Hosts that are lost, with all that ran there.

use crate::place::Place;

/// The host of the TManager's container, and whatever else is there.
pub fn one_that_is_lost_is_seen_and_mended(place: &Place) {
    let name = &place.name("lost");
    place.submit(name, 2);
    let before = place.status(name);
    let agent_id = before["containers"][0]["agent_id"].as_str().unwrap();
    let agent = place.lose(agent_id);

    // Mesos needs its time to notice; from then on nothing says that all is well.
    place.wait_until("the lost host is seen", || {
        place.finish(place.start(&["status", "--check", name])).code == Some(20)
    });
    let seen = place.status(name);
    assert_ne!(seen["topology"]["health"], "healthy", "{seen}");
    let problems = seen["topology"]["problems"].to_string();
    assert!(problems.contains("container 0") && problems.contains("restart"), "{problems}");
    assert_eq!(place.json(&["list"])["topologies"][0]["health"], seen["topology"]["health"]);

    place.ok(&["restart", name]);
    let mended = place.assert_well(name, "RUNNING", 3);
    for container in mended["containers"].as_array().unwrap() {
        assert_ne!(container["agent_id"], agent_id, "{mended}");
    }
    // What comes back must not run beside what took its place.
    place.bring_back(&agent);
    place.assert_well(name, "RUNNING", 3);
    place.ok(&["kill", name]);
    place.assert_nothing_left(name);
}

/// At once, before Mesos has noticed.
pub fn a_topology_is_killed_without_its_host(place: &Place) {
    let name = &place.name("hostless");
    place.submit(name, 2);
    let status = place.status(name);
    let agent = place.lose(status["containers"][0]["agent_id"].as_str().unwrap());
    place.ok(&["kill", name]);
    assert_eq!(place.run(&["status", name]).code, Some(5));
    place.bring_back(&agent);
    place.assert_nothing_left(name);
}
