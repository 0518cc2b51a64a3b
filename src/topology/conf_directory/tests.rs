use std::os::unix::fs::symlink;

use super::*;

fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn left_out(own: &Own) -> Vec<String> {
    own.left_out.iter().map(ToString::to_string).collect()
}

#[test]
fn only_files_of_heron_are_taken_and_the_rest_is_told() {
    let found = directory(&[
        ("stateful.yaml", "a: b\n"),
        ("mesos_scheduler.conf", "x"),
        ("id_rsa", "x"),
        ("credentials.json", "{}"),
        (".hidden", "x"),
        ("other.yaml", "x: y"),
    ]);
    let path = |name: &str| found.path().join(name);
    std::fs::create_dir(path("sub")).unwrap();
    symlink("/etc/passwd", path("metrics_sinks.yaml")).unwrap();
    let own = read(found.path(), Secrets::Refuse).unwrap();
    assert_eq!(own.files, BTreeMap::from([("stateful.yaml".to_owned(), b"a: b\n".to_vec())]));
    let no_file = "(no configuration file of Heron's)";
    assert_eq!(
        left_out(&own),
        [
            format!(".hidden {no_file}"),
            format!("credentials.json {no_file}"),
            format!("id_rsa {no_file}"),
            format!("mesos_scheduler.conf {no_file}"),
            "metrics_sinks.yaml (a link, which is not followed)".to_owned(),
            format!("other.yaml {no_file}"),
            "sub (a directory)".to_owned(),
        ]
    );
    assert!(matches!(read(&path("gone"), Secrets::Refuse), Err(ConfDirectoryError::Read { .. })));
}

#[test]
fn secrets_of_clients_stay_at_home() {
    let text = "heron.uploader.s3.bucket: b\nheron.uploader.s3.secret_key: hunter2\n\
                nested:\n  deep:\n    password: hunter2\n    kept: 1\n\
                list: [\"zk://u:hunter2@h/x\", plain]\nurl: http://u:hunter2@h/x\nempty.password: ''\n";
    let found = directory(&[("uploader.yaml", text), ("packing.yaml", "a: b # as it is\n")]);
    let own = read(found.path(), Secrets::Refuse).unwrap();
    let packed = String::from_utf8(own.files["uploader.yaml"].clone()).unwrap();
    assert!(!packed.contains("hunter2"), "{packed}");
    for kept in ["heron.uploader.s3.bucket", "kept", "plain", "empty.password"] {
        assert!(packed.contains(kept), "{packed}");
    }
    assert_eq!(
        left_out(&own),
        [
            "heron.uploader.s3.secret_key of uploader.yaml (a secret)",
            "nested.deep.password of uploader.yaml (a secret)",
            "list of uploader.yaml (a secret)",
            "url of uploader.yaml (a secret)",
        ]
    );
    assert_eq!(own.files["packing.yaml"], b"a: b # as it is\n");
}

#[test]
fn a_secret_that_would_travel_is_refused_unless_it_is_wanted() {
    let text = "sinks:\n  - influx\ninflux:\n  url: https://u:hunter2@h/\n  password: hunter2\n";
    let found = directory(&[("metrics_sinks.yaml", text)]);
    let error = read(found.path(), Secrets::Refuse).unwrap_err().to_string();
    assert!(error.contains("secrets: influx.url, influx.password; take them out"), "{error}");
    assert!(error.contains("heron.package.allow.secrets") && !error.contains("hunter2"), "{error}");
    let own = read(found.path(), Secrets::Allow).unwrap();
    assert_eq!(own.files["metrics_sinks.yaml"], text.as_bytes());
    assert_eq!(own.left_out, []);
}

#[test]
fn what_heron_could_not_read_is_an_error() {
    for name in ["stateful.yaml", "uploader.yaml", "statemgr.yaml"] {
        let error = read(directory(&[(name, "- a list")]).path(), Secrets::Allow).unwrap_err();
        assert!(error.to_string().starts_with(name), "{error}");
    }
}
