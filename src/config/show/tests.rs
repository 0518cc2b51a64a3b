//! The document's form, and what it may never hold.

use std::path::Path;

use serde_json::json;

use super::super::load::{Sources, load};
use super::*;

const PLAIN: ShowOptions = ShowOptions { defaults: Defaults::Hidden, secrets: Secrets::Redacted };

fn config(lines: &[(&str, &str, Layer, usize)]) -> Config {
    let mut config = Config::default();
    for (key, value, layer, line) in lines {
        let origin = Origin::File { file: Path::new("x.conf").into(), line: *line, column: 1 };
        config.add(Setting::new(*key, *value, *layer, origin));
    }
    config
}

#[test]
fn the_document_has_its_fixed_form() {
    let mut config = config(&[
        ("a", "1", Layer::ConfigFile, 1),
        ("zk.connection.string", "zk1:1", Layer::ConfigFile, 2),
    ]);
    config.add(Setting::new("a", "2", Layer::ConfigProperty, Origin::Flag("--config-property")));
    config.add(Setting::new("b", "3", Layer::Overrides, Origin::Overrides { column: 5 }));
    let document = serde_json::to_value(show(&config, PLAIN)).unwrap();
    let expected = json!({"schema": 1, "settings": [
        {"key": "a", "value": "2", "layer": "config-property", "origin": {"flag": "--config-property"},
         "shadows": [{"value": "1", "layer": "config-file", "origin": {"file": "x.conf", "line": 1}}]},
        {"key": "zk.connection.string", "value": "zk1:1", "layer": "config-file",
         "origin": {"file": "x.conf", "line": 2}, "shadows": [],
         "canonical": "heron.statemgr.connection.string"},
        {"key": "b", "value": "3", "layer": "overrides",
         "origin": {"argument": "overrides", "column": 5}, "shadows": []},
    ]});
    assert_eq!(document, expected);
}

#[test]
fn a_setting_with_two_names_is_one_row() {
    let config = config(&[
        ("zk.connection.string", "old:1", Layer::ConfigFile, 1),
        ("a", "1", Layer::ConfigFile, 2),
        ("heron.statemgr.connection.string", "new:1", Layer::ConfigFile, 3),
        ("zk.connection.string", "context:1", Layer::Context, 4),
    ]);
    let rows = show(&config, PLAIN).settings;
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["heron.statemgr.connection.string", "a"]);
    assert_eq!(rows[0].value, "new:1");
    let hidden: Vec<_> =
        rows[0].shadows.iter().map(|s| (s.key.as_deref().unwrap(), s.value.as_str())).collect();
    let old = "zk.connection.string";
    assert_eq!(hidden, [(old, "old:1"), (old, "context:1")]);
}

#[test]
fn one_setting_is_found_by_any_of_its_names() {
    let config = config(&[
        ("zk.connection.string", "zk1:1", Layer::ConfigFile, 1),
        ("mesos.master.uri.c.e", "m:1", Layer::ConfigFile, 2),
        ("my.password", "geheim", Layer::ConfigFile, 3),
    ]);
    let one = |key| show_one(&config, key, Secrets::Redacted);
    let value = |key| one(key).unwrap().value;
    assert_eq!(value("heron.statemgr.connection.string"), "zk1:1");
    assert_eq!(value("zk.connection.string"), "zk1:1");
    assert_eq!(value("mesos.master.uri.c.e"), "m:1");
    assert_eq!(value("my.password"), "********");
    assert_eq!(one("instance.cpu.default").unwrap().layer, "default");
    assert_eq!(one("heron.package.core.uri"), None);
    assert_eq!(one("nothing.at.all"), None);
}

#[test]
fn defaults_are_shown_on_demand() {
    let config = config(&[("instance.cpu.default", "2", Layer::ConfigFile, 1)]);
    let options = ShowOptions { defaults: Defaults::Shown, ..PLAIN };
    let rows = show(&config, options).settings;
    assert_eq!((rows[0].shadows[0].value.as_str(), rows[0].shadows[0].layer), ("1.0", "default"));
    let ram = rows.iter().find(|row| row.key == "heron.resources.instance.ram").unwrap();
    assert_eq!((ram.value.as_str(), ram.layer), ("1073741824", "default"));
    assert!(rows.iter().all(|row| row.key != "heron.resources.instance.cpu"));
}

#[test]
fn secrets_are_blotted_out_everywhere() {
    let config = config(&[
        ("heron.mesos.master.uri", "zk://u:geheim@h:1/m", Layer::ConfigFile, 1),
        ("heron.mesos.master.uri", "h:1", Layer::ConfigFile, 2),
        ("heron.uploader.s3.secret_key", "geheim", Layer::ConfigFile, 3),
    ]);
    let shown = serde_json::to_string(&show(&config, PLAIN)).unwrap();
    assert!(!shown.contains("geheim"), "{shown}");
    let open = show(&config, ShowOptions { secrets: Secrets::Shown, ..PLAIN });
    assert_eq!(open.settings[1].value, "geheim");
}

/// A file alone shows exactly what the file holds, for all recorded files.
#[test]
fn recorded_files_are_shown_as_they_are() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/properties");
    let text = std::fs::read_to_string(format!("{data}/expected.json")).unwrap();
    let recording: serde_json::Value = serde_json::from_str(&text).unwrap();
    for case in recording["cases"].as_array().unwrap() {
        let Some(expected) = case["entries"].as_array() else { continue };
        let config_file = Some(format!("{data}/{}", case["file"].as_str().unwrap()).into());
        let loaded = load(&Sources { config_file, ..Sources::default() }).unwrap();
        let rows = show(&loaded.config, PLAIN).settings;
        assert_eq!(rows.len(), expected.len(), "{}", case["file"]);
        for (row, entry) in rows.iter().zip(expected) {
            match entry["key"].as_str() {
                Some(key) => assert_eq!(row.key, key),
                None => assert_eq!(json!(row.key_utf16), entry["key_utf16"]),
            }
            match entry["value"].as_str() {
                Some(value) => assert_eq!(row.value, value),
                None => assert_eq!(json!(row.value_utf16), entry["value_utf16"]),
            }
        }
    }
}
