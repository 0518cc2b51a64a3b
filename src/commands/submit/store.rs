//! The package store that a configuration names.

use std::sync::Arc;
use std::time::Duration;

use super::credentials::{self, Found};
use crate::config::read_secret;
use crate::config::settings::{
    Bucket, BucketService, HttpMethod, UPLOADERS, Uploader, with_topology,
};
use crate::context::CommandError;
use crate::context::Context;
use crate::upload::{
    CommandConfig, HdfsConfig, HttpConfig, Login, ObjectConfig, Patience, Programs, Sending,
    Service, SshConfig, StoreConfig, WebHdfsConfig,
};

/// The store for a topology's package. Doubts about its credentials are told.
pub(super) fn store_config(context: &Context<'_>, topology: &str) -> anyhow::Result<StoreConfig> {
    let settings = context.settings;
    let here = |text: &str| with_topology(text, topology);
    let fetch_url = settings.topology_uri.as_deref().map(here);
    let secret = |file: &Option<std::path::PathBuf>| -> anyhow::Result<_> {
        let Some(file) = file else { return Ok(None) };
        let (secret, warning) = read_secret(file)?;
        if let Some(warning) = warning {
            context.reporter.warn(&warning.to_string());
        }
        Ok(Some(secret))
    };
    let programs = |time_limit: &Duration| programs(context, *time_limit);
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
            ..HttpConfig::default()
        }),
        Uploader::Bucket(bucket) => {
            let Found { credentials, warning } = credentials::find(bucket, context.env)?;
            if let Some(warning) = warning {
                context.reporter.warn(&warning.to_string());
            }
            let config = ObjectConfig { fetch_url, credentials, ..object(bucket, topology) };
            StoreConfig::Object(config)
        }
        Uploader::WebHdfs { uri, user, token_file } => StoreConfig::WebHdfs(WebHdfsConfig {
            url: here(uri),
            fetch_url,
            user: Some(user.clone()),
            token: secret(token_file)?,
            patience: Patience::default(),
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
            let what = format!("the uploader {class} (known: {})", UPLOADERS.join(", "));
            return Err(CommandError::Unsupported { what }.into());
        }
    })
}

/// Where this machine's programs are; what they print is shown to those who want to see it.
fn programs(context: &Context<'_>, time_limit: Duration) -> Programs {
    let reporter = context.reporter.clone();
    Programs {
        path: context.machine.path.clone(),
        hadoop_home: context.machine.hadoop_home.clone(),
        time_limit,
        on_line: Arc::new(move |line| reporter.program_output(line)),
    }
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
