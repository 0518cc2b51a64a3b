//! Everything a context may hold, mistakes with their places, and changes of the current one.

use proptest::prelude::*;

use std::path::Path;

use super::*;

const TEXT: &str = r#"# my clusters
current = "prod"

[contexts.prod]
description = "the big one"
config-file = "prod.conf"
loader = "MesosConfigLoader"
cluster = "prod/heron/default"

[contexts.prod.settings]
"heron.mesos.master.uri" = "zk://zk1:2181/mesos"
heron.mesos.kill.grace.seconds = 20
heron.verbose = true

[contexts.prod.secrets]
"heron.mesos.secret.file" = "~/secret"

[contexts.test]
config-path = "/etc/heron"
"#;

fn read_text(text: &str) -> Result<Contexts, ContextError> {
    super::read_text(Path::new("/c/config.toml"), text, "/home/alice")
}

#[test]
fn everything_in_a_context_is_read() {
    let contexts = read_text(TEXT).unwrap();
    assert_eq!(contexts.current.as_ref().unwrap().0, "prod");
    let prod = contexts.get("prod").unwrap();
    assert_eq!(prod.line, 4);
    assert_eq!(prod.config_file, Some("/c/prod.conf".into()));
    let settings: Vec<_> = prod
        .settings
        .iter()
        .map(|(key, value, at)| (key.as_str(), value.as_str(), at.to_string()))
        .collect();
    let place = |line: usize| format!("/c/config.toml:{line}");
    assert_eq!(
        settings,
        [
            ("heron.mesos.master.uri", "zk://zk1:2181/mesos", place(11)),
            ("heron.mesos.kill.grace.seconds", "20", place(12)),
            ("heron.verbose", "true", place(13)),
        ]
    );
    assert_eq!(prod.secrets[0].1, Path::new("/home/alice/secret"));
    assert_eq!(contexts.get("test").unwrap().config_path, Some("/etc/heron".into()));
}

#[test]
fn the_first_file_counts_and_missing_ones_dont() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("a"), "[contexts.x]\nloader = 'A'\n").unwrap();
    let second = "current = 'y'\n[contexts.x]\nloader = 'B'\n[contexts.y]\n";
    std::fs::write(path("b"), second).unwrap();
    let contexts = read(&[path("no"), path("a"), path("b")], "").unwrap();
    assert_eq!(contexts.get("x").unwrap().loader.as_deref(), Some("A"));
    assert_eq!(contexts.current.unwrap().0, "y");
    assert_eq!(contexts.files.len(), 2);
}

#[test]
fn mistakes_have_a_place() {
    let shown = |text: &str| read_text(text).unwrap_err().to_string();
    assert!(shown("current = \n").starts_with("/c/config.toml:1:"));
    let unknown = shown("[contexts.a]\n\nconfigfile = 'x'\n");
    assert!(unknown.starts_with("/c/config.toml:3: configfile: unknown entry"), "{unknown}");
    assert!(shown("contexts = 1\n").contains("expected a table, found a integer"));
    assert!(shown("[context.a]\n").contains("known are current and contexts"));
    let error = read_text(TEXT).unwrap().get("nope").unwrap_err().to_string();
    assert_eq!(error, "there is no context `nope`; known are prod, test");
}

#[test]
fn another_context_becomes_current() {
    let changed = with_current(TEXT, "test");
    assert_eq!(changed, TEXT.replace("current = \"prod\"", "current = \"test\""));
    assert_eq!(with_current("[contexts.a]\n", "a"), "current = \"a\"\n\n[contexts.a]\n");
    assert_eq!(with_current("", "a"), "current = \"a\"\n");
    // A comment behind the value, line ends and what only looks like the entry all stay.
    let odd = "\u{feff}# current = 'no'\r\n\"current\" = 'b' # mine\r\n[contexts.b]\r\ndescription = \"\"\"\r\ncurrent = 1\"\"\"\r\n";
    assert_eq!(with_current(odd, "a"), odd.replace("'b'", "\"a\""));
}

#[test]
fn contexts_come_and_go_and_everything_else_stays() {
    let new = NewContext {
        name: "new one".to_owned(),
        entries: vec![("config-file", "/c/new.conf".to_owned()), ("cluster", "c/r/e".to_owned())],
        settings: vec![("a.b".to_owned(), "x \"y\"".to_owned())],
        secrets: vec![("heron.mesos.secret.file".to_owned(), "/s".to_owned())],
    };
    for text in [TEXT, "", "current = 'x' # mine", "# only a comment\n"] {
        let added = with_context(text, &new);
        assert!(added.starts_with(text), "{added}");
        let contexts = read_text(&added).unwrap();
        let context = contexts.get("new one").unwrap();
        assert_eq!(context.config_file.as_deref(), Some(Path::new("/c/new.conf")));
        assert_eq!(context.settings[0].1, "x \"y\"");
        assert_eq!(context.secrets[0].1, Path::new("/s"));
        assert_eq!(without_context(&added, "new one").trim_end(), text.trim_end());
    }
}

#[test]
fn a_context_goes_with_its_tables_and_comments_and_is_current_no_more() {
    let text = "# my clusters\ncurrent = \"b\"   # mine\n\n[contexts.a]\ndescription = \"\"\"\n[contexts.b]\n\"\"\"\n\n\
                # the old one\n[contexts.b]\nloader = 'X'\n[contexts.b.settings]\nx = 1\n# the last\n[contexts.c]\n";
    let expected = "# my clusters\n\n[contexts.a]\ndescription = \"\"\"\n[contexts.b]\n\"\"\"\n\n# the last\n[contexts.c]\n";
    assert_eq!(without_context(text, "b"), expected);
    let current = "current = \"b\"\n\n";
    assert!(without_context(&format!("{current}{expected}"), "a").starts_with(current));
    // What is written otherwise stays, and the caller sees that it does.
    let inline = "contexts = { b = { loader = 'X' } }\n";
    assert_eq!(without_context(inline, "b"), inline);
}

proptest! {
    #[test]
    fn any_name_can_become_current(name in ".{1,12}") {
        let contexts = read_text(&with_current(TEXT, &name)).unwrap();
        prop_assert_eq!(contexts.current.unwrap().0, name);
    }
}
