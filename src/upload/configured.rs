//! The package store that a configuration names.

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
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
pub struct ConfiguredStore {
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
) -> anyhow::Result<ConfiguredStore> {
    let fetch_url = settings.topology_uri.as_deref().map(|uri| with_topology(uri, topology));
    let mut maker = Maker { topology, env, machine, on_line, fetch_url, warnings: Vec::new() };
    let config = maker.store(&settings.uploader)?;
    Ok(ConfiguredStore { config, warnings: maker.warnings })
}

/// Makes the configuration of one store.
struct Maker<'a> {
    topology: &'a str,
    env: &'a Env,
    machine: &'a Machine,
    on_line: &'a OnLine,
    fetch_url: Option<String>,
    warnings: Vec<Warning>,
}

impl Maker<'_> {
    fn store(&mut self, uploader: &Uploader) -> anyhow::Result<StoreConfig> {
        let fetch_url = self.fetch_url.clone();
        Ok(match uploader {
            Uploader::Null => {
                // A configuration with this uploader and without a URI is refused when it is read.
                StoreConfig::Null { uri: fetch_url.unwrap_or_default() }
            }
            Uploader::LocalFileSystem { directory } => {
                StoreConfig::Local { directory: self.here(directory).into(), fetch_url }
            }
            Uploader::Http { uri, method, authorization_file } => StoreConfig::Http(HttpConfig {
                url: self.here(uri),
                fetch_url,
                method: match method {
                    Some(HttpMethod::Put) => Sending::Put,
                    Some(HttpMethod::Post) => Sending::Post,
                    None => Sending::PutOrPost,
                },
                authorization: self.secret(authorization_file.as_deref())?,
                proxies: self.proxies(),
                ..HttpConfig::default()
            }),
            Uploader::Bucket(bucket) => StoreConfig::Object(self.bucket(bucket)?),
            Uploader::WebHdfs { uri, user, token_file } => StoreConfig::WebHdfs(WebHdfsConfig {
                url: self.here(uri),
                fetch_url,
                user: Some(user.clone()),
                token: self.secret(token_file.as_deref())?,
                proxies: self.proxies(),
                policy: RetryPolicy::default(),
            }),
            Uploader::Hdfs { directory, configuration, time_limit } => {
                StoreConfig::Hdfs(HdfsConfig {
                    directory: self.here(directory),
                    fetch_folder: fetch_url,
                    configuration: configuration.clone(),
                    programs: self.programs(*time_limit),
                })
            }
            Uploader::Ssh { sftp, copy, shell, directory, time_limit } => {
                let config = SshConfig {
                    copy: login(copy),
                    shell: login(shell),
                    directory: self.here(directory),
                    fetch_folder: fetch_url,
                    programs: self.programs(*time_limit),
                };
                if *sftp { StoreConfig::Sftp(config) } else { StoreConfig::Scp(config) }
            }
            Uploader::Command { upload, check, undo, uri, time_limit } => {
                StoreConfig::Command(CommandConfig {
                    upload: self.words(upload),
                    check: check.as_ref().map(|words| self.words(words)),
                    undo: undo.as_ref().map(|words| self.words(words)),
                    uri: self.here(uri),
                    programs: self.programs(*time_limit),
                })
            }
            Uploader::Other { class, .. } => {
                return Err(UnknownUploader { class: class.clone() }.into());
            }
        })
    }

    fn bucket(&mut self, bucket: &Bucket) -> anyhow::Result<ObjectConfig> {
        let BucketCredentials { credentials, warning } = credentials::find(bucket, self.env)?;
        self.warnings.extend(warning);
        Ok(ObjectConfig {
            fetch_url: self.fetch_url.clone(),
            credentials,
            proxies: bucket.proxy.as_deref().map_or_else(|| self.proxies(), Proxies::all),
            ..object(bucket, self.topology)
        })
    }

    fn here(&self, text: &str) -> String {
        with_topology(text, self.topology)
    }

    fn words(&self, words: &[String]) -> Vec<String> {
        words.iter().map(|word| self.here(word)).collect()
    }

    fn secret(&mut self, file: Option<&Path>) -> anyhow::Result<Option<SecretString>> {
        let Some(file) = file else { return Ok(None) };
        let (secret, warning) = read_secret(file)?;
        self.warnings.extend(warning);
        Ok(Some(secret))
    }

    fn proxies(&self) -> Proxies {
        Proxies::of_environment(|name| self.env.get(name))
    }

    fn programs(&self, time_limit: Duration) -> Programs {
        Programs {
            path: self.machine.path.clone(),
            hadoop_home: self.machine.hadoop_home.clone(),
            time_limit,
            on_line: self.on_line.clone(),
        }
    }
}

fn login((options, connection): &(Vec<String>, String)) -> Login {
    Login { options: options.clone(), connection: connection.clone() }
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
