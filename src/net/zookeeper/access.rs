//! Who we are for ZooKeeper, and how it proves who it is.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::address::{Endpoint, Ensemble};

/// How a user and a password are shown to ZooKeeper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// ZooKeeper's own `digest`: the password crosses the network, and any pair is accepted; only what it opens differs.
    #[default]
    Digest,
    /// SASL with DIGEST-MD5: the server knows the users, and the password stays here.
    Sasl,
}

/// A user, and what proves that we are it.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// How they are shown.
    pub scheme: Scheme,
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// What is no `user:password`.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("expected one line, user:password")]
pub struct BadCredentials;

impl Credentials {
    /// Reads `user:password`.
    pub fn parse(scheme: Scheme, text: &SecretString) -> Result<Self, BadCredentials> {
        let text = text.expose_secret();
        match text.split_once(':') {
            Some((user, password))
                if !user.is_empty() && !password.is_empty() && !text.contains(['\n', '\0']) =>
            {
                Ok(Self { scheme, user: user.to_owned(), password: password.into() })
            }
            _ => Err(BadCredentials),
        }
    }
}

/// Certificates that can't be used.
#[derive(Clone, Debug, Error)]
pub enum TlsError {
    /// A PEM file without what is looked for in it.
    #[error("it holds no {what} in PEM form")]
    Missing {
        /// `certificate` or `private key`.
        what: &'static str,
    },
    /// What TLS makes of it.
    #[error(transparent)]
    Unusable(#[from] rustls::Error),
}

/// TLS towards ZooKeeper.
#[derive(Clone)]
pub struct Tls {
    pub(super) config: Arc<ClientConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Trusts authorities, and shows the certificate of a PEM text that holds its key too.
    ///
    /// The server's name is verified against its certificate; there is no way to turn that off.
    pub fn new(trusted: Authorities, identity: Option<&SecretString>) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(trusted.0);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let pem = pem.expose_secret().as_bytes();
                let chain = certificates(pem);
                if chain.is_empty() {
                    return Err(TlsError::Missing { what: "certificate" });
                }
                let key = PrivateKeyDer::from_pem_slice(pem);
                let key = key.map_err(|_| TlsError::Missing { what: "private key" })?;
                builder.with_client_auth_cert(chain, key)?
            }
        };
        Ok(Self { config: Arc::new(config) })
    }
}

/// Authorities that are trusted to sign the servers' certificates.
#[derive(Clone, Debug)]
pub struct Authorities(RootCertStore);

impl Authorities {
    /// Reads their certificates.
    pub fn parse(pem: &[u8]) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem) {
            roots.add(certificate)?;
        }
        if roots.is_empty() {
            return Err(TlsError::Missing { what: "certificate" });
        }
        Ok(Self(roots))
    }
}

fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

/// How to be let in.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Who we are, if anybody in particular.
    pub credentials: Option<Credentials>,
    /// TLS, if it is to be spoken.
    pub tls: Option<Tls>,
}

/// An ensemble whose access is known.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its servers, under every name they go by.
    pub endpoints: Vec<Endpoint>,
    /// How to be let in.
    pub access: Access,
}

impl Known {
    /// How to be let into an ensemble: as is known if it has a server in common, and as anybody otherwise, so that no
    /// credentials go to strangers.
    #[must_use]
    pub fn access_to(&self, ensemble: &Ensemble) -> Access {
        let same = ensemble.endpoints.iter().any(|endpoint| self.endpoints.contains(endpoint));
        if same { self.access.clone() } else { Access::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_to_the_known_ensemble_only() {
        let text = "me:geheim".into();
        let access =
            Access { credentials: Credentials::parse(Scheme::Sasl, &text).ok(), tls: None };
        let endpoints = Ensemble::parse("a:1,b:1").unwrap().endpoints;
        let known = Known { endpoints, access };
        let shown =
            |text: &str| known.access_to(&Ensemble::parse(text).unwrap()).credentials.is_some();
        assert!(shown("b:1,c:1"));
        assert!(!shown("c:1") && !shown("a:2"));
    }

    #[test]
    fn credentials_are_a_user_and_a_password() {
        let read = |text: &str| Credentials::parse(Scheme::Sasl, &text.into());
        let good = read("me:geheim:2").unwrap();
        assert_eq!((good.user.as_str(), good.password.expose_secret()), ("me", "geheim:2"));
        assert!(!format!("{good:?}").contains("geheim"));
        for bad in ["me", ":x", "me:", "a:b\nc:d"] {
            assert_eq!(read(bad).unwrap_err(), BadCredentials, "{bad:?}");
        }
    }
}
