//! HDFS through `WebHDFS` or `HttpFS`: plain HTTP, without a Hadoop client on this machine.
//!
//! Source of facts: Hadoop's documentation of the `WebHDFS` REST API. A file is created in two steps: the name node
//! answers 307 with the address of a data node, which then gets the content; reqwest must not follow that by itself,
//! because it would send the content to the name node first. Kerberos is not spoken; a delegation token is.

mod answers;
mod places;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use reqwest::{Method, Response, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use uuid::Uuid;

use answers::{Done, Remote, RemoteException, Status};
use places::places;

use super::wire::{Login, StoreClient, fetched_from, refusal, tail};
use super::{Effect, OnProgress, Package, Store, UploadError, Uploaded, check_name};
use crate::net::http::Proxies;
use crate::net::redact::redact;
use crate::net::retry::{RetryPolicy, retry_after};

/// The configuration of a WebHDFS store.
#[derive(Clone, Debug, Default)]
pub struct WebHdfsConfig {
    /// `http(s)://host:port[,host:port…]/folder`; `webhdfs:` and `swebhdfs:` are the same. Of several name nodes, the
    /// active one is found.
    pub url: String,
    /// The folder that agents fetch from, of any scheme; else `hdfs://` with the first name node's host.
    pub fetch_url: Option<String>,
    /// The user that the files belong to, where the cluster believes what it is told.
    pub user: Option<String>,
    /// A delegation token, used instead of a user.
    pub token: Option<SecretString>,
    /// Proxies for the upload.
    pub proxies: Proxies,
    /// How long and how often to try.
    pub policy: RetryPolicy,
}

/// A folder in HDFS.
#[derive(Debug)]
pub struct WebHdfsStore {
    client: StoreClient,
    /// The roots of the name nodes' interfaces, `http://host:port/webhdfs/v1`.
    nodes: Vec<Url>,
    /// The one that answered last.
    active: AtomicUsize,
    /// Absolute, without a slash at its end.
    folder: String,
    fetch_folder: String,
    user: Option<String>,
    token: Option<SecretString>,
    /// Tells this upload's temporary file from those of others.
    attempt: Uuid,
    /// Whether that file may be there.
    begun: AtomicBool,
}

impl WebHdfsStore {
    /// A store from its configuration.
    pub fn new(config: &WebHdfsConfig) -> Result<Self, UploadError> {
        let (nodes, folder) = places(&config.url)?;
        let [first, ..] = nodes.as_slice() else {
            let why = "it names no host".to_owned();
            return Err(UploadError::BadUrl { url: config.url.clone(), why });
        };
        let fetch_folder = config
            .fetch_url
            .clone()
            .unwrap_or_else(|| format!("hdfs://{}{folder}", first.host_str().unwrap_or_default()));
        let client = StoreClient::new(first, Login::Nobody, &config.proxies, config.policy)?;
        let (user, token) = (config.user.clone(), config.token.clone());
        let (active, attempt, begun) =
            (AtomicUsize::new(0), Uuid::new_v4(), AtomicBool::new(false));
        Ok(Self { client, nodes, active, folder, fetch_folder, user, token, attempt, begun })
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn part(&self, name: &str) -> String {
        // Hadoop's own tools take names that begin with _ or . for hidden.
        format!("{}/_{name}.{}.part", self.folder, self.attempt.simple())
    }

    fn url(&self, node: &Url, path: &str, operation: &str, more: &[(&str, &str)]) -> Url {
        let mut url = node.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path.split('/').filter(|part| !part.is_empty()));
        }
        let mut query = url.query_pairs_mut();
        query.append_pair("op", operation);
        match (&self.token, &self.user) {
            (Some(token), _) => {
                query.append_pair("delegation", token.expose_secret());
            }
            (None, Some(user)) => {
                query.append_pair("user.name", user);
            }
            (None, None) => {}
        }
        for (name, value) in more {
            query.append_pair(name, value);
        }
        drop(query);
        url
    }

