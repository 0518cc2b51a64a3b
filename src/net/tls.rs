//! TLS: whom this tool trusts, who it is for others, and what is wrong with a certificate.
//!
//! Certificates are always verified, and so are the names in them; there is no way to turn that off. A certificate that
//! stands in the CA file itself is trusted as it is, also as a server's own: `openssl req -x509` makes such ones, which
//! say that they are an authority and which OpenSSL and curl accept.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};

/// Whom to trust, and who we are.
#[derive(Clone, Default)]
pub struct Tls {
    /// Certificates (PEM) that are trusted besides those of the system.
    pub ca_pem: Option<Vec<u8>>,
    /// Client certificate and key (PEM), for servers that require one.
    pub identity_pem: Option<SecretString>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ca, identity) = (self.ca_pem.is_some(), self.identity_pem.is_some());
        f.debug_struct("Tls").field("ca", &ca).field("identity", &identity).finish()
    }
}

/// Which certificates are trusted besides those of the CA file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The system's. Reading them takes tens of milliseconds.
    System,
    /// None.
    OnlyCaFile,
}

/// Certificates that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct TlsError {
    /// `CA file`, `client certificate` or `TLS`.
    pub what: &'static str,
    /// What is wrong.
    pub why: String,
}

impl TlsError {
    fn new(what: &'static str, why: impl fmt::Display) -> Self {
        Self { what, why: why.to_string() }
    }
}

impl Tls {
    /// What TLS connections are made with. Speaks HTTP/1.1 only, if servers ask.
    ///
    /// # Errors
    /// What is wrong with the certificates.
    pub fn config(&self, others: Roots) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let known = self.authorities()?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::new("TLS", error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(known, others, provider)?));
        let mut config = match &self.identity_pem {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let bad = |error: &dyn fmt::Display| TlsError::new("client certificate", error);
                let pem = pem.expose_secret().as_bytes();
                let chain = certificates(pem).map_err(|why| bad(&why))?;
                let key = PrivateKeyDer::from_pem_slice(pem)
                    .map_err(|_| bad(&"it holds no private key in PEM form"))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| bad(&error))?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let Some(pem) = &self.ca_pem else { return Ok(Vec::new()) };
        certificates(pem).map_err(|why| TlsError::new("CA file", why))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err("it holds no certificate in PEM form".to_owned()),
        Ok(found) => Ok(found),
        Err(error) => Err(error.to_string()),
    }
}

/// Verifies as webpki does, and trusts the certificates of the CA file as servers' own too.
#[derive(Debug)]
struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    known: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn new(
        known: Vec<CertificateDer<'static>>,
        others: Roots,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in &known {
            roots.add(certificate.clone()).map_err(|error| TlsError::new("CA file", error))?;
        }
        if others == Roots::System {
            // What this machine's own list has and can't be read is of no use to anybody.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|_| TlsError::new("TLS", "this machine has no list of trusted authorities"))?;
        Ok(Self { usual, known })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let usual = self.usual.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match usual {
            // webpki looks at the time first: what fails for this reason is valid now. The name is left to be checked.
            Err(Error::InvalidCertificate(CertificateError::Other(OtherError(why))))
                if why.to_string() == "CaUsedAsEndEntity" && self.known.contains(end_entity) =>
            {
                let parsed = ParsedCertificate::try_from(end_entity)?;
                tokio_rustls::rustls::client::verify_server_name(&parsed, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests;
