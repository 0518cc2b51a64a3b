//! An HTTP server that takes PUT, such as an artifact repository or a folder shared by HTTP, or POST of a form, as
//! Heron's `HttpUploader` sends it (`docs/heron.md#uploaders`).

mod existing;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use reqwest::{Method, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::sleep;
use uuid::Uuid;

use existing::{Existing, compare, length, whole};

use super::wire::{Login, StoreClient, below, fetched_from, folder};
use super::{Effect, OnProgress, Package, Store, UploadError, Uploaded, check_name};
use crate::net::http::Proxies;
use crate::net::redact::redact;
use crate::net::retry::RetryPolicy;

/// What a dry run shows where only the server's answer will say it.
const ANSWERED: &str = "<as the server answers>";

/// The configuration of an HTTP store.
#[derive(Clone, Debug, Default)]
pub struct HttpConfig {
    /// The URL of a folder, or what takes the form; user and password in it are used and never shown.
    pub url: String,
    /// The folder that agents fetch from, if it is another one, of any scheme.
    pub fetch_url: Option<String>,
    /// How to send.
    pub method: Sending,
    /// User and password, if they are not in the URL.
    pub credentials: Option<(String, SecretString)>,
    /// The text of the Authorization header; counts more than user and password.
    pub authorization: Option<SecretString>,
    /// Proxies for the upload.
    pub proxies: Proxies,
    /// How long and how often to try.
    pub policy: RetryPolicy,
}

/// How a package is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sending {
    /// PUT under its name.
    Put,
    /// POST as the part `file` of a form; the answer is the package's URI.
    Post,
    /// PUT, and POST where the server doesn't know PUT.
    #[default]
    PutOrPost,
}

/// A folder on an HTTP server.
#[derive(Debug)]
pub struct HttpStore {
    client: StoreClient,
    /// Without credentials.
    folder: Url,
    fetch_folder: Option<String>,
    method: Sending,
    /// Where the answer to a POST says that the package is.
    posted: Mutex<Option<Url>>,
    /// What a PUT is under way to, where nothing was.
    begun: Mutex<Option<Url>>,
}

impl HttpStore {
    /// A store from its configuration.
    pub fn new(config: &HttpConfig) -> Result<Self, UploadError> {
        let (folder, in_url) = folder(&config.url)?;
        let fetch_folder = config.fetch_url.as_deref().map(fetch_folder).transpose()?;
        let login = match (&config.authorization, config.credentials.clone().or(in_url)) {
            (Some(text), _) => Login::Header(header_text(text)),
            (None, Some((user, password))) => Login::Basic(user, password),
            (None, None) => Login::Nobody,
        };
        let client = StoreClient::new(&folder, login, &config.proxies, config.policy)?;
        let (posted, begun) = (Mutex::default(), Mutex::default());
        Ok(Self { client, folder, fetch_folder, method: config.method, posted, begun })
    }

    async fn send(
        &self,
        package: &Package,
        name: &str,
        progress: OnProgress,
    ) -> Result<Uploaded, UploadError> {
        match self.method {
            Sending::Put => self.put(package, name, &progress).await,
            Sending::Post => self.post(package, name, &progress).await,
            Sending::PutOrPost => match self.put(package, name, &progress).await {
                Err(UploadError::Refused { status: 405 | 501, .. }) => {
                    self.post(package, name, &progress).await
                }
                other => other,
            },
        }
    }

    async fn put(
        &self,
        package: &Package,
        name: &str,
        progress: &OnProgress,
    ) -> Result<Uploaded, UploadError> {
        let url = below(&self.folder, name)?;
        let uri = self.put_uri(name)?;
        let before = self.client.policy.retry(|| self.find(&url)).await?;
        if before == Existing::Bytes(package.size) {
            return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
        }
        set(&self.begun, (before == Existing::Nothing).then(|| url.clone()));
        let sent = async {
            let status =
                self.client.policy.retry(|| self.put_once(&url, package, progress)).await?;
            self.check(&url, package.size).await?;
            Ok(status)
        };
        let sent = sent.await;
        let begun = set(&self.begun, None);
        match sent {
            Ok(status) => {
                // RFC 9110, 9.3.4: 201 where nothing was, 200 or 204 where something was overwritten.
                let created = match before {
                    Existing::Nothing => true,
                    Existing::Bytes(_) => false,
                    Existing::Unknown => status == StatusCode::CREATED,
                };
                let effect = if created { Effect::Created } else { Effect::Replaced };
                Ok(Uploaded { uri, effect })
            }
            Err(error) => {
                if let Some(url) = begun.filter(|_| may_have_arrived(&error)) {
                    // Half of a package is of no use to anybody; the failure that is told is the upload's.
                    let _ = self.delete(&url).await;
                }
                Err(error)
            }
        }
    }

