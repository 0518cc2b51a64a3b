//! Wrong input, and surroundings that are wrong: a clear error, its exit code, and nothing left behind.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use prost::Message as _;

use crate::environment::{Ran, TestEnv, TestOptions, definition};

/// Asserts an exit code and parts of the error.
fn refused(ran: &Ran, code: i32, parts: &[&str]) {
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "", "stdout holds answers only");
    for part in parts {
        assert!(ran.stderr.contains(part), "{part:?} is not in\n{}", ran.stderr);
    }
    for never in ["panicked", "RUST_BACKTRACE", "\tat "] {
        assert!(!ran.stderr.contains(never), "{}", ran.stderr);
    }
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn wrong_configurations_are_told_whole() {
    let env = TestEnv::new();
    let mut command = env.command(&["list"]);
    command.args(["--config-loader", "com.example.NoSuchLoader"]);
    refused(&Ran::from(command.output().unwrap()), 3, &["NoSuchLoader", "MesosConfigLoader"]);

    let path = env.directory.path().join("bad.conf");
    std::fs::write(
        &path,
        "zk.connection.string: 127.0.0.1:2181\nstate.root.address: heron\nbad: \\u12G4\n",
    )
    .unwrap();
    let ran = env.run(&["list", "--config-file", path.to_str().unwrap()]);
    refused(&ran, 3, &["bad.conf:3"]);

    std::fs::write(&path, "state.root.address: heron\nheron.mesos.kill.grace.seconds: soon\n")
        .unwrap();
    let ran = env.run(&["list", "--config-file", path.to_str().unwrap()]);
    refused(&ran, 3, &["bad.conf:1", "bad.conf:2", "zk.connection.string"]);

    let ran = env.run(&["list", "--config-file", "/no/such/file.conf"]);
    refused(&ran, 3, &["/no/such/file.conf"]);
}

#[test]
fn unreachable_services_are_named() {
    let env = TestEnv::new();
    let port = closed_port();
    let zk = format!("zk.connection.string=127.0.0.1:{port}");
    let short = "heron.statemgr.zookeeper.connection.timeout.ms=500";
    let ran = env.run(&["list", "--config-property", &zk, "--config-property", short]);
    refused(&ran, 7, &[&format!("127.0.0.1:{port}"), "refused"]);

    let file = env.topology("nomaster", 1);
    let master = format!("heron.mesos.master.uri=127.0.0.1:{port}");
    let ran = env.run(&["submit", &file, "--config-property", &master, "--timeout", "5s"]);
    refused(&ran, 7, &[&format!("127.0.0.1:{port}"), "refused"]);
    env.assert_nothing_left("nomaster");

    let master =
        format!("heron.mesos.master.uri=zk://{}/no/masters", crate::environment::zookeeper());
    let ran = env.run(&["submit", &file, "--config-property", &master, "--timeout", "5s"]);
    refused(&ran, 7, &["/no/masters", "master"]);
    env.assert_nothing_left("nomaster");
}

#[test]
fn a_master_that_wants_credentials_is_told_apart() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "hunter2").unwrap();
    let words = ["--agents", "1", "--principal", "heron", "--secret-file"];
    let mut cluster: Vec<String> = words.into_iter().map(str::to_owned).collect();
    cluster.push(secret.path().to_str().unwrap().to_owned());
    let mut env = TestEnv::with(&TestOptions { cluster, ..TestOptions::default() });
    let file = env.topology("guarded", 1);
    refused(&env.run(&["submit", &file]), 8, &["401"]);
    env.assert_nothing_left("guarded");

    std::fs::set_permissions(secret.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let path = secret.path().to_str().unwrap().to_owned();
    env.write_config(&[
        "heron.mesos.principal: heron".to_owned(),
        format!("heron.mesos.secret.file: {path}"),
    ]);
    let ran = env.ok(&["submit", &file, "-vvv"]);
    assert!(!ran.stderr.contains("hunter2"));
    env.ok(&["kill", "guarded"]);
    env.assert_nothing_left("guarded");
}

