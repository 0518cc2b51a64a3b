use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn newest() -> Release {
    Release::newest()
}

#[test]
fn options_are_encoded_as_heron_encodes_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/executor/jvm-opts-encoding.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = vectors["encode"].as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let options = case["java_opts"].as_str().unwrap();
        assert_eq!(encode_jvm_options(options, &newest()), case["encodeJavaOpts"], "{options}");
    }
}

#[test]
fn old_executors_get_the_old_escape() {
    let old = Release::parse("0.17.7").unwrap();
    assert_eq!(encode_jvm_options("-", &old), "\"LQ&equals;&equals;\"");
    assert_eq!(encode_jvm_options("-", &newest()), "\"LQ(61)(61)\"");
}

#[test]
fn the_agents_java_home_is_left_to_its_shell() {
    let argv = |last: &str| vec!["executor".to_owned(), last.to_owned()];
    let command = |last: &str| shell_command(&argv(last)).unwrap();
    assert_eq!(
        command("--heron-java-home=${JAVA_HOME}"),
        "exec executor --heron-java-home=\"${JAVA_HOME}\""
    );
    assert_eq!(command("${JAVA_HOME}/a b"), "exec executor \"${JAVA_HOME}\"'/a b'");
    assert_eq!(command("--role=${JAVA_HOME}"), "exec executor '--role=${JAVA_HOME}'");
    assert_eq!(command("${JAVA_HOME}$(id)"), "exec executor '${JAVA_HOME}$(id)'");
}

#[test]
fn a_zero_byte_is_refused() {
    assert_eq!(shell_command(&["a".to_owned(), "b\0".to_owned()]), Err(ZeroByte(1)));
}

/// What a shell hands to the program that it executes.
fn through_a_shell(argv: &[String]) -> Vec<String> {
    let mut words = vec!["/usr/bin/printf".to_owned(), "%s\\0".to_owned()];
    words.extend_from_slice(argv);
    let command = shell_command(&words).unwrap();
    let output = Command::new("/bin/sh").arg("-c").arg(command).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_argument_comes_out_as_it_went_in(
        argv in proptest::collection::vec("[^\0]{0,20}|[\"'`$(){};&|<>*?~#!\\\\ \t\n]{1,8}", 1..5)
    ) {
        prop_assert_eq!(through_a_shell(&argv), argv);
    }
}
