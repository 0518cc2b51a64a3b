//! What every verb refuses, `config check` refuses as well.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::config::check;
use crate::config::load::{Sources, load};

const GOOD: &str = "zk.connection.string=zk1:2181\nstate.root.address=/heron\n\
                    heron.mesos.master.uri=m:5050\nheron.core.release.uri=http://h/c.tar.gz\n\
                    heron.topology.pkg.uri=http://h/t.tar.gz";

fn sources(lines: &str) -> Sources {
    let lines = format!("{GOOD}\n{lines}");
    let properties = lines.lines().map(str::to_owned).collect();
    Sources { properties, user: "alice".to_owned(), ..Sources::default() }
}

/// The keys that are refused, which must be the same for a verb and for the check.
fn refused(lines: &str, need: Need) -> Vec<String> {
    let loaded = load(&sources(lines)).unwrap();
    let resolved = judge(&loaded, need);
    let problems = resolved.settings.err().map(|Problems(list)| list).unwrap_or_default();
    let keys: Vec<_> = problems.iter().map(|problem| problem.key.clone()).collect();
    let report = check::check_loaded(&loaded, need);
    let errors = report.findings.iter().filter(|found| found.severity == check::Severity::Error);
    let mut checked: Vec<_> = errors.filter_map(|found| found.key.clone()).collect();
    checked.sort();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(checked, sorted, "{lines}");
    keys
}

#[test]
fn engines_and_states_of_other_versions_are_refused() {
    assert_eq!(refused("", Need::Launch), Vec::<String>::new());
    for launcher in ["a.LocalLauncher", "a.AuroraLauncher"] {
        let line = format!("launcher.class={launcher}");
        assert_eq!(refused(&line, Need::Engine), ["launcher.class"], "{launcher}");
        assert_eq!(refused(&line, Need::State), Vec::<String>::new(), "{launcher}");
    }
    assert_eq!(refused("zk.connection.string=LOCALMODE", Need::State), ["zk.connection.string"]);
    let files = "state.manager.class=a.LocalFileSystemStateManager";
    assert_eq!(refused(files, Need::State).len(), 1);
}

#[test]
fn files_that_are_named_must_be_good() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str, mode| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let secret = |path: &str| format!("heron.mesos.secret.file={path}");
    let key = ["heron.mesos.secret.file"];
    assert_eq!(refused(&secret(&file("good", "x", 0o600)), Need::Engine), Vec::<String>::new());
    assert_eq!(refused(&secret(&file("open", "x", 0o644)), Need::Engine), key);
    assert_eq!(refused(&secret(&file("writable", "x", 0o620)), Need::Engine), key);
    assert_eq!(refused(&secret("/nowhere"), Need::Engine), key);
    assert_eq!(refused(&secret("/nowhere"), Need::State), Vec::<String>::new());
    let ca = |path: &str| format!("heron.mesos.tls.ca.file={path}");
    let certificate = file("ca", "-----BEGIN CERTIFICATE-----", 0o644);
    assert_eq!(refused(&ca(&certificate), Need::Engine), Vec::<String>::new());
    assert_eq!(refused(&ca("/nowhere"), Need::Engine), ["heron.mesos.tls.ca.file"]);
    assert_eq!(refused(&ca(&file("none", "x", 0o644)), Need::Engine).len(), 1);
    // Only the uploader that is chosen reads its file.
    let token = "heron.uploader.webhdfs.token.file=/nowhere";
    assert_eq!(refused(token, Need::Launch), Vec::<String>::new());
    let uploader =
        format!("{token}\nuploader.class=WebHdfsUploader\nheron.uploader.webhdfs.uri=http://h/x");
    assert_eq!(refused(&uploader, Need::Launch), ["heron.uploader.webhdfs.token.file"]);
}
