//! Names change and nothing else does.

use proptest::prelude::*;

use super::*;

#[test]
fn names_change_and_nothing_else_does() {
    let old = "# ZooKeeper\n  zk.connection.string : a:1 \\\n   more\n\nd\\u0063=example\r\n! x\nmine: 1\nsubmitter.id: x";
    let new = "# ZooKeeper\n  heron.statemgr.connection.string : a:1 \\\n   more\n\nheron.config.cluster=example\r\n! x\nmine: 1\nsubmitter.id: x";
    let converted = convert(old.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(converted.bytes).unwrap(), new);
    let lines: Vec<_> = converted.renamed.iter().map(|r| (r.line, r.from.as_str())).collect();
    assert_eq!(lines, [(2, "zk.connection.string"), (5, "dc")]);
    let remarks: Vec<_> = converted.remarks.iter().map(|r| (r.line, r.key.as_str())).collect();
    assert_eq!(remarks, [(7, "mine"), (8, "submitter.id")]);
    assert_eq!(convert(b"a=\\u1").unwrap_err().len(), 1);
}

/// What the files of 2016 mean doesn't change when they are converted.
#[test]
fn converted_files_mean_the_same() {
    use super::super::load::{Sources, load};
    use super::super::settings::Need;
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/conf-2016");
    for name in ["mesos_scheduler.conf", "local_scheduler.conf"] {
        let path = std::path::Path::new(directory).join(name);
        let converted = convert(&std::fs::read(&path).unwrap()).unwrap();
        assert!(!converted.renamed.is_empty());
        let again = convert(&converted.bytes).unwrap();
        assert_eq!((again.renamed, &again.bytes), (Vec::new(), &converted.bytes));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &converted.bytes).unwrap();
        let settings = |path: &std::path::Path| {
            let config_file = Some(path.to_owned());
            let user = "me".to_owned();
            let loaded = load(&Sources { config_file, user, ..Sources::default() }).unwrap();
            let settings = loaded.resolve(Need::Launch).settings.unwrap();
            format!("{settings:?}")
        };
        assert_eq!(settings(&path), settings(file.path()), "{name}");
    }
}

proptest! {
    #[test]
    fn values_never_change(lines in proptest::collection::vec(
        ("(dc|role|a\\.b|zk\\.connection\\.string|submitter\\.id)", "[ =:]{1,2}", "[a-z:= \\\\]{0,8}"), 0..6,
    )) {
        let lines: Vec<_> = lines.iter().map(|(k, s, v)| format!("{k}{s}{v}\n")).collect();
        let text = lines.concat();
        let values = |bytes: &[u8]| -> Vec<_> {
            properties::parse(bytes).entries.into_iter().map(|entry| entry.value).collect()
        };
        let converted = convert(text.as_bytes());
        if let Ok(converted) = converted {
            prop_assert_eq!(values(text.as_bytes()), values(&converted.bytes));
        }
    }
}
