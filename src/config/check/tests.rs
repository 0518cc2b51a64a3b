//! Quotes with their marks, and what may never be quoted.

use super::*;

fn report(text: &str) -> Report {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let config_file = Some(file.path().to_owned());
    check(&Sources { config_file, user: "alice".to_owned(), ..Sources::default() }, Need::Launch)
}

fn quotes(report: &Report) -> Vec<String> {
    let quotes = report.findings.iter().filter_map(|finding| finding.quote.as_ref());
    quotes.map(ToString::to_string).collect()
}

#[test]
fn lines_are_quoted_with_a_caret_below_the_value() {
    let report = report(
        "zk.connection.string: zk1:2181\nstate.root.address: /heron\n\
         heron.mesos.master.uri:m:5050\r\nheron.core.release.uri http://h/c\n\
         heron.topology.pkg.uri: http://h/t\n\tzk.connection.timeout.ms = 20x\nroel: bob\n",
    );
    assert!(!report.is_good());
    let error = &report.findings[0];
    assert_eq!(
        (error.severity, error.key.as_deref()),
        (Severity::Error, Some("zk.connection.timeout.ms"))
    );
    assert_eq!(
        quotes(&report),
        ["\tzk.connection.timeout.ms = 20x\n\t                           ^^^", "roel: bob\n^^^^",]
    );
    assert!(report.findings[1].text.contains("did you mean role?"));
}

#[test]
fn files_that_cant_be_read_are_quoted_too() {
    let report = report("a: 1\nb: \\u12\n");
    assert_eq!(quotes(&report), ["b: \\u12\n   ^^^^"]);
    assert!(check(&Sources::default(), Need::Launch).findings[0].text.contains("--config-file"));
}

#[test]
fn secrets_are_not_quoted() {
    let report = report("my.password: geheim\nheron.mesos.master.uri: zk://u:geheim@h\n");
    let shown = format!("{report:?}");
    assert!(!shown.contains("geheim"), "{shown}");
    assert_eq!(quotes(&report).len(), 1);
}

#[test]
fn our_own_file_passes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/conf/mesos_scheduler.conf");
    let user = "me".to_owned();
    let sources = Sources { config_file: Some(path.into()), user, ..Sources::default() };
    assert!(check(&sources, Need::Launch).is_good());
}
