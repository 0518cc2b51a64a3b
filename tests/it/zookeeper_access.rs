//! Credentials for ZooKeeper: with them the journal is nobody else's.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use heron_cli::net::deadline::Deadline;
use heron_cli::net::zookeeper::{Access, Credentials, Ensemble, Options, Scheme};
use heron_cli::state::{Op, StateError, Zk};

use crate::environment::{Ran, TestEnv, TestOptions};
use crate::zookeeper::{Extras, ZooKeeper};

/// The password that must be seen nowhere.
pub const PASSWORD: &str = "hunter2-zk";

/// A server that knows the user `heron` by SASL, and everybody by digest.
pub static SERVER: LazyLock<ZooKeeper> = LazyLock::new(|| server(&[]));

/// One that knows the user, with more lines in its configuration.
fn server(more: &[&str]) -> ZooKeeper {
    let data = tempfile::tempdir().unwrap().keep();
    let jaas = data.join("jaas.conf");
    let users = format!(
        "Server {{\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n  user_heron=\"{PASSWORD}\";\n}};\n"
    );
    std::fs::write(&jaas, users).unwrap();
    let extras = Extras {
        config: ["authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider"]
            .iter()
            .chain(more)
            .map(|&line| line.to_owned())
            .collect(),
        java: vec![format!("-Djava.security.auth.login.config={}", jaas.display())],
    };
    ZooKeeper::start_with(&data, None, &extras).unwrap()
}

fn secret(env: &TestEnv, text: &str) -> PathBuf {
    let path = env.directory.path().join("zookeeper.auth");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn lines(scheme: &str, file: Option<&Path>) -> Vec<String> {
    let mut lines = vec![format!("zk.connection.string: {}", SERVER.connection())];
    if let Some(file) = file {
        lines.push(format!("heron.statemgr.zookeeper.auth.scheme: {scheme}"));
        lines.push(format!("heron.statemgr.zookeeper.auth.file: {}", file.display()));
    }
    lines
}

fn env(scheme: &str) -> TestEnv {
    let mut env = TestEnv::with(&TestOptions::default());
    let file = secret(&env, &format!("heron:{PASSWORD}\n"));
    env.write_config(&lines(scheme, Some(&file)));
    env
}

/// What somebody can do who reaches the server.
pub fn as_somebody<T>(credentials: Option<Credentials>, work: impl AsyncFnOnce(&Zk) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut options = Options::new(Ensemble::parse(SERVER.connection()).unwrap());
        options.access = Access { credentials, tls: None };
        let zk = Zk::connect(&options, &Deadline::never()).await.unwrap();
        let done = work(&zk).await;
        zk.close(Duration::from_secs(5)).await;
        done
    })
}

#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "what it is called with is made for it")]
fn is_denied<T: std::fmt::Debug>(result: Result<T, StateError>) {
    assert!(matches!(result, Err(StateError::NoAuth { .. })), "{result:?}");
}

