//! TLS: whom this tool trusts, who it is for others, and what is wrong with a certificate.
//!
//! Certificates are always verified, and so are the names in them; there is no way to turn that off. A certificate that
//! stands in the CA file itself is trusted as it is, also as a server's own: `openssl req -x509` makes such ones, which
//! say that they are an authority and which OpenSSL and curl accept.

use std::fmt;
use std::io;
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
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError,
    RootCertStore, SignatureScheme,
};

/// webpki's name for a server's certificate that says that it is an authority.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";

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

/// What TLS is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The certificates that are trusted.
    CaFile,
    /// Our own certificate, with its key.
    ClientCertificate,
    /// All of it together.
    Tls,
}

impl Part {
    /// For messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CaFile => "CA file",
            Self::ClientCertificate => "client certificate",
            Self::Tls => "TLS",
        }
    }
}

/// Certificates that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", part.name())]
pub struct TlsError {
    /// What can't be used.
    pub part: Part,
    /// What is wrong.
    pub why: String,
}

impl TlsError {
    fn new(part: Part, why: impl fmt::Display) -> Self {
        Self { part, why: why.to_string() }
    }
}

/// What to do about a server that isn't trusted.
pub const UNTRUSTED_HINT: &str = "put the certificate of the server's authority, or the server's own, into the CA file, and use a name \
                                  that stands in its certificate";

/// A certificate that one side doesn't take: nothing that passes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// We don't trust the server's; what is wrong with it.
    Untrusted(String),
    /// The server doesn't take ours, or wants one; its word for it.
    Refused(String),
}

impl CertificateFault {
    /// What an error of TLS has to do with certificates, if it has.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        use AlertDescription as Alert;
        match error {
            Error::InvalidCertificate(why) => Some(Self::Untrusted(in_words(why))),
            Error::AlertReceived(
                alert @ (Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::CertificateRequired
                | Alert::UnknownCA
                | Alert::AccessDenied
                // The only signatures of ours that a server verifies are those of our certificate.
                | Alert::DecryptError),
            ) => Some(Self::Refused(format!("{alert:?}"))),
            _ => None,
        }
    }
}

/// The error of TLS inside of an I/O error. Those stand inside of each other, and pass what they hold over when they are
/// asked for their cause.
#[must_use]
pub fn tls_in(mut error: &io::Error) -> Option<&Error> {
    loop {
        let inner = error.get_ref()?;
        match inner.downcast_ref::<io::Error>() {
            Some(next) => error = next,
            None => return inner.downcast_ref(),
        }
    }
}

/// What is wrong with a certificate, by name.
fn in_words(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet, or this machine's clock is wrong".to_owned()
        }
        // Somebody of the same name as one who is trusted has signed it.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "nobody who is trusted has issued it".to_owned()
        }
        CertificateError::NotValidForName => "it is for another host name".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = if presented.is_empty() { "no name".into() } else { presented.join(", ") };
            format!("it is not for {} but for {names}", expected.to_str())
        }
        CertificateError::Revoked => "it has been revoked".to_owned(),
        CertificateError::Other(OtherError(why)) if why.to_string() == AUTHORITY_AS_SERVER => {
            "it is an authority's own, and only one that stands in the CA file is taken for a server's"
                .to_owned()
        }
        other => other.to_string(),
    }
}

impl Tls {
    /// What TLS connections are made with.
    ///
    /// # Errors
    /// What is wrong with the certificates.
    pub fn config(&self, others: Roots) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let known = self.authorities()?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::new(Part::Tls, error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(known, others, provider)?));
        Ok(match &self.identity_pem {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let bad = |error: &dyn fmt::Display| TlsError::new(Part::ClientCertificate, error);
                let pem = pem.expose_secret().as_bytes();
                let chain = certificates(pem).map_err(|why| bad(&why))?;
                let key = PrivateKeyDer::from_pem_slice(pem)
                    .map_err(|_| bad(&"it holds no private key in PEM form"))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| bad(&error))?
            }
        })
    }

    fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let Some(pem) = &self.ca_pem else { return Ok(Vec::new()) };
        certificates(pem).map_err(|why| TlsError::new(Part::CaFile, why))
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
            roots.add(certificate.clone()).map_err(|error| TlsError::new(Part::CaFile, error))?;
        }
        if others == Roots::System {
            // What this machine's own list has and can't be read is of no use to anybody.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let usual = usual.map_err(|_| {
            TlsError::new(Part::Tls, "this machine has no list of trusted authorities")
        })?;
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
                if why.to_string() == AUTHORITY_AS_SERVER && self.known.contains(end_entity) =>
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
