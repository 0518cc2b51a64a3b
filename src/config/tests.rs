//! What Heron's own command line made of arguments, beside what is made of them here; where the two differ, a table says
//! how and why. Recorded data: `tests/data/cluster-role-env`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cluster::{ClusterRoleEnviron, MissingPart, Required};
use super::load::{Sources, load};

fn recording(file: &str) -> Value {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cluster-role-env");
    let text = std::fs::read_to_string(format!("{data}/{file}")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Settings by key, or none where they are refused.
type Made = Option<BTreeMap<String, String>>;

/// What `--config-property` sets here.
fn ours(properties: &[String]) -> Made {
    let nothing = tempfile::NamedTempFile::with_suffix(".conf").unwrap();
    let config_file = Some(nothing.path().to_owned());
    let sources = Sources { properties: properties.to_vec(), config_file, ..Sources::default() };
    let config = load(&sources).ok()?.config;
    Some(config.winners().map(|setting| (setting.key.clone(), setting.value.clone())).collect())
}

/// What it set for Heron, in the words that Heron wrote to override.yaml.
fn heron_s(case: &Value) -> Made {
    let result = case.get("result")?.as_object()?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(result.iter().map(|(key, value)| (key.clone(), text(value))).collect())
}

/// What was given, what is made of it here (none: it is refused), and why.
type Difference = (&'static str, Option<(&'static str, &'static str)>, &'static str);

/// Where `--config-property` differs.
const DIFFERENT: [Difference; 7] = [
    ("a=b=c", Some(("a", "b=c")), "Heron refused it, though URLs and JVM options hold `=`"),
    ("=", None, "a setting without a name was surely not meant"),
    ("=b", None, "a setting without a name was surely not meant"),
    ("a=True", Some(("a", "True")), "text stays as it is; true and false are read in any case"),
    ("a=TRUE", Some(("a", "TRUE")), "text stays as it is; true and false are read in any case"),
    ("a=FALSE", Some(("a", "FALSE")), "text stays as it is; true and false are read in any case"),
    (" a =b", Some(("a", "b")), "no key begins or ends with a blank"),
];

#[test]
fn config_properties_mean_what_they_meant() {
    let recording = recording("config-property.json");
    let cases = recording["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 29);
    let mut differences = Vec::new();
    for case in cases {
        let given: Vec<String> = serde_json::from_value(case["config_property"].clone()).unwrap();
        let (ours, heron_s) = (ours(&given), heron_s(case));
        if ours != heron_s {
            differences.push((given, ours));
        }
    }
    let expected: Vec<_> = DIFFERENT
        .iter()
        .map(|(given, ours, _)| {
            let ours =
                ours.map(|(key, value)| BTreeMap::from([(key.to_owned(), value.to_owned())]));
            (vec![(*given).to_owned()], ours)
        })
        .collect();
    assert_eq!(differences, expected);
}

/// In server mode role and environ were demanded by the cluster's `cli.yaml`; the rule is that of `client.yaml`.
#[test]
fn triples_of_server_mode_give_what_heron_gave() {
    let recording = recording("cluster-role-env.json");
    let cases = recording["server"].as_array().unwrap();
    assert_eq!(cases.len(), 25);
    for case in cases {
        let input = case["input"].as_str().unwrap();
        // To Python any text is true, "no" as well.
        let demands = |key: &str| match &case["cluster_map"][key] {
            Value::Bool(truth) => *truth,
            Value::String(text) => !text.is_empty(),
            _ => false,
        };
        let required =
            Required { role: demands("role.required"), environ: demands("env.required") };
        let completed = ClusterRoleEnviron::parse(input).completed("alice", required);
        let recorded = &case["cli_server_mode"];
        let message = recorded["error"]["message"].as_str().unwrap_or_default();
        match completed {
            Ok(triple) => {
                let parts = serde_json::json!([triple.cluster, triple.role, triple.environ]);
                assert_eq!(parts, recorded["result"], "{case}");
            }
            Err(MissingPart::Role { .. }) => {
                assert!(message.starts_with("role required"), "{case}");
            }
            Err(MissingPart::Environ { .. }) => {
                assert!(message.starts_with("environ required"), "{case}");
            }
        }
    }
}
