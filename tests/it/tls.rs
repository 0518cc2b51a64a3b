//! TLS to masters and to ZooKeeper: both trust the same, and say alike what is wrong with a certificate.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::environment::{Ran, TestEnv, zookeeper};

/// A certificate with its key.
struct Pair {
    certificate: rcgen::Certificate,
    params: CertificateParams,
    key: KeyPair,
}

impl Pair {
    /// One that says that it is an authority, as `openssl req -x509` makes it.
    fn authority(name: &str) -> Self {
        Self::dated(name, 2090)
    }

    fn dated(name: &str, until: i32) -> Self {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        Self { certificate: params.self_signed(&key).unwrap(), params, key }
    }

    fn issue(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        Self { certificate: params.signed_by(&key, &issuer).unwrap(), params, key }
    }

    /// The certificate, and if wanted its key, in a file of the environment's.
    fn file(&self, env: &TestEnv, name: &str, with_key: bool) -> String {
        let path: PathBuf = env.directory.path().join(name);
        let key = if with_key { self.key.serialize_pem() } else { String::new() };
        std::fs::write(&path, self.certificate.pem() + &key).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// Speaks TLS in front of a server that doesn't; the port on `localhost`.
fn front(server: &Pair, clients: Option<&Pair>, behind: &str) -> u16 {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.certificate.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let key = PrivateKeyDer::try_from(server.key.serialize_der()).unwrap();
    let config = builder.with_single_cert(vec![server.certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind = behind.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                tokio::spawn(async move {
                    let Ok(mut client) = acceptor.accept(client).await else { return };
                    let Ok(mut server) = TcpStream::connect(behind).await else { return };
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
    });
    port
}

/// Who is asked by TLS.
#[derive(Clone, Copy, Debug)]
enum Who {
    Master,
    ZooKeeper,
}

impl Who {
    /// Asks, and nobody but this server by TLS.
    fn ask(self, env: &mut TestEnv, port: u16, ca: &str, identity: Option<&str>) -> Ran {
        let (mut lines, prefix, words): (_, _, &[&str]) = match self {
            Self::Master => {
                let lines = vec![format!("heron.mesos.master.uri: https://localhost:{port}")];
                (lines, "heron.mesos.tls", &["check", "fetch"])
            }
            Self::ZooKeeper => {
                let key = "heron.statemgr.client.connection.string";
                (
                    vec![format!("{key}: localhost:{port}")],
                    "heron.statemgr.zookeeper.tls",
                    &["list"],
                )
            }
        };
        lines.push(format!("{prefix}.ca.file: {ca}"));
        lines.extend(identity.map(|file| format!("{prefix}.client.certificate.file: {file}")));
        env.write_config(&lines);
        env.run(words)
    }
}

#[track_caller]
fn ends_with(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{words:?} in {}", ran.stderr);
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_alike() {
    let mut env = TestEnv::new();
    let (authority, stranger) = (Pair::authority("authority"), Pair::authority("localhost"));
    let (expired, elsewhere) = (Pair::dated("localhost", 2021), Pair::authority("elsewhere"));
    let server = authority.issue("localhost");
    for who in [Who::Master, Who::ZooKeeper] {
        for (server, ca, word) in [
            (&expired, &expired, "it has expired"),
            (&elsewhere, &elsewhere, "it is not for localhost but for"),
            (&server, &stranger, "nobody who is trusted has issued it"),
            (&stranger, &authority, "it is an authority's own"),
        ] {
            let ca = ca.file(&env, "ca.pem", false);
            let ran = who.ask(&mut env, front(server, None, "127.0.0.1:1"), &ca, None);
            ends_with(&ran, 7, &[word, "not trusted", "localhost", "into the CA file"]);
        }
        // What we are is checked by the server.
        let ca = authority.file(&env, "ca.pem", false);
        let port = front(&server, Some(&authority), "127.0.0.1:1");
        ends_with(&who.ask(&mut env, port, &ca, None), 8, &["certificate, or wants one"]);
        let foreign = stranger.issue("me").file(&env, "me.pem", true);
        let ran = who.ask(&mut env, port, &ca, Some(&foreign));
        ends_with(&ran, 8, &["certificate, or wants one"]);
    }
}

#[test]
fn a_certificate_that_stands_in_the_ca_file_is_trusted_itself() {
    let mut env = TestEnv::new();
    let alone = Pair::authority("localhost");
    let ca = alone.file(&env, "ca.pem", false);
    let port = front(&alone, None, &zookeeper());
    ends_with(&Who::ZooKeeper.ask(&mut env, port, &ca, None), 0, &[]);

    let file = env.topology("planned", 1);
    let port = front(&alone, None, &env.cluster.masters[0]);
    env.write_config(&[
        format!("heron.mesos.master.uri: https://localhost:{port}"),
        format!("heron.mesos.tls.ca.file: {ca}"),
    ]);
    env.ok(&["submit", &file, "--dry-run"]);
    // An agent gets the master's scheme: its secrets are no less.
    let ran = env.run(&["check", "fetch", "--timeout", "30s"]);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("https://127.0.0.1:"), "{said}");
    assert!(!said.contains("http://127.0.0.1:"), "{said}");
}
