//! The end of everything.

use crate::place::Place;

/// Several topologies in different states, all at once.
pub fn of_everything(place: &Place) {
    let names = ["first", "second", "third"].map(|end| place.name(end));
    for name in &names {
        place.submit(name, 1);
    }
    place.ok(&["deactivate", &names[1]]);
    assert_eq!(place.json(&["list"])["topologies"].as_array().unwrap().len(), names.len());

    let kills: Vec<_> = names.iter().map(|name| place.start(&["kill", name])).collect();
    for kill in kills {
        let ran = place.finish(kill);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    for name in &names {
        place.assert_nothing_left(name);
    }
    assert_eq!(place.json(&["list"])["topologies"], serde_json::json!([]));
}
