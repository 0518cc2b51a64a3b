//! HTTP as Mesos needs it (`docs/mesos.md#connections`, `docs/mesos.md#redirects`, `docs/mesos.md#authentication`): own
//! redirects, own credentials, HTTP/1.1, no proxy unless asked for. What the scheduler stream, the operator endpoints
//! and the sandbox files share.

mod error;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use reqwest::{
    Certificate, Client, ClientBuilder, Identity, Method, RequestBuilder, Response, StatusCode,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::json;
use super::master::LeaderUrl;
use crate::net::cause::chain;
pub use error::{HttpError, Unreachable};

/// Redirects that are followed for one request; masters may point at each other during a failover.
const MAX_HOPS: usize = 5;
/// More than any answer has: `/state` of a big cluster takes tens of megabytes.
const MAX_BODY: usize = 256 * 1024 * 1024;
/// How much of an error text is shown.
const MAX_TEXT: usize = 1000;

/// How requests are authenticated.
#[derive(Clone, Debug, Default)]
pub enum Authorization {
    /// Not at all.
    #[default]
    None,
    /// HTTP basic: the only kind that plain Mesos knows.
    Basic {
        /// The principal; without a colon.
        principal: String,
        /// Its secret; without a colon.
        secret: SecretString,
    },
    /// The value of the `Authorization` header as it is, such as `token=…` for DC/OS.
    Header(SecretString),
}

/// Whether a proxy stands between.
#[derive(Clone, Debug, Default)]
pub enum Proxy {
    /// Clusters have private names that proxies don't know.
    #[default]
    None,
    /// What the environment says.
    System,
    /// This one, such as `socks5h://127.0.0.1:1080`.
    Url(String),
}

/// Settings of [`Http`].
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Credentials.
    pub authorization: Authorization,
    /// Certificates (PEM) that are trusted besides those of the system.
    pub ca_pem: Option<Vec<u8>>,
    /// Client certificate and key (PEM), for masters that require one.
    pub identity_pem: Option<SecretString>,
    /// False: a certificate for another host name will do. Then only `ca_pem` is trusted.
    pub verify_hostname: bool,
    /// Proxy.
    pub proxy: Proxy,
    /// For a TCP connection and its TLS.
    pub connect_timeout: Duration,
    /// For a whole answer, the event stream excepted (there: until its head).
    pub request_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            authorization: Authorization::None,
            ca_pem: None,
            identity_pem: None,
            verify_hostname: true,
            proxy: Proxy::None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(20),
        }
    }
}

/// Sends requests to masters and agents. Cheap to clone; connections are pooled.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    settings: HttpSettings,
    authorization: Option<HeaderValue>,
    plain: OnceLock<Client>,
    tls: OnceLock<Client>,
    /// For streams: a master answers no second request on a connection that has carried one
    /// (`docs/mesos.md#connections`), so that it must not come back into a pool.
    stream_plain: OnceLock<Client>,
    stream_tls: OnceLock<Client>,
}

