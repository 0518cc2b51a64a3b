//! An HTTP server that takes PUT: an artifact repository, a folder shared by HTTP.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream;
use reqwest::{
    Body, Client, Method, Proxy, RequestBuilder, Response, StatusCode, Url, header, redirect,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::package::CHUNK;
use super::{Effect, HttpConfig, Package, Progress, Store, UploadError, Uploaded, check_name};

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most that is quoted of what a server says.
const QUOTED: usize = 300;

/// A folder on an HTTP server.
#[derive(Debug)]
pub struct HttpStore {
    client: Client,
    /// Without credentials.
    folder: Url,
    /// Where agents fetch from.
    fetch_folder: Url,
    credentials: Option<(String, SecretString)>,
    timeout: Option<Duration>,
}

impl HttpStore {
    /// A store from its configuration.
    pub fn new(config: &HttpConfig) -> Result<Self, UploadError> {
        let (folder, in_url) = folder(&config.url)?;
        let fetch_folder = match &config.fetch_url {
            Some(url) => self::folder(url)?.0,
            None => folder.clone(),
        };
        let client = client(&folder, config.proxy.as_deref()).map_err(|error| {
            UploadError::BadUrl { url: folder.to_string(), why: bottom(&error) }
        })?;
        let credentials = config.credentials.clone().or(in_url);
        Ok(Self { client, folder, fetch_folder, credentials, timeout: config.timeout })
    }

    async fn put(
        &self,
        package: &Package,
        name: &str,
        progress: Progress,
    ) -> Result<Uploaded, UploadError> {
        let url = below(&self.folder, name)?;
        let uri = self.uri_of(name)?;
        let file = package.open().await?;
        let request = self
            .request(Method::PUT, &url)
            .header(header::CONTENT_TYPE, "application/gzip")
            .header(header::CONTENT_LENGTH, package.size)
            .body(body(file, package.size, progress));
        let response = match send("PUT", &url, request).await {
            Err(UploadError::Unreachable { why, .. }) if why == CHANGED => {
                return Err(package.changed());
            }
            other => other?,
        };
        let status = response.status();
        accept("PUT", &url, response).await?;
        self.check_size(&url, package.size).await?;
        // RFC 9110, 9.3.4: 201 where nothing was, 200 or 204 where something was overwritten.
        let created = status == StatusCode::CREATED;
        let effect = if created { Effect::Created } else { Effect::Replaced };
        Ok(Uploaded { uri, effect })
    }

    /// Compares sizes, where the server tells one.
    async fn check_size(&self, url: &Url, expected: u64) -> Result<(), UploadError> {
        let response = send("HEAD", url, self.request(Method::HEAD, url)).await?;
        if !response.status().is_success() {
            return Ok(());
        }
        let length = response.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        match length {
            Some(actual) if actual != expected => {
                Err(UploadError::SizeMismatch { place: url.to_string(), expected, actual })
            }
            _ => Ok(()),
        }
    }

    fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        let mut request = self.client.request(method, url.clone());
        if let Some((user, password)) = &self.credentials {
            request = request.basic_auth(user, Some(password.expose_secret()));
        }
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        request
    }
}

impl Store for HttpStore {
    fn kind(&self) -> &'static str {
        "http"
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        below(&self.fetch_folder, name).map(String::from)
    }

    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        progress: Progress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>> {
        Box::pin(self.put(package, name, progress))
    }

    fn undo<'a>(
        &'a self,
        uploaded: &'a Uploaded,
        name: &'a str,
    ) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            if uploaded.effect != Effect::Created {
                return Ok(());
            }
            let url = below(&self.folder, name)?;
            let response = send("DELETE", &url, self.request(Method::DELETE, &url)).await?;
            match response.status() {
                StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
                _ => accept("DELETE", &url, response).await,
            }
        })
    }
}

type Credentials = (String, SecretString);