    /// Asks the name node that is active, and any other that it may have become.
    async fn ask(
        &self,
        (method, text): (Method, &'static str),
        path: &str,
        operation: &str,
        more: &[(&str, &str)],
    ) -> Result<Response, UploadError> {
        let start = self.active.load(Ordering::Relaxed);
        let mut result = None;
        for offset in 0..self.nodes.len() {
            let index = (start + offset) % self.nodes.len();
            let Some(node) = self.nodes.get(index) else { break };
            let url = self.url(node, path, operation, more);
            // An empty body with a length: some gateways insist on one.
            let request =
                self.client.request(method.clone(), &url).header(header::CONTENT_LENGTH, 0);
            let answer = match self.client.send(text, &url, request).await {
                Ok(response) => self.judge(text, &url, response).await,
                Err(error) => Err(error),
            };
            match answer {
                Err(error) if self.is_elsewhere(&error) => result = Some(Err(error)),
                other => {
                    self.active.store(index, Ordering::Relaxed);
                    return other;
                }
            }
        }
        result.unwrap_or_else(|| Err(UploadError::NoUri))
    }

    /// Whether another name node may be the right one to ask.
    fn is_elsewhere(&self, error: &UploadError) -> bool {
        match error {
            UploadError::Unreachable { .. } => self.nodes.len() > 1,
            UploadError::Refused { body, .. } => body.starts_with("StandbyException"),
            _ => false,
        }
    }

    /// Makes an error of what is neither success nor a redirect, in the words of the exception that it carries.
    async fn judge(
        &self,
        method: &'static str,
        url: &Url,
        response: Response,
    ) -> Result<Response, UploadError> {
        let status = response.status();
        if status.is_success() || status == StatusCode::TEMPORARY_REDIRECT {
            return Ok(response);
        }
        let negotiate = response.headers().get(header::WWW_AUTHENTICATE).is_some_and(|wanted| {
            wanted.to_str().is_ok_and(|wanted| wanted.to_ascii_lowercase().contains("negotiate"))
        });
        let pause = retry_after(&response);
        let text = self.client.text(response).await;
        if status == StatusCode::UNAUTHORIZED && negotiate {
            let body = "the cluster wants Kerberos, which is not spoken here; write a delegation token \
                        (`hdfs fetchdt`) into the file of heron.uploader.webhdfs.token.file, or use the HdfsUploader";
            return Err(refusal(method, url, status, body.to_owned()));
        }
        let Ok(Remote { exception: RemoteException { exception, message } }) =
            serde_json::from_str(&text)
        else {
            return Err(refusal(method, url, status, tail(&text)).after(pause));
        };
        let body = format!("{exception}: {}", tail(message.lines().next().unwrap_or_default()));
        // All of these are 403, although nobody lacks a right.
        let status = match exception.as_str() {
            "StandbyException" | "SafeModeException" | "RetriableException" => 503,
            "DSQuotaExceededException" | "NSQuotaExceededException" | "QuotaExceededException" => {
                507
            }
            _ => return Err(refusal(method, url, status, body)),
        };
        Err(UploadError::Refused {
            method,
            url: redact(url.as_str()),
            status,
            body,
            retry_after: pause,
        })
    }

    async fn size(&self, path: &str) -> Result<Option<u64>, UploadError> {
        let asked = self.ask((Method::GET, "GET"), path, "GETFILESTATUS", &[]).await;
        let response = match asked {
            Err(UploadError::Refused { status: 404, .. }) => return Ok(None),
            other => other?,
        };
        let status: Status = self.read(path, response).await?;
        Ok(Some(status.status.length))
    }

    /// An operation that answers whether it was done.
    async fn done(
        &self,
        method: (Method, &'static str),
        path: &str,
        operation: &str,
        more: &[(&str, &str)],
    ) -> Result<bool, UploadError> {
        let response = self.ask(method, path, operation, more).await?;
        Ok(self.read::<Done>(path, response).await?.boolean)
    }

    async fn read<T: for<'a> Deserialize<'a>>(
        &self,
        path: &str,
        response: Response,
    ) -> Result<T, UploadError> {
        let text = self.client.text(response).await;
        serde_json::from_str(&text).map_err(|_| {
            let why = format!("it is not what WebHDFS says: {}", tail(&text));
            UploadError::Answer { url: self.place(path), why }
        })
    }

    /// A file, for messages.
    fn place(&self, path: &str) -> String {
        let node = self.nodes.get(self.active.load(Ordering::Relaxed));
        format!("{}{path}", node.map(|node| redact(node.as_str())).unwrap_or_default())
    }

    async fn send(
        &self,
        package: &Package,
        name: &str,
        progress: OnProgress,
    ) -> Result<Uploaded, UploadError> {
        let uri = self.uri_of(name)?;
        let policy = self.client.policy;
        let (path, part) = (self.path(name), self.part(name));
        let before = policy.retry(|| self.size(&path)).await?;
        if before == Some(package.size) {
            return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
        }
        let named = AtomicBool::new(false);
        let sent = async {
            let folder = || self.done((Method::PUT, "PUT"), &self.folder, "MKDIRS", &[]);
            policy.retry(folder).await?;
            policy.retry(|| self.create(&part, package, &progress)).await?;
            self.check(&part, package.size).await?;
            self.rename(&part, &path, before.is_some()).await?;
            named.store(true, Ordering::Relaxed);
            self.check(&path, package.size).await
        };
        if let Err(error) = sent.await {
            // The failure that is told is the upload's.
            let left = if named.load(Ordering::Relaxed) { &path } else { &part };
            let _ = self.delete(left).await;
            return Err(error);
        }
        Ok(Uploaded::put(uri, before.is_some()))
    }

    /// Creates a file: asks the name node where, and sends the content there.
    async fn create(
        &self,
        path: &str,
        package: &Package,
        progress: &OnProgress,
    ) -> Result<(), UploadError> {
        self.begun.store(true, Ordering::Relaxed);
        let more = [("overwrite", "true")];
        let asked = self.ask((Method::PUT, "PUT"), path, "CREATE", &more).await?;
        let location = asked.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let location = location.and_then(|to| Url::parse(to).ok()).ok_or_else(|| {
            let why = "no data node to send the content to was named".to_owned();
            UploadError::Answer { url: self.place(path), why }
        })?;
        let request = self.client.request(Method::PUT, &location);
        let request = request.header(header::CONTENT_TYPE, "application/octet-stream");
        let sent = self.client.send_package("PUT", &location, request, package, ("", ""), progress);
        let response = self.judge("PUT", &location, sent.await?).await?;
        if response.status() == StatusCode::TEMPORARY_REDIRECT {
            self.client.accept("PUT", &location, response).await?;
        }
        Ok(())
    }

    async fn check(&self, path: &str, expected: u64) -> Result<(), UploadError> {
        let place = self.place(path);
        match self.client.policy.retry(|| self.size(path)).await? {
            None => Err(UploadError::Lost { place }),
            Some(actual) if actual != expected => {
                Err(UploadError::SizeMismatch { place, expected, actual })
            }
            Some(_) => Ok(()),
        }
    }

    /// Gives the file its name. A rename whose answer was lost looks like one that can't be done when it is repeated.
    async fn rename(&self, part: &str, path: &str, replaces: bool) -> Result<(), UploadError> {
        if replaces {
            self.delete(path).await?;
        }
        let more = [("destination", path)];
        let renamed = || self.done((Method::PUT, "PUT"), part, "RENAME", &more);
        let renamed = self.client.policy.retry(renamed).await;
        if matches!(renamed, Ok(true)) || self.size(path).await?.is_some() {
            return Ok(());
        }
        renamed?;
        let why = format!("{part} could not be renamed");
        Err(UploadError::Answer { url: self.place(path), why })
    }

    async fn delete(&self, path: &str) -> Result<(), UploadError> {
        let attempt = || self.done((Method::DELETE, "DELETE"), path, "DELETE", &[]);
        match self.client.policy.retry(attempt).await {
            Err(UploadError::Refused { status: 404, .. }) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Store for WebHdfsStore {
    fn kind(&self) -> &'static str {
        "webhdfs"
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        check_name(name)?;
        fetched_from(&self.fetch_folder, name)
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
            self.delete(&self.path(name)).await
        })
    }

    fn discard<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_name(name)?;
            if !self.begun.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.delete(&self.part(name)).await
        })
    }
}

#[cfg(test)]
mod tests;
