//! Who we are for ZooKeeper, and how it proves who it is.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio_rustls::rustls::ClientConfig;

use crate::net::tls::{self, Roots, TlsError};

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
    /// Trusts who stands in the CA file, and nobody else; shows the client's certificate, if there is one.
    ///
    /// # Errors
    /// What is wrong with the certificates.
    pub fn new(tls: &tls::Tls) -> Result<Self, TlsError> {
        Ok(Self { config: Arc::new(tls.config(Roots::OnlyCaFile)?) })
    }
}

/// How to be let in.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Who we are, if anybody in particular.
    pub credentials: Option<Credentials>,
    /// TLS, if it is to be spoken.
    pub tls: Option<Tls>,
}

#[cfg(test)]
mod tests {
    use super::*;

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
