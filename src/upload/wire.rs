//! What stores that speak HTTP have in common: URLs without credentials, requests that are watched, answers in words.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{self, Stream};
use reqwest::{Body, Client, Method, RequestBuilder, Response, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncReadExt;

use super::package::CHUNK;
use super::{OnProgress, Package, UploadError, check_name};
use crate::net::http::{self, Options, Proxies, Route, Security};
use crate::net::redact::redact;
use crate::net::retry::{RetryPolicy, retry_after};
use crate::net::tls::Tls;
use crate::net::unreachable::Unreachable;

/// The most that is quoted of what a server says.
const QUOTED: usize = 300;
/// The most that is read of it.
const READ: usize = 1 << 20;
/// What the stream of a package fails with if the file is no longer what it was.
const CHANGED: &str = "the package changed";

/// Who we say that we are.
#[derive(Clone, Debug)]
pub(super) enum Login {
    Nobody,
    Basic(String, SecretString),
    /// The text of the Authorization header.
    Header(SecretString),
}

/// A client for one server.
#[derive(Debug)]
pub(super) struct StoreClient {
    client: Client,
    login: Login,
    pub policy: RetryPolicy,
}

impl StoreClient {
    pub fn new(
        folder: &Url,
        login: Login,
        proxies: &Proxies,
        policy: RetryPolicy,
    ) -> Result<Self, UploadError> {
        if let Login::Header(text) = &login {
            // Found out here, because a request would only say that something in it is wrong.
            header::HeaderValue::from_str(text.expose_secret()).map_err(|_| {
                let why = "the Authorization header has characters that no header can have";
                UploadError::Credentials { place: folder.to_string(), why: why.to_owned() }
            })?;
        }
        let client = client(folder, proxies)
            .map_err(|why| UploadError::BadUrl { url: folder.to_string(), why: why.to_string() })?;
        Ok(Self { client, login, policy })
    }

    pub fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        let request = self.client.request(method, url.clone());
        match &self.login {
            Login::Nobody => request,
            Login::Basic(user, password) => {
                request.basic_auth(user, Some(password.expose_secret()))
            }
            Login::Header(text) => {
                match header::HeaderValue::from_str(text.expose_secret()) {
                    Ok(mut value) => {
                        value.set_sensitive(true);
                        request.header(header::AUTHORIZATION, value)
                    }
                    // Was checked when the client was made.
                    Err(_) => request,
                }
            }
        }
    }

    /// Sends a request without a body.
    pub async fn send(
        &self,
        method: &'static str,
        url: &Url,
        request: RequestBuilder,
    ) -> Result<Response, UploadError> {
        self.watched(method, url, &AtomicU64::new(0), request.send()).await
    }

    /// Sends a package, between texts that stand before and after it.
    pub async fn send_package(
        &self,
        method: &'static str,
        url: &Url,
        request: RequestBuilder,
        package: &Package,
        around: (&str, &str),
        progress: &OnProgress,
    ) -> Result<Response, UploadError> {
        let moved = Arc::new(AtomicU64::new(0));
        let length = package.size + (around.0.len() + around.1.len()) as u64;
        let body = body(package, around, progress, &moved).await?;
        let request = request.header(header::CONTENT_LENGTH, length).body(body);
        match self.watched(method, url, &moved, request.send()).await {
            Err(UploadError::Unreachable { why: Unreachable::Other(why), .. })
                if *why == *CHANGED =>
            {
                Err(package.changed())
            }
            other => other,
        }
    }

    /// Waits for an answer as long as something moves.
    async fn watched(
        &self,
        method: &'static str,
        url: &Url,
        moved: &AtomicU64,
        sent: impl Future<Output = reqwest::Result<Response>>,
    ) -> Result<Response, UploadError> {
        let why = tokio::select! {
            answer = sent => match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => Unreachable::from(&error),
            },
            () = stalled(self.policy.silence, moved) => {
                Unreachable::Other(format!("it was silent for {:?}", self.policy.silence).into())
            }
        };
        Err(UploadError::Unreachable { method, url: redact(url.as_str()), why })
    }

    /// What a server says, as far as it is worth reading.
    pub async fn text(&self, response: Response) -> String {
        http::beginning(response, READ, self.policy.silence).await
    }

    /// Makes an error of an answer that is none of success.
    pub async fn accept(
        &self,
        method: &'static str,
        url: &Url,
        response: Response,
    ) -> Result<Response, UploadError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        if let Some(location) = location.filter(|_| status.is_redirection()) {
            let body = format!("it redirects to {}", redact(location));
            return Err(UploadError::Refused {
                method,
                url: redact(url.as_str()),
                status: status.as_u16(),
                body,
                retry_after: None,
            });
        }
        let pause = retry_after(&response);
        let body = tail(&self.text(response).await);
        Err(refusal(method, url, status, body).after(pause))
    }
}

