//! The documented forms, the recorded strings, and what no string may do.

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn pairs(text: &str) -> Vec<(String, String)> {
    parse(text).unwrap().list.into_iter().map(|pair| (pair.key, pair.value)).collect()
}

#[track_caller]
fn means(text: &str, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    assert_eq!(pairs(text), expected, "{text:?}");
}

#[test]
fn documented_examples_give_what_their_authors_meant() {
    means(
        "param1:value1 param2:value2 param3:value3",
        &[("param1", "value1"), ("param2", "value2"), ("param3", "value3")],
    );
    means(
        "heron.local.working.directory:/path topology.debug:true",
        &[("heron.local.working.directory", "/path"), ("topology.debug", "true")],
    );
    means(
        "heron.local.working.directory=/x \
         state.manager.class=com.twitter.heron.state.curator.CuratorStateManager \
         zk.connection.string=localhost:2181 state.root.address=/heron",
        &[
            ("heron.local.working.directory", "/x"),
            ("state.manager.class", "com.twitter.heron.state.curator.CuratorStateManager"),
            ("zk.connection.string", "localhost:2181"),
            ("state.root.address", "/heron"),
        ],
    );
    let uri = "http://s3.amazonaws.com/my-heron-binaries";
    means(&format!("heron.core.release.uri:{uri}"), &[("heron.core.release.uri", uri)]);
    means(&format!("heron.core.release.uri={uri}"), &[("heron.core.release.uri", uri)]);
}

#[test]
fn herons_own_test_strings_give_what_its_tests_expect() {
    let three = [("key1", "value1"), ("key2", "value2"), ("key3", "value3")];
    means("key1= value1  key2 =value2    key3   =    \"value3\"", &three);
    means(
        "key1=\"subkey1 = value1\"  key2=\"subkey2:value2\" ",
        &[("key1", "subkey1 = value1"), ("key2", "subkey2:value2")],
    );
    means("key1=\"foo:\\\"subkey1 = value1\\\"\"", &[("key1", "foo:\"subkey1 = value1\"")]);
    means(
        "key1=foo\\:\"subkey1 = value1\"  key2=subkey2\\=value2",
        &[("key1", "foo:\"subkey1 = value1\""), ("key2", "subkey2=value2")],
    );
}

#[test]
fn plain_forms() {
    means("", &[]);
    means("a=\"\" b=2", &[("a", ""), ("b", "2")]);
    means("a= b=2", &[("a", ""), ("b", "2")]);
    means("a= b = 2", &[("a", ""), ("b", "2")]);
    means("a= http://h/?x=1", &[("a", "http://h/?x=1")]);
    means("a=b=c", &[("a", "b=c")]);
    means("uri=http://h/a?x=1&y=2 dc=x", &[("uri", "http://h/a?x=1&y=2"), ("dc", "x")]);
    means("\"a b\"=c", &[("a b", "c")]);
    means("path=C:\\tmp\\new", &[("path", "C:\\tmp\\new")]);
    means("a=b\\ c", &[("a", "b c")]);
    means("a=\\\"b\\\"", &[("a", "\"b\"")]);
    means(
        "topology.debug:true role=\"web team\"",
        &[("topology.debug", "true"), ("role", "web team")],
    );
    means("word ack", &[("word", "ack")]);
}

