//! A bucket, through the crate `object_store`: one PUT for a small package, parts for a large one. Objects appear whole
//! or not at all, so there is no temporary name. Retries are the crate's own.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, BackoffConfig, ClientOptions, MultipartUpload, ObjectStoreExt,
    PutOptions, PutPayload, RetryConfig,
};
use reqwest::{StatusCode, Url};
use secrecy::ExposeSecret;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::Mutex;

use super::super::package::CHUNK;
use super::super::wire::{fetched_from, refusal, tail};
use super::super::{Effect, OnProgress, Package, Store, UploadError, Uploaded, check_name};
use super::connector::{CONNECT, Connector};
use super::{ObjectConfig, Service};
use crate::net::cause::{self, innermost};
use crate::net::redact::redact;
use crate::net::unreachable::Unreachable;

/// The smallest part that all services take, and so the finest that progress can be told.
const PART: u64 = 5 << 20;
/// The most parts that all services take.
const PARTS: u64 = 10_000;
/// Parts that are under way at once.
const TOGETHER: usize = 4;
/// How long one request may take; a part goes through a line of 20 kB/s in this time.
const REQUEST: Duration = Duration::from_mins(5);

/// A folder in a bucket.
pub struct ObjectStore {
    store: Box<dyn object_store::ObjectStore>,
    config: ObjectConfig,
    /// Parts that no object has been made of yet.
    parts: Mutex<Option<Box<dyn MultipartUpload>>>,
}

impl fmt::Debug for ObjectStore {
    /// The crate's own stores would show their credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStore").field("config", &self.config).finish_non_exhaustive()
    }
}

impl ObjectStore {
    /// A store from its configuration. Reads no environment and no files except those that the configuration names.
    pub fn new(config: &ObjectConfig) -> Result<Self, UploadError> {
        let address = config.address()?;
        let store = match &config.service {
            Service::S3 { region, .. } => s3(config, region, &address),
            Service::Gcs { endpoint } => gcs(config, endpoint.as_deref()),
            Service::Azure { account, endpoint } => azure(config, account, endpoint.as_deref()),
        };
        let store = store.map_err(|error| UploadError::Credentials {
            place: address.to_string(),
            // What the services' libraries find wrong may quote what they have read.
            why: tail(&redact(&innermost(&error).to_string())),
        })?;
        Ok(Self { store, config: config.clone(), parts: Mutex::default() })
    }

    fn path(&self, name: &str) -> Path {
        Path::from(self.config.key(name))
    }