    async fn put_once(
        &self,
        url: &Url,
        package: &Package,
        progress: &OnProgress,
    ) -> Result<StatusCode, UploadError> {
        let request = self.client.request(Method::PUT, url).header(header::CONTENT_TYPE, GZIP);
        let sent = self.client.send_package("PUT", url, request, package, ("", ""), progress);
        let response = self.client.accept("PUT", url, sent.await?).await?;
        Ok(response.status())
    }

    /// Looks what is there, and how long it is.
    async fn find(&self, url: &Url) -> Result<Existing, UploadError> {
        let head = self.client.send("HEAD", url, self.client.request(Method::HEAD, url)).await?;
        match head.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Existing::Nothing),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {}
            status if !status.is_success() => return Ok(Existing::Unknown),
            // Some servers answer HEAD as if the content were empty.
            _ => match length(&head) {
                None | Some(0) => {}
                Some(length) => return Ok(Existing::Bytes(length)),
            },
        }
        let request = self.client.request(Method::GET, url).header(header::RANGE, "bytes=0-0");
        let answer = self.client.send("GET", url, request).await?;
        Ok(match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => Existing::Nothing,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                whole(&answer).map_or(Existing::Unknown, Existing::Bytes)
            }
            StatusCode::OK => length(&answer).map_or(Existing::Unknown, Existing::Bytes),
            _ => Existing::Unknown,
        })
    }

    /// Compares sizes, where the server tells one. What is not there yet may come: some servers take their time.
    async fn check(&self, url: &Url, expected: u64) -> Result<(), UploadError> {
        let policy = self.client.policy;
        let mut pause = policy.pause;
        for _ in 1..policy.attempts {
            match policy.retry(|| self.find(url)).await? {
                Existing::Nothing => sleep(pause).await,
                found => return compare(url, found, expected),
            }
            pause = pause.saturating_mul(2);
        }
        compare(url, policy.retry(|| self.find(url)).await?, expected)
    }

    async fn post(
        &self,
        package: &Package,
        name: &str,
        progress: &OnProgress,
    ) -> Result<Uploaded, UploadError> {
        check_name(name)?;
        let known =
            self.fetch_folder.as_deref().map(|folder| fetched_from(folder, name)).transpose()?;
        let here = known.as_deref().and_then(|uri| self.ours(uri));
        if let Some(url) = &here
            && self.client.policy.retry(|| self.find(url)).await? == Existing::Bytes(package.size)
        {
            let uri = known.unwrap_or_default();
            return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
        }
        // What may have arrived is not sent a second time.
        let started = Arc::new(AtomicBool::new(false));
        let (flag, inner) = (Arc::clone(&started), progress.clone());
        let progress: OnProgress = Arc::new(move |bytes| {
            flag.store(true, Ordering::Relaxed);
            inner(bytes);
        });
        let harmless = |error: &UploadError| match error {
            UploadError::Refused { status, .. } => matches!(status, 429 | 503),
            UploadError::Unreachable { .. } => !started.load(Ordering::Relaxed),
            _ => false,
        };
        let attempt = || self.post_once(package, name, &progress);
        let (location, said) = self.client.policy.retry_if(harmless, attempt).await?;
        let answered = location.or_else(|| absolute(&said));
        let at = answered.as_ref().and_then(|url| self.ours(url.as_str())).or(here);
        set(&self.posted, at.clone());
        if let Some(url) = &at {
            self.check(url, package.size).await?;
        }
        let uri = known.or_else(|| answered.map(String::from)).ok_or_else(|| {
            let why = "it names no URI of the package".to_owned();
            UploadError::Answer { url: redact(self.folder.as_str()), why }
        })?;
        Ok(Uploaded { uri, effect: Effect::Created })
    }

    /// The Location of the answer, and its text.
    async fn post_once(
        &self,
        package: &Package,
        name: &str,
        progress: &OnProgress,
    ) -> Result<(Option<Url>, String), UploadError> {
        let url = &self.folder;
        let boundary = Uuid::new_v4().simple().to_string();
        let before = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: {GZIP}\r\n\r\n"
        );
        let after = format!("\r\n--{boundary}--\r\n");
        let form = format!("multipart/form-data; boundary={boundary}");
        let request = self.client.request(Method::POST, url).header(header::CONTENT_TYPE, form);
        let around = (before.as_str(), after.as_str());
        let sent = self.client.send_package("POST", url, request, package, around, progress);
        let response = self.client.accept("POST", url, sent.await?).await?;
        let location = response.headers().get(header::LOCATION).and_then(|at| at.to_str().ok());
        let location = location.and_then(|at| url.join(at).ok());
        Ok((location, self.client.text(response).await))
    }

    /// A URI on the server that our credentials are for.
    fn ours(&self, uri: &str) -> Option<Url> {
        Url::parse(uri).ok().filter(|url| url.origin() == self.folder.origin())
    }

    async fn delete(&self, url: &Url) -> Result<(), UploadError> {
        let attempt = async || {
            let request = self.client.request(Method::DELETE, url);
            let response = self.client.send("DELETE", url, request).await?;
            match response.status() {
                StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
                _ => self.client.accept("DELETE", url, response).await.map(drop),
            }
        };
        self.client.policy.retry(attempt).await
    }

    /// Removes a package, however it came there: from where a PUT brings it, or from where the server said that it is.
    async fn remove_from(&self, uri: &str, name: &str) -> Result<(), UploadError> {
        check_name(name)?;
        let by_put = self.method != Sending::Post && self.put_uri(name)? == uri;
        let put = by_put.then(|| below(&self.folder, name)).transpose()?;
        let places: Vec<Url> = put.into_iter().chain(self.ours(uri)).collect();
        if places.is_empty() {
            let why =
                format!("where it is on {} can't be told from that", redact(self.folder.as_str()));
            return Err(UploadError::NotRemovable { why });
        }
        for url in &places {
            if self.client.policy.retry(|| self.find(url)).await? != Existing::Nothing {
                return self.delete(url).await;
            }
        }
        Ok(())
    }

    fn put_uri(&self, name: &str) -> Result<String, UploadError> {
        match &self.fetch_folder {
            Some(folder) => fetched_from(folder, name),
            None => below(&self.folder, name).map(String::from),
        }
    }
}

