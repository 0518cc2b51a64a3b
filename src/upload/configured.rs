//! The package store that a configuration names.

use std::time::Duration;

use thiserror::Error;

use super::credentials::{self, BucketCredentials};
use super::{
    CommandConfig, HdfsConfig, HttpConfig, Login, ObjectConfig, OnLine, Programs, Sending, Service,
    SshConfig, StoreConfig, WebHdfsConfig,
};
use crate::config::settings::{
    Bucket, BucketService, HttpMethod, UPLOADERS, Uploader, with_topology,
};
use crate::config::{Settings, Warning, read_secret};
use crate::env::{Env, Machine};
use crate::net::http::Proxies;
use crate::net::retry::RetryPolicy;

/// The configuration names no store that there is.
#[derive(Debug, Error)]
#[error("there is no uploader {class}; there are {}", UPLOADERS.join(", "))]
pub struct UnknownUploader {
    /// What it names.
    pub class: String,
}

/// A store as the configuration has it.
pub struct Configured {
    /// The store.
    pub config: StoreConfig,
    /// Doubts about its credentials.
    pub warnings: Vec<Warning>,
}

/// The store for a topology's package. `on_line` gets what the programs of a store print.
pub fn configured(
    settings: &Settings,
    topology: &str,
    env: &Env,
    machine: &Machine,
    on_line: &OnLine,
) -> anyhow::Result<Configured> {
    let mut warnings = Vec::new();
    let config = store_config(settings, topology, env, machine, on_line, &mut warnings)?;
    Ok(Configured { config, warnings })
}

fn store_config(
    settings: &Settings,
    topology: &str,
    env: &Env,
    machine: &Machine,
    on_line: &OnLine,
    warnings: &mut Vec<Warning>,
) -> anyhow::Result<StoreConfig> {
    let here = |text: &str| with_topology(text, topology);
    let fetch_url = settings.topology_uri.as_deref().map(here);
    let mut secret = |file: &Option<std::path::PathBuf>| -> anyhow::Result<_> {
        let Some(file) = file else { return Ok(None) };
        let (secret, warning) = read_secret(file)?;
        warnings.extend(warning);
        Ok(Some(secret))
    };
    let programs = |time_limit: &Duration| Programs {
        path: machine.path.clone(),
        hadoop_home: machine.hadoop_home.clone(),
        time_limit: *time_limit,
        on_line: on_line.clone(),
    };
    let proxies = || Proxies::of_environment(|name| env.get(name));
    Ok(match &settings.uploader {
        Uploader::Null => {
            // A configuration with this uploader and without a URI is refused when it is read.
            StoreConfig::Null { uri: fetch_url.unwrap_or_default() }
        }
        Uploader::LocalFileSystem { directory } => {
            StoreConfig::Local { directory: here(directory).into(), fetch_url }
        }
        Uploader::Http { uri, method, authorization_file } => StoreConfig::Http(HttpConfig {
            url: here(uri),
            fetch_url,
            method: match method {
                Some(HttpMethod::Put) => Sending::Put,
                Some(HttpMethod::Post) => Sending::Post,
                None => Sending::PutOrPost,
            },
            authorization: secret(authorization_file)?,
            proxies: proxies(),
            ..HttpConfig::default()
        }),
        Uploader::Bucket(bucket) => {
            let BucketCredentials { credentials, warning } = credentials::find(bucket, env)?;
            warnings.extend(warning);
            let config = ObjectConfig {
                fetch_url,
                credentials,
                proxies: bucket.proxy.as_deref().map_or_else(proxies, Proxies::all),
                ..object(bucket, topology)
            };
            StoreConfig::Object(config)
        }
        Uploader::WebHdfs { uri, user, token_file } => StoreConfig::WebHdfs(WebHdfsConfig {
            url: here(uri),
            fetch_url,
            user: Some(user.clone()),
            token: secret(token_file)?,
            proxies: proxies(),
            policy: RetryPolicy::default(),
        }),
        Uploader::Hdfs { directory, configuration, time_limit } => StoreConfig::Hdfs(HdfsConfig {
            directory: here(directory),
            fetch_folder: fetch_url,
            configuration: configuration.clone(),
            programs: programs(time_limit),
        }),
        Uploader::Ssh { sftp, copy, shell, directory, time_limit } => {
            let login = |(options, connection): &(Vec<String>, String)| Login {
                options: options.clone(),
                connection: connection.clone(),
            };
            let config = SshConfig {
                copy: login(copy),
                shell: login(shell),
                directory: here(directory),
                fetch_folder: fetch_url,
                programs: programs(time_limit),
            };
            if *sftp { StoreConfig::Sftp(config) } else { StoreConfig::Scp(config) }
        }
        Uploader::Command { upload, check, undo, uri, time_limit } => {
            let words = |words: &Vec<String>| words.iter().map(|word| here(word)).collect();
            StoreConfig::Command(CommandConfig {
                upload: words(upload),
                check: check.as_ref().map(words),
                undo: undo.as_ref().map(words),
                uri: here(uri),
                programs: programs(time_limit),
            })
        }
        Uploader::Other { class, .. } => {
            return Err(UnknownUploader { class: class.clone() }.into());
        }
    })
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
        proxies: Proxies::default(),
        policy: RetryPolicy::default(),
    }
}

/// A topology's name as one part of a URI that needs no escapes.
#[must_use]
pub fn in_uri(topology: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    topology.chars().map(|c| if safe(c) { c } else { '_' }).collect()
}