    async fn size(&self, name: &str) -> Result<Option<u64>, UploadError> {
        match self.store.head(&self.path(name)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failure("HEAD", name, &error)),
        }
    }

    async fn send(
        &self,
        package: &Package,
        name: &str,
        progress: OnProgress,
    ) -> Result<Uploaded, UploadError> {
        let uri = self.uri_of(name)?;
        let before = self.size(name).await?;
        if before == Some(package.size) {
            return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
        }
        if package.size <= PART {
            self.put(package, name, &progress).await?;
        } else {
            let sent = self.put_parts(package, name, &progress).await;
            if sent.is_err() {
                let _ = self.abort().await;
            }
            sent?;
        }
        let place = || self.place(name);
        let checked = match self.size(name).await? {
            Some(actual) if actual == package.size => Ok(()),
            Some(actual) => {
                Err(UploadError::SizeMismatch { place: place(), expected: package.size, actual })
            }
            None => Err(UploadError::Lost { place: place() }),
        };
        if checked.is_err() && before.is_none() {
            // The failure that is told is the upload's.
            let _ = self.store.delete(&self.path(name)).await;
        }
        checked?;
        Ok(Uploaded::put(uri, before.is_some()))
    }

    async fn put(
        &self,
        package: &Package,
        name: &str,
        progress: &OnProgress,
    ) -> Result<(), UploadError> {
        let mut file = package.open().await?;
        let content = read(package, &mut file, package.size).await?;
        let rest = read(package, &mut file, 1).await?;
        if content.len() as u64 != package.size || !rest.is_empty() {
            return Err(package.changed());
        }
        let options = PutOptions { attributes: attributes(), ..PutOptions::default() };
        let payload = PutPayload::from(Bytes::from(content));
        let put = self.store.put_opts(&self.path(name), payload, options).await;
        put.map_err(|error| self.failure("PUT", name, &error))?;
        progress(package.size);
        Ok(())
    }

    async fn put_parts(
        &self,
        package: &Package,
        name: &str,
        progress: &OnProgress,
    ) -> Result<(), UploadError> {
        let failure = |error| self.failure("PUT", name, &error);
        let options = attributes().into();
        let begun = self.store.put_multipart_opts(&self.path(name), options).await;
        let mut parts = self.parts.lock().await;
        let upload = parts.insert(begun.map_err(failure)?);
        let mut file = package.open().await?;
        let size = PART.max(package.size.div_ceil(PARTS));
        let (mut read_so_far, mut done, mut under_way) = (0, 0, FuturesUnordered::new());
        loop {
            let content = read(package, &mut file, size).await?;
            let length = content.len() as u64;
            read_so_far += length;
            if length > 0 && read_so_far <= package.size {
                let sent = upload.put_part(PutPayload::from(Bytes::from(content)));
                under_way.push(async move { sent.await.map(|()| length) });
            }
            let last = length < size || read_so_far > package.size;
            while under_way.len() >= TOGETHER || (last && !under_way.is_empty()) {
                if let Some(sent) = under_way.next().await {
                    done += sent.map_err(failure)?;
                    progress(done);
                }
            }
            if last {
                break;
            }
        }
        if read_so_far != package.size {
            return Err(package.changed());
        }
        upload.complete().await.map_err(failure)?;
        *parts = None;
        Ok(())
    }

    async fn abort(&self) -> Result<(), UploadError> {
        match self.parts.lock().await.take() {
            Some(mut parts) => {
                let aborted = parts.abort().await;
                aborted.map_err(|error| self.failure("DELETE", "", &error))
            }
            None => Ok(()),
        }
    }

    fn place(&self, name: &str) -> String {
        self.config.object_address(name).map(String::from).unwrap_or_default()
    }

    /// Sorts what went wrong, without anything secret that the crate may tell.
    fn failure(
        &self,
        method: &'static str,
        name: &str,
        error: &object_store::Error,
    ) -> UploadError {
        let Ok(url) = self.config.object_address(name) else { return UploadError::NoUri };
        let text = redact(&error.to_string());
        if METADATA.iter().any(|host| text.contains(host)) {
            let why = "none are configured, and this machine has none of its own".to_owned();
            return UploadError::Credentials { place: url.to_string(), why };
        }
        let status = match error {
            object_store::Error::NotFound { .. } => Some(StatusCode::NOT_FOUND),
            object_store::Error::PermissionDenied { .. } => Some(StatusCode::FORBIDDEN),
            object_store::Error::Unauthenticated { .. } => Some(StatusCode::UNAUTHORIZED),
            object_store::Error::AlreadyExists { .. } => Some(StatusCode::CONFLICT),
            object_store::Error::Precondition { .. } => Some(StatusCode::PRECONDITION_FAILED),
            _ => status_in(&text),
        };
        if let Some(status) = status {
            return refusal(method, &url, status, said(&text));
        }
        let timed_out = cause::find::<HttpError>(error)
            .is_some_and(|error| error.kind() == HttpErrorKind::Timeout);
        let why = if timed_out { Unreachable::TimedOut } else { Unreachable::of(error) };
        UploadError::Unreachable { method, url: url.into(), why }
    }
}

/// Where machines in the clouds ask for credentials of their own.
const METADATA: [&str; 3] = ["169.254.169.254", "169.254.170.2", "metadata.google.internal"];

fn s3(
    config: &ObjectConfig,
    region: &str,
    address: &Url,
) -> object_store::Result<Box<dyn object_store::ObjectStore>> {
    let mut builder = AmazonS3Builder::new();
    for (name, value) in &config.credentials {
        builder = builder.with_config(AmazonS3ConfigKey::from_str(name)?, value.expose_secret());
    }
    // The address has the bucket in it already, wherever it belongs; the crate takes that for a virtual host.
    let address = address.as_str().trim_end_matches('/');
    let store = builder
        .with_region(region)
        .with_bucket_name(&config.bucket)
        .with_virtual_hosted_style_request(true)
        // One object at a time: not every store that speaks like S3 knows more.
        .with_disable_bulk_delete(true)
        .with_endpoint(address)
        .with_http_connector(Connector::new(config, timeout(config)))
        .with_client_options(client(config, address))
        .with_retry(retry(config))
        .build()?;
    Ok(Box::new(store))
}

