use std::io::Write as _;
use std::os::unix::fs::symlink;

use super::*;

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn nobody_else_can_look_in() {
    let parent = tempfile::tempdir().unwrap();
    let made = directory(parent.path()).unwrap();
    let inside = subdirectory(made.path(), "work").unwrap();
    let file = inside.join("file");
    create(&file).unwrap();
    assert_eq!((mode(made.path()), mode(&inside), mode(&file)), (0o700, 0o700, 0o600));
    assert_eq!(create(&file).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
}

#[test]
fn a_link_under_the_name_is_replaced_and_not_written_through() {
    let parent = tempfile::tempdir().unwrap();
    let (victim, directory) = (parent.path().join("victim"), parent.path().join("kept/deep"));
    std::fs::write(&victim, "mine").unwrap();
    std::fs::create_dir_all(&directory).unwrap();
    symlink(&victim, directory.join("topology.tar.gz")).unwrap();
    place(&directory, "topology.tar.gz", |file| file.write_all(b"package")).unwrap();
    let placed = directory.join("topology.tar.gz");
    assert_eq!(std::fs::read(&victim).unwrap(), b"mine");
    assert_eq!(std::fs::read(&placed).unwrap(), b"package");
    assert!(std::fs::symlink_metadata(&placed).unwrap().is_file());
    assert_eq!(mode(&placed), 0o600);
    let failed = place(&directory, "other", |_| Err(io::ErrorKind::StorageFull.into()));
    assert!(failed.is_err());
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1, "nothing is left of what failed");
}

#[test]
fn what_killed_runs_have_left_is_cleared_once_it_is_old() {
    let parent = tempfile::tempdir().unwrap();
    let make = |name: &str| {
        let path = parent.path().join(name);
        std::fs::create_dir_all(path.join("definitions")).unwrap();
        std::fs::write(path.join("definitions/x.defn"), "x").unwrap();
        path
    };
    let (left, other) = (make("heron-cli-AbC123"), make("somebody-elses"));
    let linked = parent.path().join("heron-cli-link");
    symlink(&other, &linked).unwrap();
    clear_left_behind(parent.path(), SystemTime::now());
    assert!(left.exists(), "it may be at work");
    clear_left_behind(parent.path(), SystemTime::now() + LEFT_BEHIND + Duration::from_mins(1));
    assert!(!left.exists());
    assert!(other.join("definitions/x.defn").exists() && linked.is_symlink());
}
