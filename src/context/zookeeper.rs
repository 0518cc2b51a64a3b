//! ZooKeeper as the settings say it is reached. The files that they name are read anew for each session, so that
//! credentials may change meanwhile.

use std::path::PathBuf;

use thiserror::Error;

use crate::config::read_secret;
use crate::config::secret::SecretError;
use crate::config::settings::{Backend, State, ZooKeeperAccess};
use crate::net::tls::{self, Part, TlsError};
use crate::net::zookeeper::{
    Access, AddressError, BadCredentials, Credentials, Ensemble, Known, Opened, Options, Scheme,
    Tls,
};
use crate::state::{Rules, Tree};

/// Settings for ZooKeeper that can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ZooKeeperSettingsError {
    /// The connection string.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A secret can't be read.
    #[error("failed to read a secret for ZooKeeper")]
    Secret(#[from] SecretError),
    /// A file of certificates can't be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file with user and password holds something else.
    #[error("`{}` can't be used for ZooKeeper", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: BadCredentials,
    },
    /// The certificates can't be used.
    #[error("the certificates in `{}` can't be used for ZooKeeper", path.display())]
    Certificates {
        /// The files.
        path: PathBuf,
        /// Why not.
        #[source]
        source: TlsError,
    },
}

/// How to reach the ensemble that keeps the state.
pub(super) fn options(connection: &str, state: &State) -> Result<Options, ZooKeeperSettingsError> {
    let ensemble = Ensemble::parse(connection)?;
    Ok(Options {
        session_timeout: state.session_timeout,
        connection_timeout: state.connection_timeout,
        access: access(&state.access)?,
        max_buffer: usize::try_from(state.max_buffer.get()).unwrap_or(usize::MAX),
        ..Options::new(ensemble)
    })
}

/// The ensemble whose access the settings tell, under both its names. A command that needs no state may have none.
pub(super) fn known(state: &State, opened: &Opened) -> Result<Known, ZooKeeperSettingsError> {
    let Backend::ZooKeeper { connection, client_connection } = &state.backend else {
        return Ok(Known::default());
    };
    let mut endpoints = Vec::new();
    for connection in [connection, client_connection] {
        if !connection.is_empty() {
            endpoints.extend(Ensemble::parse(connection)?.endpoints);
        }
    }
    Ok(Known { endpoints, access: access(&state.access)?, opened: opened.clone() })
}

/// What holds for the parts of the tree.
pub(super) fn rules(tree: &Tree, state: &State) -> Rules {
    let mut fixed = Vec::new();
    if !state.initialize_tree {
        fixed.extend(tree.directories());
        fixed.push(state.journal_root.clone());
    }
    Rules { private: Some(state.journal_root.clone()), fixed }
}

/// Reads the files. What is doubtful about them was said when the configuration was judged.
fn access(settings: &ZooKeeperAccess) -> Result<Access, ZooKeeperSettingsError> {
    let mut access = Access::default();
    if let Some(path) = &settings.auth_file {
        let scheme = if settings.sasl { Scheme::Sasl } else { Scheme::Digest };
        let (text, _) = read_secret(path)?;
        let credentials = Credentials::parse(scheme, &text);
        access.credentials = Some(credentials.map_err(|source| {
            ZooKeeperSettingsError::Credentials { path: path.clone(), source }
        })?);
    }
    if let Some(path) = &settings.ca_file {
        let authorities = std::fs::read(path)
            .map_err(|source| ZooKeeperSettingsError::Read { path: path.clone(), source })?;
        let own = settings.client_certificate_file.as_ref();
        let identity = own.map(|path| read_secret(path)).transpose()?;
        let identity_pem = identity.map(|(pem, _)| pem);
        let tls = Tls::new(&tls::Tls { ca_pem: Some(authorities), identity_pem });
        access.tls = Some(tls.map_err(|source| {
            let file = if source.part == Part::ClientCertificate { own } else { None };
            let path = file.unwrap_or(path).clone();
            ZooKeeperSettingsError::Certificates { path, source }
        })?);
    }
    Ok(access)
}
