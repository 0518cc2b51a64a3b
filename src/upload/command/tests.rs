use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::super::package::tests::package;
use super::*;
use crate::program::SearchPath;

fn store(upload: &str, check: Option<&str>, undo: Option<&str>) -> CommandStore {
    let words = |text: &str| shlex::split(text).unwrap();
    CommandStore::new(&CommandConfig {
        upload: words(upload),
        check: check.map(words),
        undo: undo.map(words),
        uri: "http://h/{name}?x".to_owned(),
        programs: Programs {
            path: SearchPath(Some("/usr/bin:/bin".into())),
            hadoop_home: None,
            time_limit: Duration::from_secs(30),
            on_line: Arc::new(|_| {}),
        },
    })
    .unwrap()
}

fn silent() -> OnProgress {
    Arc::new(|_| {})
}

fn commands(directory: &Path) -> [String; 3] {
    let at = directory.display();
    [
        format!("cp {{file}} {at}/{{name}}"),
        format!("stat -c %s {at}/{{name}}"),
        format!("rm -f {at}/{{name}}"),
    ]
}

#[tokio::test]
async fn what_is_there_is_not_uploaded_again_and_only_what_was_not_is_undone() {
    let (_source, package) = package(300).await;
    let directory = tempfile::tempdir().unwrap();
    let [upload, check, undo] = commands(directory.path());
    let store = || store(&upload, Some(&check), Some(&undo));
    let path = directory.path().join("t");
    let first = store().upload(&package, "t", silent()).await.unwrap();
    assert_eq!((first.uri.as_str(), first.effect), ("http://h/t?x", Effect::Created));
    assert_eq!(std::fs::read(&path).unwrap().len(), 300);
    let again = store().upload(&package, "t", silent()).await.unwrap();
    assert_eq!(again.effect, Effect::AlreadyThere);
    store().undo(&again, "t").await.unwrap();
    assert!(path.exists());
    store().undo(&first, "t").await.unwrap();
    assert!(!path.exists());

    std::fs::write(&path, "another").unwrap();
    let replaced = store().upload(&package, "t", silent()).await.unwrap();
    assert_eq!(replaced.effect, Effect::Replaced);
    store().undo(&replaced, "t").await.unwrap();
    assert!(path.exists());
    let elsewhere = store().remove("http://h/other", "t").await.unwrap_err().to_string();
    assert!(elsewhere.ends_with("would have it at http://h/t?x"), "{elsewhere}");
    assert!(path.exists());
    store().remove(&replaced.uri, "t").await.unwrap();
    store().remove(&replaced.uri, "t").await.unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn without_a_check_everything_is_uploaded_and_nothing_undone() {
    let (_source, package) = package(300).await;
    let directory = tempfile::tempdir().unwrap();
    let [upload, ..] = commands(directory.path());
    let store = store(&upload, None, None);
    for _ in 0..2 {
        let uploaded = store.upload(&package, "t", silent()).await.unwrap();
        assert_eq!(uploaded.effect, Effect::Replaced);
        store.undo(&uploaded, "t").await.unwrap();
        store.discard("t").await.unwrap();
        let stays = store.remove(&uploaded.uri, "t").await.unwrap_err().to_string();
        assert!(stays.contains("heron.uploader.command.undo"), "{stays}");
        assert!(directory.path().join("t").exists());
    }
}

#[tokio::test]
async fn checks_must_tell_a_size_and_undoing_must_work() {
    let (_source, package) = package(300).await;
    let store = |check, undo| store("cp {file} /no/such/directory/{name}", Some(check), undo);
    let error = store("echo yes", None).upload(&package, "t", silent()).await.unwrap_err();
    assert!(error.to_string().ends_with("it printed 'yes'"), "{error}");
    let error = store("true", None).upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::NoSize { .. }), "{error}");
    let error =
        store("false", Some("sh -c 'echo stuck; exit 2'")).upload(&package, "t", silent()).await;
    let text = error.unwrap_err().to_string();
    for part in ["cp exited with status 1", "http://h/t?x may be left", "stuck"] {
        assert!(text.contains(part), "{text}");
    }
}

proptest! {
    #[test]
    fn words_without_gaps_stay_and_values_are_never_taken_for_gaps(word in "[a-z{} ä]{0,20}") {
        let gaps = [("{file}", "{name}"), ("{name}", "n"), ("{uri}", "u")];
        prop_assert_eq!(fill(&word, &[]), word.clone());
        let filled = fill(&format!("{word}{{file}}"), &gaps);
        prop_assert!(filled.ends_with("{name}"), "{}", filled);
    }
}
