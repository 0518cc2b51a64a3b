//! The package store that a configuration names.

use super::credentials::{self, Found};
use crate::commands::error::CommandError;
use crate::config::settings::{
    Bucket, BucketService, HttpMethod, Settings, Uploader, with_topology,
};
use crate::config::{Warning, read_secret};
use crate::env::Env;
use crate::upload::{
    HttpConfig, ObjectConfig, Patience, Sending, Service, StoreConfig, WebHdfsConfig,
};

/// The store for a topology's package, and doubts about its credentials.
pub(super) fn store_config(
    settings: &Settings,
    topology: &str,
    env: &Env,
) -> anyhow::Result<(StoreConfig, Vec<Warning>)> {
    let fetch_url = settings.topology_uri.as_ref().map(|uri| with_topology(uri, topology));
    let mut warnings = Vec::new();
    let mut secret = |file: &Option<std::path::PathBuf>| -> anyhow::Result<_> {
        let Some(file) = file else { return Ok(None) };
        let (secret, warning) = read_secret(file)?;
        warnings.extend(warning);
        Ok(Some(secret))
    };
    let config = match &settings.uploader {
        Uploader::Null => {
            // A configuration with this uploader and without a URI is refused when it is read.
            StoreConfig::Null { uri: fetch_url.unwrap_or_default() }
        }
        Uploader::LocalFileSystem { directory } => {
            StoreConfig::Local { directory: with_topology(directory, topology).into(), fetch_url }
        }
        Uploader::Http { uri, method, authorization_file } => StoreConfig::Http(HttpConfig {
            url: with_topology(uri, topology),
            fetch_url,
            method: match method {
                Some(HttpMethod::Put) => Sending::Put,
                Some(HttpMethod::Post) => Sending::Post,
                None => Sending::PutOrPost,
            },
            authorization: secret(authorization_file)?,
            ..HttpConfig::default()
        }),
        Uploader::Bucket(bucket) => {
            let Found { credentials, warning } = credentials::find(bucket, env)?;
            warnings.extend(warning);
            let config = ObjectConfig { fetch_url, credentials, ..object(bucket, topology) };
            StoreConfig::Object(config)
        }
        Uploader::WebHdfs { uri, user, token_file } => StoreConfig::WebHdfs(WebHdfsConfig {
            url: with_topology(uri, topology),
            fetch_url,
            user: Some(user.clone()),
            token: secret(token_file)?,
            patience: Patience::default(),
        }),
        Uploader::Other { class, .. } => {
            let what = format!(
                "the uploader {class} (known: NullUploader, LocalFileSystemUploader, HttpUploader, S3Uploader, \
                 GcsUploader, AzureUploader, WebHdfsUploader)"
            );
            return Err(CommandError::Unsupported { what }.into());
        }
    };
    Ok((config, warnings))
}

/// The bucket's own folder for a topology is Heron's: `<prefix>/<topology>`.
fn object(bucket: &Bucket, topology: &str) -> ObjectConfig {
    let service = match &bucket.service {
        BucketService::S3 { region, endpoint, path_style, .. } => Service::S3 {
            region: region.clone(),
            endpoint: endpoint.clone(),
            path_style: *path_style,
        },
        BucketService::Gcs { endpoint } => Service::Gcs { endpoint: endpoint.clone() },
        BucketService::Azure { account, endpoint } => {
            Service::Azure { account: account.clone(), endpoint: endpoint.clone() }
        }
    };
    ObjectConfig {
        service,
        bucket: bucket.name.clone(),
        folder: format!("{}/{}", with_topology(&bucket.prefix, topology), in_uri(topology)),
        fetch_url: None,
        credentials: Vec::new(),
        proxy: bucket.proxy.clone(),
        patience: Patience::default(),
    }
}

/// A topology's name as one part of a URI that needs no escapes.
pub(super) fn in_uri(topology: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    topology.chars().map(|c| if safe(c) { c } else { '_' }).collect()
}