#[track_caller]
fn ends_with(ran: &Ran, code: i32, words: &[&str]) {
    let said = format!("{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, code, "{said}");
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
    assert!(!said.contains(PASSWORD), "{said}");
}

/// Every way in which somebody without the credentials might touch a topology's journal.
async fn attack(zk: &Zk, root: &str, topology: &str) {
    let frameworks = format!("{root}/frameworks");
    let journal = format!("{frameworks}/{topology}");
    for path in [&frameworks, &journal, &format!("{journal}/containers/1")] {
        is_denied(zk.get(path).await);
        is_denied(zk.children(path).await);
        is_denied(zk.transaction(&[Op::set(path.as_str(), b"{}".to_vec(), None)]).await);
        is_denied(zk.transaction(&[Op::create(format!("{path}/x"), b"".to_vec())]).await);
    }
    for directory in ["lock", "containers"] {
        let path = format!("{journal}/{directory}");
        is_denied(zk.children(&path).await);
        let node = format!("{path}/_c_x-lock-0000000000");
        is_denied(zk.transaction(&[Op::create(node, b"".to_vec())]).await);
    }
    is_denied(zk.transaction(&[Op::delete(format!("{journal}/containers/1"))]).await);
    is_denied(zk.transaction(&[Op::delete(journal.as_str())]).await);
}

#[test]
fn with_credentials_the_journal_is_nobody_elses() {
    for scheme in ["sasl", "digest"] {
        let mut env = env(scheme);
        let file = env.topology("guarded", 1);
        let ran = env.ok(&["submit", &file, "-vvv"]);
        assert!(!ran.stderr.contains(PASSWORD));
        as_somebody(None, async |zk| attack(zk, &env.root, "guarded").await);
        let other = Credentials::parse(Scheme::Digest, &"heron:wrong".into()).ok();
        as_somebody(other, async |zk| attack(zk, &env.root, "guarded").await);

        // Heron's own nodes are as open as ever: the stand-in's processes have no credentials, and run.
        assert_eq!(env.json(&["status", "guarded"])["topology"]["state"], "RUNNING");
        env.ok(&["deactivate", "guarded"]);
        env.ok(&["restart", "guarded", "1"]);

        let with = std::fs::read_to_string(&env.config).unwrap();
        env.write_config(&lines(scheme, None));
        for verb in ["kill", "restart"] {
            ends_with(&env.run(&[verb, "guarded"]), 8, &["frameworks/guarded"]);
        }
        env.ok(&["list"]);
        let ran = env.ok(&["status", "guarded"]);
        ends_with(&ran, 0, &["PAUSED", "can't be read by this user"]);
        std::fs::write(&env.config, with).unwrap();
        let ran = env.ok(&["kill", "guarded", "-vvv"]);
        assert!(!ran.stderr.contains(PASSWORD));
        assert_eq!(env.cluster.live_tasks().len(), 0);
        let gone = Credentials::parse(Scheme::Digest, &format!("heron:{PASSWORD}").into()).ok();
        let left = as_somebody(gone, async |zk| {
            zk.get(&format!("{}/topologies/guarded", env.root)).await.unwrap()
        });
        assert_eq!(left, None);
    }
}

#[test]
fn wrong_credentials_are_told_at_once() {
    let mut env = env("sasl");
    let wrong = secret(&env, "heron:wrong\n");
    env.write_config(&lines("sasl", Some(&wrong)));
    let began = Instant::now();
    ends_with(&env.run(&["list"]), 8, &[SERVER.connection(), "refused the credentials"]);
    let file = env.topology("refused", 1);
    ends_with(&env.run(&["submit", &file]), 8, &["refused the credentials"]);
    assert!(began.elapsed() < Duration::from_secs(20), "two answers of under 2 s");

    // By digest, any password is one; what it does not open is named.
    let right = secret(&env, &format!("heron:{PASSWORD}\n"));
    env.write_config(&lines("digest", Some(&right)));
    let file = env.topology("opened", 1);
    env.ok(&["submit", &file]);
    secret(&env, "heron:wrong\n");
    ends_with(&env.run(&["kill", "opened"]), 8, &["frameworks/opened"]);
    secret(&env, &format!("heron:{PASSWORD}\n"));
    env.ok(&["kill", "opened"]);
}

#[test]
fn a_server_that_wants_credentials_is_told_of() {
    let server = server(&["enforce.auth.enabled=true", "enforce.auth.schemes=sasl"]);
    let mut env = env("sasl");
    let with = std::fs::read_to_string(&env.config).unwrap();
    let with = with.replace(SERVER.connection(), server.connection());
    std::fs::write(&env.config, with).unwrap();
    let ran = env.ok(&["list"]);
    ends_with(&ran, 0, &[]);
    env.write_config(&[format!("zk.connection.string: {}", server.connection())]);
    ends_with(&env.run(&["list"]), 8, &["not allowed", env.root.as_str()]);
}

#[test]
fn files_that_hold_no_credentials_are_refused() {
    let mut env = env("sasl");
    let file = secret(&env, "no pair\n");
    env.write_config(&lines("sasl", Some(&file)));
    ends_with(&env.run(&["list"]), 3, &["zookeeper.auth"]);
    std::fs::write(&file, format!("heron:{PASSWORD}")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    ends_with(&env.run(&["list"]), 3, &["zookeeper.auth", "chmod 600"]);
    std::fs::remove_file(&file).unwrap();
    ends_with(&env.run(&["list"]), 3, &["zookeeper.auth"]);
}

#[test]
fn an_open_journal_is_taken_over_when_it_is_changed() {
    let mut env = env("digest");
    let with = std::fs::read_to_string(&env.config).unwrap();
    env.write_config(&lines("digest", None));
    let file = env.topology("opened", 1);
    env.ok(&["submit", &file]);
    let journal = format!("{}/frameworks/opened", env.root);
    let open = as_somebody(None, async |zk| zk.get(&journal).await.unwrap().is_some());
    assert!(open);

    std::fs::write(&env.config, with).unwrap();
    env.ok(&["restart", "opened", "1"]);
    as_somebody(None, async |zk| attack(zk, &env.root, "opened").await);
    env.ok(&["kill", "opened"]);
}

#[test]
fn a_plain_node_in_a_lock_is_no_lock() {
    let env = TestEnv::new();
    let file = env.topology("plain", 1);
    env.ok(&["submit", &file]);
    let ensemble = Ensemble::parse(&crate::environment::zookeeper()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let zk = Zk::connect(&Options::new(ensemble), &Deadline::never()).await.unwrap();
        let node = format!("{}/frameworks/plain/lock/_c_x-lock-0000000000", env.root);
        zk.transaction(&[Op::create(node, b"".to_vec())]).await.unwrap();
        zk.close(Duration::from_secs(5)).await;
    });
    env.ok(&["restart", "plain", "1"]);
    env.ok(&["kill", "plain"]);
    env.assert_nothing_left("plain");
}
