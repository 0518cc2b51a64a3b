use super::*;

fn words(line: &str) -> Vec<String> {
    shlex::split(line).unwrap()
}

fn submitted(line: &str) -> (Option<String>, String, Option<String>, usize) {
    let found = submit(&words(line)).unwrap();
    (found.overrides, found.file, found.class, found.arguments.len())
}

#[test]
fn submit_tells_overrides_from_files() {
    let some = |text: &str| Some(text.to_owned());
    let cases = [
        ("'' t.jar C a b", (some(""), "t.jar".into(), some("C"), 2)),
        ("t.jar C", (None, "t.jar".into(), some("C"), 0)),
        ("local/me/devel t.jar C", (some("local/me/devel"), "t.jar".into(), some("C"), 0)),
        ("local t.tar.gz C", (some("local"), "t.tar.gz".into(), some("C"), 0)),
        ("./x/t.jar C", (None, "./x/t.jar".into(), some("C"), 0)),
        ("k=v t.pex -", (some("k=v"), "t.pex".into(), some("-"), 0)),
        (
            "heron.topology.pkg.uri:file:///p/topology.tar.gz t.jar C",
            (
                some("heron.topology.pkg.uri:file:///p/topology.tar.gz"),
                "t.jar".into(),
                some("C"),
                0,
            ),
        ),
        ("http://h:1/t.jar C 5", (None, "http://h:1/t.jar".into(), some("C"), 1)),
        ("http://h/t.jar?a=b:c C", (None, "http://h/t.jar?a=b:c".into(), some("C"), 0)),
        ("http://h/t.jar?x y.jar a", (None, "http://h/t.jar?x".into(), some("y.jar"), 1)),
        ("k=v file:///t.so ./p", (some("k=v"), "file:///t.so".into(), some("./p"), 0)),
        ("c/r/e http://h/9?x=1 C", (some("c/r/e"), "http://h/9?x=1".into(), some("C"), 0)),
        ("http://u:p@h/t.defn?s=1", (None, "http://u:p@h/t.defn?s=1".into(), None, 0)),
        ("https://h/artifact", (None, "https://h/artifact".into(), None, 0)),
        ("c/r/e t.JAR C", (some("c/r/e"), "t.JAR".into(), some("C"), 0)),
        ("a.defn", (None, "a.defn".into(), None, 0)),
        ("c/r/e a.defn", (some("c/r/e"), "a.defn".into(), None, 0)),
        // What this file is can't be told; that error is about the file, not about the class.
        ("x/y.zip C", (None, "x/y.zip".into(), some("C"), 0)),
    ];
    for (line, expected) in &cases {
        assert_eq!(submitted(line), *expected, "{line}");
    }
    assert!(matches!(submit(&words("x/y.zip")), Err(UsageError::NoClass { .. })));
    assert!(matches!(submit(&words("")), Err(UsageError::Missing { .. })));
    assert!(matches!(submit(&words("k=v")), Err(UsageError::Missing { .. })));
    assert!(matches!(submit(&words("t.jar")), Err(UsageError::NoClass { .. })));
    assert!(matches!(submit(&words("a.defn C")), Err(UsageError::TooMany { .. })));
    let error = submit(&words("http://u:hunter2@h/t.jar?sig=hunter2")).unwrap_err().to_string();
    assert!(
        error.contains("`http://********@h/t.jar?sig=********`") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn restart_tells_containers_from_topologies() {
    let case = |line: &str| {
        let found = restart(&words(line)).unwrap();
        (found.overrides.unwrap_or_default(), found.topology, found.container)
    };
    assert_eq!(case("t"), (String::new(), "t".into(), None));
    assert_eq!(case("t 3"), (String::new(), "t".into(), Some(3)));
    assert_eq!(case("t -1"), (String::new(), "t".into(), None));
    assert_eq!(case("a/b/c t"), ("a/b/c".into(), "t".into(), None));
    assert_eq!(case("a/b/c 7"), ("a/b/c".into(), "7".into(), None));
    assert_eq!(case("local t 0"), ("local".into(), "t".into(), Some(0)));
    assert!(matches!(restart(&words("a t x")), Err(UsageError::NoContainer { .. })));
    assert!(matches!(restart(&words("a t -2")), Err(UsageError::NoContainer { .. })));
    assert!(matches!(restart(&words("a t 1 2")), Err(UsageError::TooMany { .. })));
    for line in ["wc/", "a/b/c wc/", "''"] {
        assert!(matches!(topology(&words(line)), Err(UsageError::Name(_))), "{line}");
    }
}
