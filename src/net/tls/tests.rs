use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::WebPkiClientVerifier;

use super::*;
use crate::net::http::{Options, Security, client};
use crate::net::unreachable::Unreachable;

/// A certificate with its key.
struct Pair {
    certificate: rcgen::Certificate,
    params: CertificateParams,
    key: KeyPair,
}

impl Pair {
    /// One that says that it is an authority, as `openssl req -x509` makes it.
    fn authority(name: &str, change: impl Fn(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Self { certificate: params.self_signed(&key).unwrap(), params, key }
    }

    fn issue(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        Self { certificate: params.signed_by(&key, &issuer).unwrap(), params, key }
    }

    fn trusted(&self) -> Tls {
        Tls { ca_pem: Some(self.certificate.pem().into_bytes()), identity_pem: None }
    }
}

/// A server that answers every request with 200, and the port it is on.
async fn serve(pair: &Pair, clients: Option<&Pair>) -> u16 {
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
    let key = PrivateKeyDer::try_from(pair.key.serialize_der()).unwrap();
    let config = builder.with_single_cert(vec![pair.certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

async fn get(port: u16, tls: Tls) -> Result<(), Unreachable> {
    let options = Options { security: Security::Tls(tls), ..Options::default() };
    let sent = client(&options).unwrap().get(format!("https://localhost:{port}/")).send().await;
    sent.map(drop).map_err(|error| Unreachable::from(&error))
}

fn untrusted(result: Result<(), Unreachable>) -> String {
    match result {
        Err(error @ Unreachable::Untrusted(_)) => {
            assert!(!error.may_pass());
            error.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_is_trusted_by_its_authority_or_by_itself() {
    let authority = Pair::authority("an authority", |_| {});
    let server = authority.issue("localhost");
    let port = serve(&server, None).await;
    assert_eq!(get(port, authority.trusted()).await, Ok(()));
    let alone = Pair::authority("localhost", |_| {});
    let port = serve(&alone, None).await;
    assert_eq!(get(port, alone.trusted()).await, Ok(()));
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_by_name() {
    let alone = Pair::authority("localhost", |_| {});
    let port = serve(&alone, None).await;
    let another = Pair::authority("localhost", |_| {});
    let said = untrusted(get(port, another.trusted()).await);
    assert!(said.starts_with("the server's certificate is not trusted: "), "{said}");
    assert!(said.contains("an authority's own"), "{said}");
    untrusted(get(port, Tls::default()).await);

    let authority = Pair::authority("an authority", |_| {});
    let port = serve(&authority.issue("localhost"), None).await;
    let said = untrusted(get(port, another.trusted()).await);
    assert!(said.ends_with("nobody who is trusted has issued it"), "{said}");

    // What stands in the CA file is trusted for its names and its time only.
    let elsewhere = Pair::authority("elsewhere", |_| {});
    let said = untrusted(get(serve(&elsewhere, None).await, elsewhere.trusted()).await);
    assert!(said.contains("not for localhost but for"), "{said}");
    let old = Pair::authority("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let said = untrusted(get(serve(&old, None).await, old.trusted()).await);
    assert!(said.ends_with("it has expired"), "{said}");
    let young = Pair::authority("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2090, 1, 1);
        params.not_after = rcgen::date_time_ymd(2091, 1, 1);
    });
    let said = untrusted(get(serve(&young, None).await, young.trusted()).await);
    assert!(said.contains("not valid yet"), "{said}");
}

#[tokio::test]
async fn a_server_may_want_to_know_who_we_are() {
    let authority = Pair::authority("an authority", |_| {});
    let port = serve(&authority.issue("localhost"), Some(&authority)).await;
    let me = authority.issue("me");
    let pem = format!("{}{}", me.certificate.pem(), me.key.serialize_pem());
    let known = Tls { identity_pem: Some(pem.into()), ..authority.trusted() };
    assert_eq!(get(port, known).await, Ok(()));
    let refused = get(port, authority.trusted()).await.unwrap_err();
    assert!(matches!(refused, Unreachable::CertificateRefused(_)), "{refused:?}");
    assert!(!refused.may_pass());
}

#[test]
fn files_that_hold_no_certificates_are_refused() {
    let config = |ca: Option<&str>, identity: Option<&str>| {
        let ca_pem = ca.map(|text| text.as_bytes().to_vec());
        Tls { ca_pem, identity_pem: identity.map(SecretString::from) }.config(Roots::OnlyCaFile)
    };
    assert_eq!(config(Some("no certificate"), None).unwrap_err().part, Part::CaFile);
    let pair = Pair::authority("a", |_| {});
    let (certificate, key) = (pair.certificate.pem(), pair.key.serialize_pem());
    assert!(config(Some(&certificate), Some(&format!("{certificate}{key}"))).is_ok());
    for identity in ["", &certificate, &key] {
        let error = config(Some(&certificate), Some(identity)).unwrap_err();
        assert_eq!(error.part, Part::ClientCertificate);
    }
    assert!(
        !format!("{:?}", Tls { identity_pem: Some(key.into()), ..pair.trusted() }).contains("KEY")
    );
}