fn gcs(
    config: &ObjectConfig,
    endpoint: Option<&str>,
) -> object_store::Result<Box<dyn object_store::ObjectStore>> {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (name, value) in &config.credentials {
        builder = builder.with_config(GoogleConfigKey::from_str(name)?, value.expose_secret());
    }
    if let Some(endpoint) = endpoint {
        builder = builder.with_base_url(endpoint.trim_end_matches('/'));
    }
    let store = builder
        .with_bucket_name(&config.bucket)
        .with_http_connector(Connector::new(config, timeout(config)))
        .with_client_options(client(config, endpoint.unwrap_or_default()))
        .with_retry(retry(config))
        .build()?;
    Ok(Box::new(store))
}

fn azure(
    config: &ObjectConfig,
    account: &str,
    endpoint: Option<&str>,
) -> object_store::Result<Box<dyn object_store::ObjectStore>> {
    let mut builder = MicrosoftAzureBuilder::new();
    for (name, value) in &config.credentials {
        builder = builder.with_config(AzureConfigKey::from_str(name)?, value.expose_secret());
    }
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
    }
    let store = builder
        .with_account(account)
        .with_container_name(&config.bucket)
        .with_http_connector(Connector::new(config, timeout(config)))
        .with_client_options(client(config, endpoint.unwrap_or_default()))
        .with_retry(retry(config))
        .build()?;
    Ok(Box::new(store))
}

fn client(config: &ObjectConfig, address: &str) -> ClientOptions {
    // Who writes http into the address means it. The rest is the connector's.
    ClientOptions::new()
        .with_allow_http(address.starts_with("http://"))
        .with_connect_timeout(CONNECT)
        .with_timeout(timeout(config))
}

fn timeout(config: &ObjectConfig) -> Duration {
    REQUEST.min(config.policy.silence.saturating_mul(3))
}

fn retry(config: &ObjectConfig) -> RetryConfig {
    let policy = config.policy;
    let backoff =
        BackoffConfig { init_backoff: policy.pause, max_backoff: policy.pause * 8, base: 2.0 };
    let max_retries = policy.attempts.saturating_sub(1) as usize;
    RetryConfig { backoff, max_retries, retry_timeout: REQUEST }
}

fn attributes() -> Attributes {
    [(Attribute::ContentType, "application/gzip")].into_iter().collect()
}

/// Reads so many bytes, or fewer at the end of the file.
async fn read(package: &Package, file: &mut File, most: u64) -> Result<Vec<u8>, UploadError> {
    let mut content = Vec::with_capacity(usize::try_from(most).unwrap_or(CHUNK));
    let taken = file.take(most).read_to_end(&mut content).await;
    taken.map_err(|source| package.error("read", source))?;
    Ok(content)
}

/// The status that the crate tells only in words.
fn status_in(text: &str) -> Option<StatusCode> {
    let (_, after) = text.split_once("status code: ")?;
    after.get(..3)?.parse().ok().and_then(|code: u16| StatusCode::from_u16(code).ok())
}

/// Code and message of the service's XML, or the end of what it said.
fn said(text: &str) -> String {
    let element = |name: &str| {
        let (_, after) = text.split_once(&format!("<{name}>"))?;
        let (inner, _) = after.split_once(&format!("</{name}>"))?;
        Some(inner)
    };
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => tail(&format!("{code}: {message}")),
        (Some(code), None) => tail(code),
        _ => {
            let body = text.split_once("status code: ").and_then(|(_, rest)| rest.split_once(": "));
            tail(body.map_or("", |(_, body)| body))
        }
    }
}

impl Store for ObjectStore {
    fn kind(&self) -> &'static str {
        self.config.service.kind()
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        check_name(name)?;
        match &self.config.fetch_url {
            Some(folder) => fetched_from(folder, name),
            None => self.config.object_address(name).map(String::from),
        }
    }

    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        progress: OnProgress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>> {
        Box::pin(self.send(package, name, progress))
    }

    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_name(name)?;
            match self.store.delete(&self.path(name)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.failure("DELETE", name, &error)),
            }
        })
    }

    fn discard<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(self.abort())
    }
}

#[cfg(test)]
mod tests;