#[test]
fn topologies_that_are_wrong_touch_nothing() {
    let env = TestEnv::new();
    let write = |topology: &heron_cli::proto::api::Topology, file: &str| {
        env.topology("x", 1);
        let path = env.directory.path().join(file);
        std::fs::write(&path, topology.encode_to_vec()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for name in ["a.b", "a/b", "", "my topology", "a;b", "-x"] {
        let file = write(&definition(name, "id", 1), "named.defn");
        refused(&env.run(&["submit", &file]), 4, &["name"]);
    }
    let mut crowded = definition("crowded", "id", 1);
    crowded.topology_config.as_mut().unwrap().kvs[1].value = Some("5".to_owned());
    let file = write(&crowded, "crowded.defn");
    refused(&env.run(&["submit", &file]), 4, &["topology.stmgrs", "5"]);

    std::fs::write(env.directory.path().join("junk.defn"), b"\xff\xff junk").unwrap();
    refused(&env.run(&["submit", "junk.defn"]), 4, &["junk.defn"]);
    refused(&env.run(&["submit", "none.defn"]), 2, &["none.defn"]);
    refused(&env.run(&["submit", "none.jar", "Main"]), 2, &["none.jar"]);
    assert_eq!(env.znodes_of("crowded"), Vec::<String>::new());

    let good = env.topology("good", 1);
    let core = "heron.package.core.uri=http://u:hunter2@files/heron-core-0.20.5.tar.gz";
    let ran = env.run(&["submit", &good, "--config-property", core]);
    refused(&ran, 3, &["heron.fetch.allow.credentials"]);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    assert_eq!(env.znodes_of("good"), Vec::<String>::new());
}

fn script(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_main_that_fails_is_quoted() {
    let env = TestEnv::new();
    let path = env.directory.path().join("main.pex");
    script(&path, "#!/bin/sh\necho working\necho 'no such stream: words' >&2\nexit 3\n");
    refused(&env.run(&["submit", "main.pex", "-"]), 4, &["no such stream: words", "3"]);
    script(&path, "#!/bin/sh\nexit 0\n");
    refused(&env.run(&["submit", "main.pex", "-"]), 4, &["without submitting a topology"]);
}

#[test]
fn names_that_are_not_there_or_taken() {
    let env = TestEnv::new();
    for verb in ["activate", "deactivate", "restart", "kill", "status"] {
        refused(&env.run(&[verb, "nobody"]), 5, &["nobody"]);
    }
    let file = env.topology("taken", 1);
    env.ok(&["submit", &file]);
    refused(&env.run(&["submit", &file, "--fail-if-exists"]), 6, &["taken", "exists"]);
    refused(&env.run(&["restart", "taken", "9"]), 5, &["container 9"]);
    refused(&env.run(&["kill", "a/b/c", "taken"]), 6, &["a/b/c"]);
    env.ok(&["kill", "taken"]);
    env.assert_nothing_left("taken");
}

#[test]
fn a_container_that_fits_no_agent_is_explained() {
    let env = TestEnv::new();
    let mut giant = definition("giant", "giant-id", 1);
    for kv in &mut giant.topology_config.as_mut().unwrap().kvs {
        if kv.key == "topology.container.ram" {
            kv.value = Some((1_u64 << 40).to_string());
        }
    }
    env.topology("x", 1);
    std::fs::write(env.directory.path().join("giant.defn"), giant.encode_to_vec()).unwrap();
    let ran = env.run(&["submit", "giant.defn", "--timeout", "10s"]);
    refused(&ran, 11, &["mem", "1048576"]);
    env.assert_nothing_left("giant");
}

#[test]
fn a_release_that_cannot_be_fetched_is_quoted() {
    let env = TestEnv::new();
    let file = env.topology("unfetched", 1);
    let core = "heron.core.release.uri=file:///no/such/heron-core.tar.gz";
    let ran = env.run(&["submit", &file, "--config-property", core]);
    refused(&ran, 1, &["/no/such/heron-core.tar.gz", "stderr"]);
    env.assert_nothing_left("unfetched");
}

#[test]
fn errors_are_documents_too() {
    let env = TestEnv::new();
    let ran = env.run(&["status", "nobody", "-o", "json"]);
    assert_eq!(ran.code, 5);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let error = &document["error"];
    assert_eq!((&error["kind"], &error["exit"]), (&"not_found".into(), &5.into()));
    assert_eq!(error["code"], error["kind"]);
    assert!(error["hints"][0].as_str().unwrap().contains("heron-cli list --config-file"));
}
