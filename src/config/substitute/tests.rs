//! What is replaced, and what stays.

use proptest::prelude::*;

use super::super::layer::{Layer, Origin, Setting};
use super::*;

fn config(settings: &[(&str, &str)]) -> Config {
    let mut config = Config::default();
    for (key, value) in settings {
        config.add(Setting::new(*key, *value, Layer::ConfigPath, Origin::Default));
    }
    config
}

fn tokens() -> Tokens {
    Tokens { home: "/home/alice".into(), java_home: Some("/java".into()), user: "alice".into() }
}

#[track_caller]
fn gives(value: &str, expected: &str) {
    let config = config(&[("dc", "c1"), ("heron.directory.dist", "${HOME}/dist/")]);
    assert_eq!(substitute(value, &config, &tokens()).as_deref(), Ok(expected), "{value}");
}

#[test]
fn whole_components_are_replaced() {
    gives(
        "${HOME}/.herondata/${CLUSTER}/${ROLE}/${TOPOLOGY}",
        "/home/alice/.herondata/c1/alice/${TOPOLOGY}",
    );
    gives(
        "file://${HOME}/.heron/dist/heron-core.tar.gz",
        "file:///home/alice/.heron/dist/heron-core.tar.gz",
    );
    gives("~/x//y/", "/home/alice/x/y");
    gives("${JAVA_HOME}", "/java");
    gives("${HERON_LIB}/packing/*", "/usr/local/heron/lib/packing/*");
    gives("${HERON_DIST}/heron-core", "/home/alice/dist/heron-core");
    gives("./x/${CLUSTER}", "./x/c1");
}

#[test]
fn everything_else_stays() {
    for value in
        ["prefix-${CLUSTER}", "${UNKNOWN}/x", "a:${HERON_LIB}", "/", "http://h//x/", "a b "]
    {
        gives(value, value);
    }
    let nothing = Tokens { java_home: None, ..tokens() };
    let value = substitute("${JAVA_HOME}/bin", &Config::default(), &nothing);
    assert_eq!(value.as_deref(), Ok("${JAVA_HOME}/bin"));
    assert_eq!(left_over("a-${B}/${TOPOLOGY}/${C"), ["${B}"]);
}

#[test]
fn cycles_are_found() {
    let around = config(&[("heron.directory.home", "${HERON_BIN}")]);
    let error = substitute("${HERON_HOME}", &around, &tokens()).unwrap_err();
    assert_eq!(error.value, "${HERON_HOME}");
    let double = config(&[("heron.directory.home", "${HERON_HOME}/${HERON_HOME}")]);
    assert!(substitute("${HERON_HOME}", &double, &tokens()).is_err());
    let itself = config(&[("dc", "${CLUSTER}")]);
    assert_eq!(substitute("${CLUSTER}", &itself, &tokens()).as_deref(), Ok("${CLUSTER}"));
}

proptest! {
    #[test]
    fn no_value_panics(value in "[ab/~:${}A-D]{0,30}", other in "[/~${}HERONBI_M]{0,20}") {
        let config = config(&[("heron.directory.home", &other)]);
        if let Ok(text) = substitute(&value, &config, &tokens()) {
            prop_assert!(text.len() <= 1 << 20);
        }
    }
}