#[track_caller]
fn fails(text: &str, expected: &[(usize, OverrideErrorKind)]) {
    let errors = parse(text).unwrap_err();
    let found: Vec<_> = errors.into_iter().map(|error| (error.column, error.kind)).collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn mistakes_are_listed_with_their_columns() {
    use OverrideErrorKind::{NoKey, NoValue, OpenQuote};
    fails("a=1 b", &[(5, NoValue("b".to_owned()))]);
    fails("a b=c", &[(1, NoValue("a".to_owned()))]);
    fails("=1 b=2 =3", &[(1, NoKey), (8, NoKey)]);
    fails("ä=\"x y", &[(3, OpenQuote)]);
    let shown = parse("a=1 b").unwrap_err().remove(0).to_string();
    assert_eq!(shown, "`b` has no value; write b=value (column 5 of \"a=1 b\")");
}

fn triple(text: &str) -> ClusterRoleEnviron {
    ClusterRoleEnviron::parse(text)
}

#[test]
fn forms_are_told_apart_by_content() {
    assert_eq!(classify(""), Ok(Positional::Nothing));
    assert_eq!(classify("  "), Ok(Positional::Nothing));
    for text in ["local", "local/alice", "local/alice/prod", "local//prod", "local/bob prod"] {
        assert_eq!(classify(text), Ok(Positional::Cluster(triple(text))));
    }
    for text in ["a=1", "a:1", "local:alice:prod", "word ack", "a/b:c"] {
        let pairs = parse(text).unwrap();
        assert_eq!(classify(text), Ok(Positional::Overrides { cluster: None, pairs }), "{text}");
    }
}

/// The Aurora loader of 2015 took the first word for the triple and the rest for properties.
#[test]
fn a_triple_may_stand_before_properties() {
    let Ok(Positional::Overrides { cluster, pairs }) = classify("dc1/alice/prod a=1 b:2") else {
        panic!("not a list")
    };
    assert_eq!(cluster, Some(triple("dc1/alice/prod")));
    assert_eq!(
        pairs.to_map().into_iter().collect::<Vec<_>>(),
        [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]
    );
    assert_eq!(pairs.list[0].column, 16);
    assert_eq!(pairs.text, "a=1 b:2");
}

/// Each recorded string, ours beside Heron's; those that agree stand without Heron's.
#[test]
fn recorded_strings() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/overrides/overrides.json");
    let recording: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut table = String::new();
    for case in recording["cases"].as_array().unwrap() {
        let input = case["input"].as_str().unwrap();
        let heron = &case["expected"];
        let heron =
            heron.get("properties").map_or_else(|| heron["error"]["class"].to_string(), show_json);
        writeln!(table, "{input:?}").unwrap();
        match parse(input) {
            Ok(pairs) => {
                let ours = show(&pairs.to_map());
                let difference = pairs.legacy_difference();
                assert_eq!(difference.is_none(), ours == heron, "{input:?}");
                match difference {
                    None => writeln!(table, "  both:    {ours}"),
                    Some(difference) => writeln!(
                        table,
                        "  ours:    {ours}\n  heron:   {heron}\n  warning: {difference}"
                    ),
                }
            }
            Err(errors) => {
                let errors: Vec<_> = errors
                    .iter()
                    .map(|error| format!("{}: {}", error.column, error.kind))
                    .collect();
                let errors = errors.join("; ");
                writeln!(table, "  ours:    error at {errors}\n  heron:   {heron}")
            }
        }
        .unwrap();
    }
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("override_strings", table);
    });
}

fn show(map: &BTreeMap<String, String>) -> String {
    map.iter().map(|(k, v)| format!("{k:?}: {v:?}")).collect::<Vec<_>>().join(", ")
}

fn show_json(value: &Value) -> String {
    let map = value.as_object().unwrap().iter();
    show(&map.map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect())
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "[ab=: \"\\\\/\t]{0,40}") {
        if let Ok(Positional::Overrides { pairs, .. }) = classify(&text) {
            let length = text.chars().count();
            prop_assert!(pairs.list.iter().all(|pair| (1..=length).contains(&pair.column)));
            prop_assert!(pairs.list.iter().all(|pair| !pair.key.is_empty()));
        }
    }

    #[test]
    fn any_unicode_is_read(text in ".{0,40}") {
        let given = classify(&text);
        prop_assert!(given != Ok(Positional::Nothing) || text.trim().is_empty());
    }

    #[test]
    fn simple_pairs_come_back(
        given in proptest::collection::vec(("[a-z.]{1,8}", "[a-z0-9/:=._-]{1,12}"), 1..5)
    ) {
        let text: Vec<_> = given.iter().map(|(k, v)| format!("{k}={v}")).collect();
        prop_assert_eq!(pairs(&text.join(" ")), given.clone());
        let quoted: Vec<_> = given.iter().map(|(k, v)| format!("{k} : \"{v} {v}\"")).collect();
        let doubled: Vec<_> = given.iter().map(|(k, v)| (k.clone(), format!("{v} {v}"))).collect();
        prop_assert_eq!(pairs(&quoted.join("  ")), doubled);
    }
}
