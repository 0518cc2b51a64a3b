use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::program::SearchPath;
use crate::upload::{Programs, UploadError};

fn config(connection: &str, directory: &str, fetch: Option<&str>) -> SshConfig {
    let login = Login { options: Vec::new(), connection: connection.to_owned() };
    SshConfig {
        copy: login.clone(),
        shell: login,
        directory: directory.to_owned(),
        fetch_folder: fetch.map(str::to_owned),
        programs: Programs {
            path: SearchPath(None),
            hadoop_home: None,
            time_limit: Duration::from_secs(1),
            on_line: Arc::new(|_| {}),
        },
    }
}

#[test]
fn directories_are_plain_and_can_be_fetched_from() {
    let uri = |directory, fetch| {
        config("u@h", directory, fetch).checked().and_then(|config| config.uri_of("x.tar.gz"))
    };
    assert_eq!(uri("/srv/heron/", None).unwrap(), "/srv/heron/x.tar.gz");
    assert_eq!(uri("/", None).unwrap(), "/x.tar.gz");
    let folder = Some("http://h/packages/");
    assert_eq!(uri("~/heron", folder).unwrap(), "http://h/packages/x.tar.gz");
    assert_eq!(config("h", "~/heron", folder).checked().unwrap().path("x"), "heron/x");
    for bad in ["", "~", "~/", "a b", "/a;b", "/a$b", "/a'b", "/a\nb", "-rf", "/ä"] {
        assert!(matches!(uri(bad, folder), Err(UploadError::BadUrl { .. })), "{bad:?}");
    }
    for bad in ["heron", "~/heron"] {
        let error = uri(bad, None).unwrap_err().to_string();
        assert!(error.contains("heron.package.topology.uri"), "{error}");
    }
}

#[test]
fn connections_are_no_options() {
    for good in ["h", "u@h", "u@[::1]", "store-1.example.com"] {
        assert!(config(good, "/x", None).checked().is_ok(), "{good}");
    }
    for bad in ["", "-oProxyCommand=x", "a b", "a\nb"] {
        assert!(config(bad, "/x", None).checked().is_err(), "{bad:?}");
    }
}

#[test]
fn names_are_no_commands() {
    let checked = config("h", "/x", None).checked().unwrap();
    for bad in ["a;b", "$(x)", "a'b", "a*", ".hidden", "a/b"] {
        assert!(checked.uri_of(bad).is_err(), "{bad}");
    }
}

#[test]
fn missing_programs_are_named() {
    for sftp in [false, true] {
        let config = config("h", "/x", None);
        let error = if sftp {
            SshStore::<Sftp>::new(&config).err()
        } else {
            SshStore::<Scp>::new(&config).err()
        };
        let expected = if sftp { "sftp" } else { "ssh" };
        match error {
            Some(UploadError::NoProgram(missing)) => assert_eq!(missing.program, expected),
            other => panic!("{other:?}"),
        }
    }
}
