//! The main job in both languages: a topology's whole life.

use crate::mesos;
use crate::place::{JAR, PEX, Place};

pub fn in_python(place: &Place) {
    live(place, &place.name("python"), &[PEX.to_str().unwrap(), "-"]);
}

pub fn in_java(place: &Place) {
    live(place, &place.name("java"), &[JAR.to_str().unwrap(), "tests.topologies.WordCount"]);
}

fn live(place: &Place, name: &str, program: &[&str]) {
    let words: Vec<&str> = ["submit"].iter().chain(program).chain(&[name, "2"]).copied().collect();
    let submitted = place.json(&words);
    assert_eq!(submitted["topology"]["name"], name);
    assert_eq!(submitted["container_count"], 3);
    place.assert_well(name, "RUNNING", 3);

    let listed = place.json(&["list"]);
    assert_eq!(listed["topologies"][0]["name"], name);
    assert_eq!(listed["topologies"][0]["health"], "healthy");
    place.ok(&["status", "--check", name]);

    assert_eq!(place.json(&["deactivate", name])["already"], false);
    place.assert_well(name, "PAUSED", 3);
    assert_eq!(place.json(&["deactivate", name])["already"], true);
    place.ok(&["activate", name]);
    place.assert_well(name, "RUNNING", 3);

    // The name is taken: another topology does not come by in silence.
    let again = place.run(&["submit", program[0], program[1], name, "1"]);
    assert_eq!(again.code, Some(6), "{}", again.stderr);
    place.assert_well(name, "RUNNING", 3);

    let killed = place.json(&["kill", name]);
    assert_eq!(killed["found"], true);
    assert_eq!(killed["package"]["removed"], true, "{killed}");
    let package = killed["package"]["uri"].as_str().unwrap();
    assert!(!is_there(package), "{package} is still in its store");
    place.assert_nothing_left(name);
    assert_eq!(place.run(&["status", name]).code, Some(5));
    assert_eq!(place.run(&["kill", name]).code, Some(5));
}

/// Whether a package can still be fetched.
fn is_there(uri: &str) -> bool {
    match uri.strip_prefix("file://") {
        Some(path) => std::path::Path::new(path).exists(),
        None => mesos::get(uri).0.is_success(),
    }
}
