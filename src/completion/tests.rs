use std::sync::Arc;

use super::names::{self, Typed};
use crate::env::Env;

fn typed(home: &std::path::Path, line: &str) -> Typed {
    let mut env = Env::default();
    env.variables.insert("HOME".into(), home.into());
    let words = std::iter::once("heron-cli".to_owned()).chain(shlex::split(line).unwrap());
    Typed { words: words.map(Into::into).collect(), env }
}

#[test]
fn contexts_and_keys_are_known_without_a_network() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".config/heron-cli/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "[contexts.prod]\ncluster = \"a\"\n[contexts.test]\ncluster = \"b\"\n")
        .unwrap();
    let typed = typed(home.path(), "kill --context");
    assert_eq!(names::contexts(&typed, ""), ["prod", "test"]);
    assert!(names::keys(&typed, "").contains(&"heron.statemgr.connection.string".to_owned()));
    assert!(names::properties(&typed, "").iter().all(|property| property.ends_with('=')));
}

#[test]
fn what_can_t_be_had_is_not_offered_and_keeps_nobody() {
    let home = tempfile::tempdir().unwrap();
    // A server that accepts and says nothing.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = server.local_addr().unwrap();
    let begun = std::time::Instant::now();
    for line in [
        "kill".to_owned(),
        "kill --config-file /no/such/file".to_owned(),
        "kill --nonsense".to_owned(),
        format!("kill 'zk.connection.string={silent} state.root.address=/x dc=a role=b'"),
    ] {
        let typed = Arc::new(typed(home.path(), &line));
        assert_eq!(names::positionals(&typed, ""), Vec::<String>::new(), "{line}");
    }
    // 300 ms for the one that waits, with five times the slack.
    assert!(begun.elapsed() < std::time::Duration::from_secs(6));
}