const GZIP: &str = "application/gzip";

/// Whether a failed PUT may have left something.
fn may_have_arrived(error: &UploadError) -> bool {
    match error {
        UploadError::Refused { status, .. } => *status >= 500,
        UploadError::NotAuthorized { .. } => false,
        _ => true,
    }
}

/// The whole text of the header, also of those who wrote its name in front.
fn header_text(text: &SecretString) -> SecretString {
    let text = text.expose_secret().trim();
    let rest = text.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    rest.map_or(text, |(_, rest)| rest.trim()).into()
}

/// Everybody who can see a task sees its URIs: credentials are no part of them.
fn fetch_folder(text: &str) -> Result<String, UploadError> {
    let web = text.starts_with("http://") || text.starts_with("https://");
    if web { Ok(folder(text)?.0.into()) } else { Ok(text.to_owned()) }
}

/// The URI that an answer is.
fn absolute(said: &str) -> Option<Url> {
    let said = said.trim().trim_matches('"');
    let plain = said.contains("://") && !said.contains(char::is_whitespace);
    if plain { Url::parse(said).ok() } else { None }
}

impl Store for HttpStore {
    fn kind(&self) -> &'static str {
        "http"
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        check_name(name)?;
        match (self.method, &self.fetch_folder) {
            (Sending::Post, None) => Ok(ANSWERED.to_owned()),
            _ => self.put_uri(name),
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

    fn remove<'a>(&'a self, uri: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(self.remove_from(uri, name))
    }

    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            let url = match (set(&self.posted, None), self.method) {
                (Some(url), _) => url,
                (None, Sending::Post) => {
                    let why = "where the package is can't be told from it".to_owned();
                    return Err(UploadError::Answer { url: redact(self.folder.as_str()), why });
                }
                (None, _) => below(&self.folder, name)?,
            };
            self.delete(&url).await
        })
    }

    fn discard<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            match set(&self.begun, None) {
                Some(url) => self.delete(&url).await,
                None => Ok(()),
            }
        })
    }
}

/// Puts something in place of what was noted, and hands that out.
fn set(note: &Mutex<Option<Url>>, url: Option<Url>) -> Option<Url> {
    std::mem::replace(&mut *note.lock().unwrap_or_else(PoisonError::into_inner), url)
}

#[cfg(test)]
mod tests;