pub(super) fn refusal(
    method: &'static str,
    url: &Url,
    status: StatusCode,
    body: String,
) -> UploadError {
    let (url, code) = (redact(url.as_str()), status.as_u16());
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return UploadError::NotAuthorized { method, url, status: code, body };
    }
    UploadError::Refused { method, url, status: code, body, retry_after: None }
}

pub(super) type Credentials = (String, SecretString);

/// Takes the credentials out of a URL, which are never shown.
pub(super) fn folder(text: &str) -> Result<(Url, Option<Credentials>), UploadError> {
    let seen = redact(text);
    let bad = |why: &str| UploadError::BadUrl { url: seen.clone(), why: why.to_owned() };
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

/// A URL of something in a folder.
pub(super) fn below(folder: &Url, name: &str) -> Result<Url, UploadError> {
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

/// Where agents find a package of a folder that they know under a URI of any scheme.
pub(super) fn fetched_from(folder: &str, name: &str) -> Result<String, UploadError> {
    check_name(name)?;
    Ok(format!("{}/{name}", folder.trim_end_matches('/')))
}

fn client(folder: &Url, proxies: &Proxies) -> Result<Client, http::ClientError> {
    // A proxy may speak TLS itself. Else certificates are read only for those who speak it.
    let plain = folder.scheme() == "http" && proxies.is_empty();
    let security = if plain { Security::Plain } else { Security::Tls(Tls::default()) };
    // A redirected PUT would need its body a second time, and its credentials are not for everybody.
    http::client(&Options {
        route: Route::Proxied(proxies.clone()),
        security,
        ..Options::default()
    })
}

/// Ends when nothing has moved for too long.
async fn stalled(silence: Duration, moved: &AtomicU64) {
    let mut last = moved.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(silence).await;
        let now = moved.load(Ordering::Relaxed);
        if now == last {
            return;
        }
        last = now;
    }
}

async fn body(
    package: &Package,
    (before, after): (&str, &str),
    progress: &OnProgress,
    moved: &Arc<AtomicU64>,
) -> Result<Body, UploadError> {
    let text = |text: &str| {
        let text = text.as_bytes().to_vec();
        stream::iter((!text.is_empty()).then_some(Ok(text)))
    };
    let content = content(package, progress, moved).await?;
    let all = futures_util::StreamExt::chain(text(before), content);
    Ok(Body::wrap_stream(futures_util::StreamExt::chain(all, text(after))))
}

/// The package as a stream that tells its progress, and fails if the file is no longer as long as it was.
async fn content(
    package: &Package,
    progress: &OnProgress,
    moved: &Arc<AtomicU64>,
) -> Result<impl Stream<Item = std::io::Result<Vec<u8>>> + use<>, UploadError> {
    let (size, progress, moved) = (package.size, progress.clone(), Arc::clone(moved));
    let start = (package.open().await?, 0_u64);
    Ok(stream::try_unfold(start, move |(mut file, sent)| {
        let (progress, moved) = (progress.clone(), Arc::clone(&moved));
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
            moved.store(through, Ordering::Relaxed);
            progress(through);
            Ok(Some((chunk, (file, through))))
        }
    }))
}

/// The end of a text on one line, without secrets: servers quote what they were asked.
pub(super) fn tail(text: &str) -> String {
    let text = redact(text);
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    let skip = line.chars().count().saturating_sub(QUOTED);
    line.chars().skip(skip).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;

    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn what_a_server_quotes_holds_no_secret() {
        let said =
            "not you:\nauthorization: Bearer geheim\ncontent-length: 0\n/x?delegation=geheim";
        let shown = "not you: authorization: ******** content-length: 0 /x?delegation=********";
        assert_eq!(tail(said), shown);
    }

    pub fn count(methods: &[String], method: &str) -> usize {
        methods.iter().filter(|seen| *seen == method).count()
    }

    /// A server that has nothing, and closes the connection in the middle of every content.
    pub struct Dying {
        pub address: String,
        seen: Arc<Mutex<Vec<String>>>,
    }

    impl Dying {
        pub async fn start(after: usize) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let seen = Arc::new(Mutex::new(Vec::new()));
            let list = Arc::clone(&seen);
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let mut read = vec![0; after];
                    let mut length = 0;
                    while let Ok(more @ 1..) = stream.read(&mut read[length..]).await {
                        length += more;
                        if read[..length].windows(4).any(|four| four == b"\r\n\r\n") {
                            break;
                        }
                    }
                    let text = String::from_utf8_lossy(&read[..length]).into_owned();
                    let method = text.split(' ').next().unwrap_or_default().to_owned();
                    list.lock().unwrap().push(method.clone());
                    if matches!(method.as_str(), "PUT" | "POST") {
                        let _ = stream.read_exact(&mut read).await;
                        continue;
                    }
                    let answer =
                        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    let _ = stream.write_all(answer).await;
                }
            });
            Self { address, seen }
        }

        pub fn methods(&self) -> Vec<String> {
            self.seen.lock().unwrap().clone()
        }
    }
}
