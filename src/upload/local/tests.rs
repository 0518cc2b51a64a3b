use super::super::package::tests::package;
use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn silent() -> OnProgress {
    Arc::new(|_| {})
}

fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[tokio::test]
async fn a_package_arrives_whole_with_progress() {
    let (_source, package) = package(CHUNK * 2 + 5).await;
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::new(&directory.path().join("new/er"), None).unwrap();
    let seen = Arc::new(AtomicU64::new(0));
    let sink = Arc::clone(&seen);
    let progress: OnProgress = Arc::new(move |bytes| sink.store(bytes, Ordering::Relaxed));
    let uploaded = store.upload(&package, "t.tar.gz", progress).await.unwrap();
    let path = directory.path().join("new/er/t.tar.gz");
    assert_eq!(uploaded.uri, format!("file://{}", path.display()));
    assert_eq!(uploaded.uri, store.uri_of("t.tar.gz").unwrap());
    assert_eq!(uploaded.effect, Effect::Created);
    assert_eq!(seen.load(Ordering::Relaxed), package.size);
    assert_eq!(Package::read(&path).await.unwrap().sha256, package.sha256);
    assert_eq!(files(path.parent().unwrap()), ["t.tar.gz"]);

    store.undo(&uploaded, "t.tar.gz").await.unwrap();
    assert!(!path.exists());
    store.undo(&uploaded, "t.tar.gz").await.unwrap();
}

const UMASK_TEST: &str = "HERON_CLI_TEST_UMASK";

/// The umask is the whole process's: this test runs itself once more, in a shell that has set it.
#[tokio::test]
async fn the_task_s_user_can_read_it_whatever_the_umask_says() {
    if std::env::var_os(UMASK_TEST).is_none() {
        let name = "upload::local::tests::the_task_s_user_can_read_it_whatever_the_umask_says";
        let ran = std::process::Command::new("sh")
            .args(["-c", "umask 077; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(UMASK_TEST, "1")
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        return;
    }
    let (_source, package) = package(100).await;
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::new(&directory.path().join("new/er"), None).unwrap();
    store.upload(&package, "t", silent()).await.unwrap();
    let mode = |path: &str| {
        let found = std::fs::metadata(directory.path().join(path)).unwrap();
        found.permissions().mode() & 0o777
    };
    assert_eq!((mode("new"), mode("new/er"), mode("new/er/t")), (0o755, 0o755, 0o644));
    assert_eq!(mode("."), 0o700);
}

#[tokio::test]
async fn the_same_package_is_not_copied_again_and_another_replaces_it() {
    let (_one, first) = package(100).await;
    let (_two, second) = package(200).await;
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::new(directory.path(), None).unwrap();
    store.upload(&first, "t", silent()).await.unwrap();
    let again = store.upload(&first, "t", silent()).await.unwrap();
    assert_eq!(again.effect, Effect::AlreadyThere);
    store.undo(&again, "t").await.unwrap();
    let other = store.upload(&second, "t", silent()).await.unwrap();
    assert_eq!(other.effect, Effect::Replaced);
    store.undo(&other, "t").await.unwrap();
    let there = Package::read(&directory.path().join("t")).await.unwrap();
    assert_eq!(there.sha256, second.sha256);
}

#[tokio::test]
async fn agents_may_know_the_directory_by_another_name() {
    for (given, expected) in [
        ("/mnt/heron/", "file:///mnt/heron/t"),
        ("file:///mnt/heron", "file:///mnt/heron/t"),
        ("http://h/heron", "http://h/heron/t"),
    ] {
        let store = LocalStore::new(Path::new("/srv/heron"), Some(given)).unwrap();
        assert_eq!(store.uri_of("t").unwrap(), expected);
    }
}

/// `/dev/full` takes files to be opened and no byte to be written.
#[tokio::test]
async fn a_full_disk_is_told_with_what_to_do() {
    let (_source, package) = package(CHUNK).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("part");
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let part = Part { path: path.clone() };
    let error = part.fill(&package, silent()).await.unwrap_err();
    drop(part);
    assert!(error.to_string().contains("failed to write"), "{error}");
    assert_eq!(error.hint(), "free room there, or choose another directory");
    assert!(!path.exists() && Path::new("/dev/full").exists());
}

#[tokio::test]
async fn a_failed_upload_leaves_nothing() {
    let (_source, mut package) = package(100).await;
    package.size = 101;
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::new(directory.path(), None).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::PackageChanged { .. }), "{error}");
    assert!(files(directory.path()).is_empty());
    let error = store.upload(&package, "../t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::BadName { .. }), "{error}");

    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let store = LocalStore::new(&file, None).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}
