//! The package store that a configuration names.

use crate::commands::error::CommandError;
use crate::config::settings::{HttpMethod, Settings, Uploader, with_topology};
use crate::upload::{HttpConfig, StoreConfig};

/// The store for a topology's package.
pub(super) fn store_config(
    settings: &Settings,
    topology: &str,
) -> Result<StoreConfig, CommandError> {
    let unsupported = |what: &str| CommandError::Unsupported { what: what.to_owned() };
    match &settings.uploader {
        Uploader::Null => {
            // A configuration with this uploader and without a URI is refused when it is read.
            let uri = settings.topology_uri.as_deref().unwrap_or_default();
            Ok(StoreConfig::Null { uri: with_topology(uri, topology) })
        }
        Uploader::LocalFileSystem { directory } => {
            Ok(StoreConfig::Local { directory: with_topology(directory, topology).into() })
        }
        Uploader::Http { method: Some(HttpMethod::Post), .. } => {
            Err(unsupported("uploading by POST; a server that takes PUT is needed"))
        }
        Uploader::Http { authorization_file: Some(_), .. } => {
            Err(unsupported("an Authorization header of one's own for the package store"))
        }
        Uploader::Http { uri, .. } => Ok(StoreConfig::Http(HttpConfig {
            url: with_topology(uri, topology),
            fetch_url: settings.topology_uri.as_ref().map(|uri| with_topology(uri, topology)),
            credentials: None,
            proxy: None,
            timeout: None,
        })),
        Uploader::Other { class, .. } => Err(unsupported(&format!(
            "the uploader {class} (known: NullUploader, LocalFileSystemUploader, HttpUploader)"
        ))),
    }
}