/// Whether a connection may carry another request afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reuse {
    Yes,
    No,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Http {
    /// Checks the settings. Certificates are looked at here, those of the system not before a TLS connection.
    pub fn new(settings: HttpSettings) -> Result<Self, HttpError> {
        let authorization = header_of(&settings.authorization)?;
        if !settings.verify_hostname && settings.ca_pem.is_none() {
            return Err(HttpError::Setup {
                what: "host name verification",
                reason: "it can be turned off only together with a CA file".into(),
            });
        }
        let checks_certificates = settings.ca_pem.is_some() || settings.identity_pem.is_some();
        let http = Self(Arc::new(Inner {
            settings,
            authorization,
            plain: OnceLock::new(),
            tls: OnceLock::new(),
            stream_plain: OnceLock::new(),
            stream_tls: OnceLock::new(),
        }));
        if checks_certificates {
            http.build_tls(Reuse::Yes)?;
        }
        Ok(http)
    }

    /// The principal of basic authentication, which `FrameworkInfo.principal` must equal.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        match &self.0.settings.authorization {
            Authorization::Basic { principal, .. } => Some(principal),
            Authorization::None | Authorization::Header(_) => None,
        }
    }

    /// How long a whole answer may take.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        self.0.settings.request_timeout
    }

    /// A request with credentials; without any timeout but that of the connection.
    pub(crate) fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, HttpError> {
        self.prepare(method, url, Reuse::Yes)
    }

    /// The same for an answer that is a stream, on a connection of its own.
    pub(crate) fn stream(&self, method: Method, url: Url) -> Result<RequestBuilder, HttpError> {
        self.prepare(method, url, Reuse::No)
    }

    fn prepare(&self, method: Method, url: Url, reuse: Reuse) -> Result<RequestBuilder, HttpError> {
        // A proxy may speak TLS itself, and must be verified then.
        let direct = matches!(self.0.settings.proxy, Proxy::None);
        let inner = &self.0;
        let client = match (direct && url.scheme() == "http", reuse) {
            (true, Reuse::Yes) => Self::cached(&inner.plain, || self.build_plain(reuse))?,
            (true, Reuse::No) => Self::cached(&inner.stream_plain, || self.build_plain(reuse))?,
            (false, Reuse::Yes) => Self::cached(&inner.tls, || self.build_tls(reuse))?,
            (false, Reuse::No) => Self::cached(&inner.stream_tls, || self.build_tls(reuse))?,
        };
        let request = client.request(method, url);
        Ok(match &self.0.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        })
    }

    /// Sends a request and waits for the head of the answer, whatever its status.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        content: Option<(&'static str, Vec<u8>)>,
    ) -> Result<Response, HttpError> {
        let mut request = self.request(method, url.clone())?.timeout(self.request_timeout());
        if let Some((kind, body)) = content {
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        request.send().await.map_err(|error| unreachable(url, &error))
    }

    /// Like [`Http::send`], following redirects between masters; says who answered.
    pub(crate) async fn follow(
        &self,
        leader: &LeaderUrl,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        content: Option<(&'static str, Vec<u8>)>,
    ) -> Result<(LeaderUrl, Url, Response), HttpError> {
        let mut at = leader.clone();
        for _ in 0..=MAX_HOPS {
            let url = at.join(path, query);
            let response = self.send(method.clone(), &url, content.clone()).await?;
            if !response.status().is_redirection() {
                return Ok((at, url, response));
            }
            at = location(&at, &url, &response)?;
        }
        Err(HttpError::TooManyRedirects { url: at.join(path, query) })
    }

    /// Reads a document from the leader.
    pub(crate) async fn get_json<T: serde::de::DeserializeOwned>(
        &self,
        leader: &LeaderUrl,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, HttpError> {
        let (_, url, response) = self.follow(leader, &Method::GET, path, query, None).await?;
        let body = body(&url, expect_ok(&url, response).await?).await?;
        json::read(&body)
            .map_err(|error| bad_answer(&url, format!("no such JSON as expected: {error}")))
    }

    fn cached(
        cell: &OnceLock<Client>,
        build: impl FnOnce() -> Result<Client, HttpError>,
    ) -> Result<&Client, HttpError> {
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = build()?;
        Ok(cell.get_or_init(|| client))
    }

    fn builder(&self, reuse: Reuse) -> Result<ClientBuilder, HttpError> {
        let settings = &self.0.settings;
        let builder = Client::builder()
            .user_agent(concat!("heron-cli/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .http1_only()
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(if reuse == Reuse::Yes { usize::MAX } else { 0 })
            .tcp_keepalive(Duration::from_secs(30));
        Ok(match &settings.proxy {
            Proxy::None => builder.no_proxy(),
            Proxy::System => builder,
            Proxy::Url(url) => {
                builder.proxy(reqwest::Proxy::all(url).map_err(|e| setup("proxy", &e))?)
            }
        })
    }

    /// For plain HTTP. Reading the system's certificates takes longer than a short command may, so it is left out.
    fn build_plain(&self, reuse: Reuse) -> Result<Client, HttpError> {
        self.builder(reuse)?
            // Without certificates there is nothing to verify with. `request` gives it nothing that speaks TLS.
            .tls_danger_accept_invalid_certs(true)
            .build()
            .map_err(|e| setup("client", &e))
    }

    fn build_tls(&self, reuse: Reuse) -> Result<Client, HttpError> {
        let settings = &self.0.settings;
        let mut builder = self.builder(reuse)?;
        let authorities = match &settings.ca_pem {
            Some(pem) => Certificate::from_pem_bundle(pem).map_err(|e| setup("CA file", &e))?,
            None => Vec::new(),
        };
        if settings.ca_pem.is_some() && authorities.is_empty() {
            return Err(HttpError::Setup {
                what: "CA file",
                reason: "it holds no certificate".into(),
            });
        }
        builder = if settings.verify_hostname {
            builder.tls_certs_merge(authorities)
        } else {
            builder.tls_certs_only(authorities).tls_danger_accept_invalid_hostnames(true)
        };
        if let Some(pem) = &settings.identity_pem {
            let identity = Identity::from_pem(pem.expose_secret().as_bytes())
                .map_err(|e| setup("client certificate", &e))?;
            builder = builder.identity(identity);
        }
        builder.build().map_err(|e| setup("TLS", &e))
    }
}

fn setup(what: &'static str, error: &reqwest::Error) -> HttpError {
    let reason = chain(error);
    HttpError::Setup { what, reason }
}

fn header_of(authorization: &Authorization) -> Result<Option<HeaderValue>, HttpError> {
    let text = match authorization {
        Authorization::None => return Ok(None),
        Authorization::Header(value) => value.clone(),
        Authorization::Basic { principal, secret } => {
            if principal.contains(':') || secret.expose_secret().contains(':') {
                return Err(HttpError::Setup {
                    what: "credentials",
                    reason: "Mesos can't read a principal or secret with a colon".into(),
                });
            }
            let pair = format!("{principal}:{}", secret.expose_secret());
            SecretString::from(format!("Basic {}", STANDARD.encode(pair)))
        }
    };
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| HttpError::Setup {
        what: "Authorization header",
        reason: "it has a character that no header may have".into(),
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// Where a redirect leads to.
pub(crate) fn location(
    at: &LeaderUrl,
    url: &Url,
    response: &Response,
) -> Result<LeaderUrl, HttpError> {
    let location =
        response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    at.redirected(location)
        .ok_or_else(|| bad_answer(url, format!("{} with Location {location:?}", response.status())))
}

pub(crate) fn unreachable(url: &Url, error: &reqwest::Error) -> HttpError {
    HttpError::Unreachable { url: url.clone(), cause: error.into() }
}

pub(crate) fn bad_answer(url: &Url, reason: String) -> HttpError {
    HttpError::BadAnswer { url: url.clone(), reason }
}

/// Passes 200 on, makes an error of everything else.
pub(crate) async fn expect_ok(url: &Url, response: Response) -> Result<Response, HttpError> {
    if response.status() == StatusCode::OK {
        Ok(response)
    } else {
        Err(failure(url, response).await)
    }
}

/// The error that a status means.
pub(crate) async fn failure(url: &Url, response: Response) -> HttpError {
    let status = response.status();
    let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    let challenge = challenge.unwrap_or("no realm named").to_owned();
    let text = text(response).await;
    let url = url.clone();
    match status.as_u16() {
        401 => HttpError::Unauthorized { url, challenge },
        403 => HttpError::Forbidden { url, text },
        404 => HttpError::NotFound { url, text },
        status @ (500 | 502..=504) => HttpError::NotReady { url, status, text },
        status => HttpError::Rejected { url, status, text },
    }
}

/// The beginning of a text, whatever else goes wrong.
async fn text(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > 4 * MAX_TEXT {
            break;
        }
    }
    let text: String = String::from_utf8_lossy(&bytes).trim().chars().take(MAX_TEXT).collect();
    if text.is_empty() { "no text".to_owned() } else { text }
}

/// A whole body, bounded.
pub(crate) async fn body(url: &Url, mut response: Response) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(url, &error))? {
        if bytes.len() + chunk.len() > MAX_BODY {
            return Err(bad_answer(url, format!("more than {MAX_BODY} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
