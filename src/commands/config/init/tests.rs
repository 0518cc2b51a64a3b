//! Questions are asked where somebody answers; files are never written over unasked.

use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Mutex;

use super::*;
use crate::report::Progress;

/// Somebody who answers in order.
struct Somebody(Mutex<RefCell<Vec<&'static str>>>);

impl Reporter for Somebody {
    fn step(&self, _: &str) {}
    fn progress(&self, _: &Progress) {}
    fn warn(&self, _: &str) {}
    fn program_output(&self, _: &str) {}
    fn ask(&self, _: &str) -> Option<String> {
        self.0.lock().unwrap().borrow_mut().pop().map(str::to_owned)
    }
}

fn answers(list: &[&'static str]) -> Somebody {
    Somebody(Mutex::new(RefCell::new(list.iter().rev().copied().collect())))
}

fn args() -> InitArgs {
    InitArgs {
        file: PathBuf::from("new.conf"),
        zookeeper: Some("zk1:2181".to_owned()),
        root: Some("/heron".to_owned()),
        master: None,
        core: Some("http://h/c.tar.gz".to_owned()),
        packages: Some("/mnt/x".to_owned()),
        force: false,
    }
}

#[test]
fn what_isnt_given_is_asked_for_until_it_is_good() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("new.conf");
    init(&args(), directory.path(), &answers(&["zk://", "m:5050"])).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("\nheron.mesos.master.uri: m:5050\n"), "{text}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);

    let again = init(&args(), directory.path(), &answers(&["other:5050"])).unwrap_err();
    assert!(matches!(again.downcast_ref(), Some(ConfigError::FileExists { .. })), "{again}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let forced = InitArgs { force: true, ..args() };
    init(&forced, directory.path(), &answers(&["other:5050"])).unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().contains("other:5050"));
}

#[test]
fn nobody_to_ask_and_bad_values_write_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |args: &InitArgs| {
        init(args, directory.path(), &answers(&[])).unwrap_err().downcast::<ConfigError>().unwrap()
    };
    let ConfigError::NotGiven { flags } = refused(&args()) else { panic!("a value is missing") };
    assert_eq!(flags, ["--master"]);
    let secret = InitArgs { master: Some("zk://u:geheim@h:1/m".to_owned()), ..args() };
    let error = refused(&secret);
    assert!(matches!(error, ConfigError::Value { flag: "--master", .. }), "{error}");
    assert!(!error.to_string().contains("geheim"), "{error}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
