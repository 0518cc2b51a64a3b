//! TLS to ZooKeeper, with a certificate of the client's, against a real server whose certificates are made here.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::environment::{Ran, TestEnv};
use crate::zookeeper::{Extras, ZooKeeper, free_port};

/// A server that speaks TLS on a port of its own, with those whose certificate it trusts.
struct Server {
    directory: PathBuf,
    plain: ZooKeeper,
    secure: u16,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap().keep();
    for authority in ["authority", "stranger"] {
        openssl(
            &directory,
            &format!(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"
            ),
        );
    }
    certify(&directory, "server", "authority", "IP:127.0.0.1");
    certify(&directory, "client", "authority", "DNS:client");
    certify(&directory, "foreign", "stranger", "DNS:client");
    let secure = free_port().unwrap();
    let of = |file: &str| directory.join(file).display().to_string();
    let extras = Extras {
        config: vec![
            format!("secureClientPort={secure}"),
            "secureClientPortAddress=0.0.0.0".to_owned(),
            "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory".to_owned(),
            format!("ssl.keyStore.location={}", of("server.identity.pem")),
            format!("ssl.trustStore.location={}", of("authority.pem")),
            "ssl.clientAuth=need".to_owned(),
        ],
        java: Vec::new(),
    };
    let plain = ZooKeeper::start_with(&directory, None, &extras).unwrap();
    Server { directory, plain, secure }
});

fn openssl(directory: &Path, words: &str) {
    let output =
        Command::new("openssl").args(words.split(' ')).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes a certificate for `name`, with its key in front of it in `<name>.identity.pem`.
fn certify(directory: &Path, name: &str, authority: &str, names: &str) {
    openssl(
        directory,
        &format!("req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"),
    );
    std::fs::write(
        directory.join(format!("{name}.ext")),
        format!("subjectAltName={names}\nbasicConstraints=CA:FALSE\n"),
    )
    .unwrap();
    openssl(
        directory,
        &format!(
            "x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 -extfile {name}.ext -out {name}.pem"
        ),
    );
    let read = |kind: &str| std::fs::read(directory.join(format!("{name}.{kind}"))).unwrap();
    let identity = directory.join(format!("{name}.identity.pem"));
    std::fs::write(&identity, [read("key"), read("pem")].concat()).unwrap();
    std::fs::set_permissions(identity, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Lines for a configuration: this machine speaks TLS with `host`, the containers don't.
fn lines(host: &str, authority: Option<&str>, identity: Option<&str>) -> Vec<String> {
    let server = &*SERVER;
    let mut lines = vec![
        format!("zk.connection.string: {}", server.plain.connection()),
        format!("heron.statemgr.client.connection.string: {host}:{}", server.secure),
    ];
    let mut add = |key: &str, file: Option<&str>| {
        lines.extend(file.map(|file| {
            format!("heron.statemgr.zookeeper.tls.{key}: {}/{file}", server.directory.display())
        }));
    };
    add("ca.file", authority);
    add("client.certificate.file", identity);
    lines
}

#[track_caller]
fn ends_with(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{words:?} in {}", ran.stderr);
}

#[test]
fn a_topology_lives_and_dies_over_tls() {
    let mut env = TestEnv::new();
    env.write_config(&lines("127.0.0.1", Some("authority.pem"), Some("client.identity.pem")));
    let file = env.topology("secured", 1);
    env.ok(&["submit", &file]);
    assert_eq!(env.json(&["status", "secured"])["topology"]["state"], "RUNNING");
    env.ok(&["restart", "secured", "1"]);
    env.ok(&["kill", "secured"]);
    assert_eq!(env.json(&["list"])["topologies"], serde_json::json!([]));
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_at_once() {
    let mut env = TestEnv::new();
    let mut list = |lines: Vec<String>| {
        env.write_config(&lines);
        env.run(&["list"])
    };
    let began = Instant::now();
    let client = Some("client.identity.pem");
    ends_with(
        &list(lines("127.0.0.1", Some("stranger.pem"), client)),
        7,
        &["has a certificate that is not trusted", "nobody who is trusted has issued it"],
    );
    ends_with(
        &list(lines("localhost", Some("authority.pem"), client)),
        7,
        &["has a certificate that is not trusted", "localhost"],
    );
    let refused = ["does not accept this client's certificate"];
    ends_with(&list(lines("127.0.0.1", Some("authority.pem"), None)), 8, &refused);
    let foreign = Some("foreign.identity.pem");
    ends_with(&list(lines("127.0.0.1", Some("authority.pem"), foreign)), 8, &refused);
    assert!(began.elapsed() < Duration::from_secs(40), "four answers of under 2 s");

    ends_with(&list(lines("127.0.0.1", Some("server.csr"), client)), 3, &["server.csr"]);
    ends_with(&list(lines("127.0.0.1", None, client)), 3, &["tls.ca.file"]);
}
