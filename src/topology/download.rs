//! Fetches a topology file from a web server.
//!
//! The file ends up in a directory of the caller's, under its own name, which tells its kind; or not at all. Nothing of a
//! URL that could be a secret is in any error. What environment variables say of proxies is passed in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url, header};
use secrecy::ExposeSecret as _;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

use super::file_kind::UnknownKind;
use super::location::{WebFile, name_in_disposition, name_of};
use crate::net::http::{self, ClientError, Options, Proxies, Redirects, Route, Security};
use crate::net::retry::{RetryPolicy, Transient, is_passing, retry_after};
use crate::net::tls::Tls;
use crate::net::unreachable::Unreachable;

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// What is allowed of a download.
#[derive(Clone, Debug)]
pub struct DownloadLimits {
    /// The largest file, in bytes.
    pub bytes: u64,
    /// When it must be there.
    pub deadline: Instant,
    /// How often it is tried until then, and how long a server may be silent.
    pub policy: RetryPolicy,
}

impl DownloadLimits {
    /// A file of so many bytes at most, until a deadline.
    #[must_use]
    pub fn new(bytes: u64, deadline: Instant) -> Self {
        let (silence, until) = (SILENCE, Some(deadline));
        let policy = RetryPolicy { silence, deadline: until, ..RetryPolicy::default() };
        Self { bytes, deadline, policy }
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The client can't be set up, because of a proxy or of certificates.
    #[error("failed to prepare the download of {url}: {why}")]
    Setup {
        /// The file.
        url: String,
        /// Why.
        why: String,
    },
    /// The server can't be reached, or the connection broke.
    #[error("failed to download {url}: {why}")]
    Unreachable {
        /// The file.
        url: String,
        /// Why.
        why: Unreachable,
    },
    /// The server wants credentials, or other ones.
    #[error(
        "the server refuses {url} with status {status}; give it as http://user:password@host/… or as a signed URL"
    )]
    NotAllowed {
        /// The file.
        url: String,
        /// Its HTTP status.
        status: u16,
    },
    /// The server has no such file, or fails.
    #[error("the server answers {url} with status {status}")]
    Refused {
        /// The file.
        url: String,
        /// Its HTTP status.
        status: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// A page for people, such as one to log in.
    #[error("{url} is a web page and no topology file; is a login needed?")]
    WebPage {
        /// The file.
        url: String,
    },
    /// Neither the URL nor the server says what it is.
    #[error("{url} names no topology file, nor does the server's Content-Disposition")]
    Nameless {
        /// The file.
        url: String,
        /// What names are known.
        source: UnknownKind,
    },
    /// It is too large.
    #[error(
        "{url} is larger than {limit} bytes; `heron.topology.package.max.bytes` raises the limit"
    )]
    TooLarge {
        /// The file.
        url: String,
        /// The most that is taken.
        limit: u64,
    },
    /// It takes too long.
    #[error("{url} was not downloaded in time; `--timeout` gives it more")]
    TimedOut {
        /// The file.
        url: String,
    },
    /// It can't be stored.
    #[error("failed to write {}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Transient for DownloadError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { why, .. } => why.may_pass(),
            Self::Refused { status, .. } => is_passing(*status),
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Fetches a file into a directory that exists; its path there. `on_progress` is told bytes done and, if the server has
/// said so, in all. If the future is dropped or fails, what is there of the file goes with the directory.
pub async fn download(
    file: &WebFile,
    directory: &Path,
    proxies: &Proxies,
    limits: &DownloadLimits,
    on_progress: &(dyn Fn(u64, Option<u64>) + Sync),
) -> Result<PathBuf, DownloadError> {
    let url = file.to_string();
    let client = client(proxies, limits.policy.silence)
        .map_err(|error| DownloadError::Setup { url, why: error.to_string() })?;
    let attempt = || fetch(&client, file, directory, limits.bytes, on_progress);
    let fetching = limits.policy.retry(attempt);
    match tokio::time::timeout_at(limits.deadline, fetching).await {
        Ok(result) => result,
        Err(_) => Err(DownloadError::TimedOut { url: file.to_string() }),
    }
}

async fn fetch(
    client: &Client,
    file: &WebFile,
    directory: &Path,
    limit: u64,
    on_progress: &(dyn Fn(u64, Option<u64>) + Sync),
) -> Result<PathBuf, DownloadError> {
    let url = file.to_string();
    let unreachable = |error: reqwest::Error| DownloadError::Unreachable {
        url: url.clone(),
        why: Unreachable::from(&error),
    };
    let mut request = client.get(file.url.clone());
    if let Some((user, password)) = &file.credentials {
        request = request.basic_auth(user, Some(password.expose_secret()));
    }
    let mut response = request.send().await.map_err(unreachable)?;
    accept(&url, &response)?;
    let too_large = || DownloadError::TooLarge { url: url.clone(), limit };
    let total = response.content_length();
    if total.is_some_and(|total| total > limit) {
        return Err(too_large());
    }
    let path = directory.join(name(file, &response)?);
    let unwritable = |source| DownloadError::Write { path: path.clone(), source };
    let mut written = File::create(&path).await.map_err(unwritable)?;
    let mut done = 0_u64;
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        done = done.saturating_add(chunk.len() as u64);
        if done > limit {
            return Err(too_large());
        }
        written.write_all(&chunk).await.map_err(unwritable)?;
        on_progress(done, total);
    }
    written.flush().await.map_err(unwritable)?;
    Ok(path)
}

fn client(proxies: &Proxies, silence: Duration) -> Result<Client, ClientError> {
    http::client(&Options {
        route: Route::Proxied(proxies.clone()),
        security: Security::Tls(Tls::default()),
        redirects: Redirects::Download,
        silence: Some(silence),
        ..Options::default()
    })
}

fn accept(url: &str, response: &Response) -> Result<(), DownloadError> {
    let (url, status) = (url.to_owned(), response.status());
    let code = status.as_u16();
    let allowed = !matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
    );
    if !allowed {
        return Err(DownloadError::NotAllowed { url, status: code });
    }
    if status != StatusCode::OK {
        let retry_after = retry_after(response);
        return Err(DownloadError::Refused { url, status: code, retry_after });
    }
    match text(response, &header::CONTENT_TYPE) {
        Some(kind) if kind.trim_start().to_ascii_lowercase().starts_with("text/html") => {
            Err(DownloadError::WebPage { url })
        }
        _ => Ok(()),
    }
}

/// The name of the file: by its URL, by what the server says, by where the server has redirected to.
fn name(file: &WebFile, response: &Response) -> Result<String, DownloadError> {
    let said = || name_in_disposition(text(response, &header::CONTENT_DISPOSITION)?);
    let found = file.name.clone().or_else(said).or_else(|| name_of(response.url()));
    found.ok_or_else(|| DownloadError::Nameless {
        url: file.to_string(),
        source: UnknownKind(last_part(&file.url).to_owned()),
    })
}

fn last_part(url: &Url) -> &str {
    url.path().rsplit('/').next().unwrap_or_default()
}

fn text<'a>(response: &'a Response, name: &header::HeaderName) -> Option<&'a str> {
    // A name in UTF-8 is no visible ASCII, which `to_str` wants.
    response.headers().get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
}

#[cfg(test)]
mod tests;