/// Takes the credentials out of a URL, which are never shown.
fn folder(text: &str) -> Result<(Url, Option<Credentials>), UploadError> {
    let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest).to_owned();
    let bad = |why: &str| UploadError::BadUrl { url: shown.clone(), why: why.to_owned() };
    let mut url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("it is neither http nor https"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it has a query or a fragment, and so is no folder"));
    }
    let credentials = match (url.username(), url.password()) {
        ("", None) => None,
        (user, password) => Some((unescaped(user), unescaped(password.unwrap_or_default()).into())),
    };
    // Neither fails for http.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok((url, credentials))
}

/// Undoes `%40` and its like, which credentials in URLs need for characters that URLs use themselves.
fn unescaped(text: &str) -> String {
    let escaped = text.replace('+', "%2B");
    let form = format!("x={escaped}");
    let pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs.map(|(_, value)| value.into_owned()).collect()
}

fn below(folder: &Url, name: &str) -> Result<Url, UploadError> {
    check_name(name)?;
    let mut url = folder.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(name);
    } else {
        let why = "it has no path".to_owned();
        return Err(UploadError::BadUrl { url: folder.to_string(), why });
    }
    Ok(url)
}

fn client(folder: &Url, proxy: Option<&str>) -> reqwest::Result<Client> {
    let mut builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // A redirected PUT would need its body a second time, and its credentials are not for everybody.
        .redirect(redirect::Policy::none())
        .no_proxy();
    if let Some(proxy) = proxy {
        builder = builder.proxy(Proxy::all(proxy)?);
    } else if folder.scheme() == "http" {
        // Loading root certificates takes tens of milliseconds.
        builder = builder.tls_certs_only(std::iter::empty());
    }
    builder.build()
}

const CHANGED: &str = "the package changed";

/// The package as a stream that tells its progress, and fails if the file is no longer as long as it was.
fn body(file: File, size: u64, progress: Progress) -> Body {
    let start = (file, 0_u64);
    Body::wrap_stream(stream::try_unfold(start, move |(mut file, sent)| {
        let progress = progress.clone();
        async move {
            let mut chunk = vec![0; CHUNK];
            let length = file.read(&mut chunk).await?;
            let through = sent + length as u64;
            if through > size || (length == 0 && through < size) {
                return Err(std::io::Error::other(CHANGED));
            }
            if length == 0 {
                return Ok(None);
            }
            chunk.truncate(length);
            progress(through);
            Ok(Some((chunk, (file, through))))
        }
    }))
}

async fn send(
    method: &'static str,
    url: &Url,
    request: RequestBuilder,
) -> Result<Response, UploadError> {
    let sent = request.send().await;
    sent.map_err(|error| {
        let why = if error.is_timeout() { "timed out".to_owned() } else { bottom(&error) };
        UploadError::Unreachable { method, url: url.to_string(), why }
    })
}

/// What is at the bottom of a failure; what stands above it may quote the URL.
fn bottom(error: &reqwest::Error) -> String {
    let mut bottom: &dyn std::error::Error = error;
    while let Some(source) = bottom.source() {
        bottom = source;
    }
    bottom.to_string()
}

async fn accept(
    method: &'static str,
    url: &Url,
    mut response: Response,
) -> Result<(), UploadError> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let url = url.to_string();
    let code = status.as_u16();
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(UploadError::NotAuthorized { method, url, status: code });
    }
    let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    if let Some(location) = location.filter(|_| status.is_redirection()) {
        let body = format!("it redirects to {location}");
        return Err(UploadError::Refused { method, url, status: code, body });
    }
    let mut said = Vec::new();
    while let Ok(Some(part)) = response.chunk().await {
        said.extend_from_slice(&part);
        if said.len() > 1 << 20 {
            break;
        }
    }
    Err(UploadError::Refused { method, url, status: code, body: tail(&said) })
}

/// The end of a text on one line.
fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    let skip = line.chars().count().saturating_sub(QUOTED);
    line.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests;
